"""Small images inside a page: made once, kept beside the run, and shown without any other file."""

import base64
import io

import attrs
from PIL import Image

from tryon_core import ImageSource
from tryon_core.images import load_upright, probe

SIDE_PX = 176
"""The longer side of a thumbnail. With 2,000 rows of three images each, its bytes count."""
_QUALITY = 62
_METHOD = 4
_TYPE = "image/webp"


@attrs.frozen(kw_only=True)
class Thumbnail:
    """A small image for a page.

    Attributes:
        data: the image as WebP; transparency has become white.
        width: in pixels.
        height: in pixels.
        full_width: of the image that it shows, upright, in pixels.
        full_height: likewise.
    """

    data: bytes
    width: int
    height: int
    full_width: int
    full_height: int

    @property
    def uri(self) -> str:
        """The image as an address that needs no file: `data:image/webp;base64,...`."""
        return f"data:{_TYPE};base64,{base64.b64encode(self.data).decode()}"


def make_thumbnail(source: ImageSource, *, side_px: int = SIDE_PX) -> Thumbnail:
    """Return a small upright copy of an image.

    Args:
        source: a path or bytes.
        side_px: its longer side at most.

    Raises:
        UnusableImage: as `tryon_core.images.load_upright`.
    """
    found = probe(source, field="image")
    image = load_upright(source, field="image", max_side_px=side_px)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=_METHOD)
    return Thumbnail(
        data=file.getvalue(),
        width=image.width,
        height=image.height,
        full_width=found.width_px or image.width,
        full_height=found.height_px or image.height,
    )
