"""Runs that are read: found by name, one folder or several as one."""

from contextlib import closing
from pathlib import Path

from tryon_batch.history import HISTORY_NAME, Run, RunHistory
from tryon_batch.journal import JOURNAL_NAME
from tryon_core.engine import SystemClock, data_folder
from tryon_core.errors import InputError


def known_runs() -> list[Run]:
    """Return all runs of this user, the latest first.

    Raises:
        OutputError: the history cannot be used.
    """
    folder = data_folder()
    # Reading makes no file: a list must come on a full disk, too.
    if not (folder / HISTORY_NAME).is_file():
        return []
    with closing(RunHistory(folder, clock=SystemClock())) as index:
        return index.runs()


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


def find_journal(name: str) -> Path | None:
    """Return the journal of the run of a name, None when there is no such run.

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
    """Return the journal of the run of a name, as `find_journal`.

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
