"""The provider of an invented vendor that writes plain text, and never JSON."""

from datetime import date
from decimal import Decimal

from tryon_core import (
    Artifact,
    Capabilities,
    ErrorTable,
    FilePart,
    JobResult,
    JobState,
    JobUpdate,
    Price,
    ProviderInfo,
    SettingSpec,
    UrlSource,
    codes,
    errors,
    hookimpl,
)

SOURCE = "https://plain.example/docs"
STATES = {
    "waiting": JobState.PENDING,
    "working": JobState.RUNNING,
    "done": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
}


def words(answer):
    """Return the words of an answer such as `done http://...`."""
    return answer.body.decode(errors="replace").split()


def code_in(answer):
    """Return the code of `error bad_key`."""
    said = words(answer)
    return said[1] if said[:1] == ["error"] and len(said) == 2 else ""


TABLE = ErrorTable(
    "Plain",
    [
        *codes(errors.AuthenticationFailed, "", {"bad_key": "The key is wrong."}),
        *codes(errors.CreditsExhausted, "", {"no_credits": "Nothing is left."}),
        *codes(errors.InputRefused, "Give a sharp photo.", {"bad_image": "It cannot be used."}),
        *codes(errors.JobExpired, "", {"gone": "There is no such job."}),
    ],
    code=code_in,
)
INFO = ProviderInfo(
    id="plain",
    name="Plain",
    settings=[
        SettingSpec(
            name="api_key",
            secret=True,
            required=True,
            env=["PLAIN_API_KEY"],
            help="From plain.example/keys.",
        ),
        SettingSpec(name="base_url", default="https://api.plain.example"),
    ],
    headers={"X-Key": "{api_key}"},
    capabilities=Capabilities(
        garments=[{"top"}],
        delivery={"upload"},
        job_lifetime_s=3600,
        price=Price(amount=Decimal("0.05"), currency="USD", as_of=date(2026, 1, 2), source=SOURCE),
    ),
    errors=TABLE.entries,
    homepage="https://plain.example",
)


class PlainProvider:
    info = INFO

    @hookimpl
    def validate_inputs(self, request, ctx):
        return []

    @hookimpl
    def submit(self, request, ctx):
        form = [(name, FilePart(image)) for name, image in request.images.items()]
        answer = ctx.http.post("jobs", multipart=form)
        if not answer.is_success:
            raise TABLE.refusal(answer)
        said = words(answer)
        if len(said) != 2 or said[0] != "job" or not said[1].isalnum():
            raise errors.UnexpectedResponse("Plain: no job in the answer.", http_status=200)
        return ctx.new_job(said[1])

    @hookimpl
    def poll(self, job, ctx):
        answer = ctx.http.get("status", params={"job": job.id})
        if code_in(answer) == "gone":
            return JobUpdate(state=JobState.NOT_FOUND, vendor_status="gone")
        if not answer.is_success or code_in(answer):
            raise TABLE.poll_refusal(answer)
        word, *rest = [*words(answer), ""]
        state = STATES.get(word, JobState.UNKNOWN)
        is_done = state is JobState.SUCCEEDED and rest[0].startswith("http")
        images = [Artifact(source=UrlSource(rest[0]))] if is_done else []
        return JobUpdate(
            state=state,
            vendor_status=word[:40],
            result=JobResult(images=images) if images else None,
            failure=TABLE.failure(code=rest[0], message="", billed="no")
            if state is JobState.FAILED
            else None,
        )


provider = PlainProvider()
