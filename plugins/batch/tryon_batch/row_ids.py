"""Names for rows that have none: of their files, fit for a file name, each once."""

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import attrs

from tryon_batch.file_names import (
    MOST_BYTES,
    MOST_CHARS,
    fault_of_id,
    is_letter_or_digit,
    key_of,
)
from tryon_batch.manifest_rows import Row
from tryon_batch.row_problems import RowProblem
from tryon_core.models import BytesSource, ImageSource, LibraryModel, PathSource, UrlSource

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
