"""Do a run: the loop, what is printed meanwhile, the lists, and the exit code."""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import attrs
import click

from tryon_batch.cli import documents
from tryon_batch.cli.commands import META, BatchCall
from tryon_batch.cli.documents import Forecast, in_words, state_word, total
from tryon_batch.cli.processes import Stop, open_executor
from tryon_batch.cli.progress import Display, Progress, show_batch
from tryon_batch.cli.source import Sessions, Work, policy_of
from tryon_batch.costs import counted
from tryon_batch.estimate import estimate
from tryon_batch.ids import SHARD, is_first_step
from tryon_batch.items import UNFINISHED, Entry, OnEvent, Outcome, State
from tryon_batch.outfits import both_steps
from tryon_batch.run import OpenRun
from tryon_core.cli.exit_codes import ExitCode, run_exit_code
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import in_shell, note
from tryon_core.engine import UNCHECKED
from tryon_core.errors import InputError, TryOnError, describe_error


@attrs.define(kw_only=True, eq=False)
class Batch:
    """A run that is ready to begin.

    Attributes:
        invocation: the command.
        call: what was asked.
        work: what is to be done.
        sessions: the providers.
        opened: the run that is done.
        forecast: what it will cost.
        left_by: why the last of the items that a later run goes on with was left.
        output_error: why nothing can be printed any more, None as long as it can.
    """

    invocation: Invocation
    call: BatchCall
    work: Work
    sessions: Sessions
    opened: OpenRun
    forecast: Forecast
    left_by: TryOnError | None = None
    output_error: OSError | None = None

    def run(self) -> ExitCode:
        """Do it, and return what the command ends with.

        Raises:
            BatchStopped: it ended early.
            KeyboardInterrupt: the process was interrupted.
            OutputError: the lists cannot be written.
            OSError: nobody reads what it prints.
        """
        progress = self._begin()
        self.invocation.go_on = resume = self.call.resume_command()
        ending: BaseException | None = None
        try:
            self._work(progress, f"ended at once; resume with:\n  {resume}")
        except (TryOnError, KeyboardInterrupt) as error:
            ending = self.output_error or error
        lists = self.opened.write_lists(ending=ending)
        to_see = self.opened.listeners.ended()
        if self.output_error is None:
            self._summarise(progress, lists, to_see)
        else:
            _say(f"error: nobody reads the output any more; resume with:\n  {resume}")
        if ending is not None:
            raise ending
        return conclude(
            self.invocation,
            progress,
            resume=resume,
            retry_failed=self.call.follow_command("--retry-failed"),
            left_by=self.left_by,
        )

    def _summarise(
        self, progress: Progress, lists: tuple[Path, Path] | None, to_see: Sequence[Path]
    ) -> None:
        items, doubtful = self.work.items, progress.doubtful
        bought = both_steps(doubtful, items)
        redo = estimate([item for item in items if item.id in bought], self.sessions.infos)
        if self.invocation.as_json:
            facts = documents.summary(progress, lists=lists, redo=redo, to_see=to_see)
            documents.print_event("summary", facts)
            return
        _say_counts(progress, to_see)
        if doubtful:
            _echo(
                f"{len(doubtful):,} of {progress.counts['saved']:,} are doubtful: the column "
                f"`problems` says why. To buy them again, for {redo.total}:\n"
                f"  {self.call.resume_command('--redo-doubtful')}"
            )
        for path in lists or ():
            click.echo(path)

    def _begin(self) -> Progress:
        journal = self.opened.journal
        progress = Progress(clock=self.sessions.clock, infos=self.sessions.infos)
        items, left_out = self.work.items, self.work.left_out
        shard = {} if self.call.shard is None else {SHARD: str(self.call.shard)}
        journal.note({META: self.call.to_json(), **shard, **self.work.notes})
        known = journal.requests()
        journal.plan([*items, *(one for one in self.work.others if one.id not in known)])
        ids = {item.id for item in items} | set(left_out)
        entries = list(journal.entries())
        progress.begin(entry for entry in entries if entry.id in ids)
        rows = [entry for entry in entries if not is_first_step(entry.id)]
        gone = sum(entry.id not in ids and entry.state in UNFINISHED for entry in rows)
        if gone and self.work.is_whole:
            items_gone = counted(gone, "unfinished item")
            note(f"not in the manifest any more: {items_gone} of the journal.")
        if self.invocation.as_json:
            resume = self.call.resume_command()
            facts = documents.planned(
                progress, out=self.call.folder, resume=resume, planned_cost=self.forecast.estimate
            )
            documents.print_event("planned", facts)
        elif self.forecast.to_send and not self.invocation.quiet:
            _say(
                f"{self.forecast.to_send:,} of {counted(progress.total, 'item')} "
                f"{'is' if self.forecast.to_send == 1 else 'are'} to be sent, for at most "
                f"{total(self.forecast)}"
            )
        self._leave_out(entry for entry in entries if entry.id in left_out)
        return progress

    def _leave_out(self, entries: Iterable[Entry]) -> None:
        """Say which items cannot be sent now, and note it; they stay as they are."""
        for entry in entries:
            self.left_by = InputError(
                self.work.left_out[entry.id], remedy="Put its images back, or name a manifest."
            )
            noted = attrs.evolve(entry, error=describe_error(self.left_by))
            self.opened.journal.record([noted])
            _say(_sentence("left", noted))
            if self.invocation.as_json:
                documents.print_event("left", documents.item_document(noted))

    def _work(self, progress: Progress, last_words: str) -> None:
        executor = open_executor(self.call.executor, workers=self.call.concurrency)
        with executor as pool, show_batch(progress, quiet=self.invocation.quiet) as display:
            stop = Stop(on_first=self._on_first(progress, display), last_words=last_words)
            outcomes = self.opened.work(
                self.work.items,
                self.sessions.by_id,
                policy=policy_of(self.call, left_out=self.work.left_out),
                executor=pool,
                sources=None if pool is None else self.sessions.sources,
                on_event=self._on_event(progress, display, stop),
            )
            # Closing it waits for the requests that are in flight.
            with stop.listening(), closing(outcomes):
                for outcome in outcomes:
                    self._take(progress, outcome)

    def _on_first(self, progress: Progress, display: Display) -> Callable[[], None]:
        def on_first() -> None:
            progress.is_stopping = True
            display.stopping()

        return on_first

    def _on_event(self, progress: Progress, display: Display, stop: Stop) -> OnEvent:
        def on_event(entry: Entry) -> None:
            is_new = progress.follow(entry)
            if self.output_error is not None:
                return
            try:
                if is_new:
                    self._tell(entry)
                display.changed()
            except OSError as error:
                # Nobody reads any more. The run ends in order all the same.
                self.output_error = error
                stop.request()

        return on_event

    def _take(self, progress: Progress, outcome: Outcome) -> None:
        """Say why an item is left to a later run; events say what became of the others."""
        if outcome.state in UNFINISHED:
            progress.leave(outcome.item.id)
        if outcome.error is None or outcome.state not in UNFINISHED:
            return
        if is_first_step(outcome.item.id):
            return  # so is its row, which says why
        self.left_by = outcome.error
        _say(_sentence("left", outcome.entry))
        if self.invocation.as_json:
            documents.print_event("left", documents.item_document(outcome.entry))

    def _tell(self, entry: Entry) -> None:
        if self.invocation.as_json:
            documents.print_item(entry)
        is_told_by_row = is_first_step(entry.id) and entry.state != "outcome_unknown"
        if entry.state in {"refused", "failed", "outcome_unknown"} and not is_told_by_row:
            _say(_sentence(state_word(entry.state), entry))


def _sentence(what: str, entry: Entry) -> str:
    row = f" (row {entry.row})" if entry.row else ""
    return f"{what}: {entry.id}{row}: {in_shell(str((entry.error or {}).get('message')))}"


def _say(sentence: str) -> None:
    """Print on standard error, as long as somebody reads it."""
    with suppress(OSError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def _say_counts(progress: Progress, to_see: Sequence[Path]) -> None:
    parts = [in_words(progress.counts) or "nothing to do"]
    if progress.spent:
        parts.append(f"spent {progress.spent}")
    if progress.free:
        parts.append(f"{progress.free} of them cost nothing, as they had been done before")
    _echo("; ".join(parts))
    if progress.noticed:
        saved = progress.counts["saved"]
        _echo(
            f"{len(progress.noticed):,} of {saved:,} have notices: look at them; the column "
            "`notices` says why"
        )
    for path in to_see:
        _echo(f"look at it: {path}")


def conclude(
    invocation: Invocation,
    progress: Progress,
    *,
    resume: str,
    retry_failed: str,
    left_by: TryOnError | None,
) -> ExitCode:
    """Say what is left to do and how, and return the exit code.

    Args:
        invocation: the command.
        progress: how the run went.
        resume: the command that goes on with it.
        retry_failed: the command that sends again what was refused or failed.
        left_by: why items were left to a later run.
    """
    invocation.go_on = None
    counts = progress.counts
    left = sum(counts[state] for state in UNFINISHED)
    if left:
        remedy = f" {in_shell(left_by.remedy)}" if left_by is not None and left_by.remedy else ""
        verb = "is" if left == 1 else "are"
        _echo(f"{counted(left, 'item')} {verb} unfinished.{remedy} Resume with:\n  {resume}")
    unknown = counts["outcome_unknown"] + len(progress.in_doubt)
    if unknown:
        _echo(
            f"{counted(unknown, 'item')} may have been charged, and nobody knows: look at the "
            "vendor's dashboard. Say what it shows with --settle ID=not-charged or --settle "
            f"ID=JOB, or send {'it' if unknown == 1 else 'them'} again with:\n"
            f"  {resume} --retry-unknown"
        )
    elif counts["refused"] or counts["failed"]:
        _echo(f"Correct what was refused or failed, then send it again with:\n  {retry_failed}")
    elif progress.unchecked and not left and left_by is None:
        names = ", ".join(sorted(progress.unchecked)[:3])
        items = counted(len(progress.unchecked), "item")
        _echo(
            f"{items} came whole and may be no sound image, such as {names}: look at the files "
            f"that end in {UNCHECKED}."
        )
    return run_exit_code(
        {*(state for state, number in counts.items() if number), *_in_doubt(progress)},
        left_by=left_by,
        has_unchecked=bool(progress.unchecked),
    )


def _in_doubt(progress: Progress) -> Iterable[State]:
    return ("outcome_unknown",) if progress.in_doubt else ()


def _echo(sentence: str) -> None:
    click.echo(sentence, err=True)
