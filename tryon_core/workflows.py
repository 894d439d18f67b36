"""Whole jobs made of several calls."""

from typing import Literal

import attrs

from tryon_core.client import Client
from tryon_core.errors import InputError
from tryon_core.models import LibraryModel, ParseRequest, TryOnRequest


def keep_worn(
    client: Client,
    request: TryOnRequest,
    category: Literal["top", "bottom"],
    *,
    fit: bool = False,
) -> TryOnRequest:
    """Return the request with the garment that the person already wears added to it.

    Vendors invent what is not named: whoever asks for a new top may get new trousers too. This
    cuts the worn garment out of the person photo (one parsing call, which may cost money) and
    gives it back as a garment. A provider that leaves unnamed garments alone needs no such help.

    Args:
        client: for a provider that can parse garments.
        request: names other garments; its person is a photo.
        category: what to keep.
        fit: as for `Client.parse_garment()`.

    Raises:
        InputError: the category is replaced by the new garments, or the person does not wear it.
        TryOnError: all that `Client.parse_garment()` raises.
    """
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
    (region,) = client.parse_garment(parsing, fit=fit)
    if region is None:
        raise InputError(
            f"keep: the person wears no {category} that could be kept.",
            remedy="Try on without keeping it, or use another photo.",
        )
    worn = region.crop.source
    if category == "top":
        return attrs.evolve(request, top=worn)
    return attrs.evolve(request, bottom=worn)
