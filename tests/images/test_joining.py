"""Several garments on one white image."""

import io

import pytest
from PIL import Image

from tryon_core.errors import UnusableImage
from tryon_core.images import check_image, join_on_white, load_upright, probe
from tryon_core.models import BytesSource, ImageRules

RULES = ImageRules(formats={"JPEG"}, max_bytes=500_000, min_side_px=300, max_side_px=2048)
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def drawn(size, colour, mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, "PNG")
    return BytesSource(buffer.getvalue())


def joined(*sources, rules=RULES, is_beside=False):
    source = join_on_white(sources, rules, field="top", is_beside=is_beside)
    assert check_image(probe(source, field="top"), rules, field="top") == ()
    return load_upright(source, field="top")


def near(colour):
    return pytest.approx(colour, abs=8)


def test_the_second_stands_below_the_first_with_white_between_them():
    image = joined(drawn((600, 400), RED), drawn((500, 600), BLUE))
    assert image.size == (500, 333 + 50 + 600)
    assert [image.getpixel((250, y)) for y in (5, 325, 358, 390, 975)] == [
        near(RED), near(RED), near(WHITE), near(BLUE), near(BLUE),
    ]  # fmt: skip


def test_the_second_stands_beside_the_first_with_white_between_them():
    image = joined(drawn((400, 600), RED), drawn((600, 500), BLUE), is_beside=True)
    assert image.size == (333 + 50 + 600, 500)
    assert [image.getpixel((x, 250)) for x in (5, 325, 358, 390, 975)] == [
        near(RED), near(RED), near(WHITE), near(BLUE), near(BLUE),
    ]  # fmt: skip


def test_neither_is_enlarged_and_what_is_too_long_is_scaled_down():
    image = joined(drawn((1500, 2000), RED), drawn((1500, 2000), BLUE))
    assert image.size == (740, 2048)


@pytest.mark.parametrize("is_beside", [False, True])
def test_white_is_added_at_the_sides_where_the_rules_want_a_wider_image(is_beside):
    size = (2000, 300) if is_beside else (300, 2000)
    image = joined(drawn(size, RED), drawn(size, BLUE), is_beside=is_beside)
    assert sorted(image.size) == [300, 2048]
    centre, edge = ((500, 150), (500, 5)) if is_beside else ((150, 500), (5, 500))
    assert (image.getpixel(centre), image.getpixel(edge)) == (near(RED), near(WHITE))


def test_transparent_parts_become_white():
    image = joined(drawn((400, 400), (0, 0, 0, 0), "RGBA"), drawn((400, 400), BLUE))
    assert image.getpixel((200, 200)) == near(WHITE)


def test_what_cannot_be_opened_is_named():
    with pytest.raises(UnusableImage) as caught:
        join_on_white([BytesSource(b"no image")], RULES, field="top")
    assert caught.value.field == "top"
