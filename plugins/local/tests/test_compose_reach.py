"""Trousers and skirts reach the arms that hang before wider old ones."""

import attrs
import numpy as np
import pytest

from drawings import PERSON_STYLES, draw_person
from tryon_local.body import Label
from tryon_local.compose.reach import reaching_arms
from wearers import edges, skirt, wearer_in


@pytest.fixture(scope="module")
def wearer():
    return wearer_in(np.asarray(draw_person(PERSON_STYLES["ben"], (384, 512)).image))


def before_a_wide_skirt(wearer, kind):
    """Return a person whose arms hang before the sides of a skirt down to the middle of it."""
    across, height = np.abs(wearer.lateral), wearer.height
    labels = np.where((height > 0.8) & (across < 0.55), np.uint8(Label.LOWER), 0).astype(np.uint8)
    labels[(height < 1.4) & (across > 0.5) & (across < 0.7)] = kind
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))


@pytest.mark.parametrize("kind", [Label.SKIN, Label.UPPER])
def test_narrower_trousers_reach_the_arm_that_hung_before_wider_clothes(wearer, kind):
    worn, layer = before_a_wide_skirt(wearer, kind), skirt(wearer, 0.46)
    (pulled,) = reaching_arms(worn, (layer,), (0.0, 0.0), worn.labelled(Label.UPPER))
    rows = [int(worn.frame.point(height, 0.0)[1]) for height in (0.95, 1.05, 1.5)]
    for row, end in zip(rows, (0.515, 0.515, 0.46), strict=True):
        assert edges(worn, pulled, row) == pytest.approx((-end, end), abs=0.02)
    inner = np.abs(worn.lateral) < 0.2
    assert np.array_equal(pulled.rgb[inner], layer.rgb[inner])


@pytest.mark.parametrize("case", ["wall between", "far", "hung over"])
def test_trousers_stay_as_they_are_where_no_arm_hung_before_the_old_ones(wearer, case):
    worn = before_a_wide_skirt(wearer, Label.SKIN)
    if case == "wall between":
        between = (np.abs(worn.lateral) > 0.47) & (np.abs(worn.lateral) < 0.5)
        labels = np.where(between, np.uint8(Label.BACKGROUND), worn.parse.labels)
        worn = attrs.evolve(worn, parse=attrs.evolve(worn.parse, labels=labels))
    layer = skirt(wearer, 0.3 if case == "far" else 0.46)
    hems = (3.0, 3.0) if case == "hung over" else (0.0, 0.0)
    (kept,) = reaching_arms(worn, (layer,), hems, worn.labelled(Label.UPPER))
    assert np.array_equal(kept.alpha, layer.alpha)
