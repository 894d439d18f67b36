"""Checks that no answer of the vendor becomes more than an error, or loses a job.

The functions at the end say what must hold whatever the vendor answers: the contract and the
properties use them.
"""

import contextlib
import functools
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import pytest

from tryon_core.errors import JobError, TryOnError, UnexpectedResponse, describe_error
from tryon_core.models import Job, JobState, JobUpdate
from tryon_core.text import json_text, one_line
from tryon_testing.checks.base import ProviderUnderTest, fail, require, require_no_bug, since
from tryon_testing.checks.refusals import answer_of
from tryon_testing.exchanges import not_shown
from tryon_testing.harness import (
    SHORT_PAUSE_S,
    UNKNOWN_ID,
    ClientCall,
    Harness,
    client_calls,
    one_of_each_shape,
    skip_finished,
    vendor_harness,
)
from tryon_testing.monitors import leaked, unpacked
from tryon_testing.mutations import (
    BODIES,
    UNDOCUMENTED_NUMBER,
    UNDOCUMENTED_WORD,
    Mutation,
    Path,
    body_mutations,
    inner_paths,
    json_mutations,
    part_mutations,
    replaced,
    replacing,
    shown,
    value_at,
    with_body,
)
from tryon_testing.wire import Answer

_MOST_S = 60.0  # on a loaded machine 25 s have passed in a call that did not wait
_SUCCESS = range(200, 300)
_PAGES = (200, 400, 403, 404, 408, 410, 422, 500, 502, 503)
_PAGE = b"<html><title>maintenance</title></html>"
_ENDS = ("SUCCEEDED", "FAILED", "CANCELLED", "JobFailed", "JobCancelled", "JobExpired")
_BODIES_SENT = ("nothing", "a megabyte of blanks", "a page of a gateway")
"""Bodies that are sent over a socket too: their length is what matters."""
_MADE_UP_IDS = ("None", "null", "True", "False", "{", "[", "nan")


class HostileChecks(ProviderUnderTest):
    """Every answer gives a value or a TryOnError, soon, and never a second paid request."""

    @since("0.1")
    def test_any_body_gives_a_value_or_an_error(self) -> None:
        """HTML, nothing, null, a list, half of the JSON, a megabyte, bytes that are no text."""
        with vendor_harness(self) as at:
            for call in client_calls(at):
                for operation in call.operations:
                    for mutation in body_mutations():
                        _check_offline(at, call, call.usual[operation], mutation)
                    for label in _BODIES_SENT:
                        mutation = Mutation(f"the body is {label}", with_body(BODIES[label]))
                        _check_on_the_wire(at, call, operation, mutation)

    @since("0.1")
    def test_any_wrong_value_gives_a_value_or_an_error(self) -> None:
        """Every part of every answer: null, missing, another type, another word."""
        with vendor_harness(self) as at:
            for call in client_calls(at):
                for answer in call.answers:
                    for mutation in json_mutations(answer.json):
                        _check_offline(at, call, answer, mutation)

    @since("0.1")
    def test_a_page_is_no_image(self) -> None:
        """Where the image is the answer, the page of a gateway with HTTP 200 is an error."""
        with vendor_harness(self) as at:
            result = at.finished_job().result
            if result is None or not any(image.kept for image in result.images):
                pytest.skip("no image comes with the answer to a submission")
            for body in (_PAGE, b""):
                with at.changed_answers("submit", with_body(body, 200, "text/html")):
                    outcome = outcome_of(lambda: at.client().submit(at.request()), "a page came")
                require(
                    isinstance(outcome, TryOnError),
                    f"{body!r} with HTTP 200 came in answer to a submission, and submit() took it "
                    "for an image. Make images with `as_artifact`, which looks at them.",
                )

    @since("0.1")
    def test_an_unknown_state_is_unknown(self) -> None:
        """A status without documentation is `JobState.UNKNOWN`, never RUNNING."""
        with vendor_harness(self, job_s=600) as at:
            job = at.unfinished_job()
            at.pass_time(300)
            asked = at.answers_to(lambda: at.client(pause_s=SHORT_PAUSE_S).poll(job))
            if not asked:
                pytest.skip("no answer to a poll is JSON, whose words could be replaced")
            found = [
                pair for answer in one_of_each_shape(asked) for pair in _reworded(at, job, answer)
            ]
        _check_states(found)

    @since("0.1")
    def test_a_page_does_not_end_a_job(self) -> None:
        """Pages of gateways, with any status, in answer to a poll say nothing about the job."""
        with vendor_harness(self, job_s=600) as at:
            job = at.unfinished_job()
            unknown = attrs.evolve(job, id=UNKNOWN_ID)
            client = at.client(pause_s=SHORT_PAUSE_S)
            # Without a documented answer about it, what came would be the kit's own.
            is_shown = not not_shown(self.documented, "an unknown job")
            said = at.answers_to(lambda: outcome_of(lambda: client.poll(unknown), "nothing"))
            ends = (*_ENDS, "NOT_FOUND") if is_shown and said else _ENDS
            for status in _PAGES:
                for body in (_PAGE, b""):
                    with at.changed_answers("poll", with_body(body, status, "text/html")):
                        _check_page(at, job, status, ends)


def _check_page(at: Harness, job: Job, status: int, ends: Sequence[str]) -> None:
    said = "no answer"
    try:
        said = at.client(pause_s=SHORT_PAUSE_S).poll(job).state.name
    except JobError as error:
        said = type(error).__name__
    except TryOnError as error:
        require_no_bug(error, f"a page with HTTP {status} came in answer to poll()")
    require(
        said not in ends,
        f"a page with HTTP {status}, without any code of the vendor, came in answer to poll(), and "
        f"poll() said {said}. It says nothing about the job, which runs and was paid for: raise "
        "`UnexpectedResponse`. JobState.NOT_FOUND is for the vendor's own answer about a job that "
        "it does not know, or for any 404 where that answer is no JSON; the core judges.",
    )


def _check_on_the_wire(at: Harness, call: ClientCall, operation: str, mutation: Mutation) -> None:
    situation = f"{call.name}: in the answer of {operation}, {mutation.label}"
    paid, started_s = at.paid_requests(), time.monotonic()
    with at.changed_answers(operation, mutation.change):
        outcome = outcome_of(call.make, situation)
    took_s = time.monotonic() - started_s
    require(took_s < _MOST_S, f"{situation}: it took {took_s:.0f} s. Hooks never wait.")
    _check_outcome(at, call, outcome, situation, sent=at.paid_requests() - paid)
    _check_billed(at, mutation.change(call.usual[operation]), outcome, situation)


def _check_offline(at: Harness, call: ClientCall, answer: Answer, mutation: Mutation) -> None:
    """Check a case without sockets, which have no part in what a plugin reads from JSON."""
    situation = f"{call.name}: in the answer of {answer.operation}, {mutation.label}"
    paid, started_s = at.paid_requests(), time.monotonic()
    client = call.new_client()
    sockets = at.answered_by(client, call.usual)
    changed = mutation.change(answer)
    sockets.script = [changed]
    with uncollected():
        outcome = outcome_of(lambda: call.ask(client), situation)
    took_s = time.monotonic() - started_s
    require(took_s < _MOST_S, f"{situation}: it took {took_s:.0f} s. Hooks never wait.")
    sent = sockets.paid + at.paid_requests() - paid
    _check_outcome(at, call, outcome, situation, sent=sent)
    _check_billed(at, changed, outcome, situation)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Leave garbage for later: with the stack full of nested JSON its finalizers would fail."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check_billed(at: Harness, answer: Answer, outcome: Any, situation: str) -> None:
    """Check that only a code of the vendor makes a refusal of an answer of success."""
    is_success = answer.operation.startswith("submit") and answer.status in _SUCCESS
    if not is_success or not isinstance(outcome, TryOnError) or outcome.billed != "no":
        return
    code = outcome.vendor_code or ""
    is_known = any(entry.fits(code, answer.status) for entry in at.subject.info.errors)
    came = answer.body.decode(errors="replace") + str(answer.headers)
    require(
        is_known and code in came,
        f"{situation}, with HTTP {answer.status}, and {type(outcome).__name__} says billed='no' "
        f"for the code {outcome.vendor_code!r}, which is none of the vendor's"
        f"{', or not in the answer' if is_known else ''}. The work may have been accepted and "
        "billed: raise `UnexpectedResponse`.",
    )


def _check_outcome(
    at: Harness, call: ClientCall, outcome: Any, situation: str, *, sent: int
) -> None:
    require_paid_once(sent, max(1, call.paid), situation)
    require_no_key(outcome, at.canaries, situation)
    if isinstance(outcome, Job):
        _check_id(outcome, situation)


def _check_id(job: Job, situation: str) -> None:
    require(
        job.id.strip() and not job.id.startswith(_MADE_UP_IDS),
        f"{situation}: submit() returned a job with the id {job.id!r}, which no poll finds "
        "again. Decode the id as text instead of making text of it.",
    )


def _reworded(at: Harness, job: Job, answer: Answer) -> Iterator[tuple[str, JobUpdate]]:
    """Yield what `poll` makes of the answer with an undocumented word at each path."""
    for path in inner_paths(answer.json):
        before = value_at(answer.json, path)
        if isinstance(before, bool) or not isinstance(before, (str, int)):
            continue
        word = UNDOCUMENTED_WORD if isinstance(before, str) else UNDOCUMENTED_NUMBER
        try:
            with at.changed_answers(answer.operation, replacing(path, word)):
                update = at.client(pause_s=SHORT_PAUSE_S).poll(job)
        except TryOnError as error:
            require_no_bug(error, f"with {shown(path)} = {word!r}")
            continue
        yield f"{shown(path)} = {word!r}", update


def _check_states(found: list[tuple[str, JobUpdate]]) -> None:
    for where, update in found:
        # Behind the word of the state may stand what the vendor says beside it.
        is_state = update.vendor_status.startswith(UNDOCUMENTED_WORD) or (
            update.vendor_status == str(UNDOCUMENTED_NUMBER)
        )
        require(
            not is_state or update.state is JobState.UNKNOWN,
            f"with {where}, poll() said {update.state.name}. A status that the plugin does not "
            "know is JobState.UNKNOWN, never RUNNING: a new word for 'failed' would be waited for "
            "until the time is up.",
        )
    require(
        any(update.state is JobState.UNKNOWN for _, update in found),
        "poll() never said UNKNOWN, whichever value of its answer was replaced by a word that "
        "nobody documented. Look states up with a default: "
        "`STATES.get(word, JobState.UNKNOWN)`.",
    )


class IdentityChecks(ProviderUnderTest):
    """What the vendor accepted is kept, and only what it says of that job counts."""

    @since("0.1")
    def test_a_job_is_never_lost_for_the_rest_of_the_answer(self) -> None:
        """A field beside the id of an accepted job may have any type, or be missing."""
        with vendor_harness(self) as at:
            answer, job = _named_answer(at)
            own = _own_paths(answer, job)
            for path in inner_paths(answer.json):
                if not any(mine[: len(path)] == path for mine in own):
                    for mutation in part_mutations(answer.json, path):
                        _check_kept(at, mutation, own[0])
            for mutation in _with_a_code(at, own):
                _check_kept(at, mutation, own[0])

    @since("0.1")
    def test_an_empty_id_is_no_job(self) -> None:
        """An empty text where the id stands is an answer that breaks its contract."""
        with vendor_harness(self) as at:
            answer, job = _named_answer(at)
            own = [path for path in _own_paths(answer, job) if path]
            for empty in ("", " "):
                _check_no_job(at, own, empty)

    @since("0.1")
    def test_a_status_of_another_job_is_not_taken(self) -> None:
        """Caches and gateways mix answers up; the image of somebody else is not delivered."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            skip_finished(job)
            client = at.client(pause_s=SHORT_PAUSE_S)
            answers = at.answers_to(lambda: client.poll(job))
            named = {
                path
                for answer in answers
                for path in inner_paths(answer.json)
                if value_at(answer.json, path) == job.id
            }
            if not named:
                pytest.skip("no answer to a poll names its job")
            for path in sorted(named, key=str):
                _check_not_taken(at, job, path)


def _named_answer(at: Harness) -> tuple[Answer, Job]:
    """Return the answer to a submission that names its job, and the job.

    Raises:
        Skipped: there is none.
    """
    made: list[Job] = []
    answers = at.answers_to(lambda: made.append(at.client().submit(at.request())))
    skip_finished(made[0])
    named = [answer for answer in answers if _own_paths(answer, made[0])]
    if not named:
        pytest.skip("no answer to a submission names its job in JSON")
    return named[-1], made[0]


def _check_no_job(at: Harness, own: Sequence[Path], empty: str) -> None:
    headers: list[str] = []

    def emptied(answer: Answer) -> Answer:
        headers.append(str(answer.headers))
        said = answer.json
        for path in own:
            said = replaced(said, path, empty)
        return answer.with_json(said)

    situation = f"submit: {', '.join(map(shown, own))} is {empty!r}"
    advice = (
        "An empty text names no job, and the work may have been accepted and billed: raise "
        "`UnexpectedResponse`, which `answer.no_job(...)` is; `ctx.new_job` raises it as well."
    )
    with at.changed_answers("submit", emptied):
        try:
            job = at.client().submit(at.request())
        except TryOnError as error:
            require_no_bug(error, situation, advice)
            require(
                isinstance(error, UnexpectedResponse),
                f"{situation}, and submit() raised {type(error).__name__}. {advice}",
            )
            return
    require(
        job.id in headers[-1],
        f"{situation}, and submit() returned a job with the id {job.id!r}. {advice}",
    )


def _own_paths(answer: Answer, job: Job) -> list[Path]:
    """Return the paths to the id of a job, alone or inside a text."""
    found = ((path, value_at(answer.json, path)) for path in inner_paths(answer.json))
    return [path for path, value in found if isinstance(value, (str, int)) and job.id in str(value)]


def _with_a_code(at: Harness, own: Sequence[Path]) -> Iterator[Mutation]:
    """Yield the answer that names a job, with the vendor's own words of a refusal beside the id."""
    entries = (entry for entry in at.subject.documented_errors if entry.code)
    found = ((entry, answer_of(at, entry)) for entry in entries)
    for entry, refusal in found:
        if refusal is not None and isinstance(refusal.json, dict):

            def beside(answer: Answer, said: Any = refusal.json) -> Answer:
                mixed = {**answer.json, **said}
                # A part that holds the id stays as it is.
                return answer.with_json(mixed | {path[0]: answer.json[path[0]] for path in own})

            yield Mutation(f"the code {entry.code!r} is beside the id", beside)
            return


def _check_kept(at: Harness, mutation: Mutation, own: Path) -> None:
    given: list[Answer] = []
    job: Job | None
    with at.changed_answers("submit", functools.partial(_noting, given, mutation)):
        try:
            job = at.client().submit(at.request())
        except TryOnError as error:
            require_no_bug(error, f"submit: {mutation.label}")
            job = error.job
    named = str(value_at(given[-1].json, own))
    require(
        job is not None and job.id in named,
        f"submit: {mutation.label}, and the job whose id is at {shown(own)} was lost. It was "
        f"accepted and may cost money: look for the id first, with `answer.id_at(...)`.",
    )


def _noting(given: list[Answer], mutation: Mutation, answer: Answer) -> Answer:
    given.append(answer)
    return mutation.change(answer)


def _check_not_taken(at: Harness, job: Job, path: Path) -> None:
    with at.changed_answers("poll", replacing(path, UNKNOWN_ID)):
        try:
            update = at.client(pause_s=SHORT_PAUSE_S).poll(job)
        except TryOnError as error:
            require_no_bug(error, f"poll: {shown(path)} names another job")
            return
    require(
        not update.state.is_final,
        f"poll: {shown(path)} names the job {UNKNOWN_ID}, the job {job.id} was asked for, and "
        f"poll() said {update.state.name}. Give `JobUpdate(job_id=...)`, or "
        "`PollRoute(job_id=...)` in a declaration: the core refuses the answer.",
    )


def outcome_of(call: Callable[[], Any], situation: str) -> Any:
    """Return what a call gave, or the `TryOnError` that it raised.

    Anything else that it raises fails the check, and so does a fault in the plugin's code.

    Args:
        call: made once.
        situation: what the vendor did, as the beginning of a sentence.
    """
    try:
        return call()
    except TryOnError as error:
        require_no_bug(error, situation)
        return error
    except Exception as error:  # noqa: BLE001  (whatever it is, it fails the check)
        fail(
            f"{situation}: {type(error).__name__} ({error}) came out. Only a TryOnError may: "
            "read answers through decode()."
        )


def require_paid_once(sent: int, most: int, situation: str) -> None:
    """Fail when more paid requests were sent than the call sends when all is well."""
    require(
        sent <= most,
        f"{situation}: {sent} paid requests were sent. An answer that cannot be read may have "
        "been billed: raise, and never submit again; the core repeats what certainly did not "
        "start.",
    )


def require_no_key(outcome: Any, secrets: Sequence[str], situation: str) -> None:
    """Fail when a key, or half a character, is in anything of an outcome that people may see."""
    for what, text in _visible_texts(outcome):
        if leaked(text, secrets):
            fail(f"{situation}: {what} holds the key: {text!r:.300}")
        try:
            text.encode()
        except UnicodeEncodeError:
            fail(f"{situation}: {what} holds half a character: {text!r:.300}")


def require_same_from_token(job: Job) -> None:
    """Fail unless the token of a job gives the same job; bytes of images may be in files then."""
    again = Job.from_token(job.to_token())
    is_same = again == attrs.evolve(job, result=again.result) and again.to_token() == job.to_token()
    require(is_same, f"the token of {job!r:.300} gives {again!r:.300}")


def _visible_texts(outcome: Any) -> Iterator[tuple[str, str]]:
    yield "its repr", repr(outcome)
    if isinstance(outcome, TryOnError):
        yield "its text", str(outcome)
        # What was paid for is kept as the vendor gave it: an address may be any text.
        fields = {name: value for name, value in vars(outcome).items() if name != "regions"}
        yield "a field of it", repr(fields)
        yield "its entry in the journal", json_text(describe_error(outcome))
        yield from _visible_texts(outcome.job) if outcome.job is not None else ()
    if isinstance(outcome, Job):
        yield "its token", unpacked(outcome.to_token())
    if isinstance(outcome, JobUpdate):
        yield "its status", one_line(f"{outcome.vendor_status} {outcome.request_id}")
        if outcome.failure is not None:
            yield "its failure", json_text(attrs.asdict(outcome.failure))
