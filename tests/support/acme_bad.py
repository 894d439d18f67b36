"""Providers that are each wrong in one way, for the contract kit to find out."""

import base64
import contextlib
import itertools
import socket
import time
from decimal import Decimal
from typing import Any

import attrs

from acme import (
    INFO,
    STATES,
    TABLE,
    Accepted,
    AcmeProvider,
    Part,
    Status,
)
from tryon_core import (
    Artifact,
    Balance,
    BytesSource,
    ErrorCode,
    FilePart,
    GarmentRegion,
    ImageRules,
    Job,
    JobState,
    JobUpdate,
    Problem,
    SettingSpec,
    UrlSource,
    decode,
    errors,
    hookimpl,
    make_converter,
)
from tryon_core.images.files import file_name


class Unmarked(AcmeProvider):
    def submit(self, request, ctx):
        return super().submit(request, ctx)


class Misspelt(AcmeProvider):
    @hookimpl
    def validate_input(self, request, ctx):
        return []


class RenamedArgument(AcmeProvider):
    @hookimpl
    def poll(self, task, ctx):
        return super().poll(task, ctx)


@attrs.define
class Loose:
    """Options.

    Attributes:
        seed: repeats a result.
    """

    seed: int | None = None


@attrs.frozen
class Undocumented:
    """Options."""

    seed: int | None = None


@attrs.frozen(kw_only=True)
class Demanding:
    """Options.

    Attributes:
        seed: repeats a result.
    """

    seed: int


def declaring(**changes: Any) -> AcmeProvider:
    """Return the good provider with another declaration."""
    provider = AcmeProvider()
    provider.info = attrs.evolve(INFO, **changes)
    return provider


NAMELESS = declaring(name=" ")
LOOSE_OPTIONS = declaring(options=Loose)
UNDOCUMENTED_OPTIONS = declaring(options=Undocumented)
DEMANDING_OPTIONS = declaring(options=Demanding)
OPEN_KEY = declaring(settings=[SettingSpec(name="api_key"), INFO.settings[1]])
HIDDEN_KEY = declaring(
    settings=[SettingSpec(name="api_key", secret=True, required=True), INFO.settings[1]]
)
PLAIN_ADDRESS = declaring(
    settings=[INFO.settings[0], SettingSpec(name="base_url", default="http://api.acme.example")]
)
UNSOURCED_LIMITS = declaring(
    capabilities=attrs.evolve(INFO.capabilities, person_rules=ImageRules(max_bytes=1_000_000))
)
NO_GARMENTS = declaring(capabilities=attrs.evolve(INFO.capabilities, garments=[]))
NO_ERRORS = declaring(errors=())
NO_REMEDY = declaring(
    errors=[ErrorCode(code="bad_image", error=errors.InputRefused, meaning="It is blurred.")]
)
NO_MEANING = declaring(
    errors=[ErrorCode(code="bad_key", error=errors.AuthenticationFailed, meaning="")]
)

_OUTAGE = {"error": errors.VendorUnavailable, "meaning": "It is away."}
REPEATS_WHAT_MAY_BE_BILLED = declaring(errors=[ErrorCode(code="busy", billed="unknown", **_OUTAGE)])
TELLS_TO_BUY_AGAIN = declaring(
    errors=[
        ErrorCode(
            code="busy",
            billed="unknown",
            retry="never_automatically",
            remedy="Submit the work again.",
            **_OUTAGE,
        )
    ]
)
GUESSES_THAT_IT_IS_FREE = declaring(
    errors=[ErrorCode(code="", http_status=503, billed="no", **_OUTAGE)]
)

LACKS_A_CODE = declaring(errors=[entry for entry in TABLE.entries if entry.code != "no_credits"])


ODD_SIZE = declaring(size_of=lambda _: "large")
UNKNOWN_SIZE = declaring(size_of=lambda ctx: ctx.request.options.format)
PROMISES_ANOTHER_SIZE = declaring(size_of=lambda _: "1024x1024")


class _Judge(AcmeProvider):
    @hookimpl
    def check_result(self, result, ctx):
        return self.judge(result, ctx)


class JudgeThatRaises(_Judge):
    def judge(self, result, ctx):
        return [Problem("result", "it is dark.")] if result.image.getpixel((0, 0)) else []


class JudgeThatNeedsTheRequest(_Judge):
    def judge(self, result, ctx):
        return [Problem("result", "no top.")] if ctx.request.top is None else []


class JudgeThatAsks(_Judge):
    def judge(self, result, ctx):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", 9), timeout=0.01)


class JudgeThatRemembers(_Judge):
    asked = 0

    def judge(self, result, ctx):
        self.asked += 1
        return [Problem("result", f"{self.asked} so far.")]


class JudgeThatTalks(_Judge):
    def judge(self, result, ctx):
        return "it is dark"


class AnswersNone(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        if request.options.seed is not None and request.options.seed < 0:
            return [Problem("options.seed", "Give 0 or more.")]
        return None


class AnswersText(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        return ["the photo is dull"]


class StrangeField(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        return [Problem("photo", "It is dull.")] if request.options.seed == 0 else []


class RaisesInValidation(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        (_garment,) = request.garments.values()
        return []


class AsksInValidation(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        with contextlib.suppress(Exception):
            ctx.http.get("https://api.acme.example/v1/account")
        return []


class OpensSockets(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        with contextlib.suppress(Exception):
            socket.create_connection(("127.0.0.1", 9))
        return []


class Remembers(AcmeProvider):
    def __init__(self) -> None:
        self.asked = itertools.count()

    @hookimpl
    def validate_inputs(self, request, ctx):
        number = next(self.asked)
        return [Problem("person", f"This is the request number {number}.", severity="warning")]


class RefusesAll(AcmeProvider):
    @hookimpl
    def validate_inputs(self, request, ctx):
        return [Problem("person", "Give a better photo.")]


class PaysTwice(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        super().submit(request, ctx)
        return super().submit(request, ctx)


class FilesOnly(AcmeProvider):
    def part(self, name, image):
        return name, FilePart(image)


class WithoutUnit(AcmeProvider):
    @hookimpl
    def read_balance(self, ctx):
        return attrs.evolve(super().read_balance(ctx), unit="")


class Sleeps(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        time.sleep(0.25)
        return super().poll(job, ctx)


class TakesPagesForTheEnd(AcmeProvider):
    def polled(self, answer):
        if answer.status == 404:
            raise errors.JobExpired("Acme does not know the task.")
        return super().polled(answer)


class TakesPagesForAnUnknownJob(AcmeProvider):
    def polled(self, answer):
        if answer.status == 404:
            return JobUpdate(state=JobState.NOT_FOUND)
        return super().polled(answer)


class NeverLost(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        update = super().poll(job, ctx)
        is_lost = update.state is JobState.NOT_FOUND
        return JobUpdate(state=JobState.RUNNING) if is_lost else update


class ForgetsAState(AcmeProvider):
    def update(self, status):
        known = status.status != "working"
        return super().update(status) if known else JobUpdate(state=JobState.UNKNOWN)


class CannotCancel(AcmeProvider):
    @hookimpl
    def cancel(self, job, ctx):
        raise errors.InputRefused("Acme: no.")


class CroppedMask(AcmeProvider):
    """Gives the mask of a thumbnail, as a vendor's field of a similar name may be."""

    def region(self, category, part):
        region = super().region(category, part)
        return region and attrs.evolve(region, mask=Artifact(source=THUMBNAIL))


class OpaqueMask(AcmeProvider):
    def region(self, category, part):
        region = super().region(category, part)
        return region and attrs.evolve(region, mask=region.crop)


class WidthsForCorners(AcmeProvider):
    def region(self, category, part: Part | None):
        if part is None:
            return None
        x, y, width, height = part.box
        return GarmentRegion(
            category=category,
            bbox=(x, y, x + 2 * width, y + 2 * height),
            mask=Artifact(source=UrlSource(part.mask)),
            crop=Artifact(source=UrlSource(part.cutout)),
        )


class IgnoresItsTable(AcmeProvider):
    def read(self, answer, kind):
        if answer.status >= 400:
            raise errors.InputRefused(f"Acme: HTTP {answer.status}.", http_status=answer.status)
        return super().read(answer, kind)


class HidesTheCode(AcmeProvider):
    def read(self, answer, kind):
        try:
            return super().read(answer, kind)
        except errors.TryOnError as error:
            error.vendor_code = None
            raise


class KnowsAllCodes(AcmeProvider):
    def read(self, answer, kind):
        if answer.status >= 400:
            code = answer.json_object().get("code")
            {entry.code: entry for entry in TABLE.entries}[code]
        return super().read(answer, kind)


class TakesRefusalsForJobs(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        try:
            return super().submit(request, ctx)
        except errors.InputRefused:
            return ctx.new_job("later")


class TakesRefusalsForProgress(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        try:
            return super().poll(job, ctx)
        except errors.TryOnError:
            return JobUpdate(state=JobState.RUNNING)


class HasTwoTables(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        try:
            return super().poll(job, ctx)
        except errors.CreditsExhausted as error:
            raise errors.InputRefused(error.message) from error


class SendsTheName(AcmeProvider):
    def part(self, name, image):
        name, part = super().part(name, image)
        if isinstance(part, FilePart):
            part = FilePart(part.source, filename=file_name(part.source).encode().decode())
        return name, part


class HandsOverSomethingElse(AcmeProvider):
    def update(self, status):
        update = super().update(status)
        if update.result is None:
            return update
        images = [Artifact(source=BytesSource(b"\0\1\2 not the image"))]
        return attrs.evolve(update, result=attrs.evolve(update.result, images=images))


@attrs.frozen
class _WholeAnswer:
    task_id: str
    extra: list[int | None]


class LosesJobs(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        decode(make_converter(), ctx.http.last_answer.json(), _WholeAnswer)
        return job


class LooksForACodeFirst(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        if TABLE.code_in(ctx.http.last_answer):
            raise TABLE.refusal(ctx.http.last_answer)
        return job


class EndsJobsByRefusedPolls(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        try:
            return super().poll(job, ctx)
        except errors.TryOnError as error:
            failure = TABLE.failure(code=error.vendor_code, message=error.message)
            return JobUpdate(state=JobState.FAILED, failure=failure)


class TakesAnyStatus(AcmeProvider):
    def update(self, status):
        return attrs.evolve(super().update(status), job_id=None)


class SubmitsAgain(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        try:
            return super().submit(request, ctx)
        except errors.OutcomeUnknown:
            return super().submit(request, ctx)


class ClaimsIdempotence(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        form = [self.part("garment", next(iter(request.garments.values()))), ("kind", "top")]
        form.append(self.part("person", request.images["person"]))
        answer = ctx.http.post("tasks", multipart=form, idempotent=True)
        return ctx.new_job(self.read(answer, Accepted).task_id)


class CallsAnOutageFree(AcmeProvider):
    def read(self, answer, kind):
        if answer.status >= 500:
            raise errors.VendorUnavailable(f"Acme: HTTP {answer.status}.", billed="no")
        return super().read(answer, kind)


class ParsesTwice(AcmeProvider):
    @hookimpl
    def parse_garment(self, request, ctx):
        photo = [("photo", FilePart(request.image))]
        answer = ctx.http.post("parse", multipart=photo, idempotent=True)
        return [None for _ in request.categories] if answer.status else []


class ReadsByHand(AcmeProvider):
    def read(self, answer, kind):
        if answer.status < 400 and kind is Accepted:
            return Accepted(answer.json()["task_id"])
        return super().read(answer, kind)


class MakesTextOfNothing(AcmeProvider):
    def read(self, answer, kind):
        if answer.status < 400 and kind is Accepted:
            return Accepted(str(answer.json_object().get("task_id")))
        return super().read(answer, kind)


class InsistsOnAnAnswer(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        try:
            return super().submit(request, ctx)
        except errors.UnexpectedResponse:
            return super().submit(request, ctx)


class CallsTheUnknownRunning(AcmeProvider):
    def update(self, status):
        if status.status not in STATES:
            return JobUpdate(state=JobState.RUNNING, vendor_status=status.status)
        return super().update(status)


class HidesTheUnknown(AcmeProvider):
    def update(self, status):
        update = super().update(status)
        if update.state is JobState.UNKNOWN:
            return JobUpdate(state=JobState.RUNNING)
        return update


class FollowsRedirects(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        try:
            answer = ctx.http.get(f"tasks/{job.id}")
        except errors.ServiceMoved as moved:
            answer = ctx.http.get(moved.target, headers=ctx.headers)
        if answer.status == 404:
            return JobUpdate(state=JobState.NOT_FOUND)
        return self.update(self.read(answer, Status))


class TakesRedirectsForAnswers(AcmeProvider):
    @hookimpl
    def read_balance(self, ctx):
        try:
            return super().read_balance(ctx)
        except errors.ServiceMoved:
            return Balance(amount=Decimal(0), unit="credits", as_of=ctx.clock.now())


class TrustsLocation(AcmeProvider):
    """Polls where the `Location` of the submission says."""

    @hookimpl
    def submit(self, request, ctx):
        form = [self.part("garment", next(iter(request.garments.values()))), ("kind", "top")]
        form.append(self.part("person", request.images["person"]))
        answer = ctx.http.post("tasks", multipart=form)
        accepted = self.read(answer, Accepted)
        if "location" in answer.headers:
            ctx.http.get(answer.headers["location"], headers=ctx.headers)
        return ctx.new_job(accepted.task_id)


class TrustsItsTokens(AcmeProvider):
    """Polls where the token says."""

    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        address = f"{ctx.settings.text('base_url')}/tasks/{job.id}"
        return attrs.evolve(job, data={"status_url": address})

    @hookimpl
    def poll(self, job, ctx):
        return self.polled(ctx.http.get(job.data["status_url"], headers=ctx.headers))


class KeepsJobsInMemory(AcmeProvider):
    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}

    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        self.kinds[job.id] = next(iter(request.garments))
        return job

    @hookimpl
    def poll(self, job, ctx):
        _ = self.kinds[job.id]
        return super().poll(job, ctx)


KEEPS_JOBS_IN_MEMORY = KeepsJobsInMemory()


class ReliesOnItsToken(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job: Job = super().submit(request, ctx)
        return attrs.evolve(job, data={"kind": next(iter(request.garments))})

    @hookimpl
    def poll(self, job, ctx):
        _ = job.data["kind"]
        return super().poll(job, ctx)


def _basic(ctx):
    """Return the key as Basic authentication has it."""
    return base64.b64encode(b"user:" + ctx.settings.text("api_key").encode()).decode()


class TokenWithKey(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        job: Job = super().submit(request, ctx)
        # The core hides a key that it can read; one that is encoded shows.
        return attrs.evolve(job, data={"auth": _basic(ctx)})


def _logged(ctx):
    headers = {"Authorization": f"Bearer {ctx.settings.text('api_key')}"}
    ctx.logger.debug("asking with %s", headers)
    return headers


class LogsTheKey(AcmeProvider):
    info = attrs.evolve(INFO, headers=_logged)


class QuotesTheKey(AcmeProvider):
    def read(self, answer, kind):
        if answer.status >= 400:
            raise errors.InputRefused("Acme: no.", remedy=f"Is {self.sent} right?")
        return super().read(answer, kind)

    @hookimpl
    def submit(self, request, ctx):
        self.sent = _basic(ctx)
        return super().submit(request, ctx)

    @hookimpl
    def poll(self, job, ctx):
        self.sent = _basic(ctx)
        return super().poll(job, ctx)


class EncodesTheKey(AcmeProvider):
    """Sends it a second time where nobody would look for it."""

    @hookimpl
    def poll(self, job, ctx):
        answer = ctx.http.get(f"tasks/{job.id}", params={"me": _basic(ctx)})
        return self.update(decode(make_converter(), answer.json(), Status))


THUMBNAIL: Any = None
"""Set by the test: a small RGBA picture."""
