"""The provider: Pixelcut's four routes behind the hooks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from tryon_core import (
    Artifact,
    Balance,
    CallContext,
    GarmentRegion,
    HttpResponse,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    ParseRequest,
    Problem,
    Provider,
    TryOnRequest,
    UrlSource,
    hookimpl,
)
from tryon_core.followup import ask_where_named
from tryon_pixelcut.addresses import job_in, job_route, location_data, location_of, route
from tryon_pixelcut.declaration import INFO, RESULT_LIFETIME_S
from tryon_pixelcut.error_codes import TABLE
from tryon_pixelcut.form import MODES, send
from tryon_pixelcut.replies import (
    Credits,
    Finished,
    Status,
    error_in,
    finished_in,
    job_id_in,
    named_in,
    question_error,
    read,
    refusal,
    request_id,
    tells_of,
    unreadable,
)

_OK, _ACCEPTED, _NOT_FOUND, _CONFLICT = 200, 202, 404, 409
_ACCEPTING = range(200, 300)
_STATES: Mapping[str, JobState] = MappingProxyType(
    {
        "pending": JobState.PENDING,
        "running": JobState.RUNNING,
        "completed": JobState.SUCCEEDED,
        "failed": JobState.FAILED,
        # Not documented: a cancelled job should read `failed` with the code `job_cancelled`.
        "cancelled": JobState.CANCELLED,
        "canceled": JobState.CANCELLED,
    }
)
_CANCELLED, _EXPIRED = "job_cancelled", "job_expired"


class PixelcutProvider:
    """Pixelcut's try-on, which is in beta."""

    info = INFO

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Find addresses that the vendor cannot read, and modes that do not fit the category."""
        return [*_unreadable(request), *_odd_modes(request)]

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send one request; a finished picture is the job's result."""
        answer = send(request, ctx, route(ctx, "try-on"), _headers(ctx))
        call, job_id = request_id(answer), _job_id_in(answer)
        finished = finished_in(answer)
        if finished is not None:
            result = _result(finished, since=ctx.clock.now())
            return ctx.new_job(job_id or finished.name, request_id=call, result=result)
        if job_id is not None:
            data = location_data(ctx, job_id, answer.headers.get("location"))
            return ctx.new_job(job_id, request_id=call, data=data)
        raise unreadable(answer) if answer.status in {_OK, _ACCEPTED} else refusal(answer)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the job's status, where the vendor said and at the documented address."""
        answer = ask_where_named(
            ctx.http,
            location_of(ctx, job),
            job_route(ctx, job.id),
            headers=_headers(ctx),
            is_answer=lambda answer: tells_of(answer, job),
        )
        if _is_not_found(answer):
            return _not_found(answer)
        if answer.status not in {_OK, _ACCEPTED}:
            raise question_error(answer)
        return _update(answer, job)

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask to stop the job, which costs nothing and may be repeated."""
        answer = ctx.http.post(
            f"{job_route(ctx, job.id)}/cancel", headers=_headers(ctx), idempotent=True
        )
        if _is_not_found(answer):
            return _not_found(answer)
        if answer.status != _OK:
            raise refusal(answer) if answer.status == _CONFLICT else question_error(answer)
        return JobUpdate(
            state=JobState.CANCELLED, vendor_status="cancelled", request_id=request_id(answer)
        )

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask for the credits that are left."""
        answer = ctx.http.get(route(ctx, "credits"), headers=_headers(ctx))
        if answer.status != _OK:
            raise question_error(answer)
        amount = read(answer, Credits).credits_remaining
        return Balance(amount=amount, unit="credits", as_of=ctx.clock.now())

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Refuse: the vendor does not offer it."""
        raise NotImplementedError("never called: no parse_categories are declared")


def _headers(ctx: CallContext) -> dict[str, str]:
    return {"X-API-Key": ctx.settings.text("api_key"), "Accept": "application/json"}


def _unreadable(request: TryOnRequest | ParseRequest) -> Iterator[Problem]:
    for field, image in request.images.items():
        if isinstance(image, UrlSource) and image.url.lower().startswith("oss:"):
            yield Problem(
                field,
                "Pixelcut cannot read oss:// addresses. Pass a file, or an https address.",
                code="wrong_address",
            )


def _odd_modes(request: TryOnRequest | ParseRequest) -> Iterator[Problem]:
    if isinstance(request, ParseRequest):
        return
    mode = request.options.garment_mode
    for category in request.garments:
        if mode not in {None, "auto", MODES[category]}:
            yield Problem(
                "options.garment_mode",
                f"{mode!r} was asked for a {category}, which Pixelcut calls {MODES[category]!r}. "
                "Leave the option out unless it is meant.",
                severity="warning",
                code="garment_mode",
            )


def _job_id_in(answer: HttpResponse) -> str | None:
    """Return the job that an accepted submission names; `Location` does where the body does not."""
    in_header = job_in(answer.headers.get("location")) if answer.status in _ACCEPTING else None
    is_text = isinstance(answer.json_object().get("job_id"), str)
    in_body = job_id_in(answer)
    return in_body if is_text and in_body else in_header or in_body


def _is_not_found(answer: HttpResponse) -> bool:
    """Say whether the vendor does not know the job; a page of a gateway has no code."""
    return answer.status == _NOT_FOUND and bool(error_in(answer.json_object())[0])


def _not_found(answer: HttpResponse) -> JobUpdate:
    return JobUpdate(
        state=JobState.NOT_FOUND, vendor_status="not_found", request_id=request_id(answer)
    )


def _update(answer: HttpResponse, job: Job) -> JobUpdate:
    status = read(answer, Status).status
    state = _STATES.get(status, JobState.UNKNOWN)
    failure = result = None
    if state is JobState.FAILED:
        code, message = error_in(answer.json_object())
        if code == _EXPIRED:
            raise TABLE.refusal(answer, code=code, message=message, request_id=request_id(answer))
        failure = TABLE.failure(code=code, message=message or "no reason given")
        state = JobState.CANCELLED if code == _CANCELLED else state
    if state is JobState.SUCCEEDED:
        result = _result(read(answer, Finished), since=job.submitted_at)
    return JobUpdate(
        state=state,
        vendor_status=status,
        result=result,
        failure=failure,
        retry_after_s=answer.retry_after_s,
        request_id=request_id(answer),
        job_id=named_in(answer.json_object()),
    )


def _result(reply: Finished, *, since: datetime) -> JobResult:
    """Return the picture, which lives for an hour from some time after `since`."""
    expires_at = since + timedelta(seconds=RESULT_LIFETIME_S)
    return JobResult(images=[Artifact(source=UrlSource(reply.result_url), expires_at=expires_at)])


provider: Provider = PixelcutProvider()
