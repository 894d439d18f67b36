"""Find the garments on a photo; what was paid and found is never thrown away."""

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TypeAlias

import attrs

from tryon_core.errors import (
    Billed,
    DownloadFailed,
    OutcomeUnknown,
    TryOnError,
    UnexpectedResponse,
    UnusableImage,
)
from tryon_core.fetching import fetch_artifact
from tryon_core.images import digest, looked_at_once, probe
from tryon_core.kept_parsings import Found, RegionPart
from tryon_core.masking import masking
from tryon_core.models import (
    BytesSource,
    Category,
    GarmentRegion,
    PaidParsing,
    ParseRequest,
    ProviderInfo,
    UrlSource,
    canonical,
)
from tryon_core.preparing import deliver, digests_of, prepare, scale_between, with_remote_fetched
from tryon_core.session import Session

_Box: TypeAlias = tuple[int, int, int, int]


@attrs.frozen(kw_only=True)
class Parsing:
    """What was found on a photo.

    Attributes:
        photo: names the photo and who parsed it, among what is kept.
        regions: by category, in the order asked; None for what is not worn.
        paid: the calls that were paid for the payer that asked.
    """

    photo: str
    regions: Found
    paid: tuple[PaidParsing, ...] = ()


def parse(
    session: Session,
    request: ParseRequest,
    *,
    fit: bool,
    need: Collection[RegionPart] = (),
    reach: Collection[RegionPart] = (),
    again: bool = False,
    retry_unknown: bool = False,
    payer: str = "",
) -> Parsing:
    """Find the garments on a photo, and fetch those of their images that are needed.

    What is found is kept for a day, and used again for the same photo, category, provider, account
    and address; a photo that is given by its address counts by that. One call is made for each
    group of `Capabilities.parse_together`, also when several threads or processes ask at once. A
    box that leaves the photo is cut at its border, which is logged, and a notice of the region.

    Args:
        session: whose provider.
        request: the photo, and what to look for.
        fit: make the photo fit the provider's limits.
        need: images to fetch.
        reach: images that must still have a living address, or be kept, for a result to be used.
        again: ask although a result is kept.
        retry_unknown: ask although an earlier call may be billed and told nothing.
        payer: names what it is paid for, so that its cost is reported to that alone; empty for
            nothing.

    Raises:
        ValidationFailed: every problem found.
        OutcomeUnknown: an earlier call may be billed, and its answer never came or was of no use.
        TryOnError: the vendor refused, or did not answer, or an image could not be fetched. What
            was found all the same is on its `regions`; then `billed` says whether that was paid.
            Its `parsings` are the calls that were paid for this payer.
    """
    with looked_at_once():
        try:
            photo = _name_of(session, request)
        except UnusableImage:
            prepare(session, request, fit=fit)  # tells all problems
            raise
        asked = _Asked(session, request, photo, fit=fit, need=need, payer=payer)
        try:
            if again and asked.is_free:
                found = asked.send(request.categories)
            else:
                found = _once(asked, (*need, *reach), again=again, retry_unknown=retry_unknown)
            fetched, failed = _fetched(session, found, need)
            if failed is not None:
                raise failed
        except TryOnError as error:
            error.parsings = session.parsings.paid(photo, payer)
            raise
    regions = {category: fetched[category] for category in request.categories}
    return Parsing(photo=photo, regions=regions, paid=session.parsings.paid(photo, payer))


def _name_of(session: Session, request: ParseRequest) -> str:
    facts = (digest(request.image), session.info.id, session.account, session.settings.address)
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def _once(
    asked: "_Asked", reach: Collection[RegionPart], *, again: bool, retry_unknown: bool
) -> Found:
    """Return what is kept; what is not, is asked for by one caller while the others wait."""
    session, kept = asked.session, asked.session.parsings

    def known() -> Found:
        categories = asked.request.categories
        return {} if again else kept.find(asked.photo, categories, need=asked.need, reach=reach)

    found = known()
    if found and len(found) == len(asked.request.categories):
        return found
    with kept.turn(asked.photo):
        found = known()
        missing = tuple(one for one in asked.request.categories if one not in found)
        if found and not missing:
            return found
        lost_at = kept.lost_at(asked.photo, missing)
        if lost_at is not None and not (again or retry_unknown):
            raise _lost(session, missing, lost_at)
        return {**found, **asked.send(missing)}


def _lost(session: Session, missing: Collection[Category], sent_at: datetime) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the photo was sent to {session.info.name} at {sent_at:%Y-%m-%d %H:%M} UTC to find "
        f"{', '.join(missing)}, and no usable answer came; nothing was sent now.",
        provider=session.info.id,
        billed="no",
        remedy="That parsing may be billed. Parse again with retry_unknown=True, or wait a day.",
    )


@attrs.frozen
class _Asked:
    """A parsing that was asked for."""

    session: Session
    request: ParseRequest
    photo: str
    fit: bool = attrs.field(kw_only=True)
    need: Collection[RegionPart] = attrs.field(kw_only=True)
    payer: str = attrs.field(kw_only=True)

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing."""
        return self.session.info.is_free(self.request)

    def send(self, categories: tuple[Category, ...]) -> Found:
        """Ask the vendor, and keep what it finds."""
        session = self.session
        request = attrs.evolve(self.request, categories=categories)
        request = with_remote_fetched(session, request, fit=self.fit)
        prepared = prepare(session, request, fit=self.fit)
        frame = _Frame.of(request, prepared)
        found: dict[Category, GarmentRegion | None] = {}
        odd: UnexpectedResponse | None = None
        with masking(session.settings.secrets):
            try:
                for group in _groups(session.info, request):
                    inside, fault = self._call(attrs.evolve(prepared, categories=group), frame)
                    found |= inside
                    odd = odd or fault
            except TryOnError as error:
                _keep(session, error, {**found, **error.regions}, self.need)
                raise
            if odd is not None:
                _keep(session, odd, found, self.need)
                raise odd
        return found

    def _call(
        self, request: ParseRequest, frame: "_Frame"
    ) -> tuple[Found, UnexpectedResponse | None]:
        session = self.session
        ctx = session.context(request=request, digests=digests_of(request))
        delivered = deliver(session, request, ctx)
        sending = session.parsings.sending(
            self.photo, request.categories, payer=self.payer, is_free=self.is_free
        )
        with sending as keep:
            try:
                regions = session.bound.parse_garment(delivered, ctx)
            except TryOnError as error:
                error.regions, _ = _inside(session, error.regions, frame)
                raise
            found = dict(zip(request.categories, regions, strict=True))
            inside, odd = _inside(session, found, frame)
            keep(inside)
        return inside, odd


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
    with masking(session.settings.secrets):
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


def fetch_crop(session: Session, parsing: Parsing, region: GarmentRegion) -> BytesSource:
    """Return the crop itself, and keep it: other work may need it when its address is dead.

    Raises:
        DownloadFailed: it cannot be fetched; with the region, and saying that it was paid.
    """
    try:
        fetched = fetch_region(session, region, ["crop"]).crop.source
    except DownloadFailed as error:
        error.provider, error.billed = session.info.id, "yes" if parsing.paid else "no"
        error.regions = {region.category: region}
        error.remedy = (
            f"{error.change} The parsing has found the garment; fetch its crop from the address "
            "on the error (regions), and give that as the garment."
        ).strip()
        raise
    if not isinstance(fetched, BytesSource):
        raise TypeError(f"fetching gave {fetched!r}")
    if fetched != region.crop.source:
        session.parsings.add_image(parsing.photo, region.category, "crop", fetched.data)
    return fetched


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
    error.reword(f"{error.message} What was found of {', '.join(found)} is kept (regions).")
    if error.billed != "no":
        error.retry = "never_automatically"
        error.remedy = "Parse again for the others only: the same call would cost a second time."
