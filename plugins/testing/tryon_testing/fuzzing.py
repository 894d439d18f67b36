"""Answers that a vendor, a proxy or an attacker may give, and what must hold whatever they are."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from tryon_core.errors import NotSent, RateLimited, TryOnError, describe_error
from tryon_core.models import Job, JobUpdate
from tryon_core.text import json_text, one_line
from tryon_testing.checks.base import breach, require
from tryon_testing.monitors import leaked, unpacked
from tryon_testing.strategies.answers import STATUSES
from tryon_testing.vendor_json import vendor_bodies
from tryon_testing.wire import Answer, InProcess, in_process
from tryon_testing.world import World, check_token, outcome_of

_GOOD = range(200, 300)
_LEAST_CHARS = 8
_LOCATIONS = (
    "",
    "/",
    "http://[",
    "\x01",
    "//evil.example/x",
    "https://user:pw@127.0.0.1/x",
    "?a=b",
)
_PAUSES = ("0", "-5", "1e9", "999999999", "soon", "inf", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 30)


@st.composite
def fuzzed_answers(
    draw: st.DrawFn, answers: Sequence[Answer], refusals: Sequence[Answer], secrets: Sequence[str]
) -> Answer:
    """Answers with faults in body, status and headers, which may quote a key anywhere.

    Args:
        draw: given by Hypothesis.
        answers: what the vendor answers when all is well.
        refusals: its refusals of the same.
        secrets: the keys.
    """
    is_accepted = draw(st.sampled_from((True, True, False))) or not refusals
    sample = draw(st.sampled_from(answers if is_accepted else refusals))
    quoted = [text for secret in secrets for text in (secret, f"wrong key {secret}!")]
    body = draw(vendor_bodies(sample.json, extra=quoted))
    usual = st.sampled_from((sample.status, sample.status, 200))
    status = draw(usual | st.sampled_from(STATUSES))
    kind = draw(st.just("") | st.sampled_from(("text/html", "application/octet-stream")))
    answer = sample.with_body(body, status=status, kind=kind)
    for name, value in draw(_odd_headers(secrets)).items():
        answer = answer.with_header(name, value)
    return answer


def _odd_headers(secrets: Sequence[str]) -> st.SearchStrategy[dict[str, str]]:
    ids = st.sampled_from(("", "\xe9", "r" * 5000, *secrets))
    return st.fixed_dictionaries(
        {},
        optional={
            "Retry-After": st.sampled_from(_PAUSES),
            "Location": st.sampled_from((*_LOCATIONS, *(f"/{secret}" for secret in secrets))),
            "X-Request-Id": ids,
            "Date": st.sampled_from(("never", "Wed, 21 Oct 2015 07:28:00 GMT")),
        },
    )


@attrs.frozen(kw_only=True, eq=False)
class Fuzz:
    """One operation of one provider, ready for any answer.

    Attributes:
        world: client and emulator, of which the client is a new one without sockets.
        sockets: stands in for the network.
        operations: those that are answered oddly.
        secrets: the keys.
        places: where the good answer to a submission has the id of the job.
        job: made by that answer, None when jobs are not what it is about.
        most_paid: requests that the call makes when all is well and that may cost.
    """

    world: World
    sockets: InProcess
    answers: Sequence[Answer]
    secrets: tuple[str, ...]
    places: Sequence[tuple[str | int, ...]] = ()
    job: Job | None = None
    most_paid: int

    def strategy(self) -> st.SearchStrategy[Answer]:
        """Return the answers to try."""
        refusals = [a for a in self.world.refusals_of(self.answers) if a.json is not None]
        return fuzzed_answers(self.answers, refusals, self.secrets)

    def check(self, call: Callable[[], Any], spoilt: Answer) -> None:
        """Give one odd answer, and fail when the client does what it must never do."""
        self.sockets.sent.clear()
        self.sockets.spoilt = spoilt
        situation = f"{spoilt.operation} answered {spoilt.status} {spoilt.body!r:.300}"
        outcome = outcome_of(call, situation)
        self._check_money(outcome, situation)
        self._check_secrets(outcome, situation)
        if isinstance(outcome, Job):
            check_token(outcome)
        if spoilt.operation == "submit":
            self._check_id(outcome, spoilt, situation)
        if spoilt.operation == "poll" and isinstance(outcome, TryOnError):
            require(
                outcome.job == self.job,
                f"{situation}: {outcome!r:.200} came without its job, which is paid for. Let the "
                "core add it: it knows what was asked for.",
            )

    def _check_money(self, outcome: Any, situation: str) -> None:
        may_repeat = isinstance(outcome, (RateLimited, NotSent))
        require(
            self.sockets.paid <= self.most_paid or may_repeat,
            f"{situation}: {self.sockets.paid} paid requests were sent. Send it once; the core "
            "repeats what certainly did not start.",
        )

    def _check_secrets(self, outcome: Any, situation: str) -> None:
        for what, text in _shown(outcome):
            require(
                not leaked(text, self.secrets),
                f"{situation}: {what} holds the key: {text!r:.300}",
            )
            try:
                text.encode()
            except UnicodeEncodeError:
                breach(f"{situation}: {what} holds half a character: {text!r:.300}")

    def _check_id(self, outcome: Any, spoilt: Answer, situation: str) -> None:
        if self.job is None or spoilt.status not in _GOOD:
            return
        said = spoilt.json
        if not any(_at(said, place) == self.job.id for place in self.places):
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
        operation: how the names begin of what it asks.
        job: of the call, when it is about one.
    """
    made: list[Any] = []
    paid = world.bench.paid_requests()
    said = world.answers_to(lambda: made.append(call()))
    paid = world.bench.paid_requests() - paid
    answers = [answer for answer in said if answer.operation.startswith(operation)]
    usual = {answer.operation: answer for answer in world.bench.wire.answers}
    running = world.bench.running
    address = running.ctx.address if running else ""
    first = made[0] if job is None and isinstance(made[0], Job) else job
    return Fuzz(
        world=world,
        sockets=in_process(world.client, world.bench.wire, address, usual),
        answers=answers,
        secrets=tuple(secret for secret in world.bench.secrets if len(secret) >= _LEAST_CHARS),
        places=[place for answer in answers for place in _places(answer.json, first)],
        job=first,
        most_paid=paid,
    )


def _shown(outcome: Any) -> Iterator[tuple[str, str]]:
    """Yield everything of an outcome that people may get to see."""
    yield "its repr", repr(outcome)
    if isinstance(outcome, TryOnError):
        yield "its text", str(outcome)
        yield "a field of it", repr(vars(outcome))
        yield "its entry in the journal", json_text(describe_error(outcome))
        yield from _shown(outcome.job) if outcome.job is not None else ()
    if isinstance(outcome, Job):
        yield "its token", unpacked(outcome.to_token())
    if isinstance(outcome, JobUpdate):
        yield "its status", one_line(f"{outcome.vendor_status} {outcome.request_id}")
        if outcome.failure is not None:
            yield "its failure", json_text(attrs.asdict(outcome.failure))


def _places(value: Any, job: Job | None) -> Iterator[tuple[str | int, ...]]:
    """Yield the ways to the id of a job, through texts that hold JSON too."""
    value = _opened(value)
    if job is not None and value == job.id:
        yield ()
    entries: Any = value.items() if isinstance(value, Mapping) else ()
    for key, entry in entries:
        yield from ((key, *rest) for rest in _places(entry, job))


def _at(value: Any, place: Sequence[str | int]) -> Any:
    for key in place:
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
