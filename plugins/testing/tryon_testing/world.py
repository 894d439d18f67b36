"""What properties are tried in, and how what came of one example is judged."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tryon_core.client import Client
from tryon_core.errors import InputError, TryOnError, ValidationFailed
from tryon_core.models import Job, JobUpdate, ProviderInfo, TryOnRequest
from tryon_core.polling import PollPolicy
from tryon_core.waiting import wait_for
from tryon_testing.checks.base import ContractMembers, breach, refuse_bug, require
from tryon_testing.checks.refusals import answer_of
from tryon_testing.clocks import FakeClock
from tryon_testing.harness import JOB_S, PAUSE_S, Bench, bench
from tryon_testing.profiles import THOROUGH_EXAMPLES
from tryon_testing.strategies.requests import InvalidRequest
from tryon_testing.wire import Answer

_TOOLKIT = ("result", "tryon_", "static")


@attrs.frozen(kw_only=True, eq=False)
class World:
    """One provider with everything around it.

    Attributes:
        bench: emulator, clock and wire.
        client: of the provider; one for all examples.
    """

    bench: Bench
    client: Client

    def begin(self) -> None:
        """Start an example: nothing was sent, nothing is spoilt, and quotas are free again."""
        self.bench.wire.restore()
        self.bench.wire.answers.clear()
        self.bench.bystander.visits.clear()
        if isinstance(self.bench.clock, FakeClock):
            self.bench.clock.sleeps.clear()
        self.bench.pass_time(PAUSE_S)

    @property
    def sent(self) -> list[str]:
        """The requests that left the client in this example."""
        return [f"{answer.method} {answer.operation}" for answer in self.bench.wire.answers]

    def address_of(self, data: bytes) -> str:
        """Return an address on this machine from which a picture can be fetched."""
        return self.bench.bystander.show(hashlib.sha256(data).hexdigest()[:16], data)

    def answers_to(self, call: Callable[[], object]) -> list[Answer]:
        """Return the vendor's different JSON answers while a call is made."""
        self.begin()
        outcome = outcome_of(call, "nothing was spoilt")
        if isinstance(outcome, TryOnError):
            breach(f"{outcome!r} came, although nothing was spoilt.")
        found = {
            (answer.operation, answer.body): answer
            for answer in self.bench.wire.answers
            if answer.json is not None and not answer.operation.startswith(_TOOLKIT)
        }
        return list(found.values())

    def refusals_of(self, answers: Sequence[Answer]) -> list[Answer]:
        """Return the vendor's own refusals, as far as the emulator knows them.

        Args:
            answers: what could have been refused.
        """
        found = [answer_of(self.bench, entry) for entry in self.client.info.errors]
        operations = {answer.operation: answer for answer in answers}
        return [
            answer.with_body(refusal.body, status=refusal.status)
            for answer in operations.values()
            for refusal in found
            if refusal is not None
        ]


def outcome_of(call: Callable[[], Any], situation: str) -> Any:
    """Return what a call gave, or the `TryOnError` that it raised.

    Anything else that it raises is a breach, and so is a fault in the plugin's code.

    Args:
        call: made once.
        situation: what the vendor did, as the beginning of a sentence.
    """
    try:
        return call()
    except TryOnError as error:
        refuse_bug(error, situation)
        return error
    except Exception as error:  # noqa: BLE001  (whatever it is, it is a breach)
        breach(
            f"{situation}: the client raised {type(error).__name__} ({error}), which is no "
            "TryOnError."
        )


@contextmanager
def world_of(members: ContractMembers, *, attempts: int = 1) -> Iterator[World]:
    """Run everything that a provider needs for the length of a `with` block.

    Args:
        members: name the provider, and its emulator when the installed one is not meant.
        attempts: most submissions that the client tries where the first one did not start.

    Raises:
        Skipped: the provider asks a vendor, and nothing stands in for that.
    """
    with bench(members) as made, made.client(attempts=attempts) as client:
        yield World(bench=made, client=client)


TIMEOUT_S = 300.0
"""How long a client waits for a job, on its fake clock."""
SHORT_TIMEOUT_S = 60.0
"""How long it waits where a server may ask for pauses as short as it likes."""
MOST_QUESTIONS = 700
"""Whoever asks more often within `TIMEOUT_S` is caught in a loop."""
_MOMENTS = 5
_FEW_ANSWERS, _MANY_ANSWERS = 150, 3_500
_MOST_SHOWN = 2_000
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@attrs.frozen(repr=False)
class _Case:
    """One value, shown by its own short repr; Hypothesis would print every byte of a picture."""

    value: Any

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self.value)[:_MOST_SHOWN])


def for_all(check: Callable[[Any], None], values: st.SearchStrategy[Any], **changes: Any) -> None:
    """Try a check with many values, as many as the profile of Hypothesis says.

    Args:
        check: raises when a property does not hold.
        values: its argument.
        changes: other settings of Hypothesis.
    """

    # One fault at a time: several come as a group, without the words of any.
    @settings(deadline=None, suppress_health_check=_SLOW, report_multiple_bugs=False, **changes)
    @given(values.map(_Case))
    def holds(case: _Case) -> None:
        check(case.value)

    holds()


def for_all_answers(check: Callable[[Any], None], values: st.SearchStrategy[Any]) -> None:
    """Try a check with 3,500 answers in the profile `thorough`, else with the same 150 always."""
    if settings().max_examples >= THOROUGH_EXAMPLES:
        for_all(check, values, max_examples=_MANY_ANSWERS)
    else:
        for_all(check, values, max_examples=_FEW_ANSWERS, derandomize=True, database=None)


def life_of_a_job(world: World) -> tuple[Job, list[Answer]]:
    """Return a job, and the vendor's answers from its beginning to its end."""
    request = first_request(world)
    made: list[Job] = []

    def live() -> None:
        job = world.client.submit(request)
        made.append(job)
        # A client asks late, when most jobs are finished: the states before are asked for here.
        for _ in range(_MOMENTS):
            outcome_of(lambda: world.client.poll(job), "nothing was spoilt")
            world.bench.pass_time(JOB_S / _MOMENTS)
        world.client.wait(job)

    said = world.answers_to(live)
    answers = [answer for answer in said if answer.operation == "poll"]
    if not answers:
        pytest.skip("the vendor is not asked for the state of a job")
    return made[0], answers


def check_polls(world: World, job: Job, situation: str, *, polls: int = 1) -> None:
    """Poll a job; whatever the vendor says, an update or a `TryOnError` comes.

    Whoever waits would not see a fault of the plugin's code: it passes for one odd answer.
    """
    for _ in range(polls):
        outcome_of(lambda: world.client.poll(job), situation)


def check_wait(world: World, job: Job, situation: str) -> None:
    """Wait for a job; whatever the vendor says, a value or a `TryOnError` comes, and soon."""
    # As young as if it had just been accepted: what is not found is not taken for forgotten.
    young = attrs.evolve(job, submitted_at=world.bench.clock.now(), expires_at=None)
    outcome_of(lambda: world.client.wait(young, timeout_s=TIMEOUT_S), situation)
    check_pace(world)


def check_updates(info: ProviderInfo, said: list[JobUpdate | TryOnError]) -> None:
    """Wait for answers to status questions in the core's words, of which the last one repeats."""
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
        breach(f"validate_inputs raised {outcome!r}. Return a Problem instead.")
    return outcome


def check_refusal(invalid: InvalidRequest, outcome: Any) -> None:
    """Fail unless a call was refused with the name of what is wrong."""
    if not isinstance(outcome, InputError):
        breach(
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
    told, name = str(refusal), re.escape(field.rpartition(".")[2])
    # Options are told as `unknown option 'seed'`, `seed='x': expected int` or `seed: no number`.
    return field in told or re.search(rf"'{name}'|\b{name}[=:]", told) is not None


def check_token(job: Job) -> None:
    """Fail unless the token of a job gives the same job; bytes of pictures are left out."""
    again = Job.from_token(job.to_token())
    kept = job if again.result is not None else attrs.evolve(job, result=None)
    require(again == kept, f"the token of {job!r:.300} gives {again!r:.300}")


def check_pace(world: World) -> None:
    """Fail when the vendor was asked more often than any sound schedule does."""
    require(
        len(world.sent) <= MOST_QUESTIONS,
        f"{len(world.sent)} requests were sent within {TIMEOUT_S:.0f} s of waiting: a loop.",
    )


def need_emulator(world: World) -> None:
    """Skip a property of the wire where there is none."""
    if world.bench.running is None:
        pytest.skip("the provider asks no vendor")


def need_parsing(client: Client) -> None:
    """Skip a property of parsing where it is not offered."""
    if not client.info.capabilities.parse_categories:
        pytest.skip("the provider offers no parsing")


def need(world: World, hook: str) -> None:
    """Skip a property of an optional hook where the provider lacks it."""
    if not world.bench.offers(hook):
        pytest.skip(f"the provider has no hook {hook}()")


def first_request(world: World) -> TryOnRequest:
    """Return a request that the vendor takes."""
    need_emulator(world)
    return world.bench.request()
