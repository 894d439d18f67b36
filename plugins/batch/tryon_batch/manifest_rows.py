"""A manifest as it was read: rows that name what to try on whom."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from tryon_batch.row_problems import RowProblem
from tryon_core.models import ImageSource, LibraryModel


@attrs.frozen(kw_only=True)
class Row:
    """One try-on that a manifest asks for; nothing of it is checked yet.

    Attributes:
        number: as a spreadsheet counts, or the line of a JSONL file; None for a pair of files.
        id: its own name, or one made of the files that it names; empty when it names too few.
        person: None when it names none, which is a problem.
        garments: images by category.
        provider: id of the provider; None when neither the row nor the call names one.
        options: options of the provider that the row itself gives, as text or JSON values.
        given: person and garments as they are written, by column, for the lists.
        own: the caller's own columns, which the lists repeat.
    """

    number: int | None
    id: str
    person: ImageSource | LibraryModel | None
    garments: Mapping[str, ImageSource]
    provider: str | None
    options: Mapping[str, Any]
    given: Mapping[str, Any] = attrs.field(factory=dict)
    own: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Manifest:
    """What a run shall do, as far as it could be read.

    Attributes:
        rows: in their order.
        problems: what could not be read, and what no row may ask for.
        source: how messages call it.
        folder: what the paths of its rows were relative to.
        provider: id of the provider for rows that name none.
        options: options for every row of that provider; of every row when there is none.
        delimiter: between the cells of a table.
        notes: what should be told of it although nothing is wrong, as sentences.
    """

    rows: tuple[Row, ...]
    problems: tuple[RowProblem, ...] = ()
    source: str = attrs.field(default="the manifest", kw_only=True)
    folder: Path = attrs.field(factory=Path, kw_only=True)
    provider: str | None = attrs.field(default=None, kw_only=True)
    options: Mapping[str, str | list[str]] = attrs.field(factory=dict, kw_only=True)
    delimiter: str = attrs.field(default=",", kw_only=True)
    notes: tuple[str, ...] = attrs.field(default=(), kw_only=True)

    @property
    def providers(self) -> frozenset[str]:
        """The ids of all providers that are asked for."""
        return frozenset(row.provider for row in self.rows if row.provider is not None)
