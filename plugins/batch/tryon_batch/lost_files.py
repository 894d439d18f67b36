"""Images of a run that are gone from its folder: fetched or copied again where that is free."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from tryon_batch.items import Entry, State, gone
from tryon_batch.journal import Journal
from tryon_batch.output import OutputFolder
from tryon_batch.twins import Twins
from tryon_core.clock import Clock
from tryon_core.errors import Billed, TryOnError, describe_error
from tryon_core.models import Job

_log = logging.getLogger("tryon.batch")


class LostFiles:
    """Looks for the files of saved items; by size, since reading them all would take minutes.

    Args:
        output: the folder of the run.
        clock: source of time.
        journal: gets what changes.
    """

    def __init__(self, output: OutputFolder, *, clock: Clock, journal: Journal) -> None:
        self._output = output
        self._clock = clock
        self._journal = journal

    def reopen(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the items, those with a job opened again whose files are gone."""
        found = list(entries)
        lost = {entry.id: self._lost(entry) for entry in found if entry.state == "saved"}
        changed = {
            entry.id: self._reopened(entry) for entry in found if lost.get(entry.id) and entry.job
        }
        self._tell([name for names in lost.values() for name in names])
        return self._written(found, changed)

    def copy_again(self, entries: Sequence[Entry], twins: Twins) -> list[Entry]:
        """Return the items, those copied again that were copies and are gone."""
        changed = {
            entry.id: self._copied(entry, twins)
            for entry in entries
            if entry.state == "saved" and entry.job is None and self._lost(entry)
        }
        return self._written(entries, changed)

    def _lost(self, entry: Entry) -> list[str]:
        sizes = {file.path: self._output.size_of(file) for file in entry.files}
        for file in entry.files:
            if sizes[file.path] not in {None, file.bytes}:
                _log.warning(
                    "%s was changed since it was saved; it is left as it is.",
                    self._output.path / file.path,
                )
        return [path for path, size in sizes.items() if size is None]

    def _reopened(self, entry: Entry) -> Entry:
        now, job = self._clock.now(), entry.job
        if job is None:
            raise AssertionError(f"{entry.id} has no job")
        if _is_dead(job, now):
            job = attrs.evolve(job, result=None)
        if job.result is None and job.expires_at is not None and job.expires_at <= now:
            return self._given_up(entry, billed="yes", why="the vendor has it no longer")
        state: State = "accepted" if job.result is None else "finished"
        return attrs.evolve(
            entry, state=state, job=job, error=None, times={**entry.times, state: now}
        )

    def _copied(self, entry: Entry, twins: Twins) -> Entry:
        equal = twins.source_of(entry)
        try:
            if equal is not None:
                return attrs.evolve(entry, files=self._output.copy(entry.id, equal.files))
        except TryOnError as error:
            _log.warning("%s: %s", entry.id, error.message)
        return self._given_up(entry, billed="no", why="so is the one that it was a copy of")

    def _given_up(self, entry: Entry, *, billed: Billed, why: str) -> Entry:
        return attrs.evolve(
            entry,
            state="failed",
            error=describe_error(gone(entry, billed=billed, why=why)),
            files=(),
            notices=(),
            times={**entry.times, "failed": self._clock.now()},
        )

    def _written(self, entries: Iterable[Entry], changed: Mapping[str, Entry]) -> list[Entry]:
        self._journal.record(list(changed.values()))
        return [changed.get(entry.id, entry) for entry in entries]

    def _tell(self, names: Sequence[str]) -> None:
        if names:
            what = f"{len(names):,} files are" if len(names) > 1 else "1 file is"
            _log.warning(
                "%s gone from %s, such as %s: fetched again where that is free.",
                what,
                self._output.path,
                names[0],
            )


def _is_dead(job: Job, now: datetime) -> bool:
    images = () if job.result is None else job.result.images
    return any(image.expires_at is not None and image.expires_at <= now for image in images)
