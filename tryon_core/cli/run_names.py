"""Runs of this user by what people call them: a folder, a journal, or a number in the list."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import attrs

from tryon_core.batch.index import Run, RunIndex
from tryon_core.batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError, TryOnError
from tryon_core.remembered import data_folder


@attrs.frozen(kw_only=True)
class FoundRun:
    """A run in the list of this user.

    Attributes:
        number: its place in the list, the latest is 1.
        run: as the index has it.
        journal: open for reading, None when it cannot be read.
        problem: why not.
    """

    number: int
    run: Run
    journal: JournalReader | None = None
    problem: str | None = None

    @property
    def folder(self) -> Path:
        """Where its pictures are."""
        return self.run.journal.parent


def known_runs() -> list[Run]:
    """Return all runs of this user, the latest first.

    Raises:
        OutputError: the index cannot be used.
    """
    folder = data_folder()
    if not folder.is_dir():
        return []
    with closing(RunIndex(folder, clock=SystemClock())) as index:
        return index.runs()


def open_runs() -> Iterator[FoundRun]:
    """Yield all runs of this user, the latest first; each is open until the next one."""
    for number, run in enumerate(known_runs(), 1):
        try:
            with JournalReader(run.journal) as journal:
                yield FoundRun(number=number, run=run, journal=journal)
        except TryOnError as error:
            yield FoundRun(number=number, run=run, problem=error.message)


def find_journal(name: str) -> Path:
    """Return the journal of the run that somebody names.

    Args:
        name: folder of the run, its journal, or its number in `tryon jobs`.

    Raises:
        InputError: there is no such run.
    """
    path = Path(name)
    if path.is_dir() and (path / JOURNAL_NAME).is_file():
        return path / JOURNAL_NAME
    if path.is_file():
        return path
    if not name.isdecimal():
        raise InputError(
            f"there is no run in {name!r}.",
            remedy="Name its folder, its journal, or its number in `tryon jobs`.",
        )
    runs = known_runs()
    if not 1 <= int(name) <= len(runs):
        raise InputError(
            f"there is no run {name}: {len(runs)} are known.", remedy="Look at `tryon jobs`."
        )
    return runs[int(name) - 1].journal
