"""Do a run: the journal, the loop, the lists, and what it ends with."""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import cast

import attrs
import click

from tryon_core.batch.index import RunIndex, data_folder
from tryon_core.batch.items import BatchItem, Entry, Outcome, State
from tryon_core.batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.batch.lists import check_lists, write_lists
from tryon_core.batch.output import OutputFolder
from tryon_core.batch.run import BatchPolicy, run_batch
from tryon_core.cli import batch_events
from tryon_core.cli.batch_call import BatchCall
from tryon_core.cli.batch_progress import Tick, show_batch
from tryon_core.cli.batch_stop import StoppableClock, StopSwitch
from tryon_core.cli.batch_tally import Tally
from tryon_core.cli.batch_watch import OnRecord, WatchedJournal
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.session import note
from tryon_core.errors import InputError, TryOnError
from tryon_core.saving import check_target
from tryon_core.session import Session

UNFINISHED: tuple[State, ...] = ("planned", "intent", "accepted", "finished")


@contextmanager
def open_journal(
    invocation: Invocation, call: BatchCall, *, is_resumed: bool, clock: StoppableClock
) -> Iterator[Callable[[], WatchedJournal]]:
    """Hold the journal of a run that is there; give a function that returns it, or makes it.

    Raises:
        InputError: a run is there and shall not be resumed, or is not and shall be.
        JournalBusy: another process works on it.
        OutputError: the folder cannot be used.
    """
    path = call.out / JOURNAL_NAME
    meta = {"command": call.resume_command(), "directory": str(Path.cwd())}
    opened: list[WatchedJournal] = []

    def journal() -> WatchedJournal:
        if not opened:
            OutputFolder(call.out)
            opened.append(WatchedJournal(path, clock=clock, meta=meta))
        return opened[0]

    check_target(f"{call.out}/")
    check_lists(call.out)
    if is_resumed and not path.is_file():
        raise InputError(
            f"there is no run in {str(call.out)!r} that could be resumed.",
            remedy="Leave out --resume to begin one.",
        )
    try:
        if path.is_file():
            _check_finished(invocation, call, journal(), is_resumed=is_resumed)
        yield journal
    finally:
        for one in opened:
            one.__exit__()


def _check_finished(
    invocation: Invocation, call: BatchCall, journal: JournalReader, *, is_resumed: bool
) -> None:
    counts = journal.counts
    if is_resumed or not any(counts.get(state) for state in UNFINISHED):
        return
    invocation.go_on = call.resume_command()
    told = ", ".join(f"{number} {state}" for state, number in counts.items())
    raise InputError(
        f"the run in {str(call.out)!r} was left unfinished at {last_moment(journal)} ({told}).",
        remedy="Go on with it by adding --resume, or choose another output folder.",
    )


def last_moment(journal: JournalReader) -> str:
    """Return when something was written into a journal last, for people."""
    begun = datetime.fromisoformat(journal.meta["created_at"])
    latest = max((at for entry in journal.entries() for at in entry.times.values()), default=begun)
    return f"{latest.astimezone():%Y-%m-%d %H:%M:%S}"


@attrs.frozen(kw_only=True, eq=False)
class Batch:
    """A run that is ready to begin.

    Attributes:
        invocation: the command.
        call: what was asked.
        items: what is to be done; valid.
        sessions: the providers, by id.
        journal: open.
        clock: that of the sessions.
        switch: what stops it.
    """

    invocation: Invocation
    call: BatchCall
    items: Sequence[BatchItem]
    sessions: Mapping[str, Session]
    journal: WatchedJournal
    clock: StoppableClock
    switch: StopSwitch

    def run(self) -> ExitCode:
        """Do it, and return what the command ends with.

        Raises:
            BatchStopped: it ended early.
            KeyboardInterrupt: it was told to end.
            OutputError: the lists cannot be written.
        """
        tally = self._begin()
        self.invocation.go_on = resume = self.call.resume_command()
        ending: BaseException | None = None
        with self.switch.listening(f"ended at once; resume with:\n  {resume}"):
            try:
                self._work(tally)
            except (TryOnError, KeyboardInterrupt) as error:
                ending = error
            lists = self._write_lists(is_fatal=ending is None)
            self._summarise(tally, lists)
        if ending is not None:
            raise ending
        return self._conclude(tally, resume)

    def _begin(self) -> Tally:
        infos = {name: session.info for name, session in self.sessions.items()}
        tally = Tally(clock=self.clock, infos=infos)
        self.journal.plan(self.items)
        ids = {item.id for item in self.items}
        tally.begin(entry for entry in self.journal.entries() if entry.id in ids)
        strangers = sum(entry.id not in ids for entry in self.journal.entries(*UNFINISHED))
        if strangers:
            note(f"{strangers} unfinished items of the journal are not in the manifest any more.")
        if self.call.as_json:
            resume = self.call.resume_command()
            facts = batch_events.planned(tally, out=self.call.out, resume=resume)
            batch_events.print_event("planned", facts)
        return tally

    def _work(self, tally: Tally) -> None:
        with self._index() as index, show_batch(tally, quiet=self.call.quiet) as tick:
            if index is not None:
                index.add_run(self.call.out / JOURNAL_NAME)
            self.journal.watchers.append(self._watch(tally, tick))
            outcomes = run_batch(
                self.items,
                self.sessions,
                journal=self.journal,
                output=OutputFolder(self.call.out),
                index=index,
                policy=self._policy(),
            )
            # Closing it waits for what is being sent.
            with closing(cast("Generator[Outcome, None, None]", outcomes)) as outcomes:
                for _ in outcomes:
                    self.switch.check()

    def _watch(self, tally: Tally, tick: Tick) -> OnRecord:
        def watch(entry: Entry) -> None:
            is_new = tally.follow(entry)
            try:
                if is_new:
                    self._tell(entry)
                tick()
            except OSError:
                # Nobody reads any more: to end in order is worth more than to say so.
                self.switch.is_set = True

        return watch

    @contextmanager
    def _index(self) -> Iterator[RunIndex | None]:
        """Give the index of all runs; a run goes on without one."""
        try:
            index = RunIndex(data_folder(), clock=self.clock)
        except TryOnError as error:
            note(f"{error.message} Work of other runs is not found.")
            yield None
            return
        with closing(index):
            yield index

    def _policy(self) -> BatchPolicy:
        call = self.call
        return BatchPolicy(
            fit=call.fit,
            retry_unknown=call.retry_unknown,
            retry_failed=call.retry_failed,
            again=call.again,
            most_in_air=call.concurrency,
            stop_after=call.stop_after,
            quota_storage=call.quota_storage,
        )

    def _tell(self, entry: Entry) -> None:
        if self.call.as_json:
            batch_events.print_item(entry)
        if entry.state in {"refused", "failed", "outcome_unknown"}:
            what = "unknown" if entry.state == "outcome_unknown" else entry.state
            row = f" (row {entry.row})" if entry.row else ""
            sys.stderr.write(f"{what}: {entry.id}{row}: {(entry.error or {}).get('message')}\n")
            sys.stderr.flush()

    def _write_lists(self, *, is_fatal: bool) -> tuple[Path, Path] | None:
        try:
            return write_lists(self.call.out, self.journal.entries())
        except TryOnError as error:
            if is_fatal:
                raise
            note(f"the lists are not up to date: {error.message}")
            return None

    def _summarise(self, tally: Tally, lists: tuple[Path, Path] | None) -> None:
        if self.call.as_json:
            batch_events.print_event("summary", batch_events.summary(tally, lists=lists))
            return
        counts = batch_events.counts(tally)
        told = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
        spent = tally.money()
        sentence = told.replace("outcome_unknown", "unknown") or "nothing to do"
        click.echo(f"{sentence}; spent {spent}" if spent else sentence, err=True)
        for path in lists or ():
            click.echo(path)

    def _conclude(self, tally: Tally, resume: str) -> ExitCode:
        """Say what is still to be done by whom, and return the exit code."""
        self.invocation.go_on = None
        counts = tally.counts
        left = sum(counts[state] for state in UNFINISHED)
        if left:
            click.echo(f"{left} items are unfinished; resume with:\n  {resume}", err=True)
        if counts["outcome_unknown"]:
            click.echo(
                f"{counts['outcome_unknown']} items may have been charged, and nobody knows: look "
                "at the vendor's dashboard, then add --retry-unknown to send them again.",
                err=True,
            )
            return ExitCode.OUTCOME_UNKNOWN
        if counts["refused"] or counts["failed"] or left > counts["accepted"]:
            return ExitCode.FAILED
        return ExitCode.TIMED_OUT if left else ExitCode.DONE
