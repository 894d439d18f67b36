"""What other distributions do while a run goes on: told of each written item, harming none."""

import importlib.metadata
import logging
from pathlib import Path
from typing import Protocol

from tryon_batch.items import Entry
from tryon_core.engine import RUN_LOGGER

GROUP = "tryon_batch.listeners"
"""Each entry point names a function that takes the folder of a run and returns a `RunListener`."""


class RunListener(Protocol):
    """Takes part in a run with a folder. Whatever it raises is logged, and ends no run."""

    def written(self, entry: Entry) -> None:
        """Take in an item as it was just written down; the run waits in the thread that decides.

        Items that this call leaves as they were are not told.
        """

    def ended(self) -> Path | None:
        """Take in that the run has ended, however it did, and that its lists are written.

        Returns:
            A file for the user to look at, None when there is none.
        """


class Listeners:
    """All that listen to one run, in the order of their names. One that fails hears no more.

    Args:
        folder: of the run; None for one in memory, to which nobody listens.
    """

    def __init__(self, folder: Path | None) -> None:
        self._listening: dict[str, RunListener] = {}
        points = () if folder is None else importlib.metadata.entry_points(group=GROUP)
        for point in sorted(points, key=lambda point: point.name):
            try:
                self._listening[point.name] = point.load()(folder)
            except Exception as error:  # noqa: BLE001  (it harms no run)
                _warn(point.name, error)

    def written(self, entry: Entry) -> None:
        """Tell that an item was written down."""
        for name, listener in tuple(self._listening.items()):
            try:
                listener.written(entry)
            except Exception as error:  # noqa: BLE001  (as above)
                del self._listening[name]
                _warn(name, error)

    def ended(self) -> tuple[Path, ...]:
        """Tell that the run has ended; return what there is to look at. Told once only."""
        files = []
        for name in [*self._listening]:
            listener = self._listening.pop(name)
            try:
                files.append(listener.ended())
            except Exception as error:  # noqa: BLE001  (as above)
                _warn(name, error)
        return tuple(file for file in files if file is not None)


def _warn(name: str, error: Exception) -> None:
    logging.getLogger(RUN_LOGGER).warning(
        "%r, which listens to the run, has failed: %s: %s", name, type(error).__name__, error
    )
