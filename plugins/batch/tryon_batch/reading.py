"""Runs that are read: found by name, one folder or several as one."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import filterfalse
from pathlib import Path, PurePosixPath

import attrs

from tryon_batch.history import HISTORY_NAME, Run, RunHistory
from tryon_batch.ids import SHARD, is_first_step, key_of
from tryon_batch.items import Entry, Plain, State
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_batch.output import DELIMITER, write_lists
from tryon_core.engine import SystemClock, data_folder, make_folder
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


@attrs.frozen
class RunFolder:
    """One run that is read; another process may be writing it.

    Attributes:
        journal: its journal.
        meta: what was noted of the run, see `JournalReader.meta`.
    """

    journal: Path
    meta: Mapping[str, str] = attrs.field(hash=False)

    @property
    def folder(self) -> Path:
        """Where its images are."""
        return self.journal.parent

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield its items as they are now, in the order of planning; all when no state is named.

        Raises:
            InputError: the journal is gone or damaged.
        """
        with JournalReader(self.journal) as journal:
            yield from journal.entries(*states)

    def asked(self) -> Mapping[str, Plain]:
        """Return what its items ask for, where it could be kept, by id; paths are absolute."""
        with JournalReader(self.journal) as journal:
            return journal.asked()

    def ids(self) -> Iterable[str]:
        """Return the ids of its items."""
        with JournalReader(self.journal) as journal:
            return journal.requests().keys()

    def paths(self, entry: Entry) -> tuple[Path, ...]:
        """Return where the images of one of its items are."""
        return tuple(self.folder / file.path for file in entry.files)


def read_runs(names: Iterable[str | Path]) -> tuple[RunFolder, ...]:
    """Return runs to be read as one, in the order of their names.

    A folder that is named twice counts once.

    Args:
        names: of each the folder, the journal, or the short id in `tryon jobs`.

    Raises:
        InputError: there is no such run, it cannot be read, or one is a copy of another one, so
            that its costs would count twice.
    """
    runs: dict[str, RunFolder] = {}
    by_run: dict[str, RunFolder] = {}
    for name in names:
        run = _read(str(name))
        place = os.path.realpath(run.journal)
        if place in runs:
            continue
        runs[place] = run
        first = by_run.setdefault(run.meta.get("run", place), run)
        if first is not run:
            raise InputError(
                f"{str(run.journal)!r} and {str(first.journal)!r} are the same run: one is a copy.",
                remedy="Name only the one that was written last.",
            )
    return tuple(runs.values())


def _read(name: str) -> RunFolder:
    path = find_journal(name)
    if path is None:
        raise InputError(
            f"there is no run {name!r}.",
            remedy="Name its folder, its journal, or its short id in `tryon jobs`.",
        )
    with JournalReader(path) as journal:
        return RunFolder(path, journal.meta)


def same_ids(runs: Sequence[RunFolder]) -> Mapping[str, tuple[Path, ...]]:
    """Return the ids that several runs have, each with the folders of these runs.

    Both items were asked for and may have been paid, so both count. Ids that differ only in capital
    letters are the same, as within a run. First steps of outfits go with their rows.
    """
    found: dict[str, dict[Path, str]] = defaultdict(dict)
    for run in runs:
        for item_id in filterfalse(is_first_step, run.ids()):
            found[key_of(item_id)][run.folder] = item_id
    return {
        next(iter(by_folder.values())): tuple(by_folder)
        for by_folder in found.values()
        if len(by_folder) > 1
    }


def write_lists_of(runs: Sequence[RunFolder], folder: Path) -> tuple[Path, Path]:
    """Write both lists of several runs as one, with the folder of each item in `run_folder`.

    Args:
        runs: at least one; the first says what separates the cells of the table. Items of shards
            come in the order of their manifest.
        folder: where the lists go, made when it is missing. Paths in them are relative to it.

    Returns:
        The table and the JSON lines.

    Raises:
        InputError: the folder is that of a run, whose own lists are there.
        OutputError: as `write_lists`.
    """
    if (folder / JOURNAL_NAME).exists():
        raise InputError(
            f"{str(folder)!r} is the folder of a run, whose own lists are there.",
            remedy="Name another folder for the lists of several runs.",
        )
    make_folder(folder)
    entries: Iterable[Entry] = (entry for run in runs for entry in _seen_from(folder, run))
    if all(SHARD in run.meta for run in runs):  # of one catalogue
        entries = sorted(entries, key=lambda entry: entry.row or 0)
    return write_lists(folder, entries, delimiter=runs[0].meta.get(DELIMITER, ","))


def _seen_from(folder: Path, run: RunFolder) -> Iterator[Entry]:
    """Yield the items of a run, their images named relative to another folder than its own."""
    there, here = os.path.realpath(run.folder), os.path.realpath(folder)
    try:
        way = PurePosixPath(Path(os.path.relpath(there, here)).as_posix())
    except ValueError:  # they are on different drives of Windows
        way = PurePosixPath(Path(there).as_posix())
    for entry in run.entries():
        yield _moved(entry, way)


def _moved(entry: Entry, way: PurePosixPath) -> Entry:
    return attrs.evolve(
        entry,
        own={**entry.own, "run_folder": str(way)},
        files=tuple(attrs.evolve(file, path=str(way / file.path)) for file in entry.files),
        earlier=tuple(_moved(one, way) for one in entry.earlier),
    )
