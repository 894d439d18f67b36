import attrs
import numpy as np
import pytest
from PIL import Image, ImageDraw

from drawings import GARMENT_STYLES, PERSON_STYLES, GarmentStyle, draw_person
from tryon_local.body import Label, Parse
from tryon_local.frame import body_frame
from tryon_local.imaging import bounding_box
from tryon_local.parsing import garment_worn, parse_person
from tryon_local.perception import perceive

SIZE = (384, 512)
CATEGORIES = ("top", "bottom", "dress")
NAVY = (52, 66, 104)


def seen(drawn):
    photo = np.asarray(drawn.image)
    body = perceive(photo)
    return body, parse_person(photo, body)


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


def box_overlap(first, second):
    boxes = np.zeros((2, 4000, 4000), dtype=np.bool_)
    for canvas, (x1, y1, x2, y2) in zip(boxes, (first, second), strict=True):
        canvas[y1:y2, x1:x2] = True
    return overlap(*boxes)


@pytest.fixture(scope="module", params=PERSON_STYLES)
def worn(request):
    """Each drawn person, and what was seen of them."""
    drawn = draw_person(PERSON_STYLES[request.param], SIZE)
    return drawn, *seen(drawn)


def test_each_garment_is_found_where_it_was_drawn(worn):
    drawn, body, parse = worn
    for category in CATEGORIES:
        truth = np.asarray(drawn.masks[category]) > 127
        assert garment_worn(parse, body, category) == truth.any(), category
        if truth.any():
            mask = parse.garment_mask(category)
            assert overlap(mask, truth) > 0.9, category
            assert box_overlap(bounding_box(mask), drawn.bboxes[category]) >= 0.9, category


def test_labels_cover_the_person_and_nothing_else(worn):
    _, body, parse = worn
    labelled, inside = parse.labels != Label.BACKGROUND, body.mask > 0.5
    assert not labelled[~inside].any()
    # Beside an arm the silhouette may hold a little of the wall.
    assert labelled[inside].mean() > 0.999


def test_a_portrait_without_legs_has_a_top_and_no_shoes():
    drawn = draw_person(PERSON_STYLES["ivan"], (768, 1024))
    photo = np.asarray(drawn.image.crop((150, 0, 618, 468)))
    parse = parse_person(photo, perceive(photo))
    assert (parse.labels == Label.UPPER).any()
    assert not (parse.labels == Label.SHOE).any()


def test_faces_are_skin_or_hair(worn):
    drawn, _, parse = worn
    x, y = (round(value) for value in drawn.joints["nose"])
    assert set(np.unique(parse.labels[y - 8 : y + 8, x - 8 : x + 8])) <= {Label.SKIN, Label.HAIR}


def test_shoes_are_told_from_trousers(worn):
    drawn, _, parse = worn
    shoes = np.asarray(drawn.masks["shoes"]) > 127
    trousers = (parse.labels == Label.LOWER) & shoes
    assert trousers.sum() < 0.5 * shoes.sum()


def test_the_same_photo_gives_the_same_bytes(person):
    once, again = seen(person)[1], seen(person)[1]
    assert once.labels.tobytes() == again.labels.tobytes()


def test_trousers_and_top_of_one_colour_are_two_pieces():
    style = attrs.evolve(
        PERSON_STYLES["ben"],
        top=GarmentStyle("top", NAVY),
        bottom=GarmentStyle("bottom", NAVY),
        stance="apart",
    )
    drawn = draw_person(style, SIZE)
    _, parse = seen(drawn)
    assert not parse.is_dress
    for category in ("top", "bottom"):
        truth = drawn.bboxes[category]
        assert box_overlap(bounding_box(parse.garment_mask(category)), truth) > 0.8


@pytest.mark.parametrize(
    "name", [name for name, style in GARMENT_STYLES.items() if style.category == "dress"]
)
def test_a_dress_is_a_dress_on_anybody(name):
    for person in ("ben", "greta"):
        drawn = draw_person(attrs.evolve(PERSON_STYLES[person], dress=GARMENT_STYLES[name]), SIZE)
        assert seen(drawn)[1].is_dress


def test_a_sleeveless_top_leaves_the_arms_bare(worn):
    drawn, _, parse = worn
    skin = np.asarray(drawn.masks["skin"]) > 127
    assert ((parse.labels == Label.SKIN) & skin).sum() > 0.8 * skin.sum()


def test_a_photo_of_another_size_gives_the_same_garments(person):
    large = person.image.resize((900, 1200), Image.Resampling.BICUBIC)
    photo = np.asarray(large)
    parse = parse_person(photo, perceive(photo))
    truth = np.asarray(person.masks["top"].resize(large.size)) > 127
    assert overlap(parse.garment_mask("top"), truth) > 0.9


def test_a_few_pixels_are_not_a_garment(person):
    body, _ = seen(person)
    labels = np.zeros(body.mask.shape, dtype=np.uint8)
    labels[200:208, 200:208] = Label.UPPER
    parse = Parse(labels=labels, is_dress=False)
    assert not garment_worn(parse, body, "top")


def test_the_outline_backend_can_be_parsed_too(person):
    photo = np.asarray(person.image)
    body = perceive(photo, backend="silhouette")
    truth = np.asarray(person.masks["top"]) > 127
    assert overlap(parse_person(photo, body).garment_mask("top"), truth) > 0.8


@pytest.mark.eval
def test_real_people_wear_top_and_bottom(eval_people):
    for path in eval_people:
        photo = np.asarray(Image.open(path).convert("RGB"))
        body = perceive(photo)
        parse = parse_person(photo, body)
        worn = [category for category in CATEGORIES if garment_worn(parse, body, category)]
        assert worn == ["top", "bottom"], path.name


def test_a_belt_below_a_bare_midriff_belongs_to_the_trousers():
    black = (26, 26, 30)
    style = attrs.evolve(
        PERSON_STYLES["ivan"],
        top=GarmentStyle("top", black, sleeves="none"),
        bottom=GarmentStyle("bottom", (52, 56, 84)),
    )
    drawn = draw_person(style, SIZE)
    photo = np.asarray(drawn.image).copy()
    top = np.asarray(drawn.masks["top"]) > 0
    body = perceive(photo)
    height, _lateral = body_frame(body).grid(top.shape)
    photo[top & (height > 0.55) & (height < 0.72)] = style.skin
    parse = parse_person(photo, perceive(photo))
    band = top & (height > 0.76)
    assert (parse.garment_mask("top") & band).sum() < 0.02 * band.sum()


def test_a_collar_that_stands_above_the_chin_beside_the_neck_belongs_to_the_top():
    style = attrs.evolve(PERSON_STYLES["ivan"], top=GarmentStyle("top", NAVY, sleeves="long"))
    drawn = draw_person(style, (768, 1024))
    frame = body_frame(perceive(np.asarray(drawn.image)))
    chin = frame.coordinates(frame.chin)[0]
    draw = ImageDraw.Draw(drawn.image)
    for sign in (-1, 1):
        corners = ((chin - 0.06, 0.24), (chin - 0.06, 0.34), (0.05, 0.4), (0.05, 0.2))
        draw.polygon([tuple(frame.point(down, sign * out)) for down, out in corners], fill=NAVY)
    body, parse = seen(drawn)
    tips = [frame.point(chin - 0.03, sign * 0.28).round().astype(int) for sign in (-1, 1)]
    assert [body.mask[y, x] > 0.5 for x, y in tips] == [True, True]
    assert [parse.labels[y, x] for x, y in tips] == [Label.UPPER, Label.UPPER]
