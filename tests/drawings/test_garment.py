"""Drawn garments and the truth about them."""

import attrs
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageChops, ImageDraw

from drawings import GARMENT_STYLES, GarmentStyle, draw_garment

SIZE = (192, 256)
EXAMPLES = max(10, settings().max_examples // 10)  # 100 in the profile `thorough`
parts = st.floats(0, 1)
styles = st.builds(
    GarmentStyle,
    st.sampled_from(["top", "bottom", "dress"]),
    sleeves=st.sampled_from(["none", "short", "long"]),
    neck=st.sampled_from(["crew", "v", "scoop", "shirt", "hood", "high"]),
    cut=st.sampled_from(["trousers", "shorts", "skirt"]),
    fit=parts,
    flare=parts,
    length=st.floats(0, 2),
    pattern=st.sampled_from(["plain", "stripes", "bars", "dots", "checks", "emblem"]),
)


def runs(mask, y):
    """Count the separate pieces of a mask in one row."""
    row = [mask.getpixel((x, y)) > 0 for x in range(mask.width)]
    return sum(now and not before for before, now in zip([False, *row], row, strict=False))


def pieces(mask):
    """Count the connected pieces of a mask that are larger than a speck."""
    left, found = mask.copy(), 0
    while left.getbbox():
        x1, y1, x2, _ = left.getbbox()
        start = next(x for x in range(x1, x2) if left.getpixel((x, y1)))
        before = left.histogram()[255]
        ImageDraw.floodfill(left, (start, y1), 0)
        found += before - left.histogram()[255] > 3
    return found


@pytest.mark.parametrize("name", GARMENT_STYLES)
def test_a_named_garment_is_the_same_with_and_without_its_background(name):
    style = GARMENT_STYLES[name]
    drawn, clear = draw_garment(style, SIZE), draw_garment(style, SIZE, background=None)
    assert drawn.category == style.category
    assert drawn.image.mode == "RGB"
    assert clear.image.mode == "RGBA"
    alpha = clear.image.getchannel("A")
    assert alpha.point(lambda value: 255 if value >= 128 else 0).tobytes() == drawn.mask.tobytes()
    assert clear.mask.tobytes() == drawn.mask.tobytes()
    assert clear.mean_colour == drawn.mean_colour

    inner = alpha.point(lambda value: 255 if value == 255 else 0)
    difference = ImageChops.difference(clear.image.convert("RGB"), drawn.image)
    assert Image.composite(difference, Image.new("RGB", SIZE), inner).getbbox() is None

    mirrored = drawn.mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    asymmetric = ImageChops.difference(drawn.mask, mirrored).histogram()[255]
    assert asymmetric < 0.02 * drawn.mask.histogram()[255]


@settings(max_examples=EXAMPLES, deadline=None)
@given(styles)
def test_any_garment_is_one_centred_piece_with_a_margin(style):
    drawn = draw_garment(style, SIZE)
    x1, y1, x2, y2 = drawn.mask.getbbox()
    assert min(x1, y1, SIZE[0] - x2, SIZE[1] - y2) >= 6
    assert abs(x1 + x2 - SIZE[0]) <= 3
    assert abs(y1 + y2 - SIZE[1]) <= 16
    assert max((x2 - x1) / SIZE[0], (y2 - y1) / SIZE[1]) > 0.75
    assert pieces(drawn.mask) == 1


def test_a_plain_garment_has_about_the_colour_of_its_cloth():
    drawn = draw_garment(GARMENT_STYLES["coral tee"], SIZE)
    wanted = GARMENT_STYLES["coral tee"].colour
    assert max(abs(a - b) for a, b in zip(drawn.mean_colour, wanted, strict=True)) < 16


def test_trousers_have_two_legs_and_a_skirt_has_none():
    trousers = draw_garment(GARMENT_STYLES["navy trousers"], SIZE).mask
    skirt = draw_garment(GARMENT_STYLES["pleated skirt"], SIZE).mask
    assert runs(trousers, round(0.8 * SIZE[1])) == 2
    assert runs(skirt, round(0.6 * SIZE[1])) == 1


def test_sleeves_hang_beside_the_body_and_a_tank_has_none():
    sleeved = draw_garment(GARMENT_STYLES["plum long sleeve"], SIZE).mask
    tank = draw_garment(GARMENT_STYLES["teal tank"], SIZE).mask
    assert runs(sleeved, SIZE[1] // 2) == 3
    assert runs(tank, SIZE[1] // 2) == 1


@pytest.mark.parametrize("pattern", ["stripes", "bars", "dots", "checks", "emblem"])
def test_a_print_shows_the_accent_without_changing_the_outline(pattern):
    plain = GarmentStyle("top", (40, 60, 90), accent=(250, 240, 60))
    printed = attrs.evolve(plain, pattern=pattern)
    before, after = draw_garment(plain, SIZE), draw_garment(printed, SIZE)
    assert before.mask.tobytes() == after.mask.tobytes()
    assert after.mean_colour[0] > before.mean_colour[0]


def test_the_background_is_the_given_colour():
    drawn = draw_garment(GARMENT_STYLES["navy trousers"], SIZE, background=(10, 200, 30))
    assert drawn.image.getpixel((0, 0)) == (10, 200, 30)


@pytest.mark.parametrize("name", ["checked shirt", "navy trousers", "dotted dress"])
def test_the_same_style_gives_the_same_pixels(name):
    first, second = (draw_garment(GARMENT_STYLES[name], SIZE).image for _ in range(2))
    assert first.tobytes() == second.tobytes()
