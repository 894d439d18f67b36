"""Progress of a run on standard error: a bar on a terminal, now and then a line elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import attrs

from tryon_batch.cli.batch_tally import Tally

if TYPE_CHECKING:
    from rich.console import Group

_LINE_EVERY_S = 10.0
_STOPPING = b"stopping: waiting for what is in the air; once more ends at once\n"


@attrs.frozen
class Display:
    """What shows the progress.

    Attributes:
        changed: called whenever something has changed, in the thread that writes the journal.
        stopping: called when the run was told to end, in the middle of anything.
    """

    changed: Callable[[], None]
    stopping: Callable[[], None]


@contextmanager
def show_batch(tally: Tally, *, quiet: bool) -> Iterator[Display]:
    """Give what shows the progress.

    Args:
        tally: how the run goes.
        quiet: show nothing.
    """
    if quiet:
        yield Display(_show_nothing, _show_nothing)
    elif sys.stderr.isatty():
        with _live_bar(tally):
            # The bar looks for itself, and says that the run is stopping.
            yield Display(_show_nothing, _show_nothing)
    else:
        yield Display(_Lines(tally), _say_stopping)


def _show_nothing() -> None:
    """Show nothing."""


def _say_stopping() -> None:
    # Not through `sys.stderr`, in the middle of whose work the signal may have come.
    with suppress(OSError):
        os.write(2, _STOPPING)


class _Lines:
    """A line every few seconds, for logs."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._began_s = tally.clock.monotonic()
        self._next_s = self._began_s + _LINE_EVERY_S

    def __call__(self) -> None:
        now_s = self._tally.clock.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + _LINE_EVERY_S
        share = f"{self._tally.settled}/{self._tally.total}"
        words = ", ".join(self._tally.words())
        sys.stderr.write(f"{now_s - self._began_s:6.1f} s  {share}: {words}\n")
        sys.stderr.flush()


@contextmanager
def _live_bar(tally: Tally) -> Iterator[None]:
    from rich.console import Console  # noqa: PLC0415  (only on a terminal)
    from rich.live import Live  # noqa: PLC0415  (only on a terminal)

    # Standard output carries results, and is perhaps no terminal.
    with Live(
        console=Console(stderr=True),
        get_renderable=lambda: _picture(tally),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ):
        yield


def _picture(tally: Tally) -> "Group":
    from rich.console import Group  # noqa: PLC0415  (only on a terminal)
    from rich.progress_bar import ProgressBar  # noqa: PLC0415  (only on a terminal)
    from rich.table import Table  # noqa: PLC0415  (only on a terminal)
    from rich.text import Text  # noqa: PLC0415  (only on a terminal)

    head = Table.grid(expand=True, padding=(0, 1))
    head.add_column(ratio=1)
    head.add_column(no_wrap=True, justify="right")
    head.add_row(
        ProgressBar(total=max(1, tally.total), completed=tally.settled),
        f"{tally.settled}/{tally.total}",
    )
    return Group(head, Text("  ".join(tally.words()), overflow="fold"))
