import itertools

import pytest
from hypothesis import given, strategies as st

from batch_entries import ERRORS, make_error
from tryon_core import errors
from tryon_core.answers import contradictions, settle
from tryon_core.cli.exit_codes import ExitCode, exit_code
from tryon_core.models import Job
from tryon_core.registry import REGISTRY
from tryon_testing.clocks import START

JOB = Job(provider="acme", id="t-1", submitted_at=START)
RETRIES = ["no", "later", "after_change", "never_automatically"]
STATUSES = [None, 200, 302, 400, 404, 429, 500, 503, 504]
PROVIDERS = (
    "aidge",
    "ailab",
    "dashscope",
    "fal",
    "fashn",
    "kling",
    "local",
    "pixelcut",
    "replicate",
)


def _faults(error):
    """Yield what must not be, for any error of a submission of which no job is known."""
    yield from contradictions(error)
    if errors.may_repeat(error) and error.billed != "no":
        yield "it may be billed, and is repeated"
    if error.billed == "unknown" and exit_code(error) is not ExitCode.OUTCOME_UNKNOWN:
        yield f"its outcome is unknown, and it ends with {exit_code(error)}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_error_code_of_a_provider_contradicts_itself(provider):
    found = []
    for entry, status in itertools.product(REGISTRY.load(provider).info.errors, STATUSES):
        if None not in (status, entry.http_status) and status != entry.http_status:
            continue
        error = entry.to_error("refused.", http_status=status or entry.http_status)
        settle(error, is_paid=True)
        found += [(entry.code, status, fault) for fault in _faults(error)]
        is_told = entry.billed == "no" or error.http_status in range(400, 500)
        if error.billed == "no" and isinstance(error, errors.VendorError) and not is_told:
            found.append((entry.code, status, "nothing says that it is not billed"))
    assert found == []


@given(
    name=st.sampled_from(ERRORS),
    status=st.sampled_from(STATUSES),
    billed=st.sampled_from([None, "no", "yes", "unknown"]),
    retry=st.sampled_from([None, *RETRIES]),
    is_paid=st.booleans(),
)
def test_whatever_a_plugin_raises_its_answers_agree(name, status, billed, retry, is_paid):
    error = make_error(name, http_status=status, billed=billed, retry=retry)
    settle(error, is_paid=is_paid)
    told = (error.billed, error.retry, error.remedy)
    if is_paid:
        assert not (error.billed != "no" and error.retryable)
        assert not (errors.may_repeat(error) and error.billed != "no")
    else:
        assert error.billed == "no"
    settle(error, is_paid=is_paid)
    assert (error.billed, error.retry, error.remedy) == told


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_page_of_a_gateway_may_hide_work_that_goes_on(status):
    error = errors.VendorUnavailable("a page.", http_status=status)
    settle(error, is_paid=True)
    assert (error.billed, error.retry) == ("unknown", "never_automatically")
    assert error.remedy == errors.OutcomeUnknown.remedy


@pytest.mark.parametrize(
    ("status", "billed", "repeated"),
    [(None, None, True), (200, None, True), (429, None, True), (503, "no", True)]
    + [(status, None, False) for status in (500, 502, 503)],
)
def test_a_limit_that_comes_as_an_outage_is_not_sent_again_by_itself(status, billed, repeated):
    error = errors.RateLimited("too fast.", http_status=status, billed=billed)
    settle(error, is_paid=True)
    assert errors.may_repeat(error) is repeated
    assert error.billed == ("no" if repeated else "unknown")


@pytest.mark.parametrize("name", ERRORS)
def test_after_an_answer_of_success_only_a_code_of_the_vendor_is_a_refusal(name):
    ours, theirs = make_error(name, billed="no"), make_error(name, billed="no")
    ours.vendor_code, theirs.vendor_code = None, "no_credits"
    for error in (ours, theirs):
        settle(error, is_paid=True, has_succeeded=True)
        assert contradictions(error) == ()
        assert not (errors.may_repeat(error) and error.billed != "no")
    assert (ours.billed, ours.retry) == ("unknown", "never_automatically")
    assert ours.remedy.startswith(errors.OutcomeUnknown.remedy)
    assert theirs.billed == "no"


def test_an_accepted_job_is_resumed_and_not_bought_again():
    error = errors.RateLimited("an extension's own limit.", job=JOB, billed="unknown")
    settle(error, is_paid=True)
    assert error.retry == "never_automatically"
    assert "resume" in error.remedy
