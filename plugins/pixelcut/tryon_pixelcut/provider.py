"""The provider: Pixelcut's jobs as data, and its two forms of a submission."""

from collections.abc import Sequence

from tryon_core import (
    Artifact,
    BalanceRoute,
    CallContext,
    CancelRoute,
    DeclaredProvider,
    Job,
    JobResult,
    JobState,
    ParseRequest,
    PollRoute,
    Problem,
    Provider,
    TryOnRequest,
    UrlSource,
    hookimpl,
)
from tryon_pixelcut import wire
from tryon_pixelcut.declaration import INFO
from tryon_pixelcut.error_codes import TABLE


class PixelcutProvider(DeclaredProvider):
    """Pixelcut's try-on, which is in beta."""

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
            result = JobResult(images=[Artifact(source=UrlSource(finished.result_url))])
            return ctx.new_job(job_id or finished.name, request_id=call, result=result)
        if job_id is not None:
            return self.new_job(job_id, answer, ctx)
        if answer.status not in wire.GOOD:
            raise TABLE.refusal(answer)
        is_job = answer.status != wire.OK or "job_id" in answer.json_object()
        raise answer.no_job("job_id" if is_job else "result_url", request_id=call)


_JOB = f"{wire.SUBMIT_PATH}/job/{{id}}"
provider: Provider = PixelcutProvider(
    info=INFO,
    table=TABLE,
    poll_route=PollRoute(
        path=_JOB,
        named="header:location",
        state="status",
        states={
            "pending": JobState.PENDING,
            "running": JobState.RUNNING,
            "completed": JobState.SUCCEEDED,
            "failed": JobState.FAILED,
            # Not documented: a cancelled job should read `failed` with the code `job_cancelled`.
            "cancelled": JobState.CANCELLED,
            "canceled": JobState.CANCELLED,
        },
        outputs="result_url",
        job_id="job_id",
    ),
    cancel_route=CancelRoute(path=f"{_JOB}/cancel"),
    # The page declares a text and shows a number.
    balance_route=BalanceRoute(path="v1/credits", amount="credits_remaining", unit="credits"),
)
