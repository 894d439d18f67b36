import attrs
import numpy as np
import pytest

from tryon_local.body import Label
from tryon_local.compose import Outfit, compose
from tryon_local.compose.grain import skin_grain
from tryon_local.warp import Layer
from wearers import wearer_in

EVERYWHERE = np.s_[0:300, 0:200]


@pytest.fixture(scope="module")
def wearer(person):
    """The drawn person as the warp sees them."""
    return wearer_in(np.asarray(person.image))


def with_grain(wearer, spread):
    noise = np.random.default_rng(3).normal(1, spread, wearer.shape)[..., None]
    rgb = np.clip(np.rint(np.full(3, 150) * noise), 0, 255).astype(np.uint8)
    return attrs.evolve(wearer, rgb=rgb)


def finest(factor):
    light = factor.mean(axis=2)
    around = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
    return float(np.std(light[1:-1, 1:-1] - around / 4))


@pytest.mark.parametrize("spread", [0.004, 0.006])
def test_painted_skin_has_as_much_grain_as_skin_that_is_seen(wearer, spread):
    factor = skin_grain(with_grain(wearer, spread), EVERYWHERE)
    seen = np.float32(np.hypot(spread, spread / 2))
    assert finest(factor) == pytest.approx(seen, rel=0.3)


def test_painted_skin_has_spots_larger_than_grain(wearer):
    light = skin_grain(with_grain(wearer, 0.006), EVERYWHERE).mean(axis=2)
    cells = light[:, :192].reshape(60, 5, 32, 6).mean(axis=(1, 3))
    assert np.std(cells) > 0.003


def test_grain_goes_on_from_one_window_to_the_next(wearer):
    whole = skin_grain(wearer, np.s_[0:400, 0:300])
    assert np.array_equal(skin_grain(wearer, np.s_[270:400, 50:300]), whole[270:, 50:])


def test_a_shadow_below_a_hem_does_not_make_skin_grey(wearer):
    bare = np.full(wearer.shape, Label.SKIN, np.uint8)
    labels = np.where(wearer.parse.labels == Label.BACKGROUND, wearer.parse.labels, bare)
    rgb = np.full_like(wearer.rgb, (200, 150, 130))
    worn = attrs.evolve(wearer, rgb=rgb, parse=attrs.evolve(wearer.parse, labels=labels))
    cover = ((wearer.height < 0.7) & (np.abs(wearer.lateral) < 0.35)).astype(np.float32)
    cloth = np.full((*wearer.shape, 3), 240, np.float32)
    top = Outfit(
        category="top",
        layers=(Layer(name="torso", rgb=cloth, alpha=cover),),
        sleeve_reach=(0, 0),
    )
    image, _edited = compose(worn, (top,))
    column, row = np.rint(wearer.frame.point(0.7, 0.0)).astype(int)
    red, _green, blue = image[row + 1, column].astype(float)
    assert red < 190
    assert red / blue > 1.02 * 200 / 130
