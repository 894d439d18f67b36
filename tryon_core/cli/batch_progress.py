"""Progress of a run on standard error: a bar on a terminal, now and then a line elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from tryon_core.cli.batch_tally import Tally

if TYPE_CHECKING:
    from rich.console import Group

Tick: TypeAlias = Callable[[], None]
_LINE_EVERY_S = 10.0


@contextmanager
def show_batch(tally: Tally, *, quiet: bool) -> Iterator[Tick]:
    """Give a function that is called whenever something has changed.

    Args:
        tally: how the run goes.
        quiet: show nothing.
    """
    if quiet:
        yield _show_nothing
    elif sys.stderr.isatty():
        with _live_bar(tally):
            yield _show_nothing
    else:
        yield _Lines(tally)


def _show_nothing() -> None:
    """Show nothing: the bar looks for itself."""


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
