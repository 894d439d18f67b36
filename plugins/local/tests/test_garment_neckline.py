"""The line of the front neckline, before the visible back of a flat garment."""

import numpy as np
import pytest

from tryon_local.garment.collar import find_collar, printed_end
from tryon_local.garment.neckline import colour_below, curve_of, moved_in, trace
from tryon_local.garment.outline import silhouette_of
from tryon_local.imaging import to_lab

_WIDTH, _HEIGHT, _MIDDLE, _TOP = 600, 500, 300, 60
_NAVY, _WHITE, _YELLOW, _GREY = (30, 34, 52), (245, 245, 245), (236, 196, 60), (150, 148, 146)
_CHEST_PX = 420


def _below(half_px, depth_px, power):
    """Return what lies below a curve around the middle of the neck, shape (H, W)."""
    rows, columns = np.indices((_HEIGHT, _WIDTH))
    across = np.clip(np.abs(columns - _MIDDLE) / half_px, 0, 1)
    return rows > _TOP + depth_px * (1 - across**power) ** (1 / power)


def _find(photo, cloth, half_px):
    shape = silhouette_of(cloth)
    necks = np.array([[_MIDDLE + sign * half_px, _TOP] for sign in (-1, 1)], np.float32)
    return find_collar(shape, to_lab(photo), necks, chest_px=_CHEST_PX)


def _flat_top(half_px):
    """Return the mask of a top whose back rises nearly as high as its shoulders."""
    rows, columns = np.indices((_HEIGHT, _WIDTH))
    cloth = (rows >= _TOP) & (rows < 470) & (np.abs(columns - _MIDDLE) < 230)
    return cloth & _below(half_px, 20, 2.0)


def _depths(line, half_px):
    inner = np.abs(line[:, 0] - _MIDDLE) < 0.9 * half_px
    return line[inner, 0], line[inner, 1]


@pytest.mark.parametrize("half_px", [110, 128, 150])
def test_a_band_between_stripes_is_kept_whole(half_px):
    rows = np.indices((_HEIGHT, _WIDTH))[0]
    stripes = np.where(((rows // 11) % 2 == 0)[..., None], _NAVY, _WHITE).astype(np.uint8)
    photo, cloth = stripes.copy(), _flat_top(half_px)
    photo[~_below(half_px - 14, 66, 2.2) & cloth] = 110, 108, 104
    lined = ~_below(half_px - 14, 66, 2.2) & cloth & ((rows // 9) % 2 == 0)
    photo[lined] = 40, 40, 44
    photo[_below(half_px - 14, 66, 2.2) & ~_below(half_px, 80, 2.2)] = _YELLOW
    columns, found = _depths(_find(photo, cloth, half_px).line, half_px - 14)
    across = np.clip(np.abs(columns - _MIDDLE) / (half_px - 14), 0, 1)
    edge = _TOP + 66 * (1 - across**2.2) ** (1 / 2.2)
    assert np.median(np.abs(found - edge)) < 4


@pytest.mark.parametrize(("uneven", "most"), [(0.0, 0.03), (1.2, 0.014)])
def test_no_back_is_left_beside_a_line_that_no_simple_curve_follows(uneven, most):
    half_px, cloth = 130, _flat_top(130)
    photo = np.full((_HEIGHT, _WIDTH, 3), _WHITE, np.uint8)
    rows, columns = np.indices((_HEIGHT, _WIDTH))
    across = np.clip(np.abs(columns - _MIDDLE) / half_px, 0, 1)
    power = np.where(columns > _MIDDLE, 1.6 + uneven, 1.6)
    edge = _TOP + 150 * (1 - across**power) ** (1 / 2.2)
    back = cloth & (rows < edge)
    photo[back] = _GREY
    line = _find(photo, cloth, half_px).line
    inside = np.zeros_like(cloth)
    for column in range(_MIDDLE - half_px, _MIDDLE + half_px):
        inside[: int(np.interp(column, line[:, 0], line[:, 1])), column] = True
    assert (back & ~inside).sum() < most * back.sum()
    assert (inside & cloth & ~back).sum() < most * back.sum()


def test_the_end_of_a_label_that_touches_a_clear_neckline_lies_inside():
    half_px, cloth = 130, _flat_top(130)
    photo = np.full((_HEIGHT, _WIDTH, 3), (205, 32, 55), np.uint8)
    rows, columns = np.indices((_HEIGHT, _WIDTH))
    back = cloth & ~_below(half_px, 100, 2.0)
    photo[back] = 140, 22, 40
    label = back & _below(half_px, 95, 2.0) & (np.abs(columns - _MIDDLE) < 30)
    photo[label] = 240, 200, 206
    necks = np.array([[_MIDDLE - half_px, _TOP], [_MIDDLE + half_px, _TOP]], np.float32)
    curve = curve_of(necks, _TOP + 95, 2.0)
    line, _change = trace(silhouette_of(cloth), to_lab(photo), curve)
    assert (rows[label] < np.interp(columns[label], line[:, 0], line[:, 1])).all()
    assert line[:, 1].max() < _TOP + 103


def test_the_seam_below_a_neckline_is_not_taken_for_it_where_it_is_hardly_clearer():
    half_px, cloth = 130, _flat_top(130)
    photo = np.full((_HEIGHT, _WIDTH, 3), 245, np.uint8)
    photo[cloth & ~_below(half_px, 110, 2.0)] = 155
    photo[cloth & ~_below(half_px - 8, 66, 2.0)] = 60
    assert _find(photo, cloth, half_px).y == pytest.approx(_TOP + 66, abs=5)


def test_a_line_of_a_print_that_one_curve_alone_follows_is_not_taken_for_a_faint_neckline():
    half_px, cloth = 130, _flat_top(130)
    photo = np.full((_HEIGHT, _WIDTH, 3), 40, np.uint8)
    photo[cloth & ~_below(half_px, 110, 2.0)] = 34
    print_px = 1.12 * half_px
    photo[_below(print_px, 180, 2.6) & ~_below(print_px + 6, 186, 2.6)] = 75
    assert _find(photo, cloth, half_px).y == pytest.approx(_TOP + 110, abs=5)


def test_a_band_that_is_not_seen_before_the_back_is_kept_up_to_the_shoulders():
    necks = np.array([[_MIDDLE - 130, _TOP], [_MIDDLE + 130, _TOP]], np.float32)
    seam = curve_of(necks, _TOP + 100, 2.0)
    line = moved_in(seam, 15)
    assert seam[:, 1].max() - line[:, 1].max() == pytest.approx(15, abs=0.5)
    assert 4 < line[0, 0] - seam[0, 0] < 10


def test_a_faint_neckline_is_as_smooth_as_a_clear_one():
    half_px, cloth = 130, _flat_top(130)
    noise = np.random.default_rng(9).normal(0, 5, (_HEIGHT // 6 + 1, _WIDTH // 6 + 1))
    grain = np.repeat(np.repeat(noise, 6, axis=0), 6, axis=1)[:_HEIGHT, :_WIDTH, None]
    photo = np.full((_HEIGHT, _WIDTH, 3), 40.0)
    photo[cloth & ~_below(half_px, 90, 2.0)] = 26
    line = _find(np.clip(photo + grain, 0, 255).astype(np.uint8), cloth, half_px).line
    columns, found = _depths(line, half_px)
    across = np.clip(np.abs(columns - _MIDDLE) / half_px, 0, 1)
    off = found - (_TOP + 90 * np.sqrt(1 - across**2))
    assert np.abs(np.diff(off, 2)).max() < 0.1


@pytest.mark.parametrize(("front", "back", "near"), [(40, 26, 1.15), (44, 34, 1.2)])
def test_a_faint_neckline_is_not_drawn_to_the_sequins_below_it(front, back, near):
    half_px, cloth = 130, _flat_top(130)
    rows, columns = np.indices((_HEIGHT, _WIDTH))
    photo = np.full((_HEIGHT, _WIDTH, 3), front, np.uint8)
    photo[cloth & ~_below(half_px, 90, 2.0)] = back
    sequins = (columns % 9 < 5) & (rows % 9 < 5) & _below(half_px * near, 90 * near, 2.0)
    photo[sequins & cloth] = 90
    columns, found = _depths(_find(photo, cloth, half_px).line, half_px)
    across = np.clip(np.abs(columns - _MIDDLE) / half_px, 0, 1)
    assert np.abs(found - (_TOP + 90 * np.sqrt(1 - across**2))).max() < 6


def test_the_ribs_of_a_v_neck_stay_above_the_shadow_of_their_seam():
    half_px, cloth = 110, _flat_top(110)
    photo = np.full((_HEIGHT, _WIDTH, 3), (38, 132, 66), np.uint8)
    for inwards, colour in ((0, (22, 78, 44)), (5, (32, 108, 54)), (18, (48, 92, 62))):
        photo[cloth & ~_below(half_px - inwards, 160 - 1.6 * inwards, 1.15)] = colour
    columns, found = _depths(_find(photo, cloth, half_px).line, half_px - 18)
    across = np.clip(np.abs(columns - _MIDDLE) / (half_px - 18), 0, 1)
    edge = _TOP + (160 - 1.6 * 18) * (1 - across**1.15) ** (1 / 1.15)
    assert np.median(np.abs(found - edge)) < 5


def test_the_front_below_a_line_is_not_told_by_its_ends():
    line = curve_of(np.array([[180, 60], [420, 60]], np.float32), 140, 2.0)
    photo = np.full((_HEIGHT, _WIDTH, 3), _WHITE, np.uint8)
    # Where the line begins and ends it has left the seam for the outer edge of a dark band.
    photo[:85] = _NAVY
    below = colour_below(to_lab(photo), line)
    assert np.allclose(below, to_lab(np.full((1, 1, 3), _WHITE, np.uint8))[0, 0], atol=1)


@pytest.mark.parametrize(("ink", "is_label"), [((120, 120, 122), True), ((40, 120, 60), False)])
def test_small_print_in_the_back_of_the_neck_is_told_from_a_print_on_the_front(ink, is_label):
    cloth = _flat_top(120)
    photo = np.full((_HEIGHT, _WIDTH, 3), 246, np.uint8)
    photo[cloth] = (24, 24, 25)
    letters = np.random.default_rng(7).random((50, 110)) < 0.3
    photo[86:136, 245:355][letters] = ink
    necks = np.array([[180, _TOP], [420, _TOP]], np.float32)
    end = printed_end(silhouette_of(cloth), to_lab(photo), necks, chest_px=_CHEST_PX)
    assert end == pytest.approx(134, abs=8) if is_label else end == 0
