"""Tables for people and for pipes."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

_WHOLE_LINES = 100_000


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output: folded on a terminal, a line for each row elsewhere."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=not sys.stdout.isatty())
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _WHOLE_LINES
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)
