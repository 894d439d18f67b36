"""Providers that are careless with what vendors send, each in one way, for the kit to find out."""

import json
from pathlib import Path

import attrs

from acme import INFO, TABLE, Accepted, AcmeProvider
from flash import INFO as FLASH
from flash_bad import Asking
from tryon_core import (
    ErrorCode,
    ErrorTable,
    JobResult,
    JobState,
    as_artifact,
    codes,
    errors,
    hookimpl,
)


def declaring(**changes):
    """Return the good provider with another declaration."""
    provider = AcmeProvider()
    provider.info = attrs.evolve(INFO, **changes)
    return provider


class WrongHeader(AcmeProvider):
    info = attrs.evolve(INFO, headers={"X-Api-Key": "{api_key}"})


class CallsEveryFileAJpeg(AcmeProvider):
    def part(self, name, image):
        field, sent = super().part(name, image)
        return field, attrs.evolve(sent, media_type="image/jpeg")


class ForgetsThePause(AcmeProvider):
    """Knows better than the vendor how long to wait."""

    def read(self, answer, kind):
        try:
            return super().read(answer, kind)
        except errors.TryOnError as error:
            error.retry_after_s = 1.0
            raise


class PollsAtOnce(AcmeProvider):
    def update(self, status):
        return attrs.evolve(super().update(status), retry_after_s=0.0)


class OneIdForAll(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        return attrs.evolve(super().submit(request, ctx), id="task")


class MakesUpAnId(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        try:
            return super().submit(request, ctx)
        except errors.UnexpectedResponse:
            return ctx.new_job(ctx.fingerprint)


class TakesAnyText(AcmeProvider):
    """Builds the job by hand, which takes no empty id."""

    @hookimpl
    def submit(self, request, ctx):
        try:
            return super().submit(request, ctx)
        except errors.UnexpectedResponse:
            told = json.loads(ctx.http.last_answer.body)["task_id"]
            return attrs.evolve(ctx.new_job("later"), id=told.strip())


class TakesAPageForAJob(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        try:
            return super().submit(request, ctx)
        except errors.UnexpectedResponse:
            if ctx.http.last_answer.status == 200:
                return ctx.new_job("later")
            raise


class PastesTheId(AcmeProvider):
    """Below the address itself, so that the core does not see which part is a path."""

    def place(self, job, ctx):
        return f"{ctx.settings.text('base_url')}/tasks/{job.id}"

    @hookimpl
    def poll(self, job, ctx):
        answer = ctx.http.get(self.place(job, ctx), headers=ctx.headers)
        return self.polled(answer)


class PastesTheIdIntoAPath(PastesTheId):
    def place(self, job, ctx):
        return f"tasks/{job.id}"


OUTAGE_AS_LIMIT = declaring(
    errors=[
        *TABLE.entries,
        ErrorCode(code="", http_status=500, error=errors.RateLimited, meaning="It is busy."),
    ]
)


def _billing(entry):
    is_refusal = entry.code == "bad_image"
    return attrs.evolve(entry, billed="yes" if is_refusal else entry.billed)


class BillsRefusals(AcmeProvider):
    info = attrs.evolve(INFO, errors=[_billing(entry) for entry in TABLE.entries])

    def read(self, answer, kind):
        try:
            return super().read(answer, kind)
        except errors.InputRefused as error:
            error.billed = "yes"
            raise


class PollsInSubmit(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        super().poll(job, ctx)
        return job


class LosesTheJobThatItPolls(AcmeProvider):
    """A vendor's job that is queued is no job to it."""

    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        if super().poll(job, ctx).state is JobState.PENDING:
            raise errors.VendorUnavailable("Acme: the task was not begun.")
        return job


class SaysFreeAfterSuccess(AcmeProvider):
    """Gives its own troubles with an answer a code of the vendor."""

    def read(self, answer, kind):
        try:
            return super().read(answer, kind)
        except errors.UnexpectedResponse as error:
            if kind is not Accepted or answer.status >= 400:
                raise
            raise errors.InputRefused("Acme: no task.", vendor_code="bad_image") from error


READS_OUR_FILES = declaring(
    capabilities=attrs.evolve(INFO.capabilities, url_schemes={"https", "file"})
)
READS_A_STORE = declaring(
    capabilities=attrs.evolve(INFO.capabilities, url_schemes={"http", "https", "oss"})
)


class KeepsACache(AcmeProvider):
    folder = property(lambda _: Path.home() / ".cache" / "acme")

    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "jobs.txt").write_text(job.id)
        return job


class Impatient(Asking):
    """Works for 20 s, and waits as long as for any answer."""

    info = attrs.evolve(FLASH, capabilities=attrs.evolve(FLASH.capabilities, typical_job_s=20))

    @hookimpl
    def submit(self, request, ctx):
        image = as_artifact(self.ask(request, ctx).body, place="body")
        return ctx.new_job("", result=JobResult(images=[image]))


class Timeless(Impatient):
    info = attrs.evolve(FLASH, capabilities=attrs.evolve(FLASH.capabilities, typical_job_s=0))


STATUS_TABLE = ErrorTable(
    "Acme",
    [
        *codes(errors.AuthenticationFailed, "", {401: "The key is wrong."}),
        *codes(errors.CreditsExhausted, "", {406: "Nothing is left."}),
        *codes(errors.RateLimited, "", {429: "Too many submissions in a second."}),
    ],
    message=["message"],
)


class GoesByStatus(AcmeProvider):
    """Well-behaved, for a vendor without codes."""

    info = attrs.evolve(INFO, errors=STATUS_TABLE.entries)

    def read(self, answer, kind):
        if answer.status >= 400:
            raise STATUS_TABLE.refusal(answer)
        return super().read(answer, kind)


class TakesAStatusForAnother(GoesByStatus):
    def read(self, answer, kind):
        if answer.status == 406:
            raise errors.InputRefused("Acme: no.", http_status=406)
        return super().read(answer, kind)
