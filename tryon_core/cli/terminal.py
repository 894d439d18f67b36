"""Tables on standard output and progress on standard error, on a terminal and in a pipe."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import click

from tryon_core.cli.invocation import say_nothing

_WHOLE_LINES = 100_000
_BETWEEN = 2
"""Blanks between two columns."""


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output: a line for each row, without breaking any word.

    A terminal that is too narrow for that gets a line for each cell instead.
    """
    from rich.cells import cell_len  # noqa: PLC0415  (slow, and most commands draw no table)
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    is_terminal = sys.stdout.isatty()
    console = Console(
        markup=False,
        highlight=False,
        emoji=False,
        width=None if is_terminal else _WHOLE_LINES,
    )
    cells = [list(row) for row in rows]
    least = [
        max(cell_len(word) for text in column for word in (text.split() or ("",)))
        for column in zip(headings, *cells, strict=True)
    ]
    if is_terminal and sum(least) + _BETWEEN * (len(least) - 1) > console.width:
        click.echo("\n\n".join("\n".join(_stacked(headings, row)) for row in cells))
        return
    table = Table(box=None, pad_edge=False)
    for heading, width in zip(headings, least, strict=True):
        table.add_column(heading, min_width=width, no_wrap=not is_terminal)
    for row in cells:
        table.add_row(*row)
    with console.capture() as printed:
        console.print(table)
    # The longest cell of the last column must not give every line its length in blanks.
    click.echo("\n".join(line.rstrip(" ") for line in printed.get().splitlines()))


def _stacked(headings: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    width = max(map(len, headings))
    for heading, text in zip(headings, row, strict=True):
        if text != "-":
            yield f"{heading:<{width}}  {text}"


Say: TypeAlias = Callable[[str], None]


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Say]:
    """Give a function that shows the current stage, such as the vendor's status."""
    if quiet:
        yield say_nothing
    elif sys.stderr.isatty():
        with _live_line() as say:
            yield say
    else:
        yield _PlainLines()


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
