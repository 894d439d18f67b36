"""What is said at the end of a run, and the exit code that it gives."""

from pathlib import Path

import click

from tryon_batch.cli import batch_events
from tryon_batch.cli.batch_journal import UNFINISHED
from tryon_batch.cli.batch_tally import Tally
from tryon_core.cli.exit_codes import ExitCode, exit_code
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import in_shell
from tryon_core.errors import TryOnError
from tryon_core.saving import UNCHECKED


def summarise(invocation: Invocation, tally: Tally, lists: tuple[Path, Path] | None) -> None:
    """Print how a run ended: the lists on standard output, the counts on standard error."""
    if invocation.as_json:
        batch_events.print_event("summary", batch_events.summary(tally, lists=lists))
        return
    told = ", ".join(f"{number} {state}" for state, number in tally.counts.items() if number)
    spent = tally.money()
    sentence = told.replace("outcome_unknown", "unknown") or "nothing to do"
    free = f"; {tally.free} of them cost nothing, as they had been done before" * bool(tally.free)
    click.echo(sentence + f"; spent {spent}" * bool(spent) + free, err=True)
    if tally.noticed:
        click.echo(
            f"{len(tally.noticed):,} of {tally.counts['saved']:,} have notices: look at them; the "
            "column `notices` says why",
            err=True,
        )
    for path in lists or ():
        click.echo(path)


def conclude(
    invocation: Invocation, tally: Tally, *, resume: str, mend: str, left_by: TryOnError | None
) -> ExitCode:
    """Say what is still to be done by whom, and return the exit code.

    Args:
        invocation: the command.
        tally: how the run went.
        resume: the command that goes on with it.
        mend: the command that sends again what was refused or failed.
        left_by: why items were left to a later run.
    """
    invocation.go_on = None
    counts = tally.counts
    left = sum(counts[state] for state in UNFINISHED)
    if left:
        remedy = f" {in_shell(left_by.remedy)}" if left_by is not None and left_by.remedy else ""
        told = f"{left:,} items are" if left > 1 else "1 item is"
        click.echo(f"{told} unfinished.{remedy} Resume with:\n  {resume}", err=True)
    if counts["outcome_unknown"]:
        unknown = counts["outcome_unknown"]
        what, them = (f"{unknown:,} items", "them") if unknown > 1 else ("1 item", "it")
        click.echo(
            f"{what} may have been charged, and nobody knows: look at the vendor's dashboard. Say "
            f"what it shows with --settle ID=not-charged or --settle ID=JOB, or send {them} again "
            f"with:\n  {resume} --retry-unknown",
            err=True,
        )
        return ExitCode.OUTCOME_UNKNOWN
    if counts["refused"] or counts["failed"]:
        click.echo(
            f"Mend what was refused or failed, then send it again with:\n  {mend}",
            err=True,
        )
        return ExitCode.FAILED
    if left_by is not None:
        # What shall be bought again and cannot be is left, too, and has its earlier images.
        return exit_code(left_by)
    if left:
        return ExitCode.FAILED
    if tally.unchecked:
        names = ", ".join(sorted(tally.unchecked)[:3])
        what = f"{len(tally.unchecked):,} items" if len(tally.unchecked) > 1 else "1 item"
        click.echo(
            f"{what} came whole and may be no sound image, such as {names}: look at the files that "
            f"end in {UNCHECKED}.",
            err=True,
        )
        return ExitCode.UNCHECKED
    return ExitCode.DONE
