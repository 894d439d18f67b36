"""A well-behaved provider for an invented vendor, for the contract kit to look at."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote

import attrs

from tryon_core import (
    Amount,
    Artifact,
    Balance,
    CallContext,
    Capabilities,
    Category,
    ErrorTable,
    FilePart,
    GarmentRegion,
    HttpResponse,
    ImageRules,
    ImageSource,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    NonEmpty,
    ParseRequest,
    Price,
    Problem,
    Provider,
    ProviderInfo,
    Quota,
    SettingSpec,
    TryOnRequest,
    UrlSource,
    codes,
    decode,
    errors,
    hookimpl,
    make_converter,
)

T = TypeVar("T")
SOURCE = "https://acme.example/docs"
RULES = ImageRules(
    formats={"JPEG", "PNG"},
    max_bytes=5_000_000,
    min_side_px=256,
    max_side_px=2048,
    source=SOURCE,
)
TABLE = ErrorTable(
    "Acme",
    [
        *codes(errors.AuthenticationFailed, "", {"bad_key": "The key is wrong."}),
        *codes(errors.CreditsExhausted, "", {"no_credits": "Nothing is left."}),
        *codes(
            errors.RateLimited,
            "",
            {"slow_down": "Too many submissions in a second."},
            http_status=429,
        ),
        *codes(errors.JobExpired, "", {"gone": "There is no such task, or no longer."}),
        *codes(errors.CancelRefused, "", {"too_late": "The task is finished."}),
        *codes(
            errors.InputRefused,
            "Give a sharp photo of one person.",
            {"bad_image": "The image cannot be used."},
        ),
    ],
    code=["code"],
    message=["message"],
)
STATES = {
    "queued": JobState.PENDING,
    "working": JobState.RUNNING,
    "done": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    "stopped": JobState.CANCELLED,
}
CONVERTER = make_converter()


@attrs.frozen
class Options:
    """Options of the vendor.

    Attributes:
        seed: repeats a result; 0 or more.
    """

    seed: int | None = None


@attrs.frozen
class Accepted:
    task_id: NonEmpty


@attrs.frozen
class Status:
    status: str
    task_id: str | None = None
    image_url: str | None = None
    code: str = ""
    reason: str = ""


@attrs.frozen
class Part:
    box: tuple[int, int, int, int]
    mask: str
    cutout: str


@attrs.frozen
class Parts:
    parts: dict[str, Part | None]


@attrs.frozen
class Account:
    credits: Amount


INFO = ProviderInfo(
    id="acme",
    name="Acme",
    options=Options,
    settings=[
        SettingSpec(
            name="api_key",
            secret=True,
            required=True,
            env=["ACME_API_KEY"],
            help="From acme.example/keys.",
        ),
        SettingSpec(name="base_url", default="https://api.acme.example"),
    ],
    headers={"Authorization": "Bearer {api_key}"},
    capabilities=Capabilities(
        garments=[{"top"}, {"dress"}],
        person_rules=RULES,
        garment_rules=RULES,
        parse_categories=["top", "bottom"],
        result_lifetime_s=3600,
        job_lifetime_s=86400,
        quota=Quota(submissions=5, poll_interval_s=2.0, source=SOURCE),
        price=Price(amount=Decimal("0.05"), currency="USD", as_of=date(2026, 1, 2), source=SOURCE),
    ),
    errors=TABLE.entries,
    homepage="https://acme.example",
)


class AcmeProvider:
    info = INFO

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        seed = request.options.seed
        if seed is not None and seed < 0:
            return [Problem("options.seed", f"{seed} is negative. Give 0 or more.")]
        return []

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        ((category, garment),) = request.garments.items()
        form: list[tuple[str, str | FilePart]] = [
            ("kind", category),
            self.part("garment", garment),
            self.part("person", request.images["person"]),
        ]
        if request.options.seed is not None:
            form.append(("seed", str(request.options.seed)))
        answer = ctx.http.post("tasks", multipart=form)
        return ctx.new_job(answer.id_at("task_id") or self.read(answer, Accepted).task_id)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        answer = ctx.http.get(f"tasks/{quote(job.id, safe='')}")
        return self.polled(answer)

    def polled(self, answer: HttpResponse) -> JobUpdate:
        if answer.status == 404 and TABLE.code_in(answer):  # without a code: a gateway
            return JobUpdate(state=JobState.NOT_FOUND, vendor_status="404")
        return self.update(self.read(answer, Status))

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        answer = ctx.http.delete(f"tasks/{quote(job.id, safe='')}")
        if answer.status == 409:
            raise errors.CancelRefused(f"Acme: {job.id} is already finished.")
        return self.update(self.read(answer, Status))

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        answer = ctx.http.post(
            "parse",
            multipart=[self.part("photo", request.image)],
        )
        parts = self.read(answer, Parts).parts
        return [self.region(category, parts.get(category)) for category in request.categories]

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        answer = ctx.http.get("account")
        amount = self.read(answer, Account).credits
        return Balance(amount=amount, unit="credits", as_of=ctx.clock.now())

    def update(self, status: Status) -> JobUpdate:
        state = STATES.get(status.status, JobState.UNKNOWN)
        failure = result = None
        if state is JobState.FAILED:
            failure = TABLE.failure(code=status.code, message=status.reason, billed="no")
        if state is JobState.SUCCEEDED and status.image_url:
            result = JobResult(images=[Artifact(source=UrlSource(status.image_url))])
        return JobUpdate(
            state=state,
            vendor_status=status.status,
            result=result,
            failure=failure,
            job_id=status.task_id,
        )

    def part(self, name: str, image: ImageSource) -> tuple[str, str | FilePart]:
        if isinstance(image, UrlSource):
            return f"{name}_url", image.url
        return name, FilePart(image)

    def region(self, category: Category, part: Part | None) -> GarmentRegion | None:
        if part is None:
            return None
        x, y, width, height = part.box
        if min(width, height) < 0:
            raise errors.UnexpectedResponse(f"Acme: a box of {width} x {height} pixels.")
        return GarmentRegion(
            category=category,
            bbox=(x, y, x + width, y + height),
            mask=Artifact(source=UrlSource(part.mask)),
            crop=Artifact(source=UrlSource(part.cutout)),
        )

    def read(self, answer: HttpResponse, kind: type[T]) -> T:
        if answer.status >= 400:
            raise TABLE.refusal(answer)
        return decode(CONVERTER, answer.json(), kind)


provider: Provider = AcmeProvider()
