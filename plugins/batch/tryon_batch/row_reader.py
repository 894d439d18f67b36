"""From the cells of a row to what it asks for."""

import base64
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from tryon_batch.columns import GIVEN, OPTION, Record, kind_of
from tryon_batch.file_names import fault_of_id
from tryon_batch.manifest_rows import Row
from tryon_batch.row_problems import RowProblem
from tryon_core.errors import InputError
from tryon_core.models import (
    CATEGORIES,
    BytesSource,
    ImageSource,
    LibraryModel,
    PathSource,
    as_source,
)
from tryon_core.models.library import as_library_model

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
