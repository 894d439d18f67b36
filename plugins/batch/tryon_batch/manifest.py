"""Manifests: a table of try-ons, read whole, with everything that is wrong in it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from tryon_batch.columns import Records
from tryon_batch.manifest_csv import read_csv
from tryon_batch.manifest_jsonl import read_jsonl
from tryon_batch.manifest_rows import Manifest, Row
from tryon_batch.manifest_text import NotText, decode_text
from tryon_batch.pairs import pair_folders
from tryon_batch.row_ids import with_ids
from tryon_batch.row_problems import ManifestProblems, RowProblem
from tryon_batch.row_reader import RowReader

__all__ = ["Manifest", "ManifestProblems", "Row", "RowProblem", "pair_folders", "read_manifest"]

_Reader: TypeAlias = Callable[[str], Records]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_jsonl, ".ndjson": read_jsonl}
)

_SHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
# How their files begin, whatever their names say.
_SHEET_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_AS_CSV = "Save it as CSV in UTF-8: in Excel as `CSV UTF-8`, in LibreOffice by the character set."


def read_manifest(
    path: Path, *, provider: str | None, options: Mapping[str, str | list[str]]
) -> Manifest:
    """Read a manifest; nothing that it names is looked at.

    Args:
        path: the file; its suffix says what it is: .csv (or .tsv), .jsonl (or .ndjson).
        provider: id of the provider for rows that name none.
        options: options for all rows of that provider; those of a row win over them.

    Returns:
        What could be read, with all problems, those of the file itself among them.
    """
    records = _read(path)
    reader = RowReader(folder=path.parent, provider=provider)
    rows = [reader.read(record) for record in records.rows]
    problems = [*records.problems, *reader.problems]
    if not rows and not problems:
        problems.append(_empty())
    return Manifest(
        with_ids(rows, problems, folders=[path.parent]),
        tuple(problems),
        source=f"the manifest {str(path)!r}",
        folder=path.parent,
        provider=provider,
        options=options,
        delimiter=records.delimiter,
    )


def _read(path: Path) -> Records:
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if suffix in _SHEETS:
        return _unread(f"{path.name!r} is a file of a spreadsheet program.", _AS_CSV)
    if reader is None:
        message = f"its kind is not known by its name {path.name!r}."
        return _unread(message, f"End it in {', '.join(_READERS)}.")
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _unread(f"the file cannot be read: {why}.", "Check its path.")
    if data.startswith(_SHEET_STARTS):
        message = f"{path.name!r} holds a file of a spreadsheet program, whatever its name says."
        return _unread(message, _AS_CSV)
    try:
        return reader(decode_text(data))
    except NotText as error:
        return _unread(error.reason, _AS_CSV, line=error.line)


def _unread(message: str, remedy: str, *, line: int | None = None) -> Records:
    return Records((), (RowProblem(line, "", message=message, remedy=remedy),))


def _empty() -> RowProblem:
    message = "it has no row."
    return RowProblem(None, "", message=message, remedy="Write one below the header.")
