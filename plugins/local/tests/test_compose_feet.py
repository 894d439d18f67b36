import attrs
import cv2
import numpy as np
import pytest

from tryon_local.body import Label
from tryon_local.compose.bare_legs import legs_below_hem, lit_feet, with_bare_feet
from tryon_local.compose.base import old_garments, uncovered_base
from tryon_local.compose.limbs import LEG_RADII, find_limbs
from tryon_local.frame import SIDES, along
from tryon_local.imaging import chain_mask
from tryon_local.warp import make_wearer
from wearers import wearer_in

SKIN, SHADED, CLOTH = (205, 160, 140), (118, 78, 62), (20, 20, 24)
"""A skin, the same in the shadow of a hem, and a cloth."""


@pytest.fixture(scope="module")
def wearer(person):
    """The drawn person as the warp sees them."""
    photo = np.asarray(person.image)
    return wearer_in(photo)


def in_tight_trousers(wearer, *, aside):
    """Return the person with legs in tight trousers down to bare ankles, which lie aside, in S."""
    unit = wearer.frame.shoulders_px
    trousers, bare = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    for side in SIDES:
        chain = wearer.leg(side)
        points = np.stack([along(chain, share) for share in np.linspace(0, 0.9, 10)])
        trousers |= chain_mask(wearer.shape, points, 0.13 * unit)
        ankle = np.stack([along(chain, 0.9), chain[2]]) + aside * unit * wearer.frame.across
        bare |= chain_mask(wearer.shape, ankle, 0.07 * unit)
    bare &= ~trousers
    rgb = np.full_like(wearer.rgb, 230)
    rgb[bare], rgb[trousers] = SKIN, CLOTH
    labels = np.where(trousers, Label.LOWER, np.where(bare, Label.SKIN, Label.BACKGROUND))
    body = attrs.evolve(wearer.body, mask=(trousers | bare).astype(np.float32))
    parse = attrs.evolve(wearer.parse, labels=labels.astype(np.uint8), is_dress=False)
    return make_wearer(rgb, body, parse)


def away_from(worn, label):
    outside = (~worn.labelled(label)).astype(np.uint8)
    return cv2.distanceTransform(outside, cv2.DIST_L2, 3).astype(np.float32)


def test_a_painted_shin_leads_to_the_ankle_below_tight_trousers(wearer):
    worn = in_tight_trousers(wearer, aside=0.06)
    limbs = find_limbs(worn, [worn.leg(side) for side in SIDES], LEG_RADII)
    row = round(float(along(worn.leg(0), 0.98)[1]))
    left = np.arange(worn.shape[1]) < worn.frame.neck[0]
    drawn, seen = (
        np.flatnonzero(mask[row] & left) for mask in (limbs.depth > 0, worn.labelled(Label.SKIN))
    )
    assert abs(drawn.mean() - seen.mean()) <= 2


def test_painted_knees_stand_out_from_the_shins_below_them(wearer):
    worn = in_tight_trousers(wearer, aside=0.0)
    knees = np.mean([worn.leg(side)[1] for side in SIDES], axis=0)
    rows = np.arange(worn.shape[0])[:, None]
    cover = np.broadcast_to(rows < knees[1] - 0.25 * worn.frame.shoulders_px, worn.shape)
    dress = frozenset({"dress"})
    base, *_ = uncovered_base(worn, dress, old_garments(worn, dress), cover.astype(np.float32))
    for side in SIDES:
        cap, dent = (np.rint(along(worn.leg(side), share)).astype(int) for share in (0.47, 0.525))
        assert base[cap[1], cap[0]].mean() > 1.2 * base[dent[1], dent[0]].mean()


def test_an_ankle_does_not_go_on_upwards_beside_the_shin(wearer):
    worn = in_tight_trousers(wearer, aside=0.14)
    nothing = np.zeros(worn.shape, np.float32)
    nothing[round(float(worn.leg(0)[1][1]))] = 1
    limbs = legs_below_hem(worn, nothing)
    left = np.arange(worn.shape[1]) < worn.frame.neck[0]
    first, last = (round(float(along(worn.leg(0), share)[1])) for share in (0.75, 0.97))
    sides = [np.flatnonzero((limbs.depth[row] > 0) & left) for row in range(first, last)]
    assert max(abs(np.diff([side[0] for side in sides]))) <= 2
    assert max(abs(np.diff([side[-1] for side in sides]))) <= 2


def shaded_above(worn):
    """Return the person with ankles whose upper part lies in the shadow of a hem."""
    shaded = worn.labelled(Label.SKIN) & (away_from(worn, Label.LOWER) < 7)
    return attrs.evolve(worn, rgb=np.where(shaded[..., None], np.uint8(SHADED), worn.rgb)), shaded


def test_the_shadow_of_old_trousers_does_not_stay_on_the_feet(wearer):
    worn, shaded = shaded_above(in_tight_trousers(wearer, aside=0))
    nothing = np.zeros(worn.shape, np.float32)
    tone = np.array(SKIN, np.float32)
    lit, changed = lit_feet(worn, away_from(worn, Label.LOWER), nothing, tone)
    inner = cv2.erode(shaded.astype(np.uint8), np.ones((3, 3))) > 0
    inner &= away_from(worn, Label.LOWER) > 4
    assert inner.sum() > 10
    assert worn.rgb[inner].mean() < 0.6 * np.mean(SKIN)
    assert lit.rgb[inner].mean() > 0.75 * np.mean(SKIN)
    assert (lit.rgb == worn.rgb)[changed == 0].all()


def test_the_shadow_of_new_trousers_stays_on_the_feet(wearer):
    worn, _shaded = shaded_above(in_tight_trousers(wearer, aside=0))
    cover = worn.labelled(Label.LOWER).astype(np.float32)
    tone = np.array(SKIN, np.float32)
    lit, changed = lit_feet(worn, away_from(worn, Label.LOWER), cover, tone)
    assert not changed.any()
    assert (lit.rgb == worn.rgb).all()


def test_shaded_skin_is_told_from_a_white_shoe(wearer):
    worn, shaded = shaded_above(in_tight_trousers(wearer, aside=0))
    feet = worn.labelled(Label.SKIN)
    shoe = feet & ~shaded
    rgb = np.where(shoe[..., None], np.uint8(250), worn.rgb)
    labels = np.where(feet, Label.SHOE, worn.parse.labels).astype(np.uint8)
    parse = attrs.evolve(worn.parse, labels=labels)
    told = with_bare_feet(attrs.evolve(worn, rgb=rgb, parse=parse), np.array(SKIN, np.float32))
    bare = told.labelled(Label.SKIN)
    assert bare[shaded].mean() > 0.7
    assert not bare[cv2.erode(shoe.astype(np.uint8), np.ones((3, 3))) > 0].any()


def test_a_leg_does_not_stand_out_beside_the_hem(wearer):
    worn = in_tight_trousers(wearer, aside=0)
    unit = worn.frame.shoulders_px
    knee = worn.leg(0)[1]
    rows, columns = np.indices(worn.shape)
    # Its corner lies on the middle of the left leg.
    cover = (rows < knee[1]) & (columns >= knee[0]) & (worn.height > 0)
    limbs = legs_below_hem(worn, cover.astype(np.float32))
    beside = (rows > knee[1] - 0.04 * unit) & (rows < knee[1] + 0.04 * unit)
    beside &= (columns < knee[0] - 0.05 * unit) & (worn.lateral < 0)
    assert not (limbs.depth[beside] > 0).any()
    below = (np.abs(rows - knee[1] - 0.6 * unit) < 2) & (worn.lateral < 0)
    assert (limbs.depth[below] > 0.1 * unit).any()


def test_a_hem_aslant_cuts_off_no_leg(wearer):
    worn = in_tight_trousers(wearer, aside=0)
    knee = worn.leg(0)[1]
    across = (np.arange(worn.shape[1]) - worn.frame.neck[0]) / worn.frame.shoulders_px
    rows = np.indices(worn.shape)[0]
    hem = knee[1] + 0.2 * worn.frame.shoulders_px * across
    cover = (rows < hem) & (np.abs(across) < 0.6) & (worn.height > 0)
    limbs = legs_below_hem(worn, cover.astype(np.float32))
    for side in SIDES:
        x, y = np.rint(along(worn.leg(side), 0.7)).astype(int)
        assert limbs.depth[y, x] > 0.08 * worn.frame.shoulders_px


def test_shins_below_an_old_hem_go_on_without_a_step(wearer):
    worn = in_tight_trousers(wearer, aside=0)
    unit = worn.frame.shoulders_px
    shins = np.zeros(worn.shape, bool)
    for side in SIDES:
        points = np.stack([along(worn.leg(side), share) for share in np.linspace(0.5, 1, 6)])
        shins |= chain_mask(worn.shape, points, 0.09 * unit)
    hem = round(float(along(worn.leg(0), 0.7)[1]))
    rows = np.indices(worn.shape)[0]
    skirt = (np.abs(worn.lateral) < 0.6) & (worn.height > 0) & (rows < hem)
    labels = np.where(skirt, Label.LOWER, np.where(shins, Label.SKIN, Label.BACKGROUND))
    parse = attrs.evolve(worn.parse, labels=labels.astype(np.uint8))
    body = attrs.evolve(worn.body, mask=(skirt | shins).astype(np.float32))
    below_skirt = make_wearer(worn.rgb, body, parse)
    cover = skirt & (rows < hem - 0.5 * unit)
    limbs = legs_below_hem(below_skirt, cover.astype(np.float32))
    left = np.arange(worn.shape[1]) < worn.frame.neck[0]
    drawn = [(limbs.depth[row] > 0) & left for row in range(hem - round(0.15 * unit), hem + 4)]
    widths = np.array([row.sum() for row in drawn])
    assert widths.min() > 0.14 * unit
    assert np.abs(np.diff(widths)).max() <= 2
