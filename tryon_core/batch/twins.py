"""Equal work is done once: in this run, and in earlier ones whose pictures are still there."""

from collections.abc import Iterable
from pathlib import Path

from tryon_core.batch.index import RunIndex
from tryon_core.batch.items import Entry
from tryon_core.batch.lane import Ticket


class Twins:
    """Knows which work is done, under way, or of unknown outcome, by its fingerprint.

    Args:
        entries: what the journal has of earlier processes.
        folder: where this run's pictures are, None when it saves none.
        index: knows other runs, None to look at this one only.
    """

    def __init__(
        self, entries: Iterable[Entry], *, folder: Path | None, index: RunIndex | None
    ) -> None:
        self._index = index
        self._saved: dict[str, tuple[Path, ...]] = {}
        self._unknown: dict[str, Entry] = {}
        self._followers: dict[str, list[Ticket]] = {}
        for entry in entries:
            if entry.fingerprint and entry.state == "saved" and folder is not None:
                files = tuple(folder / file.path for file in entry.files)
                self._saved[entry.fingerprint] = files
            elif entry.fingerprint and entry.state == "outcome_unknown":
                self._unknown[entry.fingerprint] = entry

    def saved(self, fingerprint: str) -> tuple[Path, ...]:
        """Return the pictures of equal work, empty when there are none."""
        files = self._saved.get(fingerprint) or ()
        if files or self._index is None:
            return files
        return self._index.find(fingerprint)

    def unknown(self, fingerprint: str) -> Entry | None:
        """Return equal work that may have been paid for and gave nothing."""
        return self._unknown.get(fingerprint)

    def follows(self, ticket: Ticket) -> bool:
        """Return whether equal work is under way, for which this item then waits."""
        mark = ticket.entry.fingerprint or ""
        followers = self._followers.get(mark)
        if followers is None:
            self._followers[mark] = []
            return False
        followers.append(ticket)
        return True

    def settle(self, entry: Entry, *, folder: Path | None) -> list[Ticket]:
        """Note that work has come to its end; return the items that waited for it."""
        mark = entry.fingerprint or ""
        if entry.state == "saved" and folder is not None:
            self._saved[mark] = tuple(folder / file.path for file in entry.files)
        return self._followers.pop(mark, [])
