import numpy as np
import pytest

from tryon_local.body import Label, Parse
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.regions import find_region


@pytest.fixture(scope="module")
def scene(person):
    """Photo, body and parse of a drawn person."""
    photo = np.asarray(person.image)
    body = perceive(photo)
    return photo, body, parse_person(photo, body)


@pytest.mark.parametrize("category", ["top", "bottom"])
def test_the_box_is_that_of_the_mask(scene, category):
    region = find_region(*scene, category)
    rows, columns = np.nonzero(region.mask[..., 3])
    x1, y1, x2, y2 = region.bbox
    assert region.category == category
    assert (x1, y1, x2 - 1, y2 - 1) == (columns.min(), rows.min(), columns.max(), rows.max())


@pytest.mark.parametrize("category", ["top", "bottom"])
def test_the_crop_shows_the_garment_on_white(scene, category):
    photo = scene[0]
    region = find_region(*scene, category)
    x1, y1, x2, y2 = region.bbox
    inside = region.mask[y1:y2, x1:x2, 3] > 0
    assert region.crop.shape == (y2 - y1, x2 - x1, 3)
    assert np.array_equal(region.crop[inside], photo[y1:y2, x1:x2][inside])
    assert (region.crop[~inside] == 255).all()


def test_the_mask_is_a_translucent_tint_as_large_as_the_photo(scene):
    region = find_region(*scene, "top")
    assert region.mask.shape == (*scene[0].shape[:2], 4)
    assert set(np.unique(region.mask[..., 3])) == {0, 160}
    tinted = region.mask[region.mask[..., 3] > 0]
    assert (tinted == tinted[0]).all()
    assert not region.mask[region.mask[..., 3] == 0].any()


def test_top_and_bottom_do_not_overlap(scene):
    top, bottom = (find_region(*scene, category).mask[..., 3] for category in ("top", "bottom"))
    assert not ((top > 0) & (bottom > 0)).any()


def test_what_is_not_worn_has_no_region(scene):
    assert find_region(*scene, "dress") is None


def test_specks_far_from_the_garment_do_not_widen_the_box(scene):
    photo, body, parse = scene
    labels = parse.labels.copy()
    labels[5:8, 5:8] = Label.UPPER
    specked = Parse(labels=labels, is_dress=False)
    before = find_region(photo, body, parse, "top")
    assert find_region(photo, body, specked, "top").bbox == before.bbox
