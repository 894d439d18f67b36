import copy
import inspect
import pickle
from datetime import datetime, timezone
from typing import get_args

import pytest

from tryon_core import errors
from tryon_core.models import Failure, Job, JobState, JobUpdate, Problem

JOB = Job(provider="acme", id="t-1", submitted_at=datetime(2026, 1, 2, tzinfo=timezone.utc))
SPECIAL = {
    errors.ValidationFailed: {"problems": [Problem("top", "too small."), Problem("person", "?")]},
    errors.UnusableImage: {"field": "top", "code": "truncated"},
    errors.ProviderBug: {"hook": "submit", "version": "tryon-acme 1.2"},
    errors.OutcomeUnknown: {"fingerprint": "abc"},
    errors.JobFailed: {"failure": Failure(code="E1", message="no person")},
    errors.BatchStopped: {"cause": errors.VendorError("acme: it broke.")},
    errors.PollTimeout: {"last_update": JobUpdate(state=JobState.RUNNING)},
}
ANSWERS = {
    "provider": "acme",
    "job": JOB,
    "request_id": "r-1",
    "vendor_code": "E1",
    "http_status": 418,
    "retry_after_s": 2.5,
    "fault": "limit",
    "retry": "later",
    "billed": "yes",
    "remedy": "Do this.",
}


def _tree(cls):
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)


def _shown(error):
    """Return all that an error carries; an error in it is compared by what it says."""
    return {
        name: str(value) if isinstance(value, Exception) else value
        for name, value in vars(error).items()
    }


CLASSES = tuple(_tree(errors.TryOnError))
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def _made(cls, **answers):
    special = SPECIAL.get(cls, {})
    message = () if cls is errors.ValidationFailed else ("acme: it broke.",)
    return cls(*message, **special, **answers)


def test_the_tree_holds_every_error_that_the_module_defines():
    defined = {
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert set(CLASSES) == defined
    assert len(CLASSES) > 25


@every_class
def test_an_error_comes_out_of_a_pickle_with_all_it_carries(cls):
    error = _made(cls, **ANSWERS)
    error.add_note("seen by the batch") if hasattr(error, "add_note") else None
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    assert type(again) is cls
    assert _shown(again) == _shown(error)
    assert again.args == error.args
    assert str(again) == str(error)
    for name, value in ANSWERS.items():
        assert getattr(again, name) == value


@every_class
def test_an_error_can_be_copied(cls):
    error = _made(cls)
    assert vars(copy.copy(error)) == vars(error)


@every_class
def test_the_text_of_an_error_is_its_message_and_its_remedy(cls):
    error = _made(cls, remedy="Do this.")
    assert str(error) == f"{error.message} Do this."
    assert error.message
    assert _made(cls, remedy="").remedy == ""


@every_class
def test_every_error_answers_the_questions_with_allowed_words(cls):
    error = _made(cls)
    assert error.fault in get_args(errors.Fault)
    assert error.retry in get_args(errors.Retry)
    assert error.billed in get_args(errors.Billed)
    assert isinstance(error.remedy, str)
    assert error.retryable == (error.retry == "later")


@every_class
def test_what_a_plugin_knows_better_wins_over_the_usual_answers(cls):
    error = _made(cls, fault="limit", retry="never_automatically", billed="yes")
    assert (error.fault, error.retry, error.billed) == ("limit", "never_automatically", "yes")


@every_class
def test_an_error_is_documented_and_lies_at_most_three_levels_deep(cls):
    assert (cls.__doc__ or "").strip()
    assert "__doc__" in vars(cls)
    assert len(cls.__mro__) - len(Exception.__mro__) <= 3


@pytest.mark.parametrize(
    "cls",
    [
        cls
        for cls in CLASSES
        if not cls.__subclasses__()
        and issubclass(cls, (errors.AccountError, errors.LimitError, errors.NetworkError))
    ],
    ids=lambda cls: cls.__name__,
)
def test_an_error_that_plugins_raise_says_what_to_do_without_their_help(cls):
    assert cls.remedy.endswith(".")


@pytest.mark.parametrize("cls", [c for c in CLASSES if issubclass(c, errors.JobError)])
def test_a_job_without_a_result_is_never_called_unbilled_without_the_vendors_word(cls):
    assert cls.billed == "unknown"


@pytest.mark.parametrize("cls", [c for c in CLASSES if c.retry == "later"])
def test_what_may_be_repeated_freely_cannot_have_started_paid_work(cls):
    allowed = (errors.PollTimeout, errors.DownloadFailed)  # repeated by asking, not by submitting
    assert cls.billed == "no" or issubclass(cls, allowed)


def test_one_problem_is_said_plainly_and_several_are_counted():
    one = errors.ValidationFailed([Problem("top", "too small.")])
    two = errors.ValidationFailed([Problem("top", "too small."), Problem("person", "missing.")])
    assert str(one) == "top: too small."
    assert str(two) == "2 problems. top: too small. | person: missing."
    assert [problem.field for problem in two.problems] == ["top", "person"]


def test_an_unusable_image_names_its_field_and_keeps_the_bare_reason():
    error = errors.UnusableImage("it is empty.", field="top", code="empty", remedy="Give another.")
    assert str(error) == "top: it is empty. Give another."
    assert (error.field, error.reason, error.code) == ("top", "it is empty.", "empty")


@pytest.mark.parametrize("cls", [errors.LimitError, errors.RateLimited])
def test_a_limit_says_how_long_to_wait_when_the_vendor_did(cls):
    assert cls("too fast.", retry_after_s=300.0).remedy == "Wait 300 s before the next call."
    assert cls("too fast.").remedy == cls.remedy
    assert cls("too fast.", retry_after_s=9.0, remedy="Ask Acme.").remedy == "Ask Acme."


def test_an_error_of_a_plugin_with_its_own_arguments_can_be_pickled():
    error = _PluginError("E7")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    assert (again.number, str(again)) == ("E7", "acme said E7.")


class _PluginError(errors.VendorError):
    def __init__(self, number):
        self.number = number
        super().__init__(f"acme said {number}.")


def test_an_outage_passes_and_is_no_fault_of_the_plugin():
    outage = errors.UnexpectedResponse("HTTP 502", http_status=502)
    assert (outage.retry, outage.remedy) == ("later", errors.VendorUnavailable.remedy)
    known = errors.UnexpectedResponse("HTTP 502", http_status=502, retry="no", remedy="Ask.")
    assert (known.retry, known.remedy) == ("no", "Ask.")
    broken = errors.UnexpectedResponse("no task id", http_status=200)
    assert (broken.retry, broken.remedy) == ("no", errors.UnexpectedResponse.remedy)
