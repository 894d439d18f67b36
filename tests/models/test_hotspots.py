"""Where a garment is, in the units of other programs."""

import json

import pytest
from hypothesis import given, strategies as st

from tryon_core import BytesSource, Hotspot, Notice, errors
from tryon_core.models import Artifact, GarmentRegion

IMAGE = Artifact(source=BytesSource(b"x"))
SIDES = st.integers(1, 50_000_000)


def region(bbox=(96, 128, 288, 512), **facts):
    return GarmentRegion(category="top", bbox=bbox, mask=IMAGE, crop=IMAGE, **facts)


@st.composite
def hotspots(draw):
    ends = {}
    for name in ("width", "height"):
        side = draw(SIDES)
        start = draw(st.integers(0, side - 1))
        ends[name] = side, start, draw(st.integers(1, side - start))
    (width, x, across), (height, y, down) = ends["width"], ends["height"]
    box = (x, y, x + across, y + down)
    return region(box, photo_size_px=(width, height)).hotspot()


def test_a_box_is_told_in_four_units():
    spot = region(photo_size_px=(768, 1024)).hotspot()
    assert (spot.x_px, spot.y_px, spot.width_px, spot.height_px) == (96, 128, 192, 384)
    assert spot.normalised == (0.125, 0.125, 0.25, 0.375)
    assert spot.percent == (12.5, 12.5, 25.0, 37.5)
    assert spot.css == "left: 12.5%; top: 12.5%; width: 25%; height: 37.5%"


def test_its_json_has_all_of_them():
    plain = region((1, 2, 3, 4), photo_size_px=(3, 4)).hotspot().to_plain()
    assert json.loads(json.dumps(plain)) == {
        "category": "top",
        "photo": {"width_px": 3, "height_px": 4},
        "pixels": {"x": 1, "y": 2, "width": 2, "height": 2},
        "normalised": {"x": 0.33333333, "y": 0.5, "width": 0.66666667, "height": 0.5},
        "percent": {"x": 33.333333, "y": 50.0, "width": 66.666667, "height": 50.0},
        "css": "left: 33.333333%; top: 50%; width: 66.666667%; height: 50%",
        "notices": [],
    }


def pixels_of(shares, whole, spot):
    x, y, width, height = (share / whole for share in shares)
    across, down = spot.photo_width_px, spot.photo_height_px
    return round(x * across), round(y * down), round(width * across), round(height * down)


def css_numbers(spot):
    return [float(part.split(": ")[1].removesuffix("%")) for part in spot.css.split("; ")]


@given(hotspots())
def test_every_unit_gives_the_same_pixels_again(spot):
    pixels = (spot.x_px, spot.y_px, spot.width_px, spot.height_px)
    assert pixels_of(spot.normalised, 1, spot) == pixels
    assert pixels_of(spot.percent, 100, spot) == pixels
    assert pixels_of(css_numbers(spot), 100, spot) == pixels


@given(hotspots())
def test_no_box_is_rounded_out_of_its_photo_or_to_nothing(spot):
    for (x, y, width, height), whole in (
        (spot.normalised, 1),
        (spot.percent, 100),
        (css_numbers(spot), 100),
    ):
        assert min(x, y) >= 0
        assert x + width <= whole
        assert y + height <= whole
        assert min(width, height) > 0


@given(st.tuples(*[st.integers(-100, 200)] * 4).filter(lambda box: box[0] <= box[2]), SIDES)
def test_a_box_is_cut_to_the_photo_or_refused(box, side):
    if box[1] > box[3]:
        with pytest.raises(ValueError, match="x1 <= x2"):
            region(box)
        return
    found = region(box)
    cut = (max(box[0], 0), max(box[1], 0), min(box[2], side), min(box[3], 50))
    if cut[0] >= cut[2] or cut[1] >= cut[3]:
        with pytest.raises(errors.InputError, match="holds no pixel"):
            found.hotspot((side, 50))
        return
    spot = found.hotspot((side, 50))
    right, bottom = spot.x_px + spot.width_px, spot.y_px + spot.height_px
    assert (spot.x_px, spot.y_px, right, bottom) == cut
    assert bool(spot.notices) is (cut != box)


def test_a_cut_box_has_a_notice_that_says_what_it_was():
    spot = region((-5, 0, 60, 40)).hotspot((48, 64))
    message = "top: the box (-5, 0, 60, 40) leaves the photo and is cut to (0, 0, 48, 40)."
    assert spot.notices == (Notice("box_cut", message),)
    assert spot.to_plain()["notices"] == [{"code": "box_cut", "message": message}]


def test_a_photo_of_unknown_size_needs_it_to_be_given():
    with pytest.raises(errors.InputError, match=r"top was found") as caught:
        region().hotspot()
    assert "region.hotspot((width_px, height_px))" in caught.value.remedy
    assert isinstance(region().hotspot((768, 1024)), Hotspot)
