"""The provider: Pixelcut's four routes behind the hooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from tryon_core import (
    Amount,
    Artifact,
    Balance,
    CallContext,
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
from tryon_core.http import ask_where_named
from tryon_pixelcut import wire
from tryon_pixelcut.declaration import INFO, RESULT_LIFETIME_S
from tryon_pixelcut.error_codes import TABLE

_NOT_FOUND, _CONFLICT = 404, 409
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
        """Find modes that do not fit the category."""
        if isinstance(request, ParseRequest):
            return ()
        mode = request.options.garment_mode
        return [
            Problem(
                "options.garment_mode",
                f"{mode!r} was asked for a {category}, which Pixelcut calls {own!r}. "
                "Leave the option out unless it is meant.",
                severity="warning",
                code="garment_mode",
            )
            for category, own in wire.MODES.items()
            if category in request.garments and mode not in {None, "auto", own}
        ]

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send one request; a finished image is the job's result."""
        answer = wire.send(request, ctx)
        call, job_id = TABLE.request_id_in(answer), wire.job_id_in(answer)
        finished = wire.finished_in(answer)
        if finished is not None:
            result = _result(finished, since=ctx.clock.now())
            return ctx.new_job(job_id or finished.name, request_id=call, result=result)
        if job_id is not None:
            location = wire.useful_location(ctx, job_id, answer.headers.get("location"))
            data = {"location": location} if location else {}
            return ctx.new_job(job_id, request_id=call, data=data)
        if answer.status not in wire.GOOD:
            raise TABLE.refusal(answer)
        is_job = answer.status != wire.OK or "job_id" in answer.json_object()
        raise answer.no_job("job_id" if is_job else "result_url", request_id=call)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the job's status, where the vendor said and at the documented address."""
        answer = ask_where_named(
            ctx.http,
            wire.location_of(ctx, job),
            wire.job_path(job.id),
            headers=ctx.headers,
            is_answer=lambda answer: wire.tells_of(answer, job),
        )
        if _is_not_found(answer):
            return _not_found(answer)
        if answer.status not in wire.GOOD:
            raise TABLE.poll_refusal(answer)
        return _update(answer, job)

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask to stop the job, which costs nothing and may be repeated."""
        answer = ctx.http.post(f"{wire.job_path(job.id)}/cancel", idempotent=True)
        if _is_not_found(answer):
            return _not_found(answer)
        if answer.status != wire.OK:
            is_late = answer.status == _CONFLICT
            raise TABLE.refusal(answer) if is_late else TABLE.poll_refusal(answer)
        call = TABLE.request_id_in(answer)
        return JobUpdate(state=JobState.CANCELLED, vendor_status="cancelled", request_id=call)

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask for the credits that are left."""
        answer = ctx.http.get("v1/credits")
        if answer.status != wire.OK:
            raise TABLE.poll_refusal(answer)
        # The page declares a text and shows a number.
        amount = wire.read(answer, Amount, at="credits_remaining")
        return Balance(amount=amount, unit="credits", as_of=ctx.clock.now())


def _is_not_found(answer: HttpResponse) -> bool:
    """Say whether the vendor does not know the job; a page of a gateway has no code."""
    return answer.status == _NOT_FOUND and bool(TABLE.code_in(answer))


def _not_found(answer: HttpResponse) -> JobUpdate:
    call = TABLE.request_id_in(answer)
    return JobUpdate(state=JobState.NOT_FOUND, vendor_status="not_found", request_id=call)


def _update(answer: HttpResponse, job: Job) -> JobUpdate:
    status = wire.read(answer, str, at="status")
    state = _STATES.get(status, JobState.UNKNOWN)
    failure = result = None
    if state is JobState.FAILED:
        code = TABLE.code_in(answer)
        if code == _EXPIRED:
            raise TABLE.refusal(answer)
        message = TABLE.message_in(answer) or "no reason given"
        failure = TABLE.failure(code=code, message=message)
        state = JobState.CANCELLED if code == _CANCELLED else state
    if state is JobState.SUCCEEDED:
        result = _result(wire.read(answer, wire.Finished), since=job.submitted_at)
    return JobUpdate(
        state=state,
        vendor_status=status,
        result=result,
        failure=failure,
        retry_after_s=answer.retry_after_s,
        request_id=TABLE.request_id_in(answer),
        job_id=wire.named_in(answer),
    )


def _result(reply: wire.Finished, *, since: datetime) -> JobResult:
    """Return the image, which lives for an hour from some time after `since`."""
    expires_at = since + timedelta(seconds=RESULT_LIFETIME_S)
    return JobResult(images=[Artifact(source=UrlSource(reply.result_url), expires_at=expires_at)])


provider: Provider = PixelcutProvider()
