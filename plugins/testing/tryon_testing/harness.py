"""A client and the emulator that it talks to, for one check, and all that can be asked."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import attrs
import pytest

from tryon_core.client import Client
from tryon_core.clock import Clock, SystemClock
from tryon_core.errors import CancelRefused, TryOnError, UnknownProvider
from tryon_core.image_formats import image_format
from tryon_core.images import read_bytes
from tryon_core.models import ImageSource, Job, ParseRequest, TryOnRequest, UrlSource
from tryon_core.saving import suffix_for
from tryon_core.settings import BASE_URL
from tryon_core.submitting import SubmitPolicy
from tryon_core.transport import TransportPolicy
from tryon_testing.checks.base import ContractMembers, breach
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import Emulator, Fault, RunningEmulator, load_emulator, start
from tryon_testing.emulation.exchanges import emulate
from tryon_testing.twists import places
from tryon_testing.wire import PAID, Answer, Bystander, Twist, Wire

R = TypeVar("R", TryOnRequest, ParseRequest)
JOB_S = 5.0
"""Seconds that a job takes at the emulator."""
PAUSE_S = 61.0
"""Time that passes between two paid requests, so that no quota of the vendor is in the way."""
SHORT_PAUSE_S = 1.0
"""Time that passes between two questions about a job, which must not expire meanwhile."""
MAX_ANSWER_BYTES = 256 * 1024
_MOST_SLEEPS = 10**6


@attrs.frozen(kw_only=True, eq=False)
class Bench:
    """What a check works with.

    Attributes:
        members: what the contract was told.
        clock: the time of client and emulator, on which nobody waits; the system's for a provider
            that asks no vendor and really works.
        wire: what they exchange.
        bystander: another server, to which no key belongs.
        running: the emulator, None for a provider that asks no vendor.
    """

    members: ContractMembers
    clock: Clock
    wire: Wire
    bystander: Bystander
    running: RunningEmulator | None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the client."""
        return {**(self.running.settings if self.running else {}), **self.members.settings}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of the secret settings: the canaries."""
        names = {spec.name for spec in self.members.info.settings if spec.secret}
        return tuple(str(value) for name, value in self.settings.items() if name in names)

    def client(self, *, pause_s: float = PAUSE_S, attempts: int = 1, **changes: Any) -> Client:
        """Return a new client, for which some time has passed since the last one.

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
            self.members.loaded.provider,
            clock=self.clock,
            config={},
            remember=False,
            transport=policy,
            submitting=SubmitPolicy(attempts=attempts, backoff_s=0),
            **{**self.settings, **changes},
        )

    def pass_time(self, seconds: float) -> None:
        """Let time go by at the vendor."""
        if isinstance(self.clock, FakeClock):
            self.clock.advance(seconds)

    def request(self) -> TryOnRequest:
        """Return the first sample request, in a form that the vendor takes.

        Raises:
            Skipped: there is none.
        """
        for request in self.members.requests():
            return self.deliverable(request)
        pytest.skip("requests() gives none")

    def parse_request(self) -> ParseRequest:
        """Return the first sample parsing, in a form that the vendor takes.

        Raises:
            Skipped: there is none.
        """
        for request in self.members.parse_requests():
            return self.deliverable(request)
        pytest.skip("the provider offers no parsing")

    def deliverable(self, request: R) -> R:
        """Return a request with addresses instead of files, when the vendor takes only those."""
        capabilities = self.members.info.capabilities_for(request)
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
                source = UrlSource(self.bystander.show(f"{index}{suffix}", data))  # noqa: PLW2901
            images[field] = source
        return request.with_images(images)

    def offers(self, hook: str) -> bool:
        """Return whether the provider has an optional hook."""
        return callable(getattr(self.members.loaded.provider, hook, None))

    def finished_job(self) -> Job:
        """Return a job that is over at the vendor."""
        job = self.client().submit(self.request())
        self.pass_time(10 * JOB_S)
        return job

    def paid_requests(self) -> int:
        """Return how many requests came that may cost money."""
        if self.running is None:
            return 0
        log = list(self.running.log)
        return sum(entry.method == "POST" and entry.operation.startswith(PAID) for entry in log)

    @contextlib.contextmanager
    def spoilt(self, operation: str, twist: Twist) -> Iterator[None]:
        """Change every answer of one operation meanwhile."""
        self.wire.spoil(operation, twist)
        try:
            yield
        finally:
            self.wire.restore()

    @contextlib.contextmanager
    def failing(self, operation: str, kind: str) -> Iterator[None]:
        """Have the emulator fail meanwhile, as `tryon_testing.emulation.faults` describes."""
        if self.running is None:
            pytest.skip("the provider asks no vendor")
        self.running.faults.add(Fault(operation=operation, kind=kind))
        try:
            yield
        finally:
            self.running.faults.clear()

    def answers_to(self, ask: Any) -> list[Answer]:
        """Return the vendor's JSON answers while something is asked."""
        before = len(self.wire.answers)
        ask()
        return [answer for answer in self.wire.answers[before:] if answer.json is not None]


@contextlib.contextmanager
def bench(members: ContractMembers, *, job_s: float = JOB_S) -> Iterator[Bench]:
    """Set everything up for one check.

    Args:
        members: what the contract was told.
        job_s: seconds that a job takes at the emulator.

    Raises:
        Skipped: the provider asks a vendor, and nothing stands in for that.
    """
    emulator = emulator_of(members)
    wire, bystander = Wire(), Bystander()
    clock: Clock = SystemClock() if emulator is None else FakeClock(most_sleeps=_MOST_SLEEPS)
    with bystander.running(), contextlib.ExitStack() as stack:
        running = None
        if emulator is not None:
            running = stack.enter_context(
                start(wire.tap(emulator), clock=clock, job_s=job_s, knobs=dict(members.knobs))
            )
        yield Bench(members=members, clock=clock, wire=wire, bystander=bystander, running=running)


@contextlib.contextmanager
def vendor_bench(members: ContractMembers, *, job_s: float = JOB_S) -> Iterator[Bench]:
    """Set everything up for one check of what goes over the wire.

    Raises:
        Skipped: the provider asks no vendor, or nothing stands in for that.
    """
    if not asks_a_vendor(members):
        pytest.skip("the provider asks no vendor")
    with bench(members, job_s=job_s) as made:
        yield made


def asks_a_vendor(members: ContractMembers) -> bool:
    """Return whether the provider goes over the network."""
    given = members.emulator is not None or bool(members.exchanges)
    return given or any(spec.name == BASE_URL for spec in members.info.settings)


def emulator_of(members: ContractMembers) -> Emulator | None:
    """Return what stands in for the vendor, None for a provider that asks none.

    Raises:
        Skipped: nothing does.
    """
    if members.emulator is not None:
        return members.emulator
    if members.exchanges:
        return emulate(members.info, members.exchanges)
    if not asks_a_vendor(members):
        return None
    try:
        return load_emulator(members.info.id)
    except UnknownProvider:
        pytest.skip(
            f"nothing stands in for the vendor of {members.info.id!r}: give `emulator`, or "
            "documented answers as `exchanges`"
        )


_TIMEOUT_S = 120.0


@attrs.frozen
class Question:
    """One thing that a client asks, again and again.

    Attributes:
        name: the method of `Client`, for messages.
        ask: asks it with a new client.
        answers: the vendor's JSON answers meanwhile, one of each operation and shape, without
            operations that an earlier question asks for already.
        paid: paid requests that were sent meanwhile.
    """

    name: str
    ask: Callable[[], Any]
    answers: tuple[Answer, ...] = attrs.field(kw_only=True)
    paid: int = attrs.field(kw_only=True)

    @property
    def operations(self) -> tuple[str, ...]:
        """What the vendor was asked for."""
        return tuple(dict.fromkeys(answer.operation for answer in self.answers))


def questions(at: Bench) -> Iterator[Question]:
    """Yield every question that this provider can be asked."""
    known: set[str] = set()
    for name, ask in _all(at):
        question = _asked_well(at, name, ask)
        own = [answer for answer in question.answers if answer.operation not in known]
        known.update(question.operations)
        yield attrs.evolve(question, answers=tuple(own))


def samples(answers: list[Answer]) -> tuple[Answer, ...]:
    """Return one answer of each operation and shape."""
    seen = {(answer.operation, str(list(places(answer.json)))): answer for answer in answers}
    return tuple(seen.values())


def _all(at: Bench) -> Iterator[tuple[str, Callable[[], Any]]]:
    request = at.request()
    yield "submit", lambda: at.client().submit(request)
    job = at.finished_job()
    if job.result is None:
        yield "wait", lambda: _waited(at, job)
    with contextlib.suppress(pytest.skip.Exception):
        parsing = at.parse_request()
        yield "parse_garment", lambda: at.client().parse_garment(parsing)
    if at.offers("cancel"):
        yield "cancel", lambda: _cancelled(at)
    if at.offers("read_balance"):
        yield "read_balance", lambda: at.client().read_balance()


def _waited(at: Bench, job: Job) -> Any:
    return at.client(pause_s=SHORT_PAUSE_S).wait(job, timeout_s=_TIMEOUT_S)


def _cancelled(at: Bench) -> Any:
    client = at.client()
    return client.cancel(client.submit(at.request()))


def _asked_well(at: Bench, name: str, ask: Callable[[], Any]) -> Question:
    before, paid = len(at.wire.answers), at.paid_requests()
    try:
        ask()
    except CancelRefused:
        pass
    except TryOnError as error:
        breach(f"{name} failed with a vendor that answers well: {type(error).__name__}: {error}")
    given = [answer for answer in at.wire.answers[before:] if answer.json is not None]
    return Question(name, ask, answers=samples(given), paid=at.paid_requests() - paid)
