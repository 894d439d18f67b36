"""The bytes of a local image: open, read and digest them, with errors that name the input."""

import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from tryon_core.errors import UnusableImage
from tryon_core.image_formats import HEAD_BYTES, image_format, name_for
from tryon_core.models import BytesSource, ImageSource, PathSource, UrlSource, strip_query

_BLOCK_BYTES = 1024 * 1024
_MAX_SHOWN_CHARS = 120
_OPENED: ContextVar["dict[Path, BinaryIO] | None"] = ContextVar("opened", default=None)
# `//cdn.shop.example/tee.jpg` and `www.shop.example/tee.jpg`, as exports of shops have them.
_HOST_AND_PATH = re.compile(r"(//|www\.)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/")


def _shown(path: Path) -> str:
    text = str(path)
    return repr(text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}…")


def _missing(path: Path, field: str) -> UnusableImage:
    text = str(path)
    if text.startswith("data:"):
        remedy = "Decode the data URI into a file, and pass that."
    elif _HOST_AND_PATH.match(text):
        remedy = f"Did you mean the address {'https://' + text.lstrip('/')!r}?"
    elif "http:/" in text or "https:/" in text:
        remedy = "An address begins with https://; give one address only, without words around it."
    elif text.startswith("~"):
        remedy = "'~' is not expanded here: write the name of the folder."
    elif path.is_absolute():
        remedy = "Check the path."
    else:
        remedy = f"Check the path; it is looked up from {str(Path.cwd())!r}."
    return UnusableImage(
        f"there is no file {_shown(path)}.", field=field, code="missing", remedy=remedy
    )


def _unreadable(
    path: Path, field: str, why: str, remedy: str = "Check its permissions."
) -> UnusableImage:
    return UnusableImage(
        f"the file {_shown(path)} cannot be read: {why}.",
        field=field,
        code="unreadable",
        remedy=remedy,
    )


def _check_kind(path: Path, field: str) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise UnusableImage(
            f"{_shown(path)} is a folder.",
            field=field,
            code="is_folder",
            remedy="Pass one image file inside it.",
        )
    if not stat.S_ISREG(mode):
        # A pipe blocks when no process writes, and is read only once; images are read repeatedly.
        raise _unreadable(path, field, "it is a pipe or a device", "Write it into a file first.")


def _open_path(path: Path, field: str) -> BinaryIO:
    try:
        _check_kind(path, field)
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _missing(path, field) from None
    except OSError as error:
        # A data URI that was taken for a path is too long to be a name.
        if str(path).startswith("data:"):
            raise _missing(path, field) from None
        raise _unreadable(path, field, error.strerror or type(error).__name__) from error


def _open(source: ImageSource, field: str) -> BinaryIO:
    if isinstance(source, UrlSource):
        raise UnusableImage(
            f"{strip_query(source.url)} is an address, not a local image.",
            field=field,
            code="not_local",
            remedy="Download it first, and pass the file.",
        )
    if isinstance(source, BytesSource):
        return io.BytesIO(source.data)
    return _open_path(source.path, field)


def stream_size(file: BinaryIO) -> int:
    """Return the length of an open file in bytes, and go back to its beginning."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def file_size(source: ImageSource) -> int:
    """Return the length of a local image in bytes, 0 for a file that cannot be looked at."""
    if isinstance(source, PathSource):
        try:
            return source.path.stat().st_size
        except (OSError, ValueError):
            return 0
    return len(source.data) if isinstance(source, BytesSource) else 0


@contextmanager
def opened_once() -> Iterator[None]:
    """Open each file once only within the `with` block, in this thread; closed at its end."""
    if _OPENED.get() is not None:
        yield
        return
    opened: dict[Path, BinaryIO] = {}
    token = _OPENED.set(opened)
    try:
        yield
    finally:
        _OPENED.reset(token)
        for file in opened.values():
            file.close()


@contextmanager
def open_binary(source: ImageSource, *, field: str) -> Iterator[BinaryIO]:
    """Open a local image for reading; it is closed at the end of the `with` block.

    Args:
        source: a path or bytes.
        field: the input that errors name, such as `person`.

    Raises:
        UnusableImage: with code `missing`, `unreadable`, `is_folder`, `empty`, or `not_local` for
            an address.
    """
    opened = _OPENED.get()
    if opened is None or not isinstance(source, PathSource):
        kept: AbstractContextManager[BinaryIO] = _open(source, field)
    else:
        if source.path not in opened:
            opened[source.path] = _open(source, field)
        kept = nullcontext(opened[source.path])
    with kept as file:
        if stream_size(file) == 0:
            raise UnusableImage(
                f"{describe(source)} is empty.",
                field=field,
                code="empty",
                remedy="Write or download it again.",
            )
        yield file


def read_bytes(source: ImageSource, *, field: str, max_bytes: int | None = None) -> bytes:
    """Read a local image whole.

    Args:
        source: a path or bytes.
        field: the input that errors name.
        max_bytes: refuse larger files before reading them, None for no limit.

    Raises:
        UnusableImage: as `open_binary`, and `too_large_file`.
    """
    with open_binary(source, field=field) as file:
        size = stream_size(file)
        if max_bytes is not None and size > max_bytes:
            raise UnusableImage(
                f"{describe(source)} has {size:,} bytes; at most {max_bytes:,} are allowed.",
                field=field,
                code="too_large_file",
                remedy="Pass a smaller image.",
            )
        return source.data if isinstance(source, BytesSource) else file.read()


def digest(source: ImageSource) -> str:
    """Return the SHA-256 of an image's content as hex digits; of the address for a `UrlSource`.

    Raises:
        UnusableImage: as `open_binary`, naming the field `image`.
    """
    if isinstance(source, UrlSource):
        return hashlib.sha256(source.url.encode()).hexdigest()
    found = hashlib.sha256()
    with open_binary(source, field="image") as file:
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def file_name(source: ImageSource) -> str:
    """Return a file name for messages and uploads."""
    if isinstance(source, PathSource):
        return source.path.name
    return source.name if isinstance(source, BytesSource) else "image"


def upload_name(source: ImageSource) -> str:
    """Return a file name for a local image, with the suffix of its real format.

    Raises:
        UnusableImage: as `open_binary`, naming the field `image`.
    """
    with open_binary(source, field="image") as file:
        return name_for(file_name(source), image_format(file.read(HEAD_BYTES)))


def describe(source: ImageSource) -> str:
    """Return how messages call an image, such as `the file 'me.jpg'`."""
    if isinstance(source, PathSource):
        return f"the file {_shown(source.path)}"
    return f"the image {file_name(source)!r}" if file_name(source) != "image" else "the image"
