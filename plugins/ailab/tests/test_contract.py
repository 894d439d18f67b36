from tryon_testing.checks.failing_jobs import FailureChecks
from tryon_testing.contract import ProviderContract


class TestAilab(ProviderContract):
    provider = "ailab"


class TestFailuresInABody(FailureChecks):
    """A failed task is told by the code in an answer with status 200."""

    provider = "ailab"
    knobs = {"failure_mode": "B"}  # noqa: RUF012  (as the contract declares it)


class TestFailuresByNumber(FailureChecks):
    """A failed task is told by its number, and without a code."""

    provider = "ailab"
    test_a_failed_job_ends_as_its_code_says = None
    knobs = {"failure_mode": "C"}  # noqa: RUF012  (as the contract declares it)
