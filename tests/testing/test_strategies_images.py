import io

import pytest
from hypothesis import given, settings
from PIL import Image

from tryon_core.images import check_image, check_request_images, probe
from tryon_core.models import BytesSource, ImageRules
from tryon_testing.strategies.images import (
    ImageSpec,
    broken_images,
    images_within,
    valid_images,
)

STRICT = ImageRules(
    formats={"JPEG", "PNG"}, min_bytes=5_000, max_bytes=200_001, min_side_px=64, max_side_px=512
)
RULES = [
    ImageRules(),
    STRICT,
    ImageRules(formats={"JPEG"}, max_bytes=3_000_000, min_side_px=256, max_side_px=1920),
    ImageRules(formats={"BMP", "GIF", "TIFF", "WEBP"}, min_side_px=10, max_side_px=9000),
    ImageRules(formats={"PNG", "HEIC"}, min_bytes=100_000, max_bytes=100_000),
]


@pytest.mark.parametrize("rules", RULES)
def test_every_image_satisfies_its_rules(rules):
    for spec in images_within(rules):
        assert check_image(probe(spec.draw(), field="person"), rules, field="person") == ()


@pytest.mark.parametrize("rules", RULES)
def test_every_image_can_be_decoded_whole(rules):
    for spec in images_within(rules):
        with Image.open(io.BytesIO(spec.draw().data)) as opened:
            opened.load()
            assert opened.size == (spec.width_px, spec.height_px)
            assert opened.format == spec.format


def test_the_exact_limits_are_among_them():
    found = [probe(spec.draw(), field="person") for spec in images_within(STRICT)]
    assert {5_000, 200_001} <= {entry.size_bytes for entry in found}
    sizes = {(entry.width_px, entry.height_px) for entry in found}
    assert {(64, 64), (64, 512), (512, 64)} <= sizes
    assert {entry.format for entry in found} == {"JPEG", "PNG"}


@pytest.mark.parametrize("rules", RULES)
def test_every_broken_image_breaks_one_rule(rules):
    for broken in broken_images(rules):
        found = check_request_images({"person": broken.make()}, lambda _: rules)
        assert len(found) == 1, broken.why


def test_the_first_value_beyond_each_limit_is_broken():
    assert [broken.why for broken in broken_images(STRICT)] == [
        "one pixel too low",
        "one pixel too narrow",
        "one pixel too wide",
        "one pixel too high",
        "BMP file",
        "GIF file",
        "TIFF file",
        "WEBP file",
        "one byte too short",
        "one byte too long",
        "empty file",
        "web page",
        "cut within its header",
        "missing file",
        "address of FTP",
    ]


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("gap", [0, 1, 11, 12, 65_000, 65_001, 200_003])
def test_padding_hits_the_length_and_keeps_the_image(format_name, gap):
    natural = len(ImageSpec(format_name, 20, 10).draw().data)
    data = ImageSpec(format_name, 20, 10, natural + gap).draw().data
    assert len(data) == natural + gap
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()


def test_a_image_is_drawn_once():
    assert ImageSpec("PNG", 33, 44).draw().data is ImageSpec("PNG", 33, 44).draw().data


def test_rules_that_no_drawable_image_satisfies_are_named():
    with pytest.raises(ValueError, match=r"no image that Pillow can draw satisfies .*HEIC"):
        images_within(ImageRules(formats={"HEIC"}))


@settings(max_examples=20)
@given(valid_images(STRICT))
def test_drawn_images_are_in_memory_and_named_after_what_they_are(image):
    assert isinstance(image, BytesSource)
    found = probe(image, field="person")
    assert image.name == f"{found.width_px}x{found.height_px}.{found.format.lower()}"
