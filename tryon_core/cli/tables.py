"""Tables for people and for pipes."""

import sys
from collections.abc import Iterable, Iterator, Sequence

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

_WHOLE_LINES = 100_000
_BETWEEN = 2
"""Blanks between two columns."""


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output: a line for each row, without breaking any word.

    A terminal that is too narrow for that gets a line for each cell instead.
    """
    is_terminal = sys.stdout.isatty()
    console = Console(
        markup=False,
        highlight=False,
        emoji=False,
        width=None if is_terminal else _WHOLE_LINES,
    )
    cells = [list(row) for row in rows]
    least = [max(map(_longest_word, column)) for column in zip(headings, *cells, strict=True)]
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


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _stacked(headings: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    width = max(map(len, headings))
    for heading, text in zip(headings, row, strict=True):
        if text != "-":
            yield f"{heading:<{width}}  {text}"
