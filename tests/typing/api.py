"""Checked by mypy, never run: what callers and plugin authors may rely on, and what is refused.

Each `type: ignore` stands for a mistake that must stay one; strict mode reports it once the line
no longer is.
"""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs
from PIL import Image
from typing_extensions import assert_type

from tryon_core import (
    Artifact,
    BalanceRoute,
    CallContext,
    CancelRoute,
    Capabilities,
    Client,
    DeclaredProvider,
    ErrorTable,
    GarmentRegion,
    Hotspot,
    HttpResponse,
    ImageSource,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    LibraryModel,
    ParseRequest,
    PollPolicy,
    PollRoute,
    Problem,
    Provider,
    ProviderInfo,
    RememberedJob,
    ResultImage,
    SettingSpec,
    SubmitRoute,
    TryOnError,
    TryOnRequest,
    TryOnResult,
    UrlSource,
    decode,
    errors,
    hookimpl,
    make_converter,
    register,
    remembered_jobs,
    rename_keys,
)
from tryon_core.extensions import observer
from tryon_core.models import Category
from tryon_core.registry import InstalledProvider, list_providers


@attrs.frozen(kw_only=True)
class Options:
    """Options of the sample."""

    seed: int | None = None


@attrs.frozen
class Task:
    """What the sample's vendor answers."""

    id: str
    status: str = "queued"


class Acme:
    """The least that a provider is."""

    info = ProviderInfo(
        id="acme",
        name="Acme",
        options=Options,
        settings=[SettingSpec(name="api_key", env="ACME_API_KEY", secret=True)],
        capabilities=Capabilities(garments=[["top"], {"top", "bottom"}], delivery={"url"}),
    )

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Find nothing."""
        return []

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send it."""
        assert_type(request.garments, Mapping[Category, ImageSource])
        assert_type(request.person, ImageSource | LibraryModel)
        key = ctx.settings.text("api_key")
        answer = ctx.http.post("https://acme.example", headers={"x-key": key}, json={})
        assert_type(answer, HttpResponse)
        converter = make_converter()
        rename_keys(converter, Task, id="task_id")
        task = decode(converter, answer.json(), Task)
        assert_type(task, Task)
        return ctx.new_job(task.id, data={"region": "eu"})

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask."""
        image = Artifact(source=UrlSource("https://acme.example/1.png"))
        return JobUpdate(state=JobState.SUCCEEDED, result=JobResult(images=[image]))

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Find nothing."""
        return [None for _ in request.categories]


provider: Provider = Acme()
register(provider)


class WithoutPoll:
    """Lacks a hook."""

    info = Acme.info
    validate_inputs = Acme.validate_inputs
    submit = Acme.submit
    parse_garment = Acme.parse_garment


class WrongAnswer(Acme):
    """Answers a question with something else."""

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> Job:  # type: ignore[override]
        """Return the job itself."""
        return job


class FewerArguments(Acme):
    """Leaves out the context."""

    @hookimpl
    def poll(self, job: Job) -> JobUpdate:  # type: ignore[override]
        """Ask without it."""
        return JobUpdate(state=JobState.RUNNING)


class WithoutInfo:
    """Declares nothing."""

    validate_inputs = Acme.validate_inputs
    submit = Acme.submit
    poll = Acme.poll
    parse_garment = Acme.parse_garment


without_poll: Provider = WithoutPoll()  # type: ignore[assignment]
without_info: Provider = WithoutInfo()  # type: ignore[assignment]
a_class: Provider = Acme  # type: ignore[assignment]


def use(client: Client) -> None:
    """Use the whole of a client."""
    assert_type(client.info, ProviderInfo)
    result = client.try_on("person.jpg", top=Path("top.png"), options={"seed": 3}, timeout_s=None)
    assert_type(result, TryOnResult)
    assert_type(result.images[0], ResultImage)
    assert_type(result.image, Image.Image)
    assert_type(result.problems, tuple[Problem, ...] | None)
    assert_type(result.verdict, Literal["passed", "doubtful", ""])
    assert_type(client.validate(b"person", dress="https://x/d.png"), tuple[Problem, ...])
    job = client.submit(LibraryModel(name="m"), top=b"top")
    assert_type(job, Job)
    assert_type(client.poll(job), JobUpdate)
    states: list[JobState] = []
    waited = client.wait(job, on_update=lambda update: states.append(update.state))
    assert_type(waited, TryOnResult)
    assert_type(client.resume(job.to_token()), TryOnResult)
    assert_type(client.cancel(job), JobUpdate)
    assert_type(client.parse_garment("p.jpg", ["top"]), tuple[GarmentRegion | None, ...])
    (region,) = client.parse_garment("p.jpg", ["top"])
    if region is not None:
        assert_type(region.hotspot(), Hotspot)
        assert_type(region.hotspot((600, 800)).percent.x, float)
    assert_type(client.poll("token"), JobUpdate)
    assert_type(client.cancel("token"), JobUpdate)
    assert_type(client.wait("token").is_checked, bool)
    assert_type(remembered_jobs(), tuple[RememberedJob, ...])
    assert_type(list_providers(), tuple[InstalledProvider, ...])


def misuse(client: Client) -> None:
    """Make the mistakes that a type checker finds."""
    client.try_on("person.jpg", tops="top.png")  # type: ignore[call-arg]
    client.try_on("person.jpg", "top.png")  # type: ignore[call-arg]
    client.try_on("person.jpg", top=5)  # type: ignore[arg-type]
    client.parse_garment("person.jpg", ["hat"])  # type: ignore[list-item]
    client.wait(5)  # type: ignore[arg-type]
    Client(Acme)  # type: ignore[arg-type]
    PollPolicy(2.0)  # type: ignore[call-arg]
    Capabilities(garments=[["tops"]])  # type: ignore[list-item]
    Problem("top", "?", severity="fatal")  # type: ignore[arg-type]
    JobUpdate(state="running")  # type: ignore[arg-type]
    client.info.id = "other"  # type: ignore[misc]


def mark(request: TryOnRequest, ctx: CallContext) -> str | None:
    """Stand for a hole in the body."""
    return ctx.fingerprint if request.garments else None


def state_in(answer: HttpResponse) -> str:
    """Stand for a place in an answer."""
    return answer.text_at("state", or_number=True)


SUBMITTED = SubmitRoute(
    path="runs",
    body={"who": "{person}", "wear": ["{garment}", {"n": 1}], "mark": mark},
    categories={"top": "upper"},
    job_id=("run", "data.run"),
)
POLLED = PollRoute(
    path=lambda job: f"{job.provider}/{{id}}",
    state=state_in,
    states={"1": JobState.RUNNING},
    outputs=("images[].url", "image"),
    usage={"credits": "header:x-units"},
    failure_billed="no",
)


class Declared(DeclaredProvider):
    """A vendor as data, with one hook of its own."""

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask as declared."""
        return super().poll(job, ctx)


def declare(info: ProviderInfo, table: ErrorTable) -> None:
    """Declare a vendor, and make the mistakes that are named before anything runs."""
    one: Provider = Declared(info=info, table=table, submit_route=SUBMITTED, poll_route=POLLED)
    two: Provider = Declared(
        info=info, table=table, submit_route={"a": SUBMITTED}, poll_route=POLLED
    )
    del one, two
    Declared(info=info, table=table, poll_rout=POLLED)  # type: ignore[call-arg]
    SubmitRoute(path="runs", body={}, jobid="run")  # type: ignore[call-arg]
    SubmitRoute(path="runs", body={}, categories={"hat": "hats"})  # type: ignore[dict-item]
    SubmitRoute(path="runs", body={}, local_images="bytes")  # type: ignore[arg-type]
    PollRoute(path="a", state="s", states={"1": "running"}, outputs="b")  # type: ignore[dict-item]
    PollRoute(path="a", state=5, states={}, outputs="b")  # type: ignore[arg-type]
    CancelRoute(path="a", method="GET")  # type: ignore[arg-type]
    BalanceRoute(path="a", amount="b")  # type: ignore[call-arg]


def handle(error: TryOnError) -> None:
    """Read what every error says."""
    assert_type(error.fault, errors.Fault)
    assert_type(error.retry, errors.Retry)
    assert_type(error.billed, errors.Billed)
    assert_type(error.remedy, str)
    assert_type(error.job, Job | None)
    assert_type(error.retryable, bool)
    assert_type(error.retry_after_s, float | None)


class Counter:
    """An extension that only watches."""

    count = 0

    @hookimpl(wrapper=True)
    @observer
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, None]:
        """Count."""
        job = yield
        assert_type(job, Job)
        self.count += 1


with Client("acme", extensions=["call_log", Counter()], api_key="k") as opened:
    assert_type(opened, Client)
