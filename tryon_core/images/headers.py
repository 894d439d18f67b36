"""Size, mode, orientation and frames of an image, from its header alone."""

from typing import BinaryIO

import attrs
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin

from tryon_core.images.chunks import png_exif, webp_header
from tryon_core.images.opening import open_image, quiet

_ALPHA_BANDS = frozenset("Aa")


@attrs.frozen(kw_only=True)
class Header:
    """What the header of a file says; the sides are those of the stored, unturned picture."""

    width_px: int
    height_px: int
    mode: str
    orientation: int = 1
    frames: int = 1
    has_alpha: bool = False


def _valid_orientation(value: object) -> int:
    """Return the orientation 1..8 that a tag holds, 1 when it holds nonsense."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004  (EXIF)


def _exif_orientation(exif_block: bytes) -> int:
    """Return the orientation 1..8 in an EXIF block, 1 when there is none."""
    exif = Image.Exif()
    try:
        exif.load(exif_block)
        return _valid_orientation(exif.get(ExifTags.Base.Orientation))
    except Exception:  # noqa: BLE001  (a damaged EXIF block does not damage the picture)
        return 1


def _has_alpha(image: ImageFile.ImageFile) -> bool:
    return bool(_ALPHA_BANDS & set(image.getbands())) or "transparency" in image.info


def _webp(file: BinaryIO, size: int) -> Header:
    # Pillow reads WebP files whole, and allocates the canvas at once.
    found = webp_header(file, size)
    return Header(
        width_px=found.width_px,
        height_px=found.height_px,
        mode="RGBA" if found.has_alpha else "RGB",
        orientation=_exif_orientation(found.exif),
        frames=found.frames,
        has_alpha=found.has_alpha,
    )


def _orientation(image: ImageFile.ImageFile, file: BinaryIO, size: int) -> int:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _valid_orientation(image.tag_v2.get(ExifTags.Base.Orientation))
    exif = png_exif(file, size) if image.format == "PNG" else image.info.get("exif", b"")
    return _exif_orientation(exif)


def _stored_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # Pillow swaps the sides of turned TIFF files, depending on its version.
        tags = image.tag_v2
        return int(tags[ExifTags.Base.ImageWidth]), int(tags[ExifTags.Base.ImageLength])
    return image.size


def read_header(file: BinaryIO, format_name: str, size: int) -> Header:
    """Read the header of an image, without decoding a pixel.

    Args:
        file: the open file, at its beginning.
        format_name: a format that Pillow can open.
        size: length of the file in bytes.

    Raises:
        Exception: nearly any, when the file is damaged; `EOFError` when it is certainly cut.
    """
    with quiet():
        if format_name == "WEBP":
            return _webp(file, size)
        image = open_image(file, format_name)
        width_px, height_px = _stored_size(image)
        return Header(
            width_px=width_px,
            height_px=height_px,
            mode=image.mode,
            orientation=_orientation(image, file, size),
            # A JPEG with further pictures behind it (MPO) shows its first one everywhere.
            frames=int(getattr(image, "n_frames", 1)),
            has_alpha=_has_alpha(image),
        )
