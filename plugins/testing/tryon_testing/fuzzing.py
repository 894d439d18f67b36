"""What properties are tried in, and how what came of one example is judged."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from tryon_core.client import Client
from tryon_core.errors import InputError, NotSent, RateLimited, TryOnError, ValidationFailed
from tryon_core.models import Job, JobUpdate, ProviderInfo, TryOnRequest
from tryon_core.polling import PollPolicy
from tryon_core.waiting import wait_for
from tryon_testing.checks.base import ProviderUnderTest, fail, require
from tryon_testing.checks.hostile import (
    outcome_of,
    require_no_key,
    require_paid_once,
    require_same_from_token,
)
from tryon_testing.checks.refusals import answer_of
from tryon_testing.clocks import FakeClock
from tryon_testing.harness import JOB_S, PAUSE_S, Harness, harness, telling
from tryon_testing.mutations import Path
from tryon_testing.strategies.answers import faulty_answers
from tryon_testing.strategies.requests import InvalidRequest
from tryon_testing.wire import Answer, InProcess

TIMEOUT_S = 300.0
"""How long a client waits for a job, on its fake clock."""
SHORT_TIMEOUT_S = 60.0
"""How long it waits where a server may ask for pauses as short as it likes."""
MOST_POLLS = 700
"""A client that polls more often within `TIMEOUT_S` is caught in a loop."""
_MOMENTS = 5
_GOOD = range(200, 300)


@attrs.frozen(kw_only=True, eq=False)
class World:
    """One provider with everything around it.

    Attributes:
        harness: emulator, clock and wire.
        client: of the provider; one for all examples.
    """

    harness: Harness
    client: Client

    def begin(self) -> None:
        """Start an example: nothing was sent, nothing is changed, and quotas are free again."""
        self.harness.wire.restore()
        self.harness.wire.answers.clear()
        self.harness.other_origin.visits.clear()
        if isinstance(self.harness.clock, FakeClock):
            self.harness.clock.sleeps.clear()
        self.harness.pass_time(PAUSE_S)

    @property
    def sent(self) -> list[str]:
        """The requests that left the client in this example."""
        return [f"{answer.method} {answer.operation}" for answer in self.harness.wire.answers]

    def address_of(self, data: bytes) -> str:
        """Return an address on this machine from which an image can be fetched."""
        return self.harness.other_origin.show(hashlib.sha256(data).hexdigest()[:16], data)

    def answers_to(self, call: Callable[[], object]) -> list[Answer]:
        """Return the vendor's different answers while a call is made."""
        self.begin()
        outcome = outcome_of(call, "nothing was changed")
        if isinstance(outcome, TryOnError):
            fail(f"{outcome!r} came, although nothing was changed.")
        said = telling(self.harness.wire.answers)
        return list({(answer.operation, answer.body): answer for answer in said}.values())

    def refusals_of(self, answers: Sequence[Answer]) -> list[Answer]:
        """Return the vendor's own refusals, as far as the emulator knows them.

        Args:
            answers: what could have been refused.
        """
        found = [answer_of(self.harness, entry) for entry in self.client.info.errors]
        operations = {answer.operation: answer for answer in answers}
        return [
            answer.with_body(refusal.body, status=refusal.status)
            for answer in operations.values()
            for refusal in found
            if refusal is not None
        ]


@contextmanager
def world_of(subject: ProviderUnderTest, *, attempts: int = 1) -> Iterator[World]:
    """Run everything that a provider needs for the length of a `with` block.

    Args:
        subject: name the provider, and its emulator when the installed one is not meant.
        attempts: most submissions that the client tries where the first one did not start.

    Raises:
        Skipped: the provider asks a vendor, and there is no emulator of it.
    """
    with harness(subject) as made, made.client(attempts=attempts) as client:
        yield World(harness=made, client=client)


def life_of_a_job(world: World) -> tuple[Job, list[Answer]]:
    """Return a job, and the vendor's answers from its beginning to its end."""
    request = first_request(world)
    made: list[Job] = []

    def live() -> None:
        job = world.client.submit(request)
        made.append(job)
        # A client polls late, when most jobs are finished: the earlier states are polled here.
        for _ in range(_MOMENTS):
            outcome_of(lambda: world.client.poll(job), "nothing was changed")
            world.harness.pass_time(JOB_S / _MOMENTS)
        world.client.wait(job)

    said = world.answers_to(live)
    answers = [answer for answer in said if answer.operation == "poll"]
    if not answers:
        pytest.skip("the vendor's jobs are not polled")
    return made[0], answers


@attrs.frozen(kw_only=True, eq=False)
class Fuzz:
    """One operation of one provider, ready for any answer; nothing goes over a socket.

    Attributes:
        world: client and emulator; the client asks `sockets`.
        sockets: answers instead of the network.
        answers: what the vendor answers to the operation when all is well.
        id_paths: where those answers to a submission have the id of the job.
        job: made by that answer, None when jobs are not what it is about.
        most_paid: requests that the call makes when all is well and that may cost.
    """

    world: World
    sockets: InProcess
    answers: Sequence[Answer]
    id_paths: Sequence[Path] = ()
    job: Job | None = None
    most_paid: int

    def strategy(self) -> st.SearchStrategy[Answer]:
        """Return the answers to try."""
        refusals = [a for a in self.world.refusals_of(self.answers) if a.json is not None]
        canaries = self.world.harness.canaries
        return faulty_answers(self.answers, refusals=refusals, secrets=canaries)

    def play(self, answers: Sequence[Answer]) -> str:
        """Begin an example with these answers, of which the last repeats; say what they are."""
        self.world.begin()
        self.sockets.sent.clear()
        self.sockets.script = list(answers)
        said = "; ".join(f"{answer.status} {answer.body!r:.300}" for answer in answers)
        return f"{answers[0].operation} answered {said:.800}"

    def check(self, call: Callable[[], Any], faulty: Answer) -> None:
        """Give one faulty answer, and fail when the client does what it must never do."""
        situation = self.play([faulty])
        outcome = outcome_of(call, situation)
        if not isinstance(outcome, (RateLimited, NotSent)):
            require_paid_once(self.sockets.paid, self.most_paid, situation)
        require_no_key(outcome, self.world.harness.canaries, situation)
        if isinstance(outcome, Job):
            require_same_from_token(outcome)
        if faulty.operation == "submit":
            self._check_id(outcome, faulty, situation)
        if self.job is not None and faulty.operation == "poll" and isinstance(outcome, TryOnError):
            require(
                outcome.job == self.job,
                f"{situation}: {outcome!r:.200} came without its job, which is paid for. Let the "
                "core add it: it knows which job was polled.",
            )

    def check_waiting(self, job: Job, said: Sequence[Answer]) -> None:
        """Poll a job once for each answer, then wait for it: a value or a `TryOnError`, soon."""
        situation = self.play(said)
        # A caller that waits sees no fault of the plugin's code: it passes for one odd answer.
        for _ in said:
            outcome_of(lambda: self.world.client.poll(job), situation)
        self.play(said)
        # As young as if it had just been accepted: what is not found is not taken for forgotten.
        now = self.world.harness.clock.now()
        young = attrs.evolve(job, submitted_at=now, expires_at=None)
        outcome_of(lambda: self.world.client.wait(young, timeout_s=TIMEOUT_S), situation)
        require(
            len(self.sockets.sent) <= MOST_POLLS,
            f"{len(self.sockets.sent)} requests were sent within {TIMEOUT_S:.0f} s of waiting: "
            "a loop.",
        )

    def _check_id(self, outcome: Any, faulty: Answer, situation: str) -> None:
        if self.job is None or faulty.status not in _GOOD:
            return
        said = faulty.json
        if not any(_value_at(said, path) == self.job.id for path in self.id_paths):
            return
        kept = outcome if isinstance(outcome, Job) else getattr(outcome, "job", None)
        require(
            (kept is not None and kept.id == self.job.id) or self.job.id in str(outcome),
            f"{situation}: the answer names the job {self.job.id}, and {outcome!r:.200} came. Take "
            "the id with `answer.id_at(...)` before anything else is read.",
        )


def fuzz_of(
    world: World, call: Callable[[], Any], operation: str, *, job: Job | None = None
) -> Fuzz:
    """Return what is needed to answer one operation in any way.

    Args:
        world: client and emulator.
        call: uses the world's client.
        operation: how the names of its operations begin.
        job: of the call, when it is about one.
    """
    made: list[Any] = []
    paid = world.harness.paid_requests()
    said = world.answers_to(lambda: made.append(call()))
    paid = world.harness.paid_requests() - paid
    answers = [answer for answer in said if answer.operation.startswith(operation)]
    usual = {answer.operation: answer for answer in world.harness.wire.answers}
    first = made[0] if job is None and isinstance(made[0], Job) else job
    return Fuzz(
        world=world,
        sockets=world.harness.answered_by(world.client, usual),
        answers=answers,
        id_paths=[path for answer in answers for path in _paths_to_id(answer.json, first)],
        job=first,
        most_paid=paid,
    )


def _paths_to_id(value: Any, job: Job | None) -> Iterator[Path]:
    """Yield the paths to the id of a job, through texts that hold JSON too."""
    value = _opened(value)
    if job is not None and value == job.id:
        yield ()
    entries: Any = value.items() if isinstance(value, Mapping) else ()
    for key, entry in entries:
        yield from ((key, *rest) for rest in _paths_to_id(entry, job))


def _value_at(value: Any, path: Path) -> Any:
    for key in path:
        value = _opened(value)
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _opened(value: Any) -> Any:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def check_updates(info: ProviderInfo, said: list[JobUpdate | TryOnError]) -> None:
    """Wait for answers to polls in the core's words, of which the last one repeats."""
    # A server that asks for very short pauses gets them, down to the policy's least one.
    most_sleeps = round(SHORT_TIMEOUT_S / PollPolicy().min_interval_s) + 1
    clock, left = FakeClock(most_sleeps=most_sleeps), list(said)
    job = Job(provider=info.id, id="1", submitted_at=clock.now())

    def ask(_: Job) -> JobUpdate:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, TryOnError):
            raise answer
        return answer

    outcome_of(
        lambda: wait_for(
            job,
            ask,
            capabilities=info.capabilities,
            policy=PollPolicy(),
            clock=clock,
            deadline_s=clock.monotonic() + SHORT_TIMEOUT_S,
            on_update=lambda _: None,
        ),
        f"poll() returned {said!r:.500}",
    )


def problems(world: World, request: TryOnRequest) -> Any:
    """Return what validation finds, which never raises."""
    outcome = outcome_of(lambda: world.client.validate(request), f"validate({request!r:.300})")
    if isinstance(outcome, TryOnError):
        fail(f"validate_inputs raised {outcome!r}. Return a Problem instead.")
    return outcome


def check_refusal(invalid: InvalidRequest, outcome: Any) -> None:
    """Fail unless a call was refused with the name of what is wrong."""
    if not isinstance(outcome, InputError):
        fail(
            f"{invalid.why}: it was accepted, or refused too late ({outcome!r:.300}). Declare the "
            f"limit, or return a Problem for {invalid.field!r} from validate_inputs()."
        )
    require(
        _names(outcome, invalid.field),
        f"{invalid.why}: the refusal does not name {invalid.field!r}, but says {outcome}",
    )


def _names(refusal: InputError, field: str) -> bool:
    if isinstance(refusal, ValidationFailed):
        return field in {problem.field for problem in refusal.problems}
    message, name = str(refusal), re.escape(field.rpartition(".")[2])
    # Options are named as `unknown option 'seed'`, `seed='x': expected int` or `seed: no number`.
    return field in message or re.search(rf"'{name}'|\b{name}[=:]", message) is not None


def need_emulator(world: World) -> None:
    """Skip a property of the wire where there is none."""
    if world.harness.running is None:
        pytest.skip("the provider asks no vendor")


def need_parsing(world: World) -> None:
    """Skip a property of parsing where it is not offered."""
    if not world.client.info.capabilities.parse_categories:
        pytest.skip("the provider offers no parsing")
    world.harness.need_shown("parse_garment")


def need(world: World, hook: str) -> None:
    """Skip a property of an optional hook where the provider lacks it."""
    if not world.harness.offers(hook):
        pytest.skip(f"the provider has no hook {hook}()")


def first_request(world: World) -> TryOnRequest:
    """Return a request that the vendor takes."""
    need_emulator(world)
    return world.harness.request()
