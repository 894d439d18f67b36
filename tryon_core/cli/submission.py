"""Watch the paid request, so that an interruption can tell what became of it."""

from collections.abc import Generator

from tryon_core.cli.invocation import Submission
from tryon_core.hookspecs import hookimpl
from tryon_core.models import Job


class SubmissionWatch:
    """An extension that notes when a submission begins and what came of it.

    Args:
        submission: what to keep up to date.
    """

    def __init__(self, submission: Submission) -> None:
        self._submission = submission

    @hookimpl(wrapper=True)
    def submit(self) -> Generator[None, Job, Job]:
        """Note the job. Ctrl-C leaves the submission open, every other end closes it."""
        self._submission.is_open, self._submission.job = True, None
        try:
            job = yield
        except Exception:
            self._submission.is_open = False
            raise
        self._submission.job = job
        self._submission.is_open = False
        return job
