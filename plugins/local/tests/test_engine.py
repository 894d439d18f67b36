import cv2
import numpy as np
import pytest
from PIL import Image

from drawings import (
    GARMENT_STYLES,
    PERSON_STYLES,
    draw_garment,
    draw_nobody,
    draw_person as drawn_person,
)
from tryon_local.body import Refused
from tryon_local.engine import dress_person, parse_garments
from tryon_local.notices import NOTICES

SIZE = (384, 512)


def photo_of(drawn):
    return np.asarray(drawn.image)


@pytest.fixture(scope="module")
def photo(person):
    """A drawn person as an array."""
    return photo_of(person)


def garment(name):
    return photo_of(draw_garment(GARMENT_STYLES[name], SIZE))


COMBINATIONS = (
    {"top": "coral tee"},
    {"top": "checked shirt"},
    {"bottom": "navy trousers"},
    {"bottom": "pleated skirt"},
    {"dress": "dotted dress"},
    {"top": "plum long sleeve", "bottom": "denim shorts"},
)


@pytest.mark.parametrize("names", COMBINATIONS, ids=lambda names: "+".join(names.values()))
def test_pixels_outside_the_edit_mask_are_those_of_the_photo(photo, names):
    preview = dress_person(photo, {category: garment(name) for category, name in names.items()})
    assert preview.image.shape == photo.shape
    assert preview.image.dtype == np.uint8
    assert (preview.image[~preview.edit_mask] == photo[~preview.edit_mask]).all()
    assert 0.02 < preview.edit_mask.mean() < 0.8
    assert set(preview.warnings) <= set(NOTICES)


@pytest.mark.parametrize("lowest", [0.4, 0.55])
@pytest.mark.parametrize("category", ["top", "dress"])
def test_people_whose_hands_lie_outside_of_the_photo_are_dressed(photo, category, lowest):
    upper_half = photo[: round(lowest * len(photo))]
    name = {"top": "coral tee", "dress": "dotted dress"}[category]
    preview = dress_person(upper_half, {category: garment(name)}, force=True)
    assert (preview.image[~preview.edit_mask] == upper_half[~preview.edit_mask]).all()
    assert preview.edit_mask.mean() > 0.02


@pytest.mark.parametrize(
    ("given", "name", "seen"),
    [
        ("top", "navy trousers", "bottom"),
        ("bottom", "coral tee", "top"),
        ("dress", "coral tee", "top"),
    ],
)
def test_a_garment_of_another_kind_is_refused_and_drawn_when_forced(photo, given, name, seen):
    with pytest.raises(
        Refused, match=f"{given}: .* outline of a {seen}; give it as {seen}"
    ) as caught:
        dress_person(photo, {given: garment(name)})
    assert (caught.value.code, caught.value.role) == ("other_garment", given)
    assert dress_person(photo, {given: garment(name)}, force=True).image.shape == photo.shape


def test_same_input_gives_same_bytes_on_any_number_of_threads(photo):
    before = cv2.getNumThreads()
    images = []
    try:
        for threads in (1, 2, 2):
            cv2.setNumThreads(threads)
            preview = dress_person(photo, {"top": garment("emblem tee")})
            images.append(preview.image.tobytes())
    finally:
        cv2.setNumThreads(before)
    assert len(set(images)) == 1


@pytest.mark.parametrize(
    "categories",
    [(), ("top", "dress"), ("bottom", "dress"), ("top", "bottom", "dress"), ("hat",)],
    ids="+".join,
)
def test_other_combinations_are_a_mistake_of_the_caller(photo, categories):
    with pytest.raises(ValueError, match="cannot be worn together"):
        dress_person(photo, dict.fromkeys(categories, garment("coral tee")))


def test_the_garment_that_is_blank_is_named(photo):
    blank = np.full((200, 150, 3), 255, np.uint8)
    with pytest.raises(Refused) as refusal:
        dress_person(photo, {"top": garment("coral tee"), "bottom": blank})
    assert (refusal.value.code, refusal.value.role) == ("no_garment", "bottom")


def test_nobody_is_refused():
    with pytest.raises(Refused) as refusal:
        dress_person(np.asarray(draw_nobody(SIZE)), {"top": garment("coral tee")})
    assert refusal.value.code == "no_person"


def test_a_cutout_dresses_like_an_image_on_paper(photo):
    style = GARMENT_STYLES["coral tee"]
    cutout = np.asarray(draw_garment(style, SIZE, background=None).image)
    on_paper, cut_out = (
        dress_person(photo, {"top": each}).image.astype(int)
        for each in (photo_of(draw_garment(style, SIZE)), cutout)
    )
    assert np.abs(on_paper - cut_out).mean() < 3


@pytest.mark.parametrize("name", ["coral tee", "teal tank", "navy trousers", "green summer dress"])
def test_the_garment_keeps_its_colour(name):
    wide, high = 576, 768
    drawn = draw_garment(GARMENT_STYLES[name], (wide, high))
    person = photo_of(drawn_person(PERSON_STYLES["ben"], (wide, high)))
    preview = dress_person(person, {drawn.category: photo_of(drawn)})
    pixels = preview.image[preview.edit_mask].astype(float)
    wanted = np.array(drawn.mean_colour, float)
    near = np.linalg.norm(pixels - wanted, axis=1) < 60
    assert near.mean() > 0.3
    assert np.abs(np.median(pixels[near], axis=0) - wanted).max() < 12


def test_the_result_has_the_photo_s_full_resolution():
    large = drawn_person(PERSON_STYLES["ben"], (1152, 1536))
    preview = dress_person(photo_of(large), {"top": garment("coral tee")})
    assert preview.image.shape == (1536, 1152, 3)
    assert preview.edit_mask.shape == (1536, 1152)


def test_worn_garments_are_returned_in_the_order_asked(photo):
    regions = parse_garments(photo, ("dress", "bottom", "top"))
    assert regions[0] is None
    assert [region.category for region in regions[1:]] == ["bottom", "top"]


def test_the_parsed_top_is_where_the_drawing_has_it(person, photo):
    (region,) = parse_garments(photo, ("top",))
    assert np.abs(np.subtract(region.bbox, person.bboxes["top"])).max() < 0.06 * photo.shape[0]


@pytest.mark.eval
@pytest.mark.parametrize(
    ("category", "names"),
    [
        ("top", ["00055", "048554"]),
        ("bottom", ["051412", "051946"]),
        ("dress", ["053290", "053319"]),
    ],
)
def test_real_photos_are_dressed(eval_images, eval_people, category, names):
    person = np.asarray(Image.open(eval_people[-1]).convert("RGB"))
    for name in names:
        path = eval_images / "garment" / f"{category}-{name}.jpg"
        if not path.is_file():
            pytest.skip(f"{path.name} is not among the real photos")
        image = np.asarray(Image.open(path).convert("RGB"))
        preview = dress_person(person, {category: image})
        assert (preview.image[~preview.edit_mask] == person[~preview.edit_mask]).all()
        assert "garment_fit_rough" not in preview.warnings
