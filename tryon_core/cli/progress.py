"""Progress on standard error: a live line on a terminal, a line per change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Say: TypeAlias = Callable[[str], None]


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Say]:
    """Give a function that is told the current stage, such as the vendor's status.

    Args:
        quiet: show nothing.
    """
    if quiet:
        yield _say_nothing
    elif sys.stderr.isatty():
        with _live_line() as say:
            yield say
    else:
        yield _PlainLines()


def _say_nothing(stage: str) -> None:
    """Show nothing."""


class _PlainLines:
    """Elapsed seconds and stage, once per change."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._last = ""

    def __call__(self, stage: str) -> None:
        if stage == self._last:
            return
        self._last = stage
        elapsed_s = time.monotonic() - self._started_s
        sys.stderr.write(f"{elapsed_s:6.1f} s  {stage}\n")
        sys.stderr.flush()


@contextmanager
def _live_line() -> Iterator[Say]:
    from rich.console import Console  # noqa: PLC0415  (only on a terminal)
    from rich.progress import (  # noqa: PLC0415  (only on a terminal)
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    bar = Progress(
        SpinnerColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )
    with bar:
        task = bar.add_task("starting", total=None)
        yield lambda stage: bar.update(task, description=stage)
