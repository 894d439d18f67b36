"""The folder of a run: pictures under stable names, never one over another."""

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

from tryon_batch.file_names import file_name
from tryon_batch.items import SavedFile
from tryon_core.artifacts import TryOnResult
from tryon_core.errors import InputError, OutputError
from tryon_core.saving import (
    UNCHECKED,
    make_folder,
    remove,
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

    def save(
        self, item_id: str, result: TryOnResult, *, replaced: Iterable[SavedFile] = ()
    ) -> tuple[SavedFile, ...]:
        """Write all pictures of an item.

        Args:
            item_id: the item.
            result: its pictures.
            replaced: its earlier files. They go when all new ones are there, and stay where
                somebody changed them.

        Raises:
            OutputError: one cannot be written, or another file has its name.
        """
        old = {file.path: file for file in replaced if self.has(file)}
        numbered = zip(result.numbers, result.images, strict=True)
        pictures = ((number, image.data, image.suffix) for number, image in numbered)
        saved = self._write_all(item_id, pictures, replaceable=frozenset(old))
        for path in old.keys() - {file.path for file in saved}:
            remove(self.path / path)
        return saved

    def copy(self, item_id: str, files: Iterable[Path]) -> tuple[SavedFile, ...]:
        """Write the pictures of equal work under this item's name.

        Raises:
            InputError: one cannot be read.
            OutputError: one cannot be written.
        """
        found = ((number, _read(path), _suffix_of(path)) for number, path in enumerate(files, 1))
        return self._write_all(item_id, found)

    def _write_all(
        self,
        item_id: str,
        pictures: Iterable[tuple[int, bytes, str]],
        *,
        replaceable: Collection[str] = (),
    ) -> tuple[SavedFile, ...]:
        stem = self._name(item_id)
        saved = []
        for number, data, suffix in pictures:
            name = f"{stem}{suffix}" if number == 1 else f"{stem}+{number}{suffix}"
            saved.append(self._write(name, data, overwrite=name in replaceable))
        return tuple(saved)

    def _write(self, name: str, data: bytes, *, overwrite: bool) -> SavedFile:
        saved = SavedFile(path=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        if self.has(saved):
            return saved
        try:
            write_atomically(self.path / name, data, overwrite=overwrite)
        except OutputError as error:
            if (self.path / name).exists():
                error.remedy = "Move it away, then resume the run."
            raise
        return saved

    def size_of(self, file: SavedFile) -> int | None:
        """Return how large a file is now in bytes, None when it is not there."""
        try:
            return (self.path / file.path).stat().st_size
        except OSError:
            return None

    def has(self, file: SavedFile) -> bool:
        """Return whether a file is there and holds what it should.

        A process may have ended between writing it and saying so.
        """
        return holds(self.path / file.path, file.sha256)

    def is_taken(self, item_id: str, *, own: Iterable[SavedFile] = ()) -> bool:
        """Return whether there is a file where a picture of the item would be written.

        Args:
            item_id: the item.
            own: its earlier files, which count only where somebody changed them.
        """
        name = self._name(item_id)
        replaceable = {file.path for file in own if self.has(file)}
        names = {f"{name}{suffix}" for suffix in _SUFFIXES} - replaceable
        return any((self.path / one).exists() for one in names)

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
