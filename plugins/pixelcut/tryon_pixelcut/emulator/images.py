"""Check received images as the vendor does."""

from tryon_core import BytesSource
from tryon_core.errors import UnusableImage
from tryon_core.images import probe
from tryon_pixelcut.emulator.answers import Refused
from tryon_pixelcut.emulator.knobs import Knobs
from tryon_testing.emulation import BadImage, EmulatorContext, FetchRefused


def received(role: str, image: bytes | str, ctx: EmulatorContext, knobs: Knobs) -> bytes:
    """Return the bytes of an image, which is fetched when it is an address.

    Raises:
        Refused: with the vendor's code for what is wrong with it.
    """
    data = image if isinstance(image, bytes) else _fetched(role, image, ctx, knobs)
    _check(role, data, knobs)
    try:
        ctx.read_image(data)
    except BadImage:
        raise Refused("malformed_image", role) from None
    return data


def _fetched(role: str, address: str, ctx: EmulatorContext, knobs: Knobs) -> bytes:
    try:
        return ctx.fetch(address)
    except FetchRefused as error:
        raise Refused(knobs.unfetched_code, f"{role}_image_url: {error}") from None


def _check(role: str, data: bytes, knobs: Knobs) -> None:
    """Look at the header only: an image of too many pixels is never decoded."""
    try:
        found = probe(BytesSource(data), field=role)
    except UnusableImage as error:
        code = "resolution_too_high" if error.code == "bomb" else "malformed_image"
        raise Refused(code, role) from None
    if found.format not in knobs.formats.upper().split(","):
        raise Refused("unsupported_image_format", f"{role} is {found.format}")
    if len(data) > knobs.max_bytes:
        raise Refused("file_size_too_large")
    sides_px = (found.width_px or 0, found.height_px or 0)
    if max(sides_px) > knobs.max_side_px:
        raise Refused("resolution_too_high", f"{role} is {sides_px[0]}x{sides_px[1]} px")
    if min(sides_px) < knobs.min_side_px:
        raise Refused(knobs.small_image_code, f"{role} is {sides_px[0]}x{sides_px[1]} px")
