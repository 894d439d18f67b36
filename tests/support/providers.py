"""A well-behaved provider without network, with knobs for everything that can happen."""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import attrs
from PIL import Image

from tryon_core import (
    Artifact,
    Attempt,
    BytesSource,
    CallContext,
    Capabilities,
    Failure,
    Found,
    GarmentRegion,
    ImageRules,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    NotAccepted,
    Notice,
    ParseRequest,
    Price,
    Problem,
    ProviderInfo,
    Quota,
    SettingSpec,
    TryOnError,
    TryOnRequest,
    Undecided,
    UrlSource,
    hookimpl,
)

_RULES = ImageRules(formats={"JPEG", "PNG"}, min_side_px=16, max_side_px=256)


def picture(
    size: tuple[int, int] = (64, 96), colour: tuple[int, ...] = (200, 80, 60), kind: str = "PNG"
) -> bytes:
    """Return an image file of one colour."""
    buffer = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def dressed(size: tuple[int, int] = (72, 96)) -> bytes:
    """Return an image file of two colours, which nobody takes for a blank one."""
    buffer = io.BytesIO()
    image = Image.new("RGB", size, (200, 80, 60))
    image.paste((20, 90, 160), (0, 0, size[0], size[1] // 2))
    image.save(buffer, "PNG")
    return buffer.getvalue()


@attrs.frozen(kw_only=True)
class FakeOptions:
    """Options of the fake.

    Attributes:
        seed: any whole number.
        quality: how much care is taken.
    """

    seed: int = 0
    quality: Literal["low", "high"] = "low"


def fake_info(provider_id: str = "fake", **changes: Any) -> ProviderInfo:
    """Return a declaration with which nobody has to wait."""
    capabilities = Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}, {"top", "bottom"}],
        person_rules=_RULES,
        garment_rules=_RULES,
        parse_categories=("top", "bottom"),
        typical_job_s=0,
        quota=Quota(poll_interval_s=0),
        price=Price(
            amount=Decimal("0.10"), currency="USD", as_of=date(2026, 1, 2), source="invented"
        ),
    )
    info = ProviderInfo(
        id=provider_id, name="Fake try-on", options=FakeOptions, capabilities=capabilities
    )
    of_capabilities = {field.name for field in attrs.fields(Capabilities)}
    inner = {name: value for name, value in changes.items() if name in of_capabilities}
    outer = {name: value for name, value in changes.items() if name not in inner}
    return attrs.evolve(info, capabilities=attrs.evolve(capabilities, **inner), **outer)


KEY = SettingSpec(
    name="api_key", env=("FAKE_API_KEY",), secret=True, required=True, help="Ask fake.example."
)


@attrs.define(kw_only=True, eq=False)
class FakeProvider:
    """A provider that finishes at once, unless told otherwise.

    Attributes:
        info: its declaration.
        polls: status questions that are answered with `RUNNING` first; None for ever.
        images: what it delivers.
        notices: remarks about the result.
        failure: makes the job fail.
        on_submit: raised instead of accepting.
        on_poll: raised instead of every answer to a status question.
        state: answered to every status question, instead of all that is above.
        problems: what its own validation finds.
        worn: categories that a parsing finds.
        crop: the crop of each.
        box: the box of each.
        crop_url: address of the crop of each, instead of the crop itself.
        crop_expires_at: when that address dies.
        on_parse: raised by a parsing, with what it found on it.
        finding: what a look-up of a lost submission gives: an answer, an error, or the id of a job.
        can_cancel: whether it offers it.
        calls: names of the hooks called, validation left out.
        requests: what was submitted.
        before_submit: called when a submission begins.
    """

    info: ProviderInfo = attrs.field(factory=fake_info)
    polls: int | None = 0
    images: Sequence[bytes] = attrs.field(factory=lambda: [dressed()])
    notices: Sequence[Notice] = ()
    failure: Failure | None = None
    on_submit: BaseException | None = None
    on_poll: BaseException | None = None
    state: JobState | None = None
    problems: Sequence[Problem] = ()
    worn: Sequence[str] = ("top",)
    crop: bytes = attrs.field(factory=picture)
    box: tuple[int, int, int, int] = (1, 2, 30, 40)
    crop_url: str = ""
    crop_expires_at: datetime | None = None
    on_parse: TryOnError | None = None
    finding: Any = attrs.field(factory=Undecided)
    calls: list[str] = attrs.field(factory=list)
    requests: list[TryOnRequest] = attrs.field(factory=list)
    before_submit: Callable[[], None] = attrs.field(default=lambda: None)
    _asked: dict[str, int] = attrs.field(factory=dict)

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Find what it was told to find."""
        return self.problems

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Accept, or raise what it was told to raise."""
        self.calls.append("submit")
        self.requests.append(request)
        self.before_submit()
        if self.on_submit is not None:
            if not isinstance(self.on_submit, Exception):
                # The request is out when somebody interrupts.
                ctx.http.may_have_sent = True
            raise self.on_submit
        return ctx.new_job(f"job-{len(self.requests)}", request_id="submit-1")

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Answer as the knobs say."""
        self.calls.append("poll")
        if self.on_poll is not None:
            raise self.on_poll
        if self.state is not None:
            return JobUpdate(state=self.state, vendor_status=self.state.name)
        asked = self._asked[job.id] = self._asked.get(job.id, 0) + 1
        if self.polls is None or asked <= self.polls:
            return JobUpdate(state=JobState.RUNNING, vendor_status=f"BUSY {asked}")
        if self.failure is not None:
            return JobUpdate(
                state=JobState.FAILED,
                vendor_status="FAILED",
                failure=self.failure,
                request_id="poll-9",
            )
        images = [Artifact(source=BytesSource(data)) for data in self.images]
        return JobUpdate(
            state=JobState.SUCCEEDED,
            vendor_status="DONE",
            result=JobResult(images=images, notices=self.notices),
        )

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Find the garments that are worn."""
        self.calls.append("parse_garment")
        found = [self._region(category) for category in request.categories]
        if self.on_parse is not None:
            self.on_parse.regions = {region.category: region for region in found if region}
            raise self.on_parse
        return found

    def _region(self, category: Any) -> GarmentRegion | None:
        if category not in self.worn:
            return None
        return GarmentRegion(
            category=category,
            bbox=self.box,
            mask=Artifact(source=BytesSource(picture(colour=(0, 0, 0, 0)))),
            crop=Artifact(
                source=UrlSource(self.crop_url) if self.crop_url else BytesSource(self.crop),
                expires_at=self.crop_expires_at,
            ),
        )

    @hookimpl
    def find_submission(
        self, attempt: Attempt, ctx: CallContext
    ) -> Found | NotAccepted | Undecided:
        """Find what it was told to find."""
        self.calls.append("find_submission")
        if isinstance(self.finding, Exception):
            raise self.finding
        return Found(ctx.new_job(self.finding)) if isinstance(self.finding, str) else self.finding


class CancellableProvider(FakeProvider):
    """One that also takes jobs back."""

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Take it back."""
        self.calls.append("cancel")
        return JobUpdate(state=JobState.CANCELLED, vendor_status="TAKEN BACK")
