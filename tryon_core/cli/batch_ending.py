"""What is said at the end of a run, and the exit code that it gives."""

from pathlib import Path

import click

from tryon_core.cli import batch_events
from tryon_core.cli.batch_journal import UNFINISHED
from tryon_core.cli.batch_tally import Tally
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation


def summarise(invocation: Invocation, tally: Tally, lists: tuple[Path, Path] | None) -> None:
    """Print how a run ended: the lists on standard output, the counts on standard error."""
    if invocation.as_json:
        batch_events.print_event("summary", batch_events.summary(tally, lists=lists))
        return
    told = ", ".join(f"{number} {state}" for state, number in tally.counts.items() if number)
    spent = tally.money()
    sentence = told.replace("outcome_unknown", "unknown") or "nothing to do"
    click.echo(f"{sentence}; spent {spent}" if spent else sentence, err=True)
    for path in lists or ():
        click.echo(path)


def conclude(invocation: Invocation, tally: Tally, resume: str) -> ExitCode:
    """Say what is still to be done by whom, and return the exit code."""
    invocation.go_on = None
    counts = tally.counts
    left = sum(counts[state] for state in UNFINISHED)
    if left:
        click.echo(f"{left} items are unfinished; resume with:\n  {resume}", err=True)
    if counts["outcome_unknown"]:
        click.echo(
            f"{counts['outcome_unknown']} items may have been charged, and nobody knows: look at "
            f"the vendor's dashboard, then send them again with:\n  {resume} --retry-unknown",
            err=True,
        )
        return ExitCode.OUTCOME_UNKNOWN
    if counts["refused"] or counts["failed"]:
        click.echo(
            "Mend what was refused or failed in the manifest, then send it again with:\n"
            f"  {resume} --retry-failed",
            err=True,
        )
        return ExitCode.FAILED
    if left:
        return ExitCode.TIMED_OUT if left == counts["accepted"] else ExitCode.FAILED
    return ExitCode.DONE
