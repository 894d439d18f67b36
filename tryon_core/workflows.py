"""Whole jobs made of several calls."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias, get_args

import attrs

from tryon_core.client import Client
from tryon_core.clock import Clock
from tryon_core.errors import DownloadFailed, InputError, TryOnError
from tryon_core.models import (
    Artifact,
    GarmentRegion,
    ImageSource,
    LibraryModel,
    ParseRequest,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.parsing import billed_for_parsing, fetch_region
from tryon_core.session import NEEDED

Worn: TypeAlias = Literal["top", "bottom"]
_WORN: tuple[str, ...] = get_args(Worn)


def keep_worn(
    client: Client,
    request: TryOnRequest,
    category: Worn,
    *,
    fit: bool = False,
) -> TryOnRequest:
    """Return the request with the garment that the person already wears added to it.

    Vendors invent what is not named: a request for a new top may bring new trousers too. This
    cuts the worn garment out of the person photo (one parsing call, which may cost money) and
    gives it back as a garment. A provider that leaves unnamed garments alone needs no such help.

    Where the provider reads addresses, the garment is the address that the vendor gave to its own
    crop, so that no limit for images of one's own can refuse it, and nothing is fetched. Where it
    does not, or the address dies within an hour, the crop is fetched, and published again where the
    provider can.

    Args:
        client: for a provider that can parse garments.
        request: names other garments; its person is a photo.
        category: what to keep.
        fit: as for `Client.parse_garment()`.

    Raises:
        InputError: the category is neither of these, is replaced by the new garments, or is not
            worn; `billed` says whether the parsing that found that out may have cost something.
        TryOnError: all that `Client.parse_garment()` raises, and DownloadFailed.
    """
    if category not in _WORN:
        near = difflib.get_close_matches(str(category), _WORN, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"keep: {category!r} cannot be kept.{hint}", remedy=f"Keep one of: {', '.join(_WORN)}."
        )
    if category in request.garments or "dress" in request.garments:
        raise InputError(
            f"keep: {category} cannot be kept: {' + '.join(request.garments)} replaces it.",
            remedy="Keep the other one, or leave that garment out.",
        )
    if client.info.capabilities.keeps_unnamed_garments:
        return request
    if isinstance(request.person, LibraryModel):
        raise InputError("keep: a library model wears nothing of its own.", remedy="Give a photo.")
    parsing = ParseRequest(image=request.person, categories=category, options=request.options)
    (region,) = client.parse_garment(parsing, fit=fit, need=())
    if region is None:
        raise InputError(
            f"keep: the person wears no {category} that could be kept.",
            billed=billed_for_parsing(client.info),
            remedy="Try on without keeping it, or use another photo.",
        )
    worn = _source(client, request, region)
    if category == "top":
        return attrs.evolve(request, top=worn)
    return attrs.evolve(request, bottom=worn)


@contextmanager
def after_parsing(info: ProviderInfo) -> Iterator[None]:
    """Let errors say that a parsing was paid before."""
    try:
        yield
    except TryOnError as error:
        if error.billed == "no":
            error.billed = billed_for_parsing(info)
        raise


def _source(client: Client, request: TryOnRequest, region: GarmentRegion) -> ImageSource:
    session, crop = client.session, region.crop
    is_read = "url" in session.info.capabilities_for(request).delivery
    if isinstance(crop.source, UrlSource) and is_read and _lasts(crop, session.clock):
        return UrlSource(crop.source.url, expires_at=crop.expires_at)
    try:
        fetched = fetch_region(session, region, ["crop"]).crop.source
    except DownloadFailed as error:
        error.provider, error.billed = session.info.id, billed_for_parsing(session.info)
        error.regions = {region.category: region}
        error.remedy = (
            f"{error.change} The parsing has found the garment; fetch its crop from the address "
            "on the error (regions), and give that as the garment."
        ).strip()
        raise
    if isinstance(fetched, UrlSource) or not (is_read and session.bound.can_publish):
        return fetched
    ctx = session.context(request=request)
    with after_parsing(session.info):
        return session.published.get(
            fetched, request, lambda image: session.bound.publish_image(image, ctx)
        )


def _lasts(crop: Artifact, clock: Clock) -> bool:
    return crop.expires_at is None or crop.expires_at - clock.now() > NEEDED
