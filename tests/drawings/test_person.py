"""Drawn people and the truth about them."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageChops

from drawings import (
    GARMENT_STYLES,
    PERSON_STYLES,
    Build,
    GarmentStyle,
    PersonStyle,
    draw_person,
)

SIZE = (192, 256)
EXAMPLES = max(10, settings().max_examples // 10)  # 100 in the profile `thorough`
PARTS = ("top", "bottom", "dress", "skin", "hair", "shoes")
TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")

colours = st.tuples(*[st.integers(0, 255)] * 3)
parts = st.floats(0, 1)
factors = st.floats(0.88, 1.15)


def garments(category):
    return st.builds(
        GarmentStyle,
        st.just(category),
        colours,
        sleeves=st.sampled_from(["none", "short", "long"]),
        neck=st.sampled_from(["crew", "v", "scoop", "shirt", "hood", "high"]),
        cut=st.sampled_from(["trousers", "shorts", "skirt"]),
        fit=parts,
        flare=parts,
        length=st.floats(0, 2),
        pattern=st.sampled_from(["plain", "stripes", "bars", "dots", "checks", "emblem"]),
        accent=colours,
    )


people = st.builds(
    PersonStyle,
    colours,
    colours,
    hair_style=st.sampled_from(["crop", "short", "bob", "long", "bun", "curly", "afro", "bald"]),
    beard=st.booleans(),
    build=st.builds(
        Build, st.floats(0.6, 0.94), st.floats(0.8, 1.5), shoulders=factors, hips=factors
    ),
    left_arm=st.sampled_from(["relaxed", "away", "hip", "crossed"]),
    right_arm=st.sampled_from(["relaxed", "away", "hip", "crossed"]),
    stance=st.sampled_from(["together", "apart", "seated"]),
    top=garments("top"),
    bottom=garments("bottom"),
    dress=st.none() | garments("dress"),
    tucked=st.booleans(),
    seed=st.integers(0, 9),
)


def area(mask):
    return mask.histogram()[255]


@pytest.fixture(scope="module", params=PERSON_STYLES)
def named(request):
    style = PERSON_STYLES[request.param]
    return style, draw_person(style, SIZE)


def assert_truth_is_consistent(drawn, size):
    assert drawn.image.mode == "RGB"
    assert drawn.image.size == size
    assert set(drawn.masks) == {*PARTS, "person"}
    for name, mask in drawn.masks.items():
        assert mask.mode == "L"
        assert mask.size == size
        assert drawn.bboxes[name] == mask.getbbox()
        assert area(mask) + mask.histogram()[0] == size[0] * size[1]
        assert (name in drawn.colours) == (mask.getbbox() is not None)
    assert sum(area(drawn.masks[name]) for name in PARTS) == area(drawn.masks["person"])
    union = Image.new("L", size)
    for name in PARTS:
        union = ImageChops.lighter(union, drawn.masks[name])
    assert union.tobytes() == drawn.masks["person"].tobytes()


def test_the_truth_of_a_named_person_is_consistent(named):
    assert_truth_is_consistent(named[1], SIZE)


@settings(max_examples=EXAMPLES, deadline=None)
@given(people)
def test_the_truth_of_any_person_is_consistent_and_its_joints_are_on_the_person(style):
    drawn = draw_person(style, (96, 128))
    assert_truth_is_consistent(drawn, (96, 128))
    worn = {name for name in ("top", "bottom", "dress") if drawn.bboxes[name]}
    assert worn == ({"dress"} if style.dress else {"top", "bottom"})
    mask = drawn.masks["person"]
    for name, (x, y) in drawn.joints.items():
        assert mask.getpixel((round(x - 0.5), round(y - 0.5))) == 255, name


def test_left_is_left_in_the_picture(named):
    joints = named[1].joints
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "eye", "mouth"):
        assert joints[f"left_{name}"][0] < joints[f"right_{name}"][0]


def test_proportions_are_those_of_an_adult(named):
    drawn = named[1]
    joints = {name: y for name, (_, y) in drawn.joints.items()}
    crown_to_eye = 0.5 * 0.137
    height = (joints["left_ankle"] - joints["left_eye"]) / (0.952 - crown_to_eye)
    shoulder_width = drawn.joints["right_shoulder"][0] - drawn.joints["left_shoulder"][0]
    assert 0.16 < shoulder_width / height < 0.26
    assert joints["left_eye"] < joints["nose"] < joints["left_mouth"] < joints["left_shoulder"]
    assert joints["left_shoulder"] < joints["left_hip"] < joints["left_knee"] < joints["left_ankle"]


def test_a_wrist_of_a_hanging_arm_reaches_the_hip(named):
    style, drawn = named
    for side, arm in (("left", style.left_arm), ("right", style.right_arm)):
        wrist, hip = drawn.joints[f"{side}_wrist"][1], drawn.joints[f"{side}_hip"][1]
        torso = hip - drawn.joints[f"{side}_shoulder"][1]
        assert (abs(wrist - hip) < 0.16 * torso) == (arm != "hip")


def test_the_figure_keeps_a_margin_to_the_picture(named):
    x1, y1, x2, y2 = named[1].bboxes["person"]
    assert x1 > 0
    assert y1 > 0
    assert x2 < SIZE[0]
    assert y2 < SIZE[1]


def test_clothes_cover_the_torso(named):
    style, drawn = named
    shoulders, hips = drawn.joints["left_shoulder"], drawn.joints["right_hip"]
    middle = (
        round((shoulders[0] + drawn.joints["right_shoulder"][0]) / 2),
        round(0.4 * shoulders[1] + 0.6 * hips[1]),
    )
    assert drawn.masks["dress" if style.dress else "top"].getpixel(middle) == 255


def test_colours_are_close_to_those_of_the_style():
    style = attrs.evolve(
        PERSON_STYLES["femi"],
        top=GARMENT_STYLES["coral tee"],
        bottom=GARMENT_STYLES["denim shorts"],
    )
    drawn = draw_person(style, SIZE)
    wanted = {"skin": style.skin, "top": style.top.colour, "bottom": style.bottom.colour}
    for name, colour in wanted.items():
        assert max(abs(a - b) for a, b in zip(drawn.colours[name], colour, strict=True)) < 26


def test_long_sleeves_leave_less_skin_than_short_ones_and_those_less_than_none():
    def skin(sleeves):
        dress = GarmentStyle("dress", sleeves=sleeves)
        style = PersonStyle(dress=dress)
        return area(draw_person(style, SIZE).masks["skin"])

    assert skin("long") < skin("short") < skin("none")


@pytest.mark.parametrize("category", ["top", "bottom", "dress"])
def test_a_longer_garment_reaches_lower(category):
    def lower_edge(length):
        worn = GarmentStyle(category, (200, 60, 60), cut="skirt", length=length)
        return draw_person(PersonStyle(**{category: worn}), SIZE).bboxes[category][3]

    assert lower_edge(0) < lower_edge(0.5) < lower_edge(1)


def test_a_seated_person_is_lower_and_stands_on_the_same_floor():
    standing, seated = (
        draw_person(PersonStyle(stance=stance), SIZE) for stance in ("apart", "seated")
    )
    assert abs(seated.bboxes["shoes"][3] - standing.bboxes["shoes"][3]) <= 1
    assert seated.bboxes["hair"][1] > standing.bboxes["hair"][1] + 20
    thigh, shin = (
        seated.joints[f"left_{low}"][1] - seated.joints[f"left_{high}"][1]
        for high, low in (("hip", "knee"), ("knee", "ankle"))
    )
    assert thigh < 0.5 * shin


def test_crossed_arms_are_before_the_chest():
    style = PersonStyle(left_arm="crossed", right_arm="crossed")
    joints = draw_person(style, SIZE).joints
    assert joints["left_wrist"][0] > joints["right_wrist"][0]
    assert joints["left_wrist"][1] < joints["left_hip"][1]


def test_sleeves_with_flare_are_wider_at_the_cuff():
    def top(flare):
        worn = GarmentStyle(sleeves="long", flare=flare)
        return draw_person(PersonStyle(top=worn), SIZE).bboxes["top"]

    assert top(1.0)[2] - top(1.0)[0] > top(0.0)[2] - top(0.0)[0] + 8


def test_a_high_neck_covers_the_neck():
    def skin(neck):
        return area(draw_person(PersonStyle(top=GarmentStyle(neck=neck)), SIZE).masks["skin"])

    assert skin("high") < skin("crew") - 100


def test_a_tucked_top_ends_at_the_waistband():
    style = PERSON_STYLES["greta"]
    tucked, loose = (draw_person(attrs.evolve(style, tucked=t), SIZE) for t in (True, False))
    assert tucked.bboxes["top"][3] < loose.bboxes["top"][3]
    assert tucked.bboxes["bottom"][1] < loose.bboxes["bottom"][1]


def test_a_wider_build_is_wider():
    def width(build):
        x1, _, x2, _ = draw_person(PersonStyle(build=build), SIZE).bboxes["person"]
        return x2 - x1

    assert width(Build(width=0.8)) < width(Build(width=1.1)) < width(Build(width=1.5))


def test_a_bald_person_has_no_hair():
    assert draw_person(PersonStyle(hair_style="bald"), SIZE).bboxes["hair"] is None


def test_a_beard_counts_as_hair():
    bearded = draw_person(PersonStyle(hair_style="bald", beard=True), SIZE)
    _, top, _, bottom = bearded.bboxes["hair"]
    assert top > bearded.joints["left_eye"][1] - 2
    assert bottom > bearded.joints["left_mouth"][1]


def test_another_top_changes_nothing_but_the_surroundings_of_the_top():
    before = PERSON_STYLES["ben"]
    after = attrs.evolve(before, top=GARMENT_STYLES["coral tee"])
    old, new = (draw_person(style, SIZE) for style in (before, after))
    changed = ImageChops.difference(old.image, new.image).getbbox()
    x1, y1, x2, y2 = old.bboxes["top"]
    assert changed[0] >= x1 - 4
    assert changed[1] >= y1 - 4
    assert changed[2] <= x2 + 4
    assert changed[3] <= y2 + 8


def test_the_same_style_gives_the_same_pixels_also_in_threads():
    style = PERSON_STYLES["chika"]
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda _: draw_person(style, SIZE), range(3)))
    for a, b in itertools.pairwise(drawn):
        assert a.image.tobytes() == b.image.tobytes()
        assert a.joints == b.joints


def test_the_seed_moves_the_folds():
    style = PERSON_STYLES["hana"]
    pictures = [draw_person(attrs.evolve(style, seed=seed), SIZE).image for seed in (1, 2)]
    assert pictures[0].tobytes() != pictures[1].tobytes()


@pytest.mark.parametrize("size", [(96, 128), (192, 256), (256, 192), (300, 300)])
def test_any_size_holds_the_whole_person(size):
    drawn = draw_person(PERSON_STYLES["femi"], size)
    assert_truth_is_consistent(drawn, size)
    x1, y1, x2, y2 = drawn.bboxes["person"]
    assert x1 > 0
    assert y1 > 0
    assert x2 < size[0]
    assert y2 < size[1]


def test_the_truth_scales_with_the_picture():
    small, large = (draw_person(PERSON_STYLES["ada"], (96 * k, 128 * k)) for k in (1, 3))
    for name in TORSO:
        for a, b in zip(small.joints[name], large.joints[name], strict=True):
            assert b == pytest.approx(3 * a)


def test_the_truth_cannot_be_changed(named):
    with pytest.raises(TypeError):
        named[1].masks["top"] = None
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        named[1].image = None
