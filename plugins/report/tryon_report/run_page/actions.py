"""What a person can do about a run and its items: exact commands for a shell."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from tryon_batch import Entry, RunFolder
from tryon_batch.cli.commands import META, BatchCall, resume_command
from tryon_batch.costs import counted
from tryon_batch.items import UNFINISHED
from tryon_core.errors import InputError


@attrs.frozen
class Action:
    """A command that a person may want to give.

    Attributes:
        when: when it is right, as the beginning of a sentence.
        command: for a shell.
    """

    when: str
    command: str


def actions_of(entry: Entry, folder: Path) -> Iterator[Action]:
    """Yield what can be done about an item in a shell; the exact commands."""

    def command(*flags: str) -> str:
        return resume_command(folder, *flags)

    if entry.state == "outcome_unknown":
        yield Action(
            "If the vendor's dashboard shows no charge for it",
            command("--settle", f"{entry.id}=not-charged"),
        )
        yield Action("If it shows a job, name it", command("--settle", f"{entry.id}=JOB"))
        yield Action(
            "To send it again, although it may be charged twice",
            command("--only", entry.id, "--retry-unknown"),
        )
    elif entry.state in {"refused", "failed"}:
        yield Action(
            "When the reason is gone, send it again",
            command("--only", entry.id, "--retry-failed"),
        )
    elif entry.state == "saved":
        yield Action("To buy it again", command("--redo", entry.id))
    else:
        yield Action("Go on with it", command("--only", entry.id))


def actions_for(run: RunFolder, entries: Sequence[Entry]) -> Iterator[Action]:
    """Yield what is left to do for a run of which no process is working."""
    counts = Counter(entry.state for entry in entries)
    folder = run.folder.absolute()
    if left := sum(counts[state] for state in UNFINISHED):
        yield Action(f"{_are(left)} unfinished: go on with the run", resume_command(folder))
    if unknown := counts["outcome_unknown"]:
        words = ("tryon", "jobs", str(folder), "--unknown", "--look-up")
        yield Action(
            f"{_are(unknown)} unknown and may have been charged: ask the vendors that can say, "
            "and settle the others row by row",
            shlex.join(words),
        )
    if wrong := counts["refused"] + counts["failed"]:
        yield Action(
            f"{_are(wrong)} refused or failed: correct what was wrong, then send again",
            _follow_command(run, "--retry-failed"),
        )
    if doubtful := sum(entry.verdict == "doubtful" for entry in entries):
        yield Action(
            f"{_are(doubtful)} doubtful: look at the images; this buys all of them again",
            resume_command(folder, "--redo-doubtful"),
        )


def _are(number: int) -> str:
    return f"{counted(number, 'row')} {'is' if number == 1 else 'are'}"


def _follow_command(run: RunFolder, *flags: str) -> str:
    """Return the command that goes on with what the manifest of a run says now."""
    folder = run.folder.absolute()
    noted = run.meta.get(META)
    try:
        call = BatchCall.from_json(noted or "{}", {"out": folder})
    except (InputError, KeyError):  # a password is not kept; `run_batch` notes no call
        return resume_command(folder, *flags)
    return call.follow_command(*flags)
