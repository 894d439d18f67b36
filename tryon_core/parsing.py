"""Find the garments on a photo; what was paid and found is never thrown away."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

import attrs

from tryon_core.errors import Billed, DownloadFailed, TryOnError, UnexpectedResponse, UnusableImage
from tryon_core.fetching import fetch_artifact
from tryon_core.images import looked_at_once, probe
from tryon_core.masking import masking
from tryon_core.models import Category, GarmentRegion, ParseRequest, ProviderInfo, UrlSource
from tryon_core.preparing import deliver, prepare, scale_between, with_remote_fetched
from tryon_core.session import Session

RegionPart: TypeAlias = Literal["mask", "crop"]
"""An image of a region."""
Found: TypeAlias = Mapping[Category, GarmentRegion | None]
_Box: TypeAlias = tuple[int, int, int, int]


def parse(
    session: Session, request: ParseRequest, *, fit: bool, need: Collection[RegionPart]
) -> tuple[GarmentRegion | None, ...]:
    """Find the garments on a photo, and fetch those of their images that are needed.

    One call is made for each group of `Capabilities.parse_together`. A box that leaves the photo is
    cut at its border, which is logged, and a notice of the region.

    Raises:
        ValidationFailed: every problem found.
        TryOnError: the vendor refused, or did not answer, or an image could not be fetched. What
            was found all the same is on its `regions`; then `billed` says whether that was paid.
    """
    with looked_at_once():
        request = with_remote_fetched(session, request, fit=fit)
        prepared = prepare(session, request, fit=fit)
        frame = _Frame.of(request, prepared)
    found: dict[Category, GarmentRegion | None] = {}
    with masking(session.settings.secrets):
        try:
            for group in _groups(session.info, request):
                part = attrs.evolve(prepared, categories=group)
                ctx = session.context(request=part)
                regions = session.bound.parse_garment(deliver(session, part, ctx), ctx)
                found |= zip(group, regions, strict=True)
        except TryOnError as error:
            inside, _ = _inside(session, found | dict(error.regions), frame)
            _keep(session, error, inside, need)
            raise
        inside, odd = _inside(session, found, frame)
        if odd is not None:
            _keep(session, odd, inside, need)
            raise odd
        fetched, failed = _fetched(session, inside, need)
        if failed is not None:
            raise failed
    return tuple(fetched[category] for category in request.categories)


def billed_for_parsing(info: ProviderInfo) -> Billed:
    """Return whether an answered parsing was paid for: yes, unless it is declared to be free."""
    price = info.capabilities.parse_price
    return "yes" if price is None or price.amount else "no"


def fetch_region(
    session: Session,
    region: GarmentRegion,
    need: Collection[RegionPart],
    *,
    deadline_s: float | None = None,
) -> GarmentRegion:
    """Return a region with its images in memory, as far as they are needed.

    Args:
        session: fetches them.
        region: where they are.
        need: which.
        deadline_s: point on the clock at which to give up, None for the usual limit from now on.

    Raises:
        DownloadFailed: one cannot be fetched.
    """
    ends_s = session.download_deadline_s() if deadline_s is None else deadline_s
    images = {
        part: fetch_artifact(
            region.mask if part == "mask" else region.crop,
            session.transport,
            deadline_s=ends_s,
            trust=session.trust,
        )
        for part in need
    }
    return attrs.evolve(
        region, mask=images.get("mask", region.mask), crop=images.get("crop", region.crop)
    )


@attrs.frozen
class _Frame:
    """The photo as the caller gave it.

    Attributes:
        scale: how much wider and higher it is than the one that was sent.
        size_px: its width and height, None when they are not known.
    """

    scale: tuple[float, float]
    size_px: tuple[int, int] | None

    @classmethod
    def of(cls, request: ParseRequest, sent: ParseRequest) -> "_Frame":
        scale = scale_between(sent.image, request.image)
        if isinstance(request.image, UrlSource):
            return cls(scale, None)
        try:
            photo = probe(request.image, field="image")
        except UnusableImage:
            return cls(scale, None)
        known = photo.width_px and photo.height_px
        return cls(scale, (photo.width_px or 0, photo.height_px or 0) if known else None)


def _groups(info: ProviderInfo, request: ParseRequest) -> Iterator[tuple[Category, ...]]:
    groups = info.capabilities_for(request).parse_together or (request.categories,)
    for group in groups:
        asked = tuple(category for category in group if category in request.categories)
        if asked:
            yield asked


def _inside(
    session: Session, found: Found, frame: _Frame
) -> tuple[Found, UnexpectedResponse | None]:
    """Return the regions in pixels of the photo as it was given, their boxes inside of it.

    A box that holds no pixel of the photo is left out, and an error says so.
    """
    inside: dict[Category, GarmentRegion | None] = {}
    empty: dict[Category, _Box] = {}
    for category, region in found.items():
        if region is None:
            inside[category] = None
            continue
        scaled = region.scaled(frame.scale)
        cut = scaled.cut_to(frame.size_px)
        if cut is None:
            empty[category] = scaled.bbox
            continue
        inside[category] = cut
        for notice in cut.notices:
            session.note(notice.message)
    if not empty:
        return inside, None
    boxes = ", ".join(f"{category} {box}" for category, box in empty.items())
    return inside, UnexpectedResponse(
        f"{session.info.name} answered with a box that holds no pixel of the photo: {boxes}.",
        provider=session.info.id,
        billed=billed_for_parsing(session.info),
    )


def _fetched(
    session: Session, found: Found, need: Collection[RegionPart]
) -> tuple[dict[Category, GarmentRegion | None], DownloadFailed | None]:
    """Return the regions with their images, and why one could not be fetched."""
    fetched = dict(found)
    deadline_s = session.download_deadline_s()
    failed: DownloadFailed | None = None
    for category, region in found.items():
        for part in need:
            try:
                kept = fetched[category] or region
                fetched[category] = kept and fetch_region(
                    session, kept, [part], deadline_s=deadline_s
                )
            except DownloadFailed as error:
                failed = failed or error
    if failed is not None:
        failed.provider = session.info.id
        failed.regions = fetched
        failed.billed = billed_for_parsing(session.info)
        failed.remedy = (
            f"{failed.change} The rest is kept, and so is the address of this image (regions): "
            "fetch it from there. Parse the photo again only when it is gone; that may cost a "
            "second time."
        ).strip()
    return fetched, failed


def _keep(session: Session, error: TryOnError, found: Found, need: Collection[RegionPart]) -> None:
    """Put what was found on an error, which then says that it was paid."""
    if not found:
        if error.billed == "yes":
            error.remedy = f"Parsing again costs a second time. {type(error).remedy}".strip()
        return
    error.regions, _ = _fetched(session, found, need)
    error.billed = billed_for_parsing(session.info)
    error.message += f" What was found of {', '.join(found)} is kept (regions)."
    error.args = (error.message,)
    if error.billed != "no":
        error.retry = "never_automatically"
        error.remedy = "Parse again for the others only: the same call would cost a second time."
