"""The named people and garments."""

from drawings import GARMENT_STYLES, PERSON_STYLES


def test_people_are_varied():
    styles = PERSON_STYLES.values()
    assert len({style.skin for style in styles}) >= 8
    assert len({style.hair_style for style in styles}) >= 6
    assert len({style.build for style in styles}) >= 6
    assert {style.left_arm for style in styles} == {"relaxed", "away", "hip"}
    assert {style.stance for style in styles} == {"together", "apart"}


def test_people_wear_all_kinds_of_clothes():
    dressed = [style for style in PERSON_STYLES.values() if style.dress]
    others = [style for style in PERSON_STYLES.values() if not style.dress]
    assert len(dressed) >= 2
    assert sum(style.bottom.cut == "trousers" for style in others) >= 3
    assert sum(style.bottom.cut != "trousers" for style in others) >= 2
    assert {style.top.sleeves for style in others} == {"none", "short", "long"}


def test_garments_cover_all_categories():
    styles = GARMENT_STYLES.values()
    assert len(styles) >= 10
    tops = {s.sleeves for s in styles if s.category == "top"}
    bottoms = {s.cut for s in styles if s.category == "bottom"}
    dresses = {s.sleeves for s in styles if s.category == "dress"}
    assert tops == dresses == {"none", "short", "long"}
    assert bottoms == {"trousers", "shorts", "skirt"}


def test_people_wear_what_their_slot_is_for():
    for style in PERSON_STYLES.values():
        assert style.top.category == "top"
        assert style.bottom.category == "bottom"
        assert style.dress is None or style.dress.category == "dress"
