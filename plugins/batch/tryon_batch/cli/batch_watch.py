"""A journal that tells what it was given, once that is on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from tryon_batch.items import Entry
from tryon_batch.journal import Journal
from tryon_core.clock import Clock

OnRecord: TypeAlias = Callable[[Entry], None]


class WatchedJournal(Journal):
    """Everything that a run does goes through its journal, so this is where it can be watched.

    Args:
        path: as for `Journal`.
        clock: as for `Journal`.

    Attributes:
        watchers: told of every item that was written, in the thread that writes.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        super().__init__(path, clock=clock)
        self.watchers: list[OnRecord] = []

    def record(self, entries: Sequence[Entry]) -> None:
        """Write items as they stand now, and tell of them."""
        super().record(entries)
        for entry in entries:
            for watcher in self.watchers:
                watcher(entry)
