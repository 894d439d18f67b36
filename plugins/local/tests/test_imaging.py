import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from tryon_local import imaging

masks = arrays.arrays(np.bool_, (9, 11))


def test_lab_runs_from_zero_for_black_to_a_hundred_for_white():
    both = np.array([[[0, 0, 0], [255, 255, 255]]], dtype=np.uint8)
    assert np.allclose(imaging.to_lab(both)[0], [[0, 0, 0], [100, 0, 0]], atol=0.01)


def test_colour_difference_is_the_distance_in_lab():
    lab = np.array([[[50.0, 3.0, 4.0]]], dtype=np.float32)
    assert imaging.delta_e(lab, np.array([50, 0, 0], dtype=np.float32)) == pytest.approx(5)


@pytest.mark.parametrize("shape", [(4, 3), (5, 4, 3)])
def test_less_takes_one_colour_or_an_image_away(shape):
    lab = np.linspace(-30, 90, np.prod(shape), dtype=np.float32).reshape(shape)
    colour = np.array([51.3, -3.7, 12.1], dtype=np.float32)
    assert np.array_equal(imaging.less(lab, colour), lab - colour)
    assert np.array_equal(imaging.less(lab, lab[::-1]), lab - lab[::-1])


@pytest.mark.parametrize("shape", [(0, 3), (7, 2), (4, 5, 3)])
def test_a_squared_length_is_the_sum_of_squares(shape):
    vectors = np.linspace(-3, 5, np.prod(shape), dtype=np.float32).reshape(shape)
    assert imaging.squared_length(vectors) == pytest.approx(np.square(vectors).sum(axis=-1))


@given(masks)
def test_pixels_in_a_mask_are_taken_row_by_row(mask):
    image = np.arange(mask.size * 3, dtype=np.float32).reshape(*mask.shape, 3)
    assert np.array_equal(imaging.pixels_in(image, mask), image[mask])
    assert np.array_equal(imaging.pixels_in(image, mask, 2), image[mask][::2])


def test_the_nearest_place_is_counted_row_by_row():
    known = np.zeros((3, 6), dtype=np.bool_)
    known[0, 1], known[2, 4] = True, True
    assert imaging.nearest_places(known).tolist() == [
        [1, 1, 1, 1, 16, 16],
        [1, 1, 1, 16, 16, 16],
        [1, 1, 16, 16, 16, 16],
    ]


@given(masks)
def test_figures_of_parts_are_those_of_the_whole_image(mask):
    labels, figures = imaging.measured_parts(mask)
    assert np.array_equal(labels > 0, mask)
    assert labels.max() == len(figures) - 1
    for label in range(1, len(figures)):
        x, y, width, height, area = figures[label]
        assert imaging.bounding_box(labels == label) == (x, y, x + width, y + height)
        assert (labels == label).sum() == area


@given(masks)
def test_a_box_holds_the_mask_and_touches_it_on_all_sides(mask):
    box = imaging.bounding_box(mask)
    if box is None:
        assert not mask.any()
        return
    x1, y1, x2, y2 = box
    inside = mask[y1:y2, x1:x2]
    assert inside.sum() == mask.sum()
    assert inside[0].any()
    assert inside[-1].any()
    assert inside[:, 0].any()
    assert inside[:, -1].any()


@given(masks)
def test_filling_holes_twice_changes_nothing_more(mask):
    filled = imaging.fill_holes(mask)
    assert (filled | mask).sum() == filled.sum()
    assert np.array_equal(imaging.fill_holes(filled), filled)


def test_a_ring_is_filled_and_a_bay_is_not():
    ring = imaging.disc_mask((40, 40), np.array([20.0, 20.0]), 15)
    ring &= ~imaging.disc_mask((40, 40), np.array([20.0, 20.0]), 10)
    bay = ring.copy()
    bay[20, 20:] = False
    assert imaging.fill_holes(ring)[20, 20]
    assert not imaging.fill_holes(bay)[20, 20]


@given(masks)
def test_largest_components_are_part_of_the_mask_and_keep_the_largest(mask):
    kept = imaging.largest_components(mask, 1.0)
    assert not (kept & ~mask).any()
    assert kept.any() == mask.any()


def test_small_components_are_dropped_by_their_share_of_the_largest():
    mask = np.zeros((20, 40), dtype=np.bool_)
    mask[2:12, 2:12] = True
    mask[2:7, 20:22] = True
    assert imaging.largest_components(mask, 0.05)[3, 20]
    assert not imaging.largest_components(mask, 0.2)[3, 20]


@given(masks, masks)
def test_touching_keeps_whole_parts(mask, seed):
    kept = imaging.touching(mask, seed)
    assert not (kept & ~mask).any()
    assert np.array_equal(kept & seed, mask & seed)


@given(st.floats(3, 20), st.floats(0, 30))
def test_a_capsule_has_the_area_of_a_stadium(radius, length):
    start, end = np.array([40.0, 40.0]), np.array([40.0 + length, 40.0])
    area = imaging.capsule_mask((80, 120), start, end, radius).sum()
    least, most = (np.pi * r**2 + 2 * r * length for r in (radius - 0.3, radius + 0.8))
    assert least <= area <= most


def test_a_capsule_can_taper():
    mask = imaging.capsule_mask(
        (60, 100), np.array([20.0, 30.0]), np.array([80.0, 30.0]), 15, end_radius_px=5
    )
    widths = mask.sum(axis=0)
    assert widths[25] > widths[50] > widths[75]


def test_a_chain_is_the_union_of_its_capsules():
    points = np.array([[10.0, 10.0], [40.0, 10.0], [40.0, 40.0]])
    chain = imaging.chain_mask((60, 60), points, 4)
    parts = [imaging.capsule_mask((60, 60), *ends, 4) for ends in (points[:2], points[1:])]
    assert np.array_equal(chain, parts[0] | parts[1])


def test_a_hull_holds_its_points_whatever_their_order():
    points = np.array([[10.0, 10.0], [30.0, 30.0], [30.0, 10.0], [10.0, 30.0], [20.0, 20.0]])
    mask = imaging.hull_mask((40, 40), points)
    assert mask.sum() == pytest.approx(21 * 21, abs=2)


@given(masks)
def test_growing_and_shrinking_are_opposites_in_order(mask):
    assert not (mask & ~imaging.dilate(mask, 1)).any()
    assert not (imaging.erode(mask, 1) & ~mask).any()
    assert not (imaging.opened(mask, 1) & ~mask).any()
    assert not (mask & ~imaging.closed(mask, 1)).any()


@given(masks, st.integers(1, 30))
def test_what_grows_or_shrinks_does_so_by_a_disc(mask, radius):
    distances = _distances_to(mask)
    assert not (imaging.dilate(mask, radius) & (distances > 1.03 * radius + 1)).any()
    assert imaging.dilate(mask, radius)[distances <= 0.97 * radius - 1].all()
    shrunk = imaging.erode(mask, radius)
    outside = _distances_to(~mask)
    assert not (shrunk & (outside <= 0.97 * radius - 1)).any()
    assert shrunk[outside > 1.03 * radius + 1].all()


def _distances_to(mask):
    points = np.argwhere(mask)
    if not points.size:
        return np.full(mask.shape, np.inf)
    grid = np.moveaxis(np.indices(mask.shape), 0, -1)[:, :, None]
    return np.sqrt(((grid - points) ** 2).sum(axis=-1)).min(axis=-1)


@pytest.mark.parametrize("radius", [3, 25])
@pytest.mark.parametrize("operation", [imaging.opened, imaging.closed, imaging.erode])
def test_a_mask_in_a_corner_of_a_large_image_changes_as_in_the_middle(operation, radius):
    middle = np.zeros((300, 300), dtype=np.bool_)
    middle[100:180, 110:140] = middle[120:150, 150:190] = True
    aside = np.roll(middle, (-40, 20), axis=(0, 1))
    assert np.array_equal(
        operation(aside, radius), np.roll(operation(middle, radius), (-40, 20), axis=(0, 1))
    )


def test_shrinking_does_not_treat_the_rim_of_the_image_as_an_edge():
    everything = np.ones((9, 9), dtype=np.bool_)
    assert imaging.erode(everything, 2).all()


def test_a_radius_below_half_a_pixel_leaves_the_mask_alone():
    mask = np.eye(5, dtype=np.bool_)
    assert np.array_equal(imaging.dilate(mask, 0.4), mask)


@pytest.mark.parametrize("sigma", [0, 1, 5, 40])
def test_a_blur_of_one_colour_is_that_colour(sigma):
    flat = np.full((50, 60, 3), 0.3, dtype=np.float32)
    assert np.allclose(imaging.gaussian(flat, sigma), 0.3, atol=1e-5)


def test_wide_and_narrow_blurs_spread_alike_for_their_width():
    spike = np.zeros((201, 201), dtype=np.float32)
    spike[100, 100] = 1
    blurred = imaging.gaussian(spike, 12)
    columns = np.arange(201) - 100
    spread = np.sqrt((blurred.sum(axis=0) * columns**2).sum() / blurred.sum())
    assert blurred.sum() == pytest.approx(1, abs=0.05)
    assert spread == pytest.approx(12, rel=0.15)


def test_the_guided_filter_keeps_edges_of_the_guide_and_smooths_elsewhere():
    guide = np.zeros((40, 40), dtype=np.float32)
    guide[:, 20:] = 1
    noise = np.random.default_rng(1).normal(0, 0.2, guide.shape).astype(np.float32)
    filtered = imaging.guided_filter(guide, guide + noise, 4, 1e-3)
    assert filtered[:, :20].std() < 0.5 * noise.std()
    assert filtered[:, 20].mean() - filtered[:, 19].mean() > 0.8


def test_the_guided_filter_takes_maps_one_by_one_or_together():
    random = np.random.default_rng(2)
    guide = random.random((20, 30), dtype=np.float32)
    maps = random.random((20, 30, 3), dtype=np.float32)
    together = imaging.guided_filter(guide, maps, 3, 1e-2)
    alone = imaging.guided_filter(guide, np.ascontiguousarray(maps[..., 1]), 3, 1e-2)
    assert np.allclose(together[..., 1], alone, atol=1e-5)


@pytest.mark.parametrize("size", [(30, 20), (60, 40), (45, 45)])
def test_resizing_keeps_the_mean(size):
    image = np.random.default_rng(3).random((40, 60)).astype(np.float32)
    resized = imaging.resize_to(image, *size)
    assert resized.shape == size[::-1]
    assert resized.mean() == pytest.approx(image.mean(), abs=0.02)
