"""Load the pixels of an image, upright and in plain colours."""

from typing import TYPE_CHECKING

from tryon_core.images.pillow import require_pillow
from tryon_core.images.probing import probe
from tryon_core.models.sources import ImageSource

if TYPE_CHECKING:
    from PIL import Image


def load_upright(
    source: ImageSource, *, field: str, max_side_px: int | None = None
) -> "Image.Image":
    """Decode an image for looking at its pixels.

    The picture is turned upright, has 8 bits per channel, is converted to sRGB when it carries a
    colour profile, and carries no metadata.

    Args:
        source: a path or bytes.
        field: the input that errors name, such as `person`.
        max_side_px: scale the picture down until its longer side has this length; None keeps it.

    Returns:
        A picture in mode `RGBA` when the file has transparency, else `RGB`.

    Raises:
        UnusableImage: as `probe`, and with code `image_animated`, `unsupported_format`,
            `unsupported_mode`, or `truncated` and `damaged` for pixel data.
        MissingExtra: Pillow is not installed.
    """
    require_pillow("Loading an image")
    from tryon_core.images.decoding import decode  # noqa: PLC0415  (needs Pillow)

    return decode(source, probe(source, field=field), field=field, max_side_px=max_side_px)
