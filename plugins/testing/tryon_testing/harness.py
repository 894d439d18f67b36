"""A client and the emulator that it talks to, for one check, and all that can be asked."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest

from tryon_core.client import Client
from tryon_core.clock import Clock, SystemClock
from tryon_core.errors import CancelRefused, TryOnError, UnknownProvider
from tryon_core.image_formats import image_format
from tryon_core.images import read_bytes
from tryon_core.models import Attempt, ImageSource, Job, ParseRequest, TryOnRequest, UrlSource
from tryon_core.saving import suffix_for
from tryon_core.settings import BASE_URL
from tryon_core.submitting import SubmitPolicy
from tryon_core.transport import TransportPolicy
from tryon_testing.checks.base import ProviderUnderTest, fail, require_no_bug
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import Emulator, Fault, RunningEmulator, load_emulator, start
from tryon_testing.exchanges import exchange_emulator, not_shown
from tryon_testing.folders import own_folders
from tryon_testing.mutations import inner_paths
from tryon_testing.unchecked import skip_unchecked, tell_unchecked
from tryon_testing.wire import PAID, Answer, AnswerChange, InProcess, OtherOrigin, Wire, in_process

R = TypeVar("R", TryOnRequest, ParseRequest)
JOB_S = 5.0
"""Seconds that a job takes at the emulator."""
PAUSE_S = 61.0
"""Time that passes between two paid requests, so that no quota of the vendor is in the way."""
SHORT_PAUSE_S = 1.0
"""Time that passes between two polls of a job, which must not expire between them."""
LEAST_CANARY_CHARS = 8
"""A shorter key also occurs in texts where it is no key."""
UNKNOWN_ID = "3f1d0000-0000-4000-8000-000000000000"
"""Id of a job that the vendor does not know."""
MAX_ANSWER_BYTES = 256 * 1024
_MOST_SLEEPS = 10**6
_TOOLKIT = ("result", "tryon_", "static")


@attrs.frozen(kw_only=True, eq=False)
class Harness:
    """What a check works with.

    Attributes:
        subject: what is tested.
        clock: the time of client and emulator, which passes at once; the system's for a provider
            that asks no vendor and really works.
        wire: what they exchange.
        other_origin: another server, to which no key belongs.
        running: the emulator, None for a provider that asks no vendor.
        folder: what the provider finds in place of the user's home, cache and temporary files.
    """

    subject: ProviderUnderTest
    clock: Clock
    wire: Wire
    other_origin: OtherOrigin
    running: RunningEmulator | None
    folder: Path

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the client."""
        return {**(self.running.settings if self.running else {}), **self.subject.settings}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of the secret settings: the canaries."""
        names = {spec.name for spec in self.subject.info.settings if spec.secret}
        return tuple(str(value) for name, value in self.settings.items() if name in names)

    @property
    def canaries(self) -> tuple[str, ...]:
        """The secret values that are long enough to be looked for in texts."""
        return tuple(secret for secret in self.secrets if len(secret) >= LEAST_CANARY_CHARS)

    def client(self, *, pause_s: float = PAUSE_S, attempts: int = 1, **changes: Any) -> Client:
        """Return a new client, for which some time has passed since the last one.

        It looks no lost answers up, so that what `submit` raises comes out.

        Args:
            pause_s: that time, in seconds.
            attempts: most submissions tried where the first one certainly did not start.
            changes: other settings.
        """
        self.pass_time(pause_s)
        policy = TransportPolicy(
            retries=1,
            backoff_s=0,
            allow_private_addresses=True,
            max_answer_bytes=MAX_ANSWER_BYTES,
            read_timeout_s=20,
        )
        return Client(
            self.subject.loaded.provider,
            clock=self.clock,
            config={},
            remember=False,
            transport=policy,
            submitting=SubmitPolicy(attempts=attempts, backoff_s=0, look_up_s=0),
            **{**self.settings, **changes},
        )

    def answered_by(self, client: Client, usual: Mapping[str, Answer]) -> InProcess:
        """Take a client off the network: these answers, by operation, come at once.

        Operations that are not among them are asked of the emulator.
        """
        address = self.running.ctx.address if self.running else ""
        return in_process(client, self.wire, address, usual)

    def pass_time(self, seconds: float) -> None:
        """Let time go by at the vendor."""
        if isinstance(self.clock, FakeClock):
            self.clock.advance(seconds)

    def request(self) -> TryOnRequest:
        """Return the first sample request, in a form that the vendor takes.

        Raises:
            Skipped: there is none.
        """
        for request in self.subject.requests():
            return self.deliverable(request)
        pytest.skip("requests() gives none")

    def parse_request(self) -> ParseRequest:
        """Return the first sample parsing, in a form that the vendor takes.

        Raises:
            Skipped: there is none.
        """
        for request in self.subject.parse_requests():
            return self.deliverable(request)
        if self.subject.info.capabilities.parse_categories:
            self.need_shown("parse_garment")
        pytest.skip("the provider offers no parsing")

    def deliverable(self, request: R) -> R:
        """Return a request with addresses instead of files, when the vendor takes only those."""
        capabilities = self.subject.info.capabilities_for(request)
        if "upload" in capabilities.delivery or self.offers("publish_image"):
            return request
        return self.with_addresses(request)

    def with_addresses(self, request: R) -> R:
        """Return a request whose local images lie at an address on this machine."""
        images: dict[str, ImageSource] = {}
        for index, (field, source) in enumerate(request.images.items()):
            if not isinstance(source, UrlSource):
                data = read_bytes(source, field=field)
                suffix = suffix_for(image_format(data) or "PNG")
                source = UrlSource(self.other_origin.show(f"{index}{suffix}", data))  # noqa: PLW2901
            images[field] = source
        return request.with_images(images)

    def offers(self, hook: str) -> bool:
        """Return whether the provider has an optional hook, and the vendor is there for it.

        Documented exchanges may lack what it asks for; that is listed.
        """
        if not callable(getattr(self.subject.loaded.provider, hook, None)):
            return False
        lacking = not_shown(self.subject.documented, hook)
        if lacking:
            tell_unchecked(lacking)
        return not lacking

    def need_shown(self, what: str) -> None:
        """Skip the check where documented exchanges do not show what it needs.

        Args:
            what: a hook that the provider may have, or another word of `not_shown`.

        Raises:
            Skipped: they do not.
        """
        is_hook = what.isidentifier()
        if is_hook and not callable(getattr(self.subject.loaded.provider, what, None)):
            return
        lacking = not_shown(self.subject.documented, what)
        if lacking:
            skip_unchecked(lacking)

    def finished_job(self) -> Job:
        """Return a job that is over at the vendor."""
        job = self.client().submit(self.request())
        self.pass_time(10 * JOB_S)
        return job

    def unfinished_job(self) -> Job:
        """Return a job that was just submitted.

        Raises:
            Skipped: the vendor answers with finished jobs.
        """
        job = self.client().submit(self.request())
        skip_finished(job)
        return job

    def paid_requests(self) -> int:
        """Return how many requests came that may cost money."""
        if self.running is None:
            return 0
        log = list(self.running.log)
        return sum(entry.method == "POST" and entry.operation.startswith(PAID) for entry in log)

    @contextlib.contextmanager
    def changed_answers(self, operation: str, change: AnswerChange) -> Iterator[None]:
        """Change every answer of one operation within a `with` block."""
        self.wire.change_answers(operation, change)
        try:
            yield
        finally:
            self.wire.restore()

    @contextlib.contextmanager
    def failing(self, operation: str, kind: str, *, code: str = "") -> Iterator[None]:
        """Have the emulator fail within a `with` block; kinds and codes are those of `Fault`."""
        if self.running is None:
            pytest.skip("the provider asks no vendor")
        self.running.faults.add(Fault(operation=operation, kind=kind, code=code))
        try:
            yield
        finally:
            self.running.faults.clear()

    def answers_to(self, call: Callable[[], object]) -> list[Answer]:
        """Return the vendor's JSON answers while a call is made."""
        before = len(self.wire.answers)
        call()
        return [answer for answer in self.wire.answers[before:] if answer.json is not None]


@contextlib.contextmanager
def harness(subject: ProviderUnderTest, *, job_s: float = JOB_S) -> Iterator[Harness]:
    """Set everything up for one check.

    Args:
        subject: what is tested.
        job_s: seconds that a job takes at the emulator.

    Raises:
        Skipped: the provider asks a vendor, and there is no emulator of it.
    """
    emulator = emulator_of(subject)
    wire, other_origin = Wire(), OtherOrigin()
    clock: Clock = SystemClock() if emulator is None else FakeClock(most_sleeps=_MOST_SLEEPS)
    with other_origin.running(), own_folders() as folder, contextlib.ExitStack() as stack:
        running = None
        if emulator is not None:
            running = stack.enter_context(
                start(wire.tap(emulator), clock=clock, job_s=job_s, knobs=dict(subject.knobs))
            )
        yield Harness(
            subject=subject,
            clock=clock,
            wire=wire,
            other_origin=other_origin,
            running=running,
            folder=folder,
        )


@contextlib.contextmanager
def vendor_harness(subject: ProviderUnderTest, *, job_s: float = JOB_S) -> Iterator[Harness]:
    """Set everything up for one check of what goes over the wire.

    Raises:
        Skipped: the provider asks no vendor, or there is no emulator of its vendor.
    """
    if not asks_a_vendor(subject):
        pytest.skip("the provider asks no vendor")
    with harness(subject, job_s=job_s) as made:
        yield made


def asks_a_vendor(subject: ProviderUnderTest) -> bool:
    """Return whether the provider goes over the network."""
    given = subject.emulator is not None or subject.exchanges is not None
    return given or any(spec.name == BASE_URL for spec in subject.info.settings)


def emulator_of(subject: ProviderUnderTest) -> Emulator | None:
    """Return the emulator of the vendor, None for a provider that asks none.

    Raises:
        Skipped: nothing does.
    """
    if subject.emulator is not None:
        return subject.emulator
    if subject.documented:
        try:
            return exchange_emulator(subject.info, subject.documented)
        except TryOnError as error:
            fail(f"{subject.exchanges}: {error}")
    if not asks_a_vendor(subject):
        return None
    try:
        return _installed(subject.info.id)
    except UnknownProvider:
        pytest.skip(
            f"there is no emulator of the vendor of {subject.info.id!r}: give `emulator`, or "
            "documented exchanges as `exchanges`"
        )


# What is installed stays so while tests run, and each check asks.
_installed = functools.lru_cache(load_emulator)
_TIMEOUT_S = 120.0


@attrs.frozen(kw_only=True)
class ClientCall:
    """One thing that a client can be asked, again and again.

    Attributes:
        name: the method of `Client`, for messages.
        new_client: makes a client for it.
        ask: asks that client.
        answers: what the vendor answers to it, one of each operation and shape, without operations
            of an earlier call; in JSON, unless none is.
        usual: the last answer of each operation.
        paid: paid requests that it sends.
    """

    name: str
    new_client: Callable[[], Client]
    ask: Callable[[Client], Any]
    answers: tuple[Answer, ...] = ()
    usual: Mapping[str, Answer] = attrs.field(factory=dict)
    paid: int = 0

    @property
    def operations(self) -> tuple[str, ...]:
        """What the vendor was asked for."""
        return tuple(dict.fromkeys(answer.operation for answer in self.answers))

    def make(self) -> Any:
        """Ask a new client."""
        return self.ask(self.new_client())


def client_calls(at: Harness) -> Iterator[ClientCall]:
    """Yield every call that this provider can serve, with what the vendor answers to it."""
    known: set[str] = set()
    for unmade in _all_calls(at):
        call = _made_well(at, unmade)
        own = [answer for answer in call.answers if answer.operation not in known]
        known.update(call.operations)
        yield attrs.evolve(call, answers=tuple(own))


def lost_submission(  # noqa: RET503  (it fails or returns)
    at: Harness, kind: str, *, pause_s: float = PAUSE_S
) -> tuple[Client, Attempt]:
    """Submit a request whose answer is lost; return the client, and what it noted of it.

    Args:
        at: what the check works with.
        kind: of the fault, such as `drop`.
        pause_s: as for `Harness.client`.
    """
    client = at.client(pause_s=pause_s)
    with at.failing("submit", kind):
        try:
            client.submit(at.request())
        except TryOnError as error:
            require_no_bug(error, f"the answer of a submission was lost ({kind})")
            if error.attempt is not None:
                return client, error.attempt
    fail(f"a submission whose answer was lost ({kind}) did not end in OutcomeUnknown.")


def skip_finished(job: Job) -> None:
    """Skip the check when a job came with its result.

    Raises:
        Skipped: it did.
    """
    if job.result is not None:
        pytest.skip("the vendor answers with the finished images at once")


def telling(answers: Sequence[Answer]) -> list[Answer]:
    """Return the vendor's answers in JSON; all of them where none is, since the image is one."""
    said = [answer for answer in answers if not answer.operation.startswith(_TOOLKIT)]
    return [answer for answer in said if answer.json is not None] or said


def one_of_each_shape(answers: list[Answer]) -> tuple[Answer, ...]:
    """Return one answer of each operation and shape."""
    seen = {(answer.operation, str(list(inner_paths(answer.json)))): answer for answer in answers}
    return tuple(seen.values())


def _all_calls(at: Harness) -> Iterator[ClientCall]:
    request = at.request()
    yield ClientCall(name="submit", new_client=at.client, ask=lambda client: client.submit(request))
    job = at.finished_job()
    if job.result is None:
        yield ClientCall(
            name="wait",
            new_client=lambda: at.client(pause_s=SHORT_PAUSE_S),
            ask=lambda client: client.wait(job, timeout_s=_TIMEOUT_S),
        )
    with contextlib.suppress(pytest.skip.Exception):
        parsing = at.parse_request()
        yield ClientCall(
            name="parse_garment",
            new_client=at.client,
            ask=lambda client: client.parse_garment(parsing),
        )
    if at.offers("cancel"):
        yield ClientCall(
            name="cancel",
            new_client=at.client,
            ask=lambda client: client.cancel(client.submit(request)),
        )
    if at.subject.info.look_up and at.offers("find_submission"):
        _, attempt = lost_submission(at, "drop")
        yield ClientCall(
            name="find_submission",
            new_client=at.client,
            ask=lambda client: client.session.bound.find_submission(
                attempt, client.session.context()
            ),
        )
    if at.offers("read_balance"):
        yield ClientCall(
            name="read_balance", new_client=at.client, ask=lambda client: client.read_balance()
        )


def _made_well(at: Harness, call: ClientCall) -> ClientCall:
    before, paid = len(at.wire.answers), at.paid_requests()
    try:
        call.make()
    except CancelRefused:
        pass
    except TryOnError as error:
        fail(f"{call.name} failed with a vendor that answers well: {type(error).__name__}: {error}")
    said = at.wire.answers[before:]
    return attrs.evolve(
        call,
        answers=one_of_each_shape(telling(said)),
        usual={answer.operation: answer for answer in said},
        paid=at.paid_requests() - paid,
    )
