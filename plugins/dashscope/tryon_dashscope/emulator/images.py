"""Images that a call names: fetched, or taken from the store, and really looked at."""

import io
from collections.abc import Mapping
from types import MappingProxyType

import attrs
from PIL import Image

from tryon_core import BytesSource
from tryon_core.errors import UnusableImage
from tryon_core.images import probe
from tryon_dashscope.emulator import texts
from tryon_dashscope.emulator.answers import Refused
from tryon_dashscope.emulator.knobs import Knobs
from tryon_dashscope.emulator.service import Service, is_enabled
from tryon_testing.emulation import BadImage, FetchRefused

OSS = "oss://"
_LEAST_PX, _MOST_PX = 150, 4096
_COMMON = frozenset({"JPEG", "MPO", "PNG", "BMP"})
_FORMATS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "tables": _COMMON | {"HEIC"},
        "error_text": _COMMON | {"WEBP"},
        "both": _COMMON | {"HEIC", "WEBP"},
    }
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1"})


@attrs.frozen(kw_only=True)
class LoadedImage:
    """An image that was found good; HEIC cannot be drawn here."""

    data: bytes = attrs.field(repr=False)
    size_px: tuple[int, int]
    is_drawable: bool


def look_at(url: str, service: Service, *, model: str, account: str) -> LoadedImage:
    """Return the image at an address.

    Args:
        url: the address; `oss://` for the store.
        service: has the store.
        model: which model reads it; a temporary file is bound to one.
        account: who calls.

    Raises:
        Refused: it cannot be read, or breaks the limits.
    """
    data = _data(url, service, model=model, account=account)
    image = _decoded(data, service)
    if not _within_limits(image, service.knobs):
        raise Refused("InvalidInputLength")
    return image


def shown(image: LoadedImage) -> bytes:
    """Return a file that can be drawn, whatever the image is."""
    if image.is_drawable:
        return image.data
    buffer = io.BytesIO()
    Image.new("RGB", (600, 800), "grey").save(buffer, "PNG")
    return buffer.getvalue()


def _data(url: str, service: Service, *, model: str, account: str) -> bytes:
    if url.startswith(OSS):
        file = service.store.get(url.removeprefix(OSS))
        if not is_enabled("X-DashScope-OssResourceResolve"):
            raise Refused(service.knobs.oss_error, texts.NOT_UNDERSTOOD)
        if file is None or (file.model, file.account) != (model, account):
            raise Refused(service.knobs.oss_error)
        return file.data
    try:
        return service.ctx.fetch(url)
    except FetchRefused:
        raise Refused("InvalidURL") from None


def _decoded(data: bytes, service: Service) -> LoadedImage:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        kind, size_px = "HEIC", _heic_size(data)
    else:
        kind, size_px = _looked_at(data, service)
    if kind not in _FORMATS[service.knobs.formats]:
        raise Refused("InvalidURL")
    return LoadedImage(data=data, size_px=size_px, is_drawable=kind != "HEIC")


def _heic_size(data: bytes) -> tuple[int, int]:
    try:
        found = probe(BytesSource(data), field="image")
    except UnusableImage:
        raise Refused("InvalidURL") from None
    return found.width_px or 0, found.height_px or 0


def _looked_at(data: bytes, service: Service) -> tuple[str, tuple[int, int]]:
    try:
        image = service.ctx.read_image(data)
    except BadImage:
        raise Refused("InvalidURL") from None
    return image.format, (image.width_px, image.height_px)


def _within_limits(image: LoadedImage, knobs: Knobs) -> bool:
    least, most = 5 * knobs.kilobyte, 5 * knobs.kilobyte**2
    if not least <= len(image.data) <= most:
        return False
    inset = 0 if knobs.sides == "inclusive" else 1
    sides = image.size_px
    return min(sides) >= _LEAST_PX + inset and max(sides) <= _MOST_PX - inset
