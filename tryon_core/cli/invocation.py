"""What one command line invocation knows: its common options, and the job that it waits for."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import attrs

from tryon_core.errors import Billed
from tryon_core.models import Job
from tryon_core.remembered import JobStore


@attrs.frozen(kw_only=True)
class ResumePlan:
    """How another invocation would go on with this one's job.

    Attributes:
        out: where the result goes, None when it was not given.
        provider: as the caller named it; needed again only when it names the distribution.
        again: the words of this command, where it goes on with its own jobs; without `--out` and
            what follows from the other attributes.
    """

    out: str | None = None
    force: bool = False
    config: Path | None = None
    provider: str = ""
    allows_private: bool = False
    extensions: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    def command(self, job: Job, *, for_any_machine: bool = False) -> str:
        """Return the command that fetches the result of a job: by its token for any machine."""
        known = JobStore.of_user().of_job(job)
        name = job.to_token() if for_any_machine or known is None else known.id
        if self.again and known is None:  # an equal call would not find it, and would pay again
            return attrs.evolve(self, again=(), out=None).command(job)
        begin = self.again or ("resume", name)
        words = ["tryon", *begin, "--out", self.out or "PATH"]
        if self.force:
            words.append("--force")
        if self.config is not None:
            words += ["--config", str(self.config)]
        if "@" in self.provider and not self.again:
            words += ["--provider", self.provider]
        if self.allows_private:
            words.append("--allow-private-addresses")
        for name in self.extensions:
            words += ["--extension", name]
        return shlex.join(words)


def say_nothing(stage: str) -> None:
    """Show nothing."""


@attrs.define(kw_only=True)
class Invocation:
    """One run of the program; shared by the command and the report of what went wrong.

    Attributes:
        extensions: names of extensions beside those that the settings have in use.
        is_submitting: a paid request was begun, and nothing came back yet.
        parsing: whether a parsing was `begun`, or also `done`.
        parsing_billed: whether it was paid.
        is_waiting: the vendor's rate limit is waited for, and nothing is on its way.
        job: the accepted job, until its result is safe.
        resume: how to go on with the job, None when the command is not one that waits.
        go_on: the command that goes on with a run over many items, None unless there is one.
        as_lines: print one JSON object a line instead of one document.
        owner: the distribution whose command runs.
    """

    as_json: bool = False
    quiet: bool = False
    debug: bool = False
    allows_private: bool = False
    extensions: tuple[str, ...] = ()
    is_free: bool = False
    is_submitting: bool = False
    parsing: Literal["", "begun", "done"] = ""
    parsing_billed: Billed = "no"
    is_waiting: bool = False
    say: Callable[[str], None] = say_nothing
    job: Job | None = None
    resume: ResumePlan | None = None
    go_on: str | None = None
    as_lines: bool = False
    owner: str = "tryon-core"

    def tell_wait(self, wait_s: float) -> None:
        """Show that nothing is sent before the vendor's rate limit allows it."""
        self.is_waiting = True
        if wait_s >= 1:
            self.say(f"waiting {wait_s:.0f} s for the vendor's rate limit")

    def tell_submission(self) -> None:
        """Show that a paid request is on its way."""
        self.is_submitting, self.is_waiting, self.job = True, False, None
        self.say("submitting")
