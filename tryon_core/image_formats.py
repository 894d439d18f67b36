"""The image formats: what each is called, how it begins, who reads and writes it."""

import codecs
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import PurePath
from types import MappingProxyType

import attrs

from tryon_core.installed import install_command, missing_extra

HEAD_BYTES = 512
"""How many bytes of a file the functions here want to see."""


@attrs.frozen(kw_only=True)
class ImageFormat:
    """One image file format; every list of formats in the library is made from these.

    Attributes:
        name: its name, as Pillow has it.
        suffixes: those of its files; the first is the one to write.
        beginnings: bytes with which a file of it begins, empty where `image_format` reads further.
        pillow: module and class that decode it, of Pillow or of pillow-heif.
        is_basic: whether every build of Pillow reads and writes it.
        is_lossy: whether writing it loses something.
        is_sent: whether images are converted to it to fit a vendor's rules.
        is_delivered: whether vendors deliver results in it, so that a result may have its suffix.
    """

    name: str
    suffixes: tuple[str, ...]
    beginnings: tuple[bytes, ...] = ()
    pillow: tuple[str, str]
    is_basic: bool = True
    is_lossy: bool = False
    is_sent: bool = False
    is_delivered: bool = False


_FORMATS = (
    ImageFormat(
        name="JPEG",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
        beginnings=(b"\xff\xd8",),
        pillow=("PIL.JpegImagePlugin", "JpegImageFile"),
        is_lossy=True,
        is_sent=True,
        is_delivered=True,
    ),
    ImageFormat(
        name="PNG",
        suffixes=(".png", ".apng"),
        beginnings=(b"\x89PNG",),
        pillow=("PIL.PngImagePlugin", "PngImageFile"),
        is_sent=True,
        is_delivered=True,
    ),
    ImageFormat(
        name="WEBP",
        suffixes=(".webp",),
        pillow=("PIL.WebPImagePlugin", "WebPImageFile"),
        is_lossy=True,
        is_delivered=True,
    ),
    ImageFormat(
        name="BMP", suffixes=(".bmp", ".dib"), pillow=("PIL.BmpImagePlugin", "BmpImageFile")
    ),
    ImageFormat(
        name="GIF",
        suffixes=(".gif",),
        beginnings=(b"GIF87a", b"GIF89a"),
        pillow=("PIL.GifImagePlugin", "GifImageFile"),
    ),
    ImageFormat(
        name="TIFF",
        suffixes=(".tiff", ".tif"),
        beginnings=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        pillow=("PIL.TiffImagePlugin", "TiffImageFile"),
    ),
    ImageFormat(
        name="HEIC",
        suffixes=(".heic", ".heif", ".hif"),
        pillow=("pillow_heif.as_plugin", "HeifImageFile"),  # extra `heif`
        is_basic=False,
        is_lossy=True,
    ),
    ImageFormat(
        name="AVIF",
        suffixes=(".avif", ".avifs"),
        pillow=("PIL.AvifImagePlugin", "AvifImageFile"),
        is_basic=False,
        is_lossy=True,
    ),
)
FORMATS: Mapping[str, ImageFormat] = MappingProxyType({entry.name: entry for entry in _FORMATS})
"""Every format that the library knows, by name."""

SENT_FORMATS = frozenset(entry.name for entry in _FORMATS if entry.is_sent)
DELIVERED_FORMATS = tuple(entry.name for entry in _FORMATS if entry.is_delivered)
SUFFIXES = {entry.name: entry.suffixes for entry in _FORMATS}
"""The suffixes of each image format; the first is the one to write."""

_UTF8 = codecs.getincrementaldecoder("utf-8")
_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_BMP_HEADER_BYTES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"8BPS", "an Adobe Photoshop document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\x01\0", "a Windows icon"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"version https://git-lfs", "a Git LFS pointer: the real file was not downloaded"),
)
_MARKUP = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"{", "JSON"),
)


def _iso_media(head: bytes) -> str | None:
    if head[4:8] != b"ftyp":
        return None
    # The box holds the major brand, four bytes of version, then the compatible brands.
    box = head[8 : int.from_bytes(head[:4], "big")]
    brands = {box[start : start + 4] for start in range(0, len(box), 4)}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIC" if brands & _HEIC_BRANDS else None


def _is_bmp(head: bytes) -> bool:
    # Two letters alone would take a text for an image.
    header_bytes = int.from_bytes(head[14:18], "little")
    return head[:2] == b"BM" and header_bytes in _BMP_HEADER_BYTES


def image_format(head: bytes) -> str | None:
    """Return the format that the first `HEAD_BYTES` of a file show, None for an unknown one."""
    for entry in _FORMATS:
        if head.startswith(entry.beginnings):
            return entry.name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "BMP" if _is_bmp(head) else _iso_media(head)


def name_for(name: str, format_name: str | None) -> str:
    """Return a file name with the suffix of its format, None for an unknown one."""
    fitting = SUFFIXES.get(format_name or "")
    suffix = PurePath(name).suffix.lower()
    if fitting is None or suffix in fitting:
        return name
    is_claim = any(suffix in suffixes for suffixes in SUFFIXES.values())
    return (PurePath(name).stem if is_claim else name) + fitting[0]


def _is_text(head: bytes) -> bool:
    # The head may end within a character, which an incremental decoder allows.
    try:
        text = _UTF8().decode(head)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)


def is_document(head: bytes) -> bool:
    """Return whether a file is text: a page, JSON, a message. An empty one is, too."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith(tuple(opening for opening, _ in _MARKUP)) or _is_text(head)


def seems_to_be(head: bytes) -> str:
    """Return what a file that is no image seems to be, such as `a PDF document`."""
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return name
    if head[4:8] == b"ftyp":
        return "a video"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for opening, name in _MARKUP:
        if start.startswith(opening):
            return name
    return "plain text" if _is_text(head) else "data of an unknown kind"


def has_pillow() -> bool:
    """Whether Pillow is installed."""
    return find_spec("PIL") is not None


def how_to_decode(format_name: str) -> str:
    """Return what to do about an image whose format nothing here decodes."""
    if not has_pillow():
        return f"Install Pillow, which decodes it: {install_command('tryon-core', 'images')}"
    if format_name == "HEIC":
        return "Convert it to JPEG first, or pip install pillow-heif, which decodes it."
    return "Convert it to JPEG or PNG first."


def require_pillow(purpose: str) -> None:
    """Raise MissingExtra without Pillow; the purpose begins its sentence."""
    if not has_pillow():
        raise missing_extra(f"{purpose} needs Pillow", "tryon-core", "images")
