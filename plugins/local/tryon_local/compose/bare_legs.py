"""Bare legs and the hem of a new garment: below it they are seen, above it they are not."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Label
from tryon_local.compose.beside import CROTCH
from tryon_local.compose.cuffs import around_arms
from tryon_local.compose.front import hands_in_front
from tryon_local.compose.limbs import LEG_RADII, Limbs, find_limbs
from tryon_local.compose.tones import REDDENING
from tryon_local.frame import SIDES
from tryon_local.imaging import (
    bounding_box,
    chain_mask,
    closed,
    gaussian,
    opened,
    squared_length,
    touching,
)
from tryon_local.warp import Wearer

_AROUND_LEG = 0.3
"""How far from its middle line a bare leg reaches at most, in S."""
_HEM_WINDOW = 0.12
"""Half the width, in S, of a gap between trouser legs that is not below their hem."""
_ABOVE_ANKLE = 0.15
"""How far above the higher ankle joint a shoe may begin, in T."""
_SAME_HUE, _SHADED = 0.23, (-1.1, 0.4)
"""How far the hue of skin varies, and its brightness, as logarithms."""
_FALLS, _BESIDE_HEM, _DIM = 0.3, 0.03, 0.15
"""How far below a hem its shadow falls on feet, what there is painted, in S, and how dark skin is
there without it, as a logarithm."""
_DEEP, _INSIDE = 0.6, 0.06
"""How dark such a shadow is, as a logarithm, and half the width, in S, of its deepest part."""
_SPECK = 0.015
"""Half the width of specks in a shoe that have the colour of skin, in S."""
_CLOSE_HEMS, _LEAST_LEG, _TAPER = 0.2, 0.04, 0.05
"""How far above an old hem a new one may be for the legs between them to be as wide as below, half
the width of legs at least, and how much narrower they become up there, in S."""
_WIDENS, _LONG_SHIN = 0.15, 0.45
"""How much a side of a leg leads outwards above what is seen of it, in the height above that, and
how much of a leg is seen for that, in S."""
_RIM, _TUCKED = 0.025, 0.05
"""How far above a hem the skin below it reaches, and legs are painted, in S."""
_STEPS = 0.05
"""Blur along a leg, in S, in which steps of its sides vanish."""
_CURVED, _STEEP, _STUMP = 0.06, (4, 16), 0.3
"""How far up a hem curves, in S, how steep the side of a leg is that is wider than the hem, and
where of it no more is seen than this, in S."""


def bare_legs_above(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return the bare skin of legs above the hem of new trousers, which go all around them.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the trousers.
    """
    bare = _bare_legs(wearer)
    hem = _hem_rows(wearer, cover) if bare.any() else None
    rows = np.arange(len(cover), dtype=np.float32)[:, None]
    return bare if hem is None else bare & (rows < hem - _RIM * wearer.frame.shoulders_px)


def _bare_legs(wearer: Wearer) -> BoolArray:
    bare = np.zeros(wearer.shape, bool)
    for side in SIDES:
        reach_px = _AROUND_LEG * wearer.frame.shoulders_px
        bare |= chain_mask(wearer.shape, wearer.leg(side), reach_px)
    skin = wearer.labelled(Label.SKIN)
    bare &= skin & (wearer.height > CROTCH)
    return bare & ~touching(skin, around_arms(wearer) | hands_in_front(wearer))


def _as_seen(wearer: Wearer, depth: FloatArray) -> FloatArray:
    """Return how deep inside a leg each pixel is, in pixels, led to the legs below the old hem.

    These go on upwards a little, as wide as they are seen, and widen slowly further up.
    """
    unit = wearer.frame.shoulders_px
    # Beyond the end of the photo legs go on.
    seen = np.pad(_bare_legs(wearer), ((0, round(unit)), (0, 0)), mode="edge")
    solid = opened(seen, _LEAST_LEG * unit).astype(np.uint8)
    if not solid.any():
        return depth
    reach_px, down = max(round(_CLOSE_HEMS * unit), 1), round(_LONG_SHIN * unit)
    # Further up nothing is led to them.
    top = max(int(solid.any(axis=1).argmax()) - 2 * reach_px, 0)
    part, lower = solid[top:], len(depth) - top
    # Ankles alone do not tell how wide a shin is, nor go on upwards as wide.
    feet = wearer.height[top:] > _above_ankles(wearer) - _ABOVE_ANKLE
    feet = np.pad(feet, ((0, round(unit)), (0, 0)), mode="edge")
    higher, shins = part & ~feet, part[:-down] & part[down:]
    led = depth[top:]
    if shins.any():
        rise = _rise(shins, unit)[:lower]
        far = _depth(_raised(part, 2 * reach_px)[:lower]) + 1 + _WIDENS * rise
        led = np.minimum(led, np.where(rise < 2 * reach_px, far, np.float32(np.inf)))
    if higher.any():
        near = _depth(_raised(higher, reach_px)[:lower])
        near -= np.square(_rise(higher, unit)[:lower] / reach_px) * (_TAPER * unit)
        led = np.where(near > 0, np.maximum(near, led), led)
    return _without_steps(np.asarray(np.vstack([depth[:top], led]), np.float32), top, unit)


def _without_steps(depth: FloatArray, top: int, unit: float) -> FloatArray:
    """Return a depth in legs that is even along them, from a row on downwards.

    Where it is led to several seen places it has steps between these.
    """
    blur_px = max(_STEPS * unit, 1)
    reach_px = round(3 * blur_px)
    # The border of what is blurred would be a step itself.
    first, start = max(top - 2 * reach_px, 0), max(top - reach_px, 0)
    even = cv2.GaussianBlur(depth[first:], (1, 2 * reach_px + 1), sigmaX=1, sigmaY=blur_px)
    return np.asarray(np.vstack([depth[:start], even[start - first :]]), np.float32)


def _rise(mask: ByteArray, unit: float) -> FloatArray:
    """Return how far each pixel lies above the first of a mask near its column, in pixels."""
    rows = np.arange(len(mask), dtype=np.float32)[:, None]
    first = np.where(mask.any(axis=0), mask.argmax(axis=0), 2 * len(mask)).astype(np.float32)
    beside = np.ones((1, 2 * round(_AROUND_LEG * unit) + 1), np.uint8)
    return np.asarray(np.maximum(cv2.erode(first[None], beside) - rows, 0), np.float32)


def _raised(mask: ByteArray, reach_px: int) -> ByteArray:
    """Return a mask that goes on upwards."""
    return np.asarray(cv2.dilate(mask, np.ones((reach_px, 1)), anchor=(0, 0)), np.uint8)


def _depth(mask: ByteArray) -> FloatArray:
    """Return the distance from the edge of a mask in pixels, negative outside."""
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    return np.asarray(inside - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3), np.float32)


def with_bare_feet(wearer: Wearer, tone: FloatArray) -> Wearer:
    """Return the person with ankles told from shoes by their colour.

    Below dark trousers ankles lie in shadow, and are mistaken for shoes, as pale shoes are for
    skin.

    Args:
        wearer: the person.
        tone: shape (3,), colour of the person's legs.
    """
    skin, shoe = wearer.labelled(Label.SKIN), wearer.labelled(Label.SHOE)
    place = (skin | shoe) & (wearer.height > _above_ankles(wearer))
    box = bounding_box(place)
    if box is None:
        return wearer
    x1, y1, x2, y2 = box
    part = np.s_[y1:y2, x1:x2]
    apart = np.log(np.maximum(wearer.rgb[part], 8).astype(np.float32)) - np.log(tone)
    light = apart.mean(axis=2)
    # In shadow skin is redder.
    redder = np.minimum(light, 0)[..., None] * (REDDENING - 1)
    hue = squared_length(apart - light[..., None] - redder)
    like = (hue < _SAME_HUE**2) & (light > _SHADED[0]) & (light < _SHADED[1]) & place[part]
    like = opened(like, _SPECK * wearer.frame.shoulders_px)
    # The deepest shadow has hardly any hue.
    dark = (light < -_DEEP) & (hue < (2 * _SAME_HUE) ** 2) & place[part]
    like |= opened(closed(like, _INSIDE * wearer.frame.shoulders_px) & (dark | like), 1)
    labels = wearer.parse.labels.copy()
    told = np.where(like, np.uint8(Label.SKIN), np.uint8(Label.SHOE))
    labels[part] = np.where(place[part], told, labels[part])
    return attrs.evolve(wearer, parse=attrs.evolve(wearer.parse, labels=labels))


def bare_feet(
    wearer: Wearer,
    categories: frozenset[str],
    away: FloatArray,
    cover: FloatArray,
    tone: FloatArray,
) -> tuple[Wearer, FloatArray]:
    """Do both `with_bare_feet` and `lit_feet`, where the new garments cover legs."""
    if categories == {"top"}:
        return wearer, np.zeros(wearer.shape, np.float32)
    return lit_feet(with_bare_feet(wearer, tone), away, cover, tone)


def _above_ankles(wearer: Wearer) -> float:
    ankles, _laterals = wearer.frame.coordinates(np.stack([wearer.leg(side)[2] for side in SIDES]))
    return float(ankles.min()) - _ABOVE_ANKLE


def lit_feet(
    wearer: Wearer, away: FloatArray, cover: FloatArray, tone: FloatArray
) -> tuple[Wearer, FloatArray]:
    """Return the person without the old hem's shadow on the feet, and how much each pixel changes.

    Args:
        wearer: the person, with bare feet.
        away: shape (H, W), distance from the old clothes, in pixels.
        cover: shape (H, W), 0..1, cover of the new garments, whose own hem may end as low.
        tone: shape (3,), colour of the person's legs.
    """
    unit = wearer.frame.shoulders_px
    shadow = np.zeros(wearer.shape, np.float32)
    below = wearer.labelled(Label.SKIN) & (wearer.height > _above_ankles(wearer))
    below &= (away > _BESIDE_HEM * unit) & (away < _FALLS * unit)
    falls = np.ones((round(_FALLS * unit), 1), np.uint8)
    below &= cv2.dilate((cover > 0).astype(np.uint8), falls, anchor=(0, len(falls) - 1)) == 0
    box = bounding_box(below)
    if box is None:
        return wearer, shadow
    x1, y1, x2, y2 = box
    part = np.s_[y1:y2, x1:x2]
    light = np.log(np.maximum(wearer.rgb[part], 8).astype(np.float32)).mean(axis=2)
    inside = gaussian(below[part].astype(np.float32), 0.01 * unit)
    smooth = gaussian(light * below[part], 0.01 * unit) / np.maximum(inside, np.float32(1e-3))
    lack = np.clip(float(np.log(tone).mean()) - _DIM - smooth, 0, -_SHADED[0])
    shadow[part] = gaussian((below[part] & (lack > 0)).astype(np.float32), 1.0)
    rgb = wearer.rgb.astype(np.float32)
    rgb[part] *= np.exp((lack * shadow[part])[..., None] * REDDENING)
    return attrs.evolve(wearer, rgb=np.clip(rgb, 0, 255).astype(np.uint8)), shadow


def legs_below_hem(wearer: Wearer, cover: FloatArray) -> Limbs:
    """Return the legs below the new hem; above it a gap between them shows the wall."""
    legs = find_limbs(wearer, [wearer.leg(side) for side in SIDES], LEG_RADII)
    hem = _hem_rows(wearer, cover)
    if hem is None:
        return legs
    below = _below_hem(wearer, cover, hem - _TUCKED * wearer.frame.shoulders_px)
    return attrs.evolve(legs, depth=np.minimum(_as_seen(wearer, legs.depth), below))


def legs_beside_hem(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return the bare skin of legs that stands out beside the hem of a narrower skirt.

    Where the photo ends just below; further down a leg goes on as wide as it is seen.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the skirt.
    """
    bare = _bare_legs(wearer)
    hem = _hem_rows(wearer, cover) if bare.any() else None
    if hem is None or not _ends_below(wearer, hem):
        return np.zeros_like(bare)
    # Above the hem nothing is seen beside it; in the middle it may be open.
    rows = np.arange(1, len(cover) + 1, dtype=np.float32)[:, None]
    beside = _below_hem(wearer, cover, hem) < np.minimum(rows - hem, 0)
    return np.asarray(bare & beside, np.bool_)


def _below_hem(wearer: Wearer, cover: FloatArray, hem: FloatArray) -> FloatArray:
    """Return how far below a hem each pixel is, in pixels; less far beside it.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the garment.
        hem: shape (1, W), row of the hem.
    """
    rows = np.arange(1, len(cover) + 1, dtype=np.float32)[:, None]
    below = rows - hem
    # Sleeves end further up.
    covered = (cover > 0.5) & (wearer.height > CROTCH)  # noqa: PLR2004  (half covered)
    lowest = (covered * rows).max(axis=0)
    # A hem may lie aslant.
    nearby = np.ones((1, round(_AROUND_LEG * wearer.frame.shoulders_px) + 1), np.uint8)
    hem_here = cv2.dilate(lowest[None].astype(np.float32), nearby)[0]
    at_hem = lowest > np.maximum(hem_here - _CURVED * wearer.frame.shoulders_px, 0)
    skirt = np.flatnonzero(at_hem)
    if skirt.size:
        # A leg comes out from under the hem, and not beside it.
        steep = _STEEP[_ends_below(wearer, hem)]
        columns = np.arange(cover.shape[1], dtype=np.float32)
        below = below - steep * np.maximum(columns - skirt[-1], 0)
        below = below - steep * np.maximum(skirt[0] - columns, 0)
    return np.asarray(below, np.float32)


def _ends_below(wearer: Wearer, hem: FloatArray) -> bool:
    """Return whether the photo ends soon below a hem."""
    last = float(np.where(np.isfinite(hem), hem, 0).max())
    return last > 0 and wearer.shape[0] - last < _STUMP * wearer.frame.shoulders_px


def _hem_rows(wearer: Wearer, cover: FloatArray) -> FloatArray | None:
    """Return the row below the hem in each column, shape (1, W); None where nothing is covered."""
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    rows = np.arange(1, len(cover) + 1, dtype=np.float32)[:, None]
    lowest = (covered * rows).max(axis=0)
    seen = np.flatnonzero(lowest)
    if not seen.size:
        return None
    # Beside the garment its hem goes on.
    lowest = np.interp(np.arange(lowest.size), seen, lowest[seen]).astype(np.float32)[None]
    window = np.ones((1, 2 * round(_HEM_WINDOW * wearer.frame.shoulders_px) + 1), np.uint8)
    hem = np.asarray(cv2.dilate(lowest, window), np.float32)
    # A garment that goes on below the photo has no hem from which legs could come out.
    hem[hem >= len(cover)] = np.inf
    return hem
