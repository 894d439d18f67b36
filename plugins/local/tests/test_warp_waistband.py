import attrs
import numpy as np
import pytest

from drawings import GARMENT_STYLES, draw_garment
from tryon_local.body import Label
from tryon_local.garment import read_garment
from tryon_local.warp import make_wearer, warp_garment
from wearers import wearer_in


@pytest.fixture(scope="module")
def trousers():
    flat = draw_garment(GARMENT_STYLES["navy trousers"], (384, 512), background=None)
    return read_garment(np.asarray(flat.image), "bottom")


@pytest.fixture(scope="module")
def in_long_top(person):
    """The drawn person in a top that hides the waistband."""
    worn = wearer_in(np.asarray(person.image))
    labels = worn.parse.labels.copy()
    hidden = (labels == Label.LOWER) & (worn.height < 1.02)
    labels[hidden] = Label.UPPER
    parse = attrs.evolve(worn.parse, labels=labels, is_dress=False)
    return make_wearer(worn.rgb, worn.body, parse)


def upper_edge(wearer, trousers):
    """Return the heights of the upper edge of trousers near the spine, in T, and its laterals."""
    cover = np.max([layer.alpha for layer in warp_garment(trousers, wearer)], axis=0) > 0.5
    columns = np.flatnonzero(cover.any(axis=0))
    rows = cover[:, columns].argmax(axis=0)
    heights, laterals = wearer.height[rows, columns], wearer.lateral[rows, columns]
    return heights[np.abs(laterals) < 0.3]


def test_new_trousers_sit_at_the_natural_waist_if_a_long_top_that_hid_it_goes_too(
    in_long_top, trousers
):
    edge = upper_edge(attrs.evolve(in_long_top, loses_top=True), trousers)
    assert 0.7 < np.median(edge) < 0.82
    assert np.ptp(edge) < 0.05


def test_new_trousers_hide_the_old_waistband_below_a_long_top_that_stays(in_long_top, trousers):
    assert np.median(upper_edge(in_long_top, trousers)) > 0.85


def test_a_waistband_over_a_dress_is_no_ruled_line(in_long_top, trousers):
    dress = attrs.evolve(in_long_top, parse=attrs.evolve(in_long_top.parse, is_dress=True))
    cover = np.max([layer.alpha for layer in warp_garment(trousers, dress)], axis=0) > 0.5
    middle, left, right = (
        dress.height[cover & (np.abs(dress.lateral - lateral) < 0.02)].min()
        for lateral in (0.0, -0.33, 0.33)
    )
    assert middle > (left + right) / 2 + 0.015
