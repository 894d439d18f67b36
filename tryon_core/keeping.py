"""A garment that the person goes on wearing: found on the photo, and given back as a garment.

Vendors invent what is not named: a request for a new top may bring new trousers too.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import attrs

from tryon_core.errors import InputError, TryOnError, ValidationFailed
from tryon_core.kept_parsings import NEEDED, RegionPart
from tryon_core.models import (
    BytesSource,
    GarmentRegion,
    PaidParsing,
    Problem,
    TryOnRequest,
    UrlSource,
)
from tryon_core.parsing import fetch_crop, parse
from tryon_core.preparing import Prepared, check, deliver, needed_parsing, undeliverable
from tryon_core.session import Session

_NEEDED_PARTS: tuple[RegionPart, ...] = ("crop",)


def keep_worn(
    session: Session,
    prepared: Prepared,
    *,
    fit: bool,
    parser: Session | None = None,
    retry_unknown: bool = False,
    payer: str = "",
) -> Prepared:
    """Return what can be sent: the garment that is to be kept is cut out of the photo and added.

    This is one parsing call, which may cost money, unless its result is kept from before. The
    address that the vendor gave to its own crop is passed on, so that no limit for images of one's
    own can refuse it, and nothing is fetched. Where it does not last, or another vendor is to have
    it, the crop is fetched, and kept.

    Args:
        session: of the provider that tries on.
        prepared: returned as it is, when nothing is to be kept.
        fit: make the photo fit the parser's limits, and its crop those of another provider.
        parser: as for `prepare_submission`.
        retry_unknown: parse although an earlier call may be billed and told nothing.
        payer: names what pays, such as an item of a journal: when it asks again, the calls that
            were paid for it are reported again. Empty for this call alone.

    Raises:
        InputError: the garment is not worn, or its crop cannot be brought to the provider.
        ValidationFailed: the other provider does not take the crop.
        TryOnError: all that a parsing raises, and DownloadFailed. Where a call was paid for this
            it, `billed` says so, and `parsings` has it.
    """
    if prepared.keep is None or prepared.photo is None:
        return prepared
    parser = parser or session
    asked = attrs.evolve(prepared.request, keep=prepared.keep, person=prepared.photo)
    request = needed_parsing(session, asked, parser)
    if request is None:
        raise AssertionError(f"{prepared.keep} is not to be looked for")
    found = parse(
        parser,
        request,
        fit=fit,
        reach=_NEEDED_PARTS,
        retry_unknown=retry_unknown,
        payer=payer or secrets.token_hex(8),
    )
    with after_parsing(found.paid):
        region = found.regions[prepared.keep]
        if region is None:
            raise InputError(
                f"keep: the person wears no {prepared.keep} that could be kept.",
                provider=parser.info.id,
                remedy="Try on without keeping it, or use another photo.",
            )
        fetch = partial(fetch_crop, parser, found, region)
        if parser.info.id == session.info.id:
            worn = _with_own_crop(session, prepared.request, region, fetch)
        else:
            worn = _with_foreign_crop(session, prepared.request, region, fetch, fit=fit)
    return attrs.evolve(prepared, request=worn, keep=None, photo=None, parsings=found.paid)


@contextmanager
def after_parsing(paid: Sequence[PaidParsing]) -> Iterator[None]:
    """Let errors say that a parsing was paid before, or may have been."""
    try:
        yield
    except TryOnError as error:
        if paid and not error.parsings:
            error.parsings = tuple(paid)
        if paid and error.billed == "no":
            error.billed = "yes" if any(one.billed == "yes" for one in paid) else "unknown"
        raise


def _with_own_crop(
    session: Session, request: TryOnRequest, region: GarmentRegion, fetch: Callable[[], BytesSource]
) -> TryOnRequest:
    """Give a vendor its own crop, which no limit of ours is for."""
    address = _address(region, session, request)
    if address is not None:
        return request.with_images({region.category: address})
    crop = fetch()
    worn = request.with_images({region.category: crop})
    if "url" in session.info.capabilities_for(request).delivery and session.bound.can_publish:
        ctx = session.context(request=request)
        published = session.published.get(
            crop, request, lambda image: session.bound.publish_image(image, ctx)
        )
        return request.with_images({region.category: published})
    _require(session, region, undeliverable(worn, session.info))
    return worn


def _with_foreign_crop(
    session: Session,
    request: TryOnRequest,
    region: GarmentRegion,
    fetch: Callable[[], BytesSource],
    *,
    fit: bool,
) -> TryOnRequest:
    """Give a vendor the crop of another one, which is a garment like any other."""
    takes_files = "upload" in session.info.capabilities_for(request).delivery
    address = _address(region, session, request)
    if address is not None and not (takes_files or session.bound.can_publish):
        return request.with_images({region.category: address})
    worn = request.with_images({region.category: fetch()})
    worn, problems = check(session, worn, fit=fit)
    _require(session, region, problems)
    return deliver(session, worn, session.context(request=worn))


def _require(session: Session, region: GarmentRegion, problems: Sequence[Problem]) -> None:
    """Refuse a crop that cannot be sent; the problem is not that of a garment that was given."""
    cut = f"of the {region.category} that was cut out of the photo,"
    errors = [
        attrs.evolve(problem, field="keep", message=f"{cut} {problem.message}")
        if problem.field == region.category
        else problem
        for problem in problems
        if problem.severity == "error"
    ]
    if errors:
        raise ValidationFailed(errors, provider=session.info.id)


def _address(region: GarmentRegion, session: Session, request: TryOnRequest) -> UrlSource | None:
    """Return the address of the crop, where the provider reads it and it lives for long enough."""
    source, expires_at = region.crop.source, region.crop.expires_at
    lasts = expires_at is None or expires_at - session.clock.now() > NEEDED
    is_read = "url" in session.info.capabilities_for(request).delivery
    if not (isinstance(source, UrlSource) and lasts and is_read):
        return None
    return UrlSource(source.url, expires_at=expires_at)
