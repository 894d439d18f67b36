"""Checks of the hook that looks up a paid request whose answer was lost."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import pytest

from tryon_core.client import Client
from tryon_core.errors import TryOnError
from tryon_core.lost_answers import look_up
from tryon_core.models import Attempt, Finding, Found, NotAccepted, Undecided
from tryon_testing.checks.base import ProviderUnderTest, fail, require, require_no_bug, since
from tryon_testing.harness import JOB_S, Harness, lost_submission, vendor_harness
from tryon_testing.wire import AnswerChange

_HOOK = "find_submission"
_LATER_S = 60.0
_CERTAIN = (
    "Return Found only for a job that bears what this request alone was sent with, such as "
    "`attempt.key`; else the user gets the image of somebody else."
)
_ABSENT = (
    "NotAccepted has the work sent again: return it only where the vendor's answer would show the "
    "job."
)


class LookUpChecks(ProviderUnderTest):
    """A request is looked up by what was noted of it, and only certainty counts."""

    @since("0.1")
    def test_a_look_up_is_declared(self) -> None:
        """`find_submission` and `info.look_up` go together, and the declaration has a source."""
        has_hook = callable(getattr(self.loaded.provider, _HOOK, None))
        declared = self.info.look_up
        if declared is None and not has_hook:
            pytest.skip("the provider offers no look-up")
        require(
            declared,
            f"{_HOOK}() is there, and `info.look_up` is not, so that nobody calls it. Declare "
            "`look_up=LookUp(settles_s=..., source=...)`.",
        )
        require(
            declared and declared.source.strip(),
            "`info.look_up` has no `source`: name the page that describes what is asked.",
        )

    @since("0.1")
    def test_an_accepted_request_is_found_or_named(self) -> None:
        """After a lost answer the job is found, or named as a candidate; nothing is paid."""
        with _looking_up(self) as at:
            client, attempt = lost_submission(at, "drop")
            _submit_another(at)
            before = at.paid_requests()
            _pass_settling(at)
            finding = look_up(client.session, attempt)
            paid = at.paid_requests() - before
            require(not paid, f"{_HOOK}() sent {paid} paid requests. It only asks.")
            require(
                not isinstance(finding, NotAccepted),
                f"the vendor had accepted a request whose answer was lost, and {_HOOK}() says "
                f"that it had not: it would be paid twice. {_ABSENT}",
            )
            if isinstance(finding, Found):
                at.pass_time(10 * JOB_S)
                _require_images(client, finding)
                return
            require(
                isinstance(finding, Undecided) and finding.candidates,
                f"the vendor had accepted a request whose answer was lost, and {_HOOK}() says "
                f"{finding!r}. Return Found for what is certain, and name what may be its job as "
                "`candidates`. (Does the emulator serve the look-up?)",
            )

    @since("0.1")
    def test_a_late_look_up_denies_nothing(self) -> None:
        """While the vendor knows a job whose images it has deleted, the job is not denied."""
        with _looking_up(self) as at:
            can = self.info.capabilities_for(at.request())
            dead_s, known_s = can.result_lifetime_s, can.job_lifetime_s
            if dead_s is None or known_s is None or dead_s + _LATER_S >= known_s:
                pytest.skip("the vendor forgets a job together with its images")
            client, attempt = lost_submission(at, "drop")
            at.pass_time(dead_s + _LATER_S)
            finding = look_up(client.session, attempt)
            require(
                not isinstance(finding, NotAccepted),
                f"the vendor had accepted a request, and its images are deleted by now. {_HOOK}() "
                f"says that it was not accepted: it would be paid twice. {_ABSENT}",
            )

    @since("0.1")
    def test_a_request_that_never_came_is_not_found(self) -> None:
        """It is `NotAccepted` once the declared time is over, if one is declared."""
        with _looking_up(self) as at:
            client, attempt = lost_submission(at, "drop-before")
            _pass_settling(at)
            finding = look_up(client.session, attempt)
            require(
                not isinstance(finding, Found),
                f"a request never came to the vendor, and {_HOOK}() found a job. {_CERTAIN}",
            )
            settles_s = self.info.look_up.settles_s if self.info.look_up else None
            require(
                settles_s is None or isinstance(finding, NotAccepted),
                f"a request never came to the vendor, and {settles_s} s later {_HOOK}() says "
                f"{finding!r}. Return NotAccepted, or declare `settles_s=None` where absence is "
                "no proof.",
            )

    @since("0.1")
    def test_the_job_of_another_request_is_never_taken(self) -> None:
        """Equal work of the same moment is at most a candidate, and none when it is known."""
        with _looking_up(self) as at:
            other = at.client().submit(at.request())
            client, attempt = lost_submission(at, "drop-before", pause_s=0)
            attempt = attrs.evolve(attempt, sent_at=other.submitted_at)
            _pass_settling(at)
            finding = look_up(client.session, attempt)
            require(
                not isinstance(finding, Found),
                f"{_HOOK}() took the job of another request. {_CERTAIN}",
            )
            known = look_up(client.session, attempt, known_jobs=frozenset({other.id}))
            require(
                not (isinstance(known, Undecided) and other.id in known.candidates),
                f"{_HOOK}() names a job as candidate that is known to be another request's. Leave "
                "out those of `ctx.known_jobs`.",
            )

    @since("0.1")
    def test_an_answer_about_another_request_is_not_taken(self) -> None:
        """A vendor or a cache that ignores what was asked for answers with somebody else's job."""
        with _looking_up(self) as at:
            client, attempt = lost_submission(at, "drop")
            _pass_settling(at)
            answers = at.answers_to(lambda: look_up(client.session, attempt))
            named = {answer.operation for answer in answers if attempt.key.encode() in answer.body}
            if not named:
                pytest.skip("no answer to a look-up has the key of the request in it")
            for operation in named:
                with at.changed_answers(operation, _with_another(attempt)):
                    finding = look_up(client.session, attempt)
                require(
                    not isinstance(finding, Found),
                    f"the answer to a look-up names another key than {attempt.key}, and {_HOOK}() "
                    f"took its job. Compare it with `attempt.key`. {_CERTAIN}",
                )

    @since("0.1")
    def test_a_look_up_that_is_refused_is_no_bug_and_decides_nothing(self) -> None:
        """An outage, a page and a foreign answer raise a TryOnError, or are `Undecided`."""
        with _looking_up(self) as at:
            client, attempt = lost_submission(at, "drop-before")
            _pass_settling(at)
            for kind in ("503", "html", "foreign", "empty"):
                with at.failing("*", kind):
                    finding = _asked(client, attempt, f"the vendor answered a look-up ({kind})")
                require(
                    finding is None or isinstance(finding, Undecided),
                    f"an answer that says nothing ({kind}) became {finding!r}. {_ABSENT}",
                )


@contextmanager
def _looking_up(subject: ProviderUnderTest) -> Iterator[Harness]:
    if subject.info.look_up is None:
        pytest.skip("the provider offers no look-up")
    with vendor_harness(subject) as at:
        at.need_shown(_HOOK)
        yield at


def _submit_another(at: Harness) -> None:
    """Have the vendor accept an equal request of the same moment."""
    try:
        at.client(pause_s=0).submit(at.request())
    except TryOnError as error:
        fail(
            f"an equal request of the same moment was refused: {type(error).__name__}: {error} "
            "Send `ctx.attempt.key` where the vendor wants an id that is used once."
        )


def _with_another(attempt: Attempt) -> AnswerChange:
    key = attempt.key.encode()
    other = key[::-1]
    return lambda answer: attrs.evolve(answer, body=answer.body.replace(key, other))


def _pass_settling(at: Harness) -> None:
    declared = at.subject.info.look_up
    at.pass_time((declared.settles_s if declared else None) or _LATER_S)


def _asked(client: Client, attempt: Attempt, situation: str) -> Finding | None:
    session = client.session
    try:
        return session.bound.find_submission(attempt, session.context())
    except TryOnError as error:
        require_no_bug(error, situation)
        return None


def _require_images(client: Client, finding: Found) -> None:
    try:
        client.wait(finding.job)
    except TryOnError as error:
        fail(f"the job that {_HOOK}() found gives no image: {error}")
