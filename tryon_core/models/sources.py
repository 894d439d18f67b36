"""Images as callers give them: a URL, a path or bytes; and people from a vendor's library."""

import io
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias
from urllib.parse import urlsplit

import attrs

from tryon_core.errors import UnusableImage

# A scheme of one letter is a Windows drive.
_MIN_SCHEME_LENGTH = 2
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})


def strip_query(url: str) -> str:
    """Return the URL without user, query and fragment, which may hold signatures."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    dots = "?…" if parts.query else ""
    return f"{parts.scheme}://{host}{parts.path}{dots}"


@attrs.frozen(repr=False)
class UrlSource:
    """An image that lies at an `http` or `https` address (or at a vendor's own scheme)."""

    url: str

    def __repr__(self) -> str:
        return f"UrlSource({strip_query(self.url)!r})"


@attrs.frozen
class PathSource:
    """An image in a local file."""

    path: Path = attrs.field(converter=Path)


@attrs.frozen(repr=False)
class BytesSource:
    """An image in memory, in its file format.

    Attributes:
        data: the encoded image.
        name: a file name for messages and uploads.
    """

    data: bytes
    name: str = "image"

    def __repr__(self) -> str:
        return f"BytesSource({len(self.data)} bytes, name={self.name!r})"


ImageSource: TypeAlias = UrlSource | PathSource | BytesSource


@attrs.frozen(kw_only=True)
class LibraryModel:
    """A person from the vendor's own model library, instead of a photo.

    Which fields a vendor knows, and which values they may have, stands on the provider's page.
    """

    name: str | None = None
    base: str | None = None
    gender: str | None = None
    style: str | None = None
    age: str | None = None
    body: str | None = None


class PillowImage(Protocol):
    """What we need of a Pillow image."""

    mode: str

    def save(self, fp: Any, format: str | None = None, **params: Any) -> None:  # noqa: A002
        """Write the image."""
        ...


ImageLike: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | BinaryIO | ImageSource | PillowImage
)
"""What callers may pass for an image."""

PersonLike: TypeAlias = ImageLike | LibraryModel
"""What callers may pass for a person."""


def _from_text(value: str) -> ImageSource:
    scheme = urlsplit(value).scheme
    if "://" in value and len(scheme) >= _MIN_SCHEME_LENGTH:
        return UrlSource(value)
    return PathSource(Path(value))


def _from_pillow(image: Any) -> BytesSource:
    keeps_mode = image.mode in _PNG_MODES
    buffer = io.BytesIO()
    upright = image if keeps_mode else image.convert("RGB")
    upright.save(buffer, "PNG", exif=image.getexif())
    return BytesSource(buffer.getvalue(), name=Path(getattr(image, "filename", "") or "image").name)


def _from_file(file: Any) -> BytesSource:
    data = file.read()
    if not isinstance(data, bytes):
        raise UnusableImage(
            f"the file object gave {type(data).__name__} instead of bytes.",
            code="not_binary",
            remedy="Open the file in binary mode ('rb').",
        )
    name = getattr(file, "name", None)
    return BytesSource(data, name=Path(name).name if isinstance(name, str) else "image")


def _is_pillow_image(value: object) -> bool:
    # Looked up instead of imported: without Pillow loaded, nobody holds a Pillow image.
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def as_source(value: Any) -> ImageSource:
    """Turn what a caller passed into a source.

    Args:
        value: a source, a URL or path as text, a `Path`, bytes, a binary file object (read to its
            end now), or a Pillow image (kept without loss as PNG).

    Raises:
        UnusableImage: the value is none of these, or a file object opened as text.
    """
    if isinstance(value, (UrlSource, PathSource, BytesSource)):
        return value
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, os.PathLike):
        return PathSource(Path(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BytesSource(bytes(value))
    if _is_pillow_image(value):
        return _from_pillow(value)
    if callable(getattr(value, "read", None)):
        return _from_file(value)
    raise UnusableImage(
        f"cannot take an image from {type(value).__name__}.",
        code="wrong_type",
        remedy="Pass a path, a URL, bytes, a binary file object or a Pillow image.",
    )


def as_optional_source(value: Any) -> ImageSource | None:
    """Do the same as `as_source`, and keep None."""
    return None if value is None else as_source(value)


def as_person(value: Any) -> ImageSource | LibraryModel:
    """Do the same as `as_source`, and keep a `LibraryModel`."""
    return value if isinstance(value, LibraryModel) else as_source(value)
