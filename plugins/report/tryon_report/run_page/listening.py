"""Writes the page at the end of a run; its thumbnails are made while the vendor works."""

import logging
import shlex
import threading
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from tryon_batch import Entry, read_runs
from tryon_core.engine import RUN_LOGGER
from tryon_core.errors import TryOnError
from tryon_report.run_page.rows import ImageOnPage, images_of
from tryon_report.run_page.writing import write_report
from tryon_report.thumbnails import ThumbnailStore

MOST_ROWS = 5000
"""A run of more rows does not wait for its page."""
_AT_THE_END_S = 10.0
"""For so long the end of a run waits for thumbnails; `tryon report` makes the rest."""


class PageWriter:
    """Listens to a run.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved: SimpleQueue[Entry | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._has_ended = False

    def written(self, entry: Entry) -> None:
        """Have thumbnails of an item made once its images are saved."""
        if entry.state != "saved":
            return
        if self._thread is None:
            # A daemon: a process that has to end does not wait for thumbnails.
            self._thread = threading.Thread(target=self._make, name="tryon-page", daemon=True)
            self._thread.start()
        self._saved.put(entry)

    def ended(self) -> Path | None:
        """Write the page, unless so many rows would keep the user waiting; return where it is.

        Raises:
            TryOnError: as `write_report`.
        """
        self._has_ended = True
        self._saved.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        runs = read_runs([self._folder])
        rows = sum(1 for _ in runs[0].ids())
        if rows > MOST_ROWS:
            logging.getLogger(RUN_LOGGER).warning(
                "A page of %s rows takes its time; write it with: %s",
                f"{rows:,}",
                shlex.join(["tryon", "report", str(self._folder)]),
            )
            return None
        return write_report(runs, has_ended=True, budget_s=_AT_THE_END_S)

    def _make(self) -> None:
        """Make thumbnails until the run ends; those that are missing then are made for the page."""
        with ThumbnailStore(self._folder) as thumbnails, suppress(TryOnError):
            (run,) = read_runs([self._folder])
            asked = run.asked()
            done: set[ImageOnPage] = set()  # rows share their photos
            while not self._has_ended and (entry := self._saved.get()) is not None:
                for image in images_of(run, [entry], asked):
                    if image not in done:
                        thumbnails.make(*image)
                        done.add(image)
