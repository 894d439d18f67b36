"""Images as callers give them: a URL, a path or bytes; and people from a vendor's library."""

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Protocol, TypeAlias, get_args
from urllib.parse import quote, urlsplit

import attrs

from tryon_core.errors import InputError, UnusableImage

# A scheme of one letter is a Windows drive.
_ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+://")
_HOST = re.compile(r"[^/?#]*")
_ASCII = "".join(map(chr, range(128)))
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"})
_NEAREST_MODES = MappingProxyType(
    {
        "CMYK": "RGB",
        "HSV": "RGB",
        "LAB": "RGB",
        "La": "LA",
        "PA": "RGBA",
        "RGBX": "RGB",
        "RGBa": "RGBA",
        "YCbCr": "RGB",
    }
)


def strip_query(url: str) -> str:
    """Return the URL without user, query and fragment, which may hold signatures."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed [ in the host
        return f"{url.partition(':')[0][:10]}://…"
    host = parts.netloc.rpartition("@")[2]
    dots = "?…" if parts.query else ""
    return f"{parts.scheme}://{host}{parts.path}{dots}"


def legal_url(text: str) -> str:
    """Return an address in which letters that are not ASCII are encoded, as a browser does it.

    Every other character stays as it is: a signed address must reach its server to the letter.
    """
    address = text.strip()
    if address.isascii():
        return address
    scheme, _, rest = address.partition("://")
    host = _HOST.match(rest)
    name = host[0] if host else ""
    with contextlib.suppress(UnicodeError):  # a name that cannot be one is refused by validation
        name = name.encode("idna").decode()
    path = quote(rest[host.end() if host else 0 :], safe=_ASCII, errors="surrogateescape")
    return f"{scheme}://{name}{path}"


def with_zone(_: Any, attribute: "attrs.Attribute[Any]", value: datetime | None) -> None:
    """Refuse a time without a zone; a validator for attrs classes."""
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{attribute.name} must have a time zone: {value}")


@attrs.frozen(repr=False)
class UrlSource:
    """An image that lies at an `http` or `https` address (or at a vendor's own scheme).

    Attributes:
        url: the address.
        expires_at: when the address expires, None when that is not known. `publish_image` says it,
            so that the image need not be published again before.
    """

    url: str
    expires_at: datetime | None = attrs.field(
        default=None, kw_only=True, eq=False, validator=with_zone
    )

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
SOURCES = get_args(ImageSource)
"""The classes of `ImageSource`."""


@attrs.frozen(kw_only=True)
class LibraryModel:
    """A person from the vendor's own model library, instead of a photo.

    Which fields a vendor knows, and which values they may have, is on the provider's page.
    """

    name: str | None = None
    base: str | None = None
    gender: str | None = None
    style: str | None = None
    age: str | None = None
    body: str | None = None


class PillowImage(Protocol):
    """What we need of a Pillow image."""

    @property
    def mode(self) -> str:
        """Pillow's name of the pixel format, such as `RGB`."""
        ...

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
    return UrlSource(legal_url(value)) if _ADDRESS.match(value) else PathSource(Path(value))


def _from_pillow(image: Any, field: str) -> BytesSource:
    mode = image.mode if image.mode in _PNG_MODES else _NEAREST_MODES.get(image.mode)
    if mode is None:
        raise UnusableImage(
            f"the Pillow image has the mode {image.mode!r}, which has no single meaning.",
            field=field,
            code="unsupported_mode",
            remedy="Convert it to RGB first.",
        )
    buffer = io.BytesIO()
    with _readable("the Pillow image", field):
        kept = image if mode == image.mode else image.convert(mode)
        # A profile describes the mode that the image had before.
        profile = image.info.get("icc_profile") if kept is image else None
        kept.save(buffer, "PNG", exif=image.getexif(), icc_profile=profile)
    return BytesSource(buffer.getvalue(), name=Path(getattr(image, "filename", "") or "image").name)


def _from_file(file: Any, field: str) -> BytesSource:
    with _readable("the file object", field):
        data = file.read()
    if not isinstance(data, (bytes, bytearray)):
        raise UnusableImage(
            f"the file object gave {type(data).__name__} instead of bytes.",
            field=field,
            code="not_binary",
            remedy="Open the file in binary mode ('rb').",
        )
    name = getattr(file, "name", None)
    return BytesSource(bytes(data), name=Path(name).name if isinstance(name, str) else "image")


@contextlib.contextmanager
def _readable(what: str, field: str) -> Iterator[None]:
    # Pillow reports broken files lazily, and a SyntaxError is how it says "broken PNG".
    try:
        yield
    except (OSError, ValueError, SyntaxError) as error:
        raise UnusableImage(
            f"{what} cannot be read: {error}.",
            field=field,
            code="unreadable",
            remedy="Open it again, or pass the path of the file.",
        ) from error


def _is_pillow_image(value: object) -> bool:
    # Looked up instead of imported: while Pillow is not loaded, there is no Pillow image.
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def as_source(value: Any, *, field: str = "image") -> ImageSource:
    """Turn what a caller passed into a source.

    Args:
        value: a source, a URL or path as text, a `Path`, bytes, a binary file object (read to its
            end now), or a Pillow image (kept without loss as PNG where PNG has its mode).
        field: the input that it is meant for, for messages.

    Raises:
        UnusableImage: the value is none of these, or a file object that does not give bytes.
    """
    if isinstance(value, SOURCES):
        source: ImageSource = value
        return source
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, os.PathLike):
        return PathSource(Path(os.fsdecode(value)))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BytesSource(bytes(value))
    if _is_pillow_image(value):
        return _from_pillow(value, field)
    if callable(getattr(value, "read", None)):
        return _from_file(value, field)
    raise UnusableImage(
        f"cannot take an image from {type(value).__name__}.",
        field=field,
        code="wrong_type",
        remedy="Pass a path, a URL, bytes, a binary file object or a Pillow image.",
    )


def as_library_model(value: Any) -> LibraryModel:
    """Turn `gender=female,age=youngadult`, or a mapping of such fields, into a library model.

    Raises:
        InputError: it is not of that form, or there is no such field.
    """
    if not isinstance(value, (str, Mapping)):
        raise InputError("it is neither text nor fields by name.")
    fields = dict(map(_pair, value.split(","))) if isinstance(value, str) else dict(value)
    known = [field.name for field in attrs.fields(LibraryModel)]
    unknown = [str(name) for name in fields if name not in known]
    if unknown:
        raise InputError(f"there is no {', '.join(unknown)}, only {', '.join(known)}.")
    wrong = [name for name, given in fields.items() if not isinstance(given, str)]
    if wrong:
        raise InputError(f"{', '.join(wrong)} must be text.")
    return LibraryModel(**fields)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise InputError(f"{text!r} is not of the form NAME=VALUE.")
    return name.strip(), value.strip()
