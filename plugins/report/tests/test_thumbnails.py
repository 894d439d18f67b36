"""Thumbnails: small, upright, on white."""

import io

import pytest
from PIL import Image

from tryon_core import BytesSource
from tryon_core.errors import UnusableImage
from tryon_report import make_thumbnail


def _source(image, kind="PNG", **how):
    file = io.BytesIO()
    image.save(file, kind, **how)
    return BytesSource(file.getvalue())


def _pixels(thumbnail):
    return Image.open(io.BytesIO(thumbnail.data)).convert("RGB")


def test_a_thumbnail_keeps_the_shape_and_knows_the_size_of_the_whole():
    found = make_thumbnail(_source(Image.new("RGB", (600, 900), "navy")), side_px=90)
    assert (found.width, found.height) == (60, 90)
    assert (found.full_width, found.full_height) == (600, 900)
    assert _pixels(found).size == (60, 90)


def test_what_was_transparent_is_white():
    found = make_thumbnail(_source(Image.new("RGBA", (40, 40), (0, 0, 0, 0))))
    assert min(_pixels(found).getpixel((20, 20))) > 250


def test_a_turned_photo_stands_upright():
    photo = Image.new("RGB", (80, 40), "white")
    exif = photo.getexif()
    exif[0x0112] = 6
    found = make_thumbnail(_source(photo, "JPEG", exif=exif))
    assert (found.width, found.height, found.full_width) == (40, 80, 40)


def test_a_small_image_is_not_enlarged():
    assert make_thumbnail(_source(Image.new("L", (12, 10)))).width == 12


def test_its_address_needs_no_file():
    found = make_thumbnail(_source(Image.new("RGB", (12, 10))))
    assert found.uri.startswith("data:image/webp;base64,UklGR")


def test_a_damaged_image_is_refused():
    with pytest.raises(UnusableImage):
        make_thumbnail(BytesSource(b"\x89PNG\r\n\x1a\n" + bytes(40)))
