"""Identical pixels: one derivative of each image, whoever gets it."""

import hashlib
import io

import pytest
from PIL import Image

from providers import picture
from tryon_core import BytesSource, UrlSource
from tryon_core.errors import DownloadFailed
from tryon_report.comparing.inputs import share_images, write_images


def _noise(size, kind="JPEG", mode="RGB"):
    file = io.BytesIO()
    Image.effect_noise(size, 40).convert(mode).save(file, kind)
    return file.getvalue()


def _never(url):
    raise AssertionError(f"{url} was fetched")


def test_an_image_that_suits_all_is_left_as_it_is_to_the_byte():
    data = _noise((400, 500))
    shared = share_images({"person": BytesSource(data)}, _never)
    image = shared.images["person"]
    assert image.data == data
    assert shared.changes == ()
    assert image.name == f"person-{hashlib.sha256(data).hexdigest()[:12]}.jpg"


def test_a_large_or_odd_image_becomes_one_derivative_and_it_is_said():
    shared = share_images({"top": BytesSource(_noise((2500, 1000), "WEBP"))}, _never)
    image = Image.open(io.BytesIO(shared.images["top"].data))
    assert (image.format, image.size) == ("JPEG", (1920, 768))
    assert shared.changes[0] == "top: 2500x1000 px reduced to 1920x768 px"


def test_greyscale_becomes_colour_for_all_since_one_vendor_refuses_grey():
    shared = share_images({"top": BytesSource(_noise((400, 500), mode="L"))}, _never)
    assert Image.open(io.BytesIO(shared.images["top"].data)).mode == "RGB"


def test_an_address_is_fetched_once_and_kept_for_vendors_that_read_addresses_only():
    fetched = []
    data = _noise((400, 500))
    address = UrlSource("https://shop.example/tee.jpg")

    def fetch(url):
        fetched.append(url)
        return data

    image = share_images({"top": address}, fetch).images["top"]
    assert (image.data, image.address, fetched) == (data, address, [address.url])


def test_the_address_of_an_image_that_was_changed_is_not_used():
    image = share_images(
        {"top": UrlSource("https://shop.example/tee.webp")}, lambda _: _noise((400, 500), "WEBP")
    ).images["top"]
    assert image.address is None


def test_every_image_that_cannot_be_used_is_named():
    def fail(url):
        raise DownloadFailed(f"{url}: HTTP 404.")

    images = {
        "person": BytesSource(b"no image"),
        "top": UrlSource("https://shop.example/gone.jpg"),
        "bottom": BytesSource(picture((10, 4000))),
    }
    shared = share_images(images, fail)
    assert shared.images == {}
    assert [problem.field for problem in shared.problems] == ["person", "top", "bottom"]
    assert "HTTP 404" in shared.problems[1].message


@pytest.mark.parametrize("times", [1, 2])
def test_images_are_written_under_names_made_of_their_content(tmp_path, times):
    shared = share_images({"person": BytesSource(_noise((400, 500)))}, _never)
    for _ in range(times):
        write_images(shared.images.values(), tmp_path)
    (file,) = (tmp_path / "inputs").iterdir()
    assert file.read_bytes() == shared.images["person"].data
    assert tmp_path / shared.images["person"].place == file
