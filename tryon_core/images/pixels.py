"""The doors to what needs Pillow: load an image, or make it fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tryon_core.image_formats import require_pillow
from tryon_core.images.probing import ImageProbe, probe
from tryon_core.models import BytesSource, ImageSource

if TYPE_CHECKING:
    from PIL import Image

import attrs

from tryon_core.models import ImageRules


def load_upright(
    source: ImageSource, *, field: str, max_side_px: int | None = None
) -> "Image.Image":
    """Decode an image for looking at its pixels.

    The image is turned upright, has 8 bits per channel, is converted to sRGB when it carries a
    colour profile, and carries no metadata.

    Args:
        source: a path or bytes.
        field: the input that errors name, such as `person`.
        max_side_px: scale the image down until its longer side has this length; None keeps it.

    Returns:
        An image in mode `RGBA` when the file has transparency, else `RGB`.

    Raises:
        UnusableImage: as `probe`, and with code `image_animated`, `unsupported_format`,
            `unsupported_mode`, or `truncated` and `damaged` for pixel data.
        MissingExtra: Pillow is not installed.
    """
    require_pillow("Loading an image")
    from tryon_core.images.decoding import decode  # noqa: PLC0415  (needs Pillow)

    return decode(source, probe(source, field=field), field=field, max_side_px=max_side_px)


def check_whole(source: ImageSource, *, found: ImageProbe, field: str) -> None:
    """Make sure that an image is not cut off, at much less cost than by decoding it.

    A PNG whose checksums hold is not decompressed. A JPEG that has its end is decoded as if it had
    one row of pixels. All else is decoded, which decides.

    Args:
        source: a path or bytes.
        found: what `probe` returned.
        field: the input that errors name, such as `person`.

    Raises:
        UnusableImage: as `load_upright` for pixel data.
        MissingExtra: Pillow is not installed.
    """
    require_pillow("Checking an image")
    from tryon_core.images.decoding import check_pixels  # noqa: PLC0415  (needs Pillow)

    check_pixels(source, found, field=field)


@attrs.frozen
class Fitted:
    """An image within the rules.

    Attributes:
        source: the original when it satisfied the rules already, else the derivative in memory.
        changes: what was done, as sentences for people; empty when nothing was.
    """

    source: ImageSource
    changes: tuple[str, ...] = ()


def fit(source: ImageSource, rules: ImageRules, *, field: str) -> Fitted:
    """Bring an image within the rules, changing as little as possible.

    An image that satisfies the rules and is stored upright is returned untouched, with its
    metadata, after its pixels were decoded once to make sure that the file is whole. Otherwise the
    image is turned upright, scaled down to the longest side allowed, and written as JPEG or PNG
    within the limits for bytes; within those of `rules.fit_to` where that is possible. Transparency
    is kept while a PNG of at least half that size is possible, else it becomes white. Small
    images are enlarged up to four times when nothing else helps. The derivative is in sRGB,
    without metadata (no place, no camera, no comment), and always the same for the same input.

    Args:
        source: a path or bytes.
        rules: the limits.
        field: the input that errors and sentences name, such as `person`.

    Raises:
        UnusableImage: as `load_upright`, and when no derivative satisfies the rules, with code
            `image_format`, `image_too_small`, `image_too_large`, `image_too_few_bytes` or
            `image_too_many_bytes`.
        MissingExtra: Pillow is not installed.
    """
    require_pillow("Fitting an image")
    from tryon_core.images.encoding import derive  # noqa: PLC0415  (needs Pillow)

    return Fitted(*derive(source, rules, field=field))


def join_on_white(
    sources: Sequence[ImageSource], rules: ImageRules, *, field: str, is_beside: bool = False
) -> BytesSource:
    """Put images on one white image within the rules, in their order, for vendors that take one.

    Each is scaled down to the width of the narrowest one, and stands below the one before it; or it
    gets the height of the lowest one, and is put beside it. A tenth of that side is white between
    them. White is added at both sides where the result would be too narrow for the rules.

    Args:
        sources: paths or bytes, at least one.
        rules: the limits of the result.
        field: the input that errors name, such as `top`.
        is_beside: whether they stand beside each other.

    Raises:
        UnusableImage: as `fit`.
        MissingExtra: Pillow is not installed.
    """
    require_pillow("Putting images together")
    from tryon_core.images.encoding import joined  # noqa: PLC0415  (needs Pillow)

    images = [load_upright(source, field=field) for source in sources]
    return joined(images, rules, field=field, is_beside=is_beside)
