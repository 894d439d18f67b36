import logging
from types import SimpleNamespace

import pytest
from hypothesis import given, settings, strategies as st

from providers import fake_info
from tryon_core import Job, Quota, TryOnRequest, errors
from tryon_core.pacing import Pacer
from tryon_core.preparing import Prepared
from tryon_core.submitting import SubmitPolicy, submit_prepared
from tryon_testing.clocks import START, FakeClock

JOB = Job(provider="acme", id="t-1", submitted_at=START)
REPEATABLE = [errors.NotSent("refused."), errors.RateLimited("too fast.")]
repeatable = pytest.mark.parametrize("fault", REPEATABLE, ids=lambda fault: type(fault).__name__)


class _Session:
    """One whose provider answers by a script."""

    def __init__(self, script, quota):
        self.info = fake_info(quota=quota)
        self.clock = FakeClock()
        self.pacer = Pacer(Quota(), self.clock)
        self.logger = logging.getLogger("tryon.fake")
        self.bound = self
        self.settings = SimpleNamespace(provider="fake", account="account", address=None)
        self.sent = 0
        self._script = iter(script)

    def context(self, **_):
        return SimpleNamespace(http=SimpleNamespace(may_have_sent=True))

    def submit(self, request, ctx):
        self.sent += 1
        answer = next(self._script)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _submit(*script, policy=None, quota=None):
    """Return what came out, how often it was sent, and the pauses."""
    session = _Session(script, quota or Quota())
    prepared = Prepared(request=TryOnRequest(person=b"p", top=b"t"), fingerprint="f1")
    try:
        outcome = submit_prepared(session, prepared, policy=policy or SubmitPolicy())
    except BaseException as error:  # noqa: BLE001  (whatever comes is what the test looks at)
        outcome = error
    return outcome, session.sent, session.clock.sleeps


def test_an_accepted_submission_is_sent_once_without_a_pause():
    assert _submit(JOB) == (JOB, 1, [])


@pytest.mark.parametrize("kind", [errors.NotSent, errors.RateLimited])
def test_a_fault_beside_an_accepted_job_is_never_a_reason_to_send_again(kind):
    fault = kind("an extension could not reach its own service.", job=JOB)
    assert _submit(fault, JOB) == (fault, 1, [])


@pytest.mark.parametrize("kind", [errors.NotSent, errors.RateLimited])
@pytest.mark.parametrize("retry", ["no", "after_change", "never_automatically"])
def test_an_error_that_says_not_to_repeat_is_not_repeated(kind, retry):
    fault = kind("the certificate is not trusted.", retry=retry)
    assert _submit(fault, JOB) == (fault, 1, [])


def test_a_lost_answer_is_never_repeated_and_names_the_work():
    fault = errors.OutcomeUnknown("the answer was lost.")
    assert _submit(fault, JOB) == (fault, 1, [])
    assert fault.fingerprint == "f1"


def test_a_fingerprint_that_the_plugin_knows_better_is_kept():
    fault = errors.OutcomeUnknown("the answer was lost.", fingerprint="own")
    _submit(fault)
    assert fault.fingerprint == "own"


@repeatable
def test_what_certainly_did_not_start_is_repeated(fault):
    outcome, sent, pauses = _submit(fault, fault, JOB)
    assert (outcome, sent, len(pauses)) == (JOB, 3, 2)


@repeatable
def test_the_last_attempt_is_the_end_and_is_not_followed_by_a_pause(fault):
    outcome, sent, pauses = _submit(fault, fault, fault, fault, JOB)
    assert (outcome, sent, len(pauses)) == (fault, 4, 3)


@repeatable
def test_one_attempt_means_one(fault):
    assert _submit(fault, JOB, policy=SubmitPolicy(attempts=1)) == (fault, 1, [])


def test_pauses_are_random_below_a_bound_that_doubles():
    fault = errors.NotSent("refused.")
    runs = [_submit(fault, fault, fault, JOB)[2] for _ in range(50)]
    for attempt, bound_s in enumerate([1.0, 2.0, 4.0]):
        pauses = [run[attempt] for run in runs]
        assert all(0 <= pause <= bound_s for pause in pauses)
        assert len(set(pauses)) > 40
        assert max(pauses) > bound_s / 2


def test_the_vendors_own_pause_is_kept_to():
    fault = errors.RateLimited("too fast.", retry_after_s=7.0)
    assert _submit(fault, fault, JOB) == (JOB, 3, [7.0, 7.0])


def test_a_pause_in_the_past_is_none():
    assert _submit(errors.RateLimited("too fast.", retry_after_s=-3.0), JOB) == (JOB, 2, [0.0])


def test_a_pause_that_is_too_long_is_left_to_the_caller():
    patient = errors.RateLimited("tomorrow.", retry_after_s=90.0)
    assert _submit(patient, patient, JOB) == (JOB, 3, [90.0, 90.0])
    assert _submit(patient, patient, patient, JOB) == (patient, 3, [90.0, 90.0])
    tomorrow = errors.RateLimited("tomorrow.", retry_after_s=86_400.0)
    assert _submit(tomorrow, JOB) == (tomorrow, 1, [])
    assert tomorrow.retry_after_s == 86_400.0


def test_after_a_refusal_for_speed_a_window_of_the_quota_passes_and_is_told():
    fast, away = errors.RateLimited("too fast."), errors.NotSent("refused.")
    told = []
    outcome, sent, pauses = _submit(
        away,
        fast,
        JOB,
        quota=Quota(submissions=3, window_s=60.0),
        policy=SubmitPolicy(on_wait=told.append),
    )
    assert (outcome, sent) == (JOB, 3)
    assert pauses[0] <= 1
    assert 60 <= pauses[1] <= 62
    assert told == pauses[1:]


OTHERS = [
    errors.VendorUnavailable("503."),
    errors.UnexpectedResponse("what?"),
    errors.AnswerLost("lost."),
    errors.LimitError("full."),
    errors.CreditsExhausted("none left."),
    errors.InputRefused("no person."),
    errors.ProviderBug("bug.", hook="submit", version="1"),
    KeyboardInterrupt(),
    ZeroDivisionError(),
]


@pytest.mark.parametrize("fault", OTHERS, ids=lambda fault: type(fault).__name__)
def test_nothing_else_is_ever_repeated(fault):
    assert _submit(fault, JOB) == (fault, 1, [])


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"backoff_s": -1}, {"max_pause_s": -1}], ids=str
)
def test_a_policy_that_could_not_be_followed_cannot_be_made(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SubmitPolicy(**wrong)


@given(st.lists(st.sampled_from([*REPEATABLE, *OTHERS[:-2], JOB]), min_size=10, max_size=10))
@settings(deadline=None, max_examples=200)
def test_a_submission_goes_on_only_over_what_certainly_did_not_start(script):
    outcome, sent, pauses = _submit(*script)
    assert all(answer in REPEATABLE for answer in script[: sent - 1])
    assert outcome is script[sent - 1]
    assert 1 <= sent <= 4
    assert len(pauses) == sent - 1
