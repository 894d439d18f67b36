import pytest

from tryon_core.models import Artifact, BytesSource, GarmentRegion

IMAGE = Artifact(source=BytesSource(b"x"))


def _region(bbox):
    return GarmentRegion(category="top", bbox=bbox, mask=IMAGE, crop=IMAGE)


@pytest.mark.parametrize("bbox", [(0, 0, 0, 0), (10, 20, 30, 40)])
def test_a_box_is_four_pixel_numbers(bbox):
    assert _region(bbox).bbox == bbox


@pytest.mark.parametrize("bbox", [(1, 2, 3), [1, 2, 3, 4], (1.0, 2, 3, 4), (1, 2, 3, None), None])
def test_anything_else_is_no_box(bbox):
    with pytest.raises(TypeError, match="four whole numbers"):
        _region(bbox)


@pytest.mark.parametrize("bbox", [(100, 0, 50, 10), (0, 100, 10, 50)])
def test_width_and_height_do_not_pass_for_corners(bbox):
    with pytest.raises(ValueError, match="x1 <= x2"):
        _region(bbox)


def test_a_box_is_scaled_along_each_side():
    assert _region((1, 2, 30, 40)).scaled((2.0, 0.5)).bbox == (2, 1, 60, 20)
