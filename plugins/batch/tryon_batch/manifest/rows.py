"""Rows of a manifest: what each asks for, and the id that it gets."""

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs

from tryon_batch.ids import MOST_BYTES, MOST_CHARS, id_problem, is_letter_or_digit, key_of
from tryon_batch.manifest.columns import (
    COLUMNS,
    KEEP,
    LISTED,
    OPTION,
    FileRow,
    ImageCells,
    RowProblem,
    UnreadableCell,
    listed,
)
from tryon_core import BytesSource, ImageSource, LibraryModel, PathSource, UrlSource
from tryon_core.engine import Keepable


@attrs.frozen(kw_only=True)
class Row:
    """One try-on that a manifest asks for; nothing of it is checked yet.

    Attributes:
        number: as a spreadsheet counts, or the line of a JSONL file; None for a pair of files.
        id: its own, or one made of the names of its files; empty when it names too few.
        inputs: the person and the garments, by field of the request.
        provider: id of the provider; None when neither the row nor the call names one.
        options: options of the provider that the row itself gives, as text or JSON values.
        chain: whether two requests may put on a top and a bottom.
        keep: what the person goes on wearing, None for what the call says.
        parser: id of the provider that finds it; None when neither the row nor the call names one.
        given: the cells of the person and the garments by column, for the lists.
        own: the caller's own columns, which the lists repeat.
    """

    number: int | None
    id: str
    inputs: Mapping[str, ImageSource | LibraryModel]
    provider: str | None
    options: Mapping[str, Any]
    chain: bool = False
    keep: Keepable | None = None
    parser: str | None = None
    given: Mapping[str, Any] = attrs.field(factory=dict)
    own: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def person(self) -> ImageSource | LibraryModel | None:
        """The person, None when the row names none, which is a problem."""
        return self.inputs.get("person")

    @property
    def garments(self) -> Mapping[str, ImageSource]:
        """The garments, by category."""
        return {
            field: source
            for field, source in self.inputs.items()
            if field != "person" and not isinstance(source, LibraryModel)
        }

    def column_of(self, field: str) -> str:
        """Return the column that filled a field of the request; the field itself without one."""
        return next((name for name in self.given if COLUMNS[name].field == field), field)


@attrs.frozen
class Manifest:
    """What a run is to do, as far as it could be read.

    Attributes:
        rows: in their order.
        problems: what could not be read, and what no row may ask for.
        source: how messages name it.
        folder: what the paths of its rows were relative to.
        provider: id of the provider for rows that name none.
        options: options for every row of that provider; of every row when there is none.
        keep: what the persons of rows that name nothing go on wearing.
        parser: id of the provider that finds it for rows that name none.
        delimiter: between the cells of a table.
        notes: sentences about what was left out, although nothing is wrong.
    """

    rows: tuple[Row, ...]
    problems: tuple[RowProblem, ...] = ()
    source: str = attrs.field(default="the manifest", kw_only=True)
    folder: Path = attrs.field(factory=Path, kw_only=True)
    provider: str | None = attrs.field(default=None, kw_only=True)
    options: Mapping[str, str | list[str]] = attrs.field(factory=dict, kw_only=True)
    keep: Keepable | None = attrs.field(default=None, kw_only=True)
    parser: str | None = attrs.field(default=None, kw_only=True)
    delimiter: str = attrs.field(default=",", kw_only=True)
    notes: tuple[str, ...] = attrs.field(default=(), kw_only=True)


class RowReader:
    """Reads the rows of one manifest, and collects their problems.

    Args:
        folder: what paths are relative to.
        provider: id of the provider for rows that name none.
        chain: whether rows that do not say are put on in two requests where that is needed.

    Attributes:
        problems: of the rows that were read.
    """

    def __init__(self, *, folder: Path, provider: str | None, chain: bool = False) -> None:
        self.problems: list[RowProblem] = []
        self._provider = provider
        self._chain = chain
        self._images = ImageCells(folder)

    def read(self, row: FileRow) -> Row:
        """Return what a row asks for, as far as it can be read."""
        filled: dict[str, str] = {}
        found: dict[str, Any] = {}
        for name, column in COLUMNS.items():
            other = filled.get(column.field)
            if name not in row.values:
                continue
            if other is not None:
                self._add(row, name, f"{other} is given too.", "Keep one of the two.")
                continue
            if column.field:
                filled[column.field] = name
            try:
                found[name] = column.read(row.values[name], self._images)
            except UnreadableCell as error:
                self._add(row, name, error.message, error.remedy)
        if "person" not in filled:
            self._add(row, "person", "no person is named.", "Name a photo, or a model.")
        provider = found.get("provider", self._provider)
        if provider is None:
            self._add(row, "provider", "no provider is named.", "Name one, here or with -p.")
        return Row(
            number=row.number,
            id=found.get("id", ""),
            inputs={
                field: found[name]
                for field, name in filled.items()
                if name in found and field != KEEP
            },
            provider=provider,
            options={
                name.removeprefix(OPTION): value
                for name, value in row.values.items()
                if name.startswith(OPTION)
            },
            chain=found.get("chain", self._chain),
            keep=found.get("keep"),
            parser=found.get("parser"),
            given={name: listed(row.values[name]) for name in LISTED if name in row.values},
            own=row.own,
        )

    def _add(self, row: FileRow, column: str, message: str, remedy: str) -> None:
        self.problems.append(RowProblem(row.number, column, message=message, remedy=remedy))


_DIGEST_CHARS = 8
_KEPT = frozenset("._-")


def with_ids(
    rows: Sequence[Row], problems: list[RowProblem], *, folders: Sequence[Path]
) -> tuple[Row, ...]:
    """Return the rows, each with an id of its own.

    Rows whose names would be equal all get a digest of what they ask for, so a name does not
    depend on the order of the rows.

    Args:
        rows: those without an id have an empty one. It stays empty where a row lacks the person or
            the garments that a name is made of.
        problems: ids that are given twice, and rows that are equal, are added here.
        folders: where the files are. They have no part in a name, because folders are moved.
    """
    named = list(rows)
    wanted = defaultdict(list)
    for place, row in enumerate(rows):
        if not row.id and _is_whole(row):
            named[place] = attrs.evolve(row, id=_name_of(row))
        wanted[key_of(named[place].id)].append(place)
    for places in wanted.values():
        for place in places if len(places) > 1 else ():
            if not rows[place].id and named[place].id:
                named[place] = _distinct(named[place], folders)
    problems += _taken_twice(rows, named)
    return tuple(named)


def _is_whole(row: Row) -> bool:
    return "person" in row.inputs and len(row.inputs) > 1


def _taken_twice(given: Sequence[Row], named: Sequence[Row]) -> Iterator[RowProblem]:
    first: dict[str, Row] = {}
    for row, as_given in zip(named, given, strict=True):
        earlier = first.setdefault(key_of(row.id), row)
        if row.id and earlier is not row:
            yield _taken(row, earlier) if as_given.id else _repeated(row, earlier)


def _taken(row: Row, earlier: Row) -> RowProblem:
    same = "" if earlier.id == row.id else f", which writes it {earlier.id!r}"
    return RowProblem(
        row.number,
        "id",
        message=f"{row.id!r} is the id of row {earlier.number} already{same}.",
        remedy="Give each row an id of its own; capital letters make no difference.",
    )


def _repeated(row: Row, earlier: Row) -> RowProblem:
    return RowProblem(
        row.number,
        "",
        message=f"it asks for the same as row {earlier.number}.",
        remedy="Remove one of them, or give both an id.",
    )


def _name_of(row: Row) -> str:
    """Return `<person>--<garment>--<garment>`, made fit for a file name."""
    name = "--".join(_fit(_stem(source)) for source in _person_first(row))
    return name if id_problem(name) is None else _with_digest(name, name)


def _person_first(row: Row) -> list[ImageSource | LibraryModel]:
    return [row.inputs["person"], *row.garments.values()]


def _distinct(row: Row, folders: Sequence[Path]) -> Row:
    sources = [_text(source, folders) for source in _person_first(row)]
    asked = [sources, list(row.garments), row.provider, row.options]
    asked += [{"keep": row.keep, "parser": row.parser}] if row.keep or row.parser else []
    return attrs.evolve(row, id=_with_digest(row.id, json.dumps(asked, sort_keys=True)))


def _with_digest(name: str, content: str) -> str:
    kept = name[: MOST_CHARS - _DIGEST_CHARS - 1].encode()[: MOST_BYTES - _DIGEST_CHARS - 1]
    # A letter that was cut through is left out.
    return f"{kept.decode(errors='ignore')}-{_digest(content)}"


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARS]


def _fit(stem: str) -> str:
    text = unicodedata.normalize("NFC", stem)
    kept = (char if char in _KEPT or is_letter_or_digit(char) else "\0" for char in text)
    # A name without any letter becomes a digest.
    return re.sub("\0+", "-", "".join(kept)).strip("-._") or f"x{_digest(stem)}"


def _stem(source: ImageSource | LibraryModel) -> str:
    if isinstance(source, PathSource):
        return source.path.stem
    if isinstance(source, UrlSource):
        return _address_stem(source.url)
    if isinstance(source, BytesSource):
        return hashlib.sha256(source.data).hexdigest()[:_DIGEST_CHARS]
    return "-".join(filter(None, attrs.astuple(source)))


def _address_stem(url: str) -> str:
    try:
        return PurePosixPath(unquote(urlsplit(url).path)).stem
    except ValueError:  # such as an unclosed [ in the host
        return url


def _text(source: ImageSource | LibraryModel, folders: Sequence[Path]) -> object:
    if isinstance(source, PathSource):
        path = source.path
        inner = [path.relative_to(folder) for folder in folders if path.is_relative_to(folder)]
        return (inner or [path])[0].as_posix()
    if isinstance(source, UrlSource):
        return source.url
    if isinstance(source, BytesSource):
        return hashlib.sha256(source.data).hexdigest()
    return attrs.astuple(source)
