"""Rows of a manifest: what each asks for, and the id that it gets."""

import base64
import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import attrs

from tryon_batch.ids import (
    MOST_BYTES,
    MOST_CHARS,
    fault_of_id,
    is_letter_or_digit,
    key_of,
)
from tryon_batch.manifest.columns import GIVEN, OPTION, Record, kind_of
from tryon_batch.manifest.problems import RowProblem
from tryon_core.errors import InputError
from tryon_core.models import (
    CATEGORIES,
    BytesSource,
    ImageSource,
    LibraryModel,
    PathSource,
    UrlSource,
    as_source,
)
from tryon_core.models.library import as_library_model


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


_DATA = "data:"


class RowReader:
    """Reads the rows of one manifest, and keeps what is wrong with them.

    Args:
        folder: what paths are relative to.
        provider: id of the provider for rows that name none.

    Attributes:
        problems: of the rows that were read.
    """

    def __init__(self, *, folder: Path, provider: str | None) -> None:
        self.problems: list[RowProblem] = []
        self._folder = folder
        self._provider = provider
        # Rows share their pictures: each is one object, however many rows name it.
        self._images: dict[str, ImageSource] = {}

    def read(self, record: Record) -> Row:
        """Return what a row asks for, as far as it can be told."""
        row = Row(
            number=record.number,
            id=self._id(record),
            person=self._person(record),
            garments=dict(self._garments(record)),
            provider=self._text(record, "provider") or self._provider,
            options={
                name.removeprefix(OPTION): value
                for name, value in record.values.items()
                if name.startswith(OPTION)
            },
            given={name: _shown(record.values[name]) for name in GIVEN if name in record.values},
            own=record.own,
        )
        if row.provider is None:
            self._add(record, "provider", "no provider is named.", "Name one, here or with -p.")
        return row

    def _id(self, record: Record) -> str:
        given = record.values.get("id")
        text = str(given) if type(given) is int else self._text(record, "id")
        if text is None:
            return ""
        item_id = unicodedata.normalize("NFC", text)
        fault = fault_of_id(item_id)
        if fault is None:
            return item_id
        self._add(record, "id", f"{text[:100]!r} {fault}.", "Give the row another id.")
        return ""

    def _person(self, record: Record) -> ImageSource | LibraryModel | None:
        photo = self._image(record, "person")
        if "person_model" not in record.values:
            if "person" not in record.values:
                self._add(record, "person", "no person is named.", "Name a photo, or a model.")
            return photo
        if "person" in record.values:
            self._add(record, "person_model", "a photo is named too.", "Keep one of the two.")
            return photo
        given = record.values["person_model"]
        try:
            return as_library_model(given)
        except InputError as error:
            remedy = "Write it as gender=female,age=youngadult."
            self._add(record, "person_model", error.message, remedy)
            return None

    def _garments(self, record: Record) -> Iterator[tuple[str, ImageSource]]:
        for category in CATEGORIES:
            image = self._image(record, category)
            if image is not None:
                yield category, image

    def _image(self, record: Record, column: str) -> ImageSource | None:
        text = self._text(record, column)
        if text is None:
            return None
        try:
            return self._source(text)
        except ValueError as error:
            remedy = "Write data:image/jpeg;base64,… or name a file."
            self._add(record, column, f"the data address cannot be read: {error}.", remedy)
            return None

    def _source(self, text: str) -> ImageSource:
        if text not in self._images:
            self._images[text] = read_source(text, self._folder)
        return self._images[text]

    def _text(self, record: Record, column: str) -> str | None:
        value = record.values.get(column)
        if value is None or isinstance(value, str):
            return value
        self._add(record, column, f"it is {kind_of(value)}, not text.", "Give text.")
        return None

    def _add(self, record: Record, column: str, message: str, remedy: str) -> None:
        self.problems.append(RowProblem(record.number, column, message=message, remedy=remedy))


def read_source(text: str, folder: Path) -> ImageSource:
    """Return the image of a path relative to a folder, of an address, or of a data address.

    Raises:
        ValueError: the data address cannot be read.
    """
    if text.startswith(_DATA):
        return BytesSource(_decode_data(text))
    source = as_source(text)
    return PathSource(folder / source.path) if isinstance(source, PathSource) else source


def _shown(value: Any) -> Any:
    """Return what a cell holds, for lists: of an image within it only how large it is."""
    if not isinstance(value, str) or not value.startswith(_DATA):
        return value
    return f"{value.partition(',')[0]},… ({len(value):,} characters)"


def _decode_data(address: str) -> bytes:
    kind, comma, body = address.removeprefix(_DATA).partition(",")
    if not comma:
        raise ValueError("it has no comma")
    data = unquote_to_bytes(body)
    # Lines that were broken for printing are whole again without their ends.
    is_base64 = kind.lower().endswith(";base64")
    return base64.b64decode(b"".join(data.split()), validate=True) if is_base64 else data


_DIGEST_CHARS = 8
_KEPT = frozenset("._-")


def with_ids(
    rows: Sequence[Row], problems: list[RowProblem], *, folders: Sequence[Path]
) -> tuple[Row, ...]:
    """Return the rows, each with an id of its own.

    Rows whose names would be equal get a digest of what they ask for, all of them: so a name does
    not depend on the order of the rows.

    Args:
        rows: those without an id have an empty one, which those keep that lack what a name is
            made of.
        problems: gets those ids that are given twice, and rows that are equal.
        folders: where the files are, which have no part in names: folders are moved.
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
                named[place] = _told_apart(named[place], folders)
    problems += _taken_twice(rows, named)
    return tuple(named)


def _is_whole(row: Row) -> bool:
    return row.person is not None and bool(row.garments)


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
    sources = [row.person, *row.garments.values()]
    name = "--".join(_fit(_stem(source)) for source in sources if source is not None)
    return name if fault_of_id(name) is None else _with_digest(name, name)


def _told_apart(row: Row, folders: Sequence[Path]) -> Row:
    sources = [_text(source, folders) for source in (row.person, *row.garments.values())]
    asked = [sources, list(row.garments), row.provider, row.options]
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
    # A name without any letter is told from others by a digest.
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


def _text(source: ImageSource | LibraryModel | None, folders: Sequence[Path]) -> object:
    if isinstance(source, PathSource):
        path = source.path
        inner = [path.relative_to(folder) for folder in folders if path.is_relative_to(folder)]
        return (inner or [path])[0].as_posix()
    if isinstance(source, UrlSource):
        return source.url
    if isinstance(source, BytesSource):
        return hashlib.sha256(source.data).hexdigest()
    return None if source is None else attrs.astuple(source)
