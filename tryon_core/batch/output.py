"""The folder of a run: pictures under stable names, never one over another."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tryon_core.artifacts import TryOnResult
from tryon_core.batch.file_names import file_name
from tryon_core.batch.items import SavedFile
from tryon_core.errors import InputError
from tryon_core.saving import (
    UNCHECKED,
    make_folder,
    suffix_for,
    takes_letters,
    write_atomically,
)

_SUFFIXES = tuple(suffix_for(name) for name in ("JPEG", "PNG", "WEBP"))


class OutputFolder:
    """Where a run saves its pictures.

    The first picture of an item is `<name>.<suffix>`, further ones `<name>+2.<suffix>` and so on;
    the name is what `file_name` makes of the id, and no other item's can be the same. The bytes are
    those of the vendor.

    Args:
        path: the folder, which is made when it is missing.

    Raises:
        OutputError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path)
        self._is_ascii = not takes_letters(path)

    def save(self, item_id: str, result: TryOnResult) -> tuple[SavedFile, ...]:
        """Write all pictures of an item.

        Raises:
            OutputError: one cannot be written, or another file has its name.
        """
        return self._write_all(item_id, ((image.data, image.suffix) for image in result.images))

    def copy(self, item_id: str, files: Iterable[Path]) -> tuple[SavedFile, ...]:
        """Write the pictures of equal work under this item's name.

        Raises:
            InputError: one cannot be read.
            OutputError: one cannot be written.
        """
        return self._write_all(item_id, ((_read(path), _suffix_of(path)) for path in files))

    def _write_all(
        self, item_id: str, pictures: Iterable[tuple[bytes, str]]
    ) -> tuple[SavedFile, ...]:
        name = self._name(item_id)
        return tuple(
            self._write(name if number == 1 else f"{name}+{number}", data, suffix)
            for number, (data, suffix) in enumerate(pictures, 1)
        )

    def _write(self, stem: str, data: bytes, suffix: str) -> SavedFile:
        name = f"{stem}{suffix}"
        saved = SavedFile(path=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        if not self.has(saved):
            write_atomically(self.path / name, data)
        return saved

    def has(self, file: SavedFile) -> bool:
        """Return whether a file is there and holds what it should.

        A process may have ended between writing it and saying so.
        """
        return holds(self.path / file.path, file.sha256)

    def is_taken(self, item_id: str) -> bool:
        """Return whether there is a file where a picture of the item would be written."""
        name = self._name(item_id)
        return any((self.path / f"{name}{suffix}").exists() for suffix in _SUFFIXES)

    def _name(self, item_id: str) -> str:
        return file_name(item_id, is_ascii=self._is_ascii)


def holds(path: Path, sha256: str) -> bool:
    """Return whether a file is there and has that checksum, in hex digits."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False


def _suffix_of(path: Path) -> str:
    return Path(path.stem).suffix + UNCHECKED if path.suffix == UNCHECKED else path.suffix


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}.") from error
