"""Results, their images and found garments, as a person looks at them."""

import io
from datetime import datetime, timezone

import pytest
from PIL import Image

from tryon_core.errors import MissingExtra, UnusableImage
from tryon_core.models import Job
from tryon_core.results import ResultImage, TryOnResult

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
_TURNED = 6
_ORIENTATION = 0x0112


def file_of(image: Image.Image, format_name: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **how)
    return file.getvalue()


def result_of(*files: bytes) -> TryOnResult:
    job = Job(provider="acme", id="j1", submitted_at=NOW)
    return TryOnResult(job=job, images=tuple(ResultImage(data=each, format="") for each in files))


def test_the_image_of_a_result_is_a_pillow_image_of_the_first_file():
    first, second = Image.new("RGB", (6, 8), "red"), Image.new("RGB", (3, 4), "blue")
    result = result_of(file_of(first), file_of(second))
    assert isinstance(result.image, Image.Image)
    assert (result.image.size, result.image.getpixel((0, 0))) == ((6, 8), (255, 0, 0))
    assert result.images[1].decoded().getpixel((0, 0)) == (0, 0, 255)


def test_an_image_is_shown_upright_in_rgb_and_scaled_down_on_demand():
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED
    result = result_of(file_of(Image.new("L", (64, 32), 90), "JPEG", exif=exif))
    assert (result.image.mode, result.image.size) == ("RGB", (32, 64))
    assert result.images[0].decoded(max_side_px=16).size == (8, 16)


def test_changing_the_decoded_image_changes_no_result():
    result = result_of(file_of(Image.new("RGB", (2, 2), "red")))
    result.image.putpixel((0, 0), (0, 0, 0))
    assert result.image.getpixel((0, 0)) == (255, 0, 0)


def test_an_image_that_cannot_be_decoded_says_so_and_keeps_its_bytes():
    whole = file_of(Image.effect_noise((64, 64), 50))
    result = result_of(whole[: len(whole) // 2])
    with pytest.raises(UnusableImage, match="cut off"):
        _ = result.image
    assert result.images[0].data


def test_without_pillow_the_image_names_what_to_install(monkeypatch):
    result = result_of(file_of(Image.new("RGB", (2, 2))))
    monkeypatch.setattr("tryon_core.image_formats.has_pillow", lambda: False)
    with pytest.raises(MissingExtra, match="Pillow") as caught:
        _ = result.image
    assert "images" in caught.value.remedy
