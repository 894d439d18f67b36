"""Runs of this user by what people call them: a folder, a journal, or a short id."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import attrs

from tryon_batch.index import INDEX_NAME, Run, RunIndex
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError, TryOnError
from tryon_core.remembered import data_folder


@attrs.frozen(kw_only=True)
class FoundRun:
    """A run in the list of this user.

    Attributes:
        run: as the index has it.
        journal: open for reading, None when it cannot be read.
        problem: why not.
    """

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
    # Reading makes no file: a list must come on a full disk, too.
    if not (folder / INDEX_NAME).is_file():
        return []
    with closing(RunIndex(folder, clock=SystemClock())) as index:
        return index.runs()


def open_runs() -> Iterator[FoundRun]:
    """Yield all runs of this user, the latest first; each is open until the next one."""
    for run in known_runs():
        try:
            with JournalReader(run.journal) as journal:
                yield FoundRun(run=run, journal=journal)
        except TryOnError as error:
            yield FoundRun(run=run, problem=error.message)


def find_run(name: str) -> Run | None:
    """Return the run of a short id or of its beginning; None when there is none.

    Raises:
        InputError: several ids begin like that.
    """
    found = [run for run in known_runs() if name and run.id.startswith(name)]
    if len(found) > 1:
        raise InputError(
            f"{name!r} is the beginning of {len(found)} ids of runs.",
            remedy=f"Give more of it: {', '.join(sorted(run.id for run in found)[:5])}.",
        )
    return found[0] if found else None


def forget_run(run: Run) -> None:
    """Remove a run from the list of this user; its files stay.

    Raises:
        OutputError: the index cannot be used.
    """
    with closing(RunIndex(data_folder(), clock=SystemClock())) as index:
        index.forget_run(run.journal)


def find_journal(name: str) -> Path | None:
    """Return the journal of the run that somebody names, None when there is no such run.

    Args:
        name: folder of the run, its journal, or its short id in `tryon jobs`.

    Raises:
        InputError: several ids begin like that.
    """
    path = Path(name)
    if path.is_dir() and (path / JOURNAL_NAME).is_file():
        return path / JOURNAL_NAME
    if path.is_file():
        return path
    run = find_run(name)
    return None if run is None else run.journal


def named_journal(name: str) -> Path:
    """Return the journal of the run that somebody names, as `find_journal`.

    Raises:
        InputError: there is no such run.
    """
    path = find_journal(name)
    if path is None:
        raise InputError(
            f"there is no run {name!r}.",
            remedy="Name its folder, its journal, or its short id in `tryon jobs`.",
        )
    return path
