"""Part hands and forearms from the old clothes beside them, with a soft edge of their own."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Label
from tryon_local.compose.cuffs import around_hands
from tryon_local.compose.fill import flow_in
from tryon_local.compose.front import softened
from tryon_local.compose.tones import is_rather
from tryon_local.frame import SIDES, along
from tryon_local.imaging import (
    bounding_box,
    chain_mask,
    dilate,
    gaussian,
    largest_components,
    opened,
    touching,
)
from tryon_local.warp import Wearer, sample, stretched_hand

_FOREARM, _HAND, _SLEEVE = 0.13, 0.18, 0.2
"""How far from the middle of a forearm and of a hand edges are looked for, and how far from that of
an arm a sleeve reaches, in S."""
_SHARES, _BARE, _BELOW = np.linspace(0.1, 0.95, 18), 0.8, 0.12
"""Shares of the arm at which a sleeve is looked for, and up to which it may end above a bare
forearm; how far below it skin is painted, in S."""
_BEGIN = 0.55
"""Share of the arm from which its edge is looked for; further up it meets the armhole."""
_DEPTH = 0.016
"""How far from where the labels have it an edge may lie, in S."""
_SLIVER = 0.012
"""Half the width, in S, of what is too narrow for a finger."""
_NEAR_SURE = 2.5
"""How far from sure skin an edge may be, in depths of edges."""
_EVEN = 0.012
"""Blur, in S, in which the teeth of labels vanish."""
_ALIKE, _APART = 40.0, 90.0
"""Difference of colour up to which skin and cloth cannot be told apart, and from which it can."""
_PATTERN = (30.0, 50.0)
"""Spread of brightness up to which cloth has no pattern, and from which a strong one."""
_PURE = (0.2, 0.8)
"""Shares of skin in a pixel up to which it is taken for none of it, and from which for all."""
_OWN, _LIT = (0.7, 1.0), (0.7, 0.9)
"""Share of skin, and lightness in that of the skin nearby, between which a pixel comes to show its
own colour instead of that of the skin nearby."""
_SHADED = 0.88
"""How dark the skin at an edge may be, in the lightness of the skin nearby."""
_BESIDE = 0.06
"""How far from the clothes dark spots are looked at, in S."""
_ON_HIP = 0.85
"""Height, in T, above which a hand is on the hip."""
_SEEN = (1 / 255, 0.25)
"""Covers up to which a garment is not seen, and from which it is seen well."""
_WHOLE = (0.9, 1.0)
"""Shares of skin from which a pixel shows it beside a garment as before it."""
_TINTED = 0.006
"""Width of the rim of an arm that the wall beside it tints, in S."""
_LEAVE = 0.03
"""How far beyond an edge no arm is painted, in S."""


@attrs.frozen(eq=False, kw_only=True)
class Rims:
    """The edges of hands and forearms along the old clothes.

    Attributes:
        photo: shape (H, W, 3), 0..255, the photo, with skin at these edges that no cloth tints.
        zone: shape (H, W), what lies near such an edge.
        alpha: shape (H, W), 0..1, how much of each pixel there is skin.
        beside: shape (H, W), where no arm is hidden, as it is seen beside that.
    """

    photo: FloatArray
    zone: BoolArray
    alpha: FloatArray
    beside: BoolArray

    def drawn_over(self, rgb: ByteArray) -> FloatArray:
        """Return an image of the person with these edges, shape (H, W, 3), 0..255."""
        image = rgb.astype(np.float32)
        image[self.zone] = self.photo[self.zone]
        return image


def find_rims(wearer: Wearer, old: BoolArray, *, forearms: bool = True) -> Rims:
    """Find the edges of hands and forearms along the old clothes.

    Args:
        wearer: the person.
        old: shape (H, W), the clothes that are replaced.
        forearms: look at forearms, too, and not only at that above a hand on the hip.
    """
    unit = wearer.frame.shoulders_px
    photo = wearer.rgb.astype(np.float32)
    zone, beside = np.zeros(wearer.shape, bool), np.zeros(wearer.shape, bool)
    alpha = np.zeros(wearer.shape, np.float32)
    margin = round(3 * _DEPTH * unit) + 2
    for side in SIDES:
        near, cloth, is_bare = _beside_arm(wearer, side, old, forearms=forearms)
        x1, y1, x2, y2 = bounding_box(near) or (0, 0, 0, 0)
        part = np.s_[max(y1 - margin, 0) : y2 + margin, max(x1 - margin, 0) : x2 + margin]
        if not cloth[part].any():
            continue
        skin = wearer.parse.labels[part] == np.uint8(Label.SKIN)
        rgb = np.ascontiguousarray(wearer.rgb[part])
        rim = _rim(rgb, skin, cloth[part], near[part], unit)
        if rim is None:
            continue
        here, share, colours = rim
        photo[part][here], alpha[part][here] = colours[here], share[here]
        zone[part] |= here
        if is_bare:
            beside[part] |= near[part] & (cloth[part] | (dilate(here, _LEAVE * unit) & ~skin))
    return Rims(photo=photo, zone=zone, alpha=alpha, beside=beside | zone)


def arms_over(wearer: Wearer, rims: Rims, bare: BoolArray, cover: FloatArray) -> FloatArray:
    """Return how much of new garments the arms before them cover, 0..1, shape (H, W).

    Args:
        wearer: the person.
        rims: the edges of hands and forearms.
        bare: shape (H, W), the skin before the garments.
        cover: shape (H, W), 0..1, cover of these.
    """
    unit = wearer.frame.shoulders_px
    # A thumb may be spread further than hands usually are.
    spread = dilate(rims.zone & (rims.alpha > _OWN[0]), 3 * _DEPTH * unit)
    spread &= around_hands(wearer) | wearer.arms
    skin = opened(spread & wearer.labelled(Label.SKIN), _SLIVER * unit)
    whole = touching(bare | skin, bare)
    # The wall tints the outline of a hand that comes to lie before wider clothes.
    wall = opened(wearer.labelled(Label.BACKGROUND), _SLIVER * unit)
    wall &= cover > 0.5  # noqa: PLR2004  (half covered)
    whole &= ~dilate(wall, max(_TINTED * unit, 1))
    edges, arms = rims.zone & dilate(whole, 2 * _DEPTH * unit), softened(whole, unit)
    # Beside the garments these edges are seen in the photo, and no shadow falls on the arm.
    seen = np.maximum(_ramp(cover, _SEEN), _ramp(rims.alpha, _WHOLE))
    arms[rims.zone] = (rims.alpha * edges * seen)[rims.zone]
    return arms


def _beside_arm(
    wearer: Wearer, side: int, old: BoolArray, *, forearms: bool
) -> tuple[BoolArray, BoolArray, bool]:
    """Return what is near a forearm and hand, the clothes there, and whether the arm is bare."""
    unit, chain = wearer.frame.shoulders_px, wearer.arm(side)
    upper = old & wearer.labelled(Label.UPPER)
    points = along(chain, _SHARES)
    sleeved = np.flatnonzero(sample(upper, points))
    last = int(sleeved[-1]) if sleeved.size else 0
    is_bare = bool(_SHARES[last] < _BARE)
    hand = stretched_hand(wearer.body, side)
    # Hanging arms part from a top at the armhole's seam; a hand on the hip is before it.
    on_hip = is_bare and float(wearer.frame.coordinates(hand[1])[0]) < _ON_HIP
    near = chain_mask(wearer.shape, hand, _HAND * unit)
    if wearer.parse.is_dress and not on_hip:
        # Sleeves and skirt are one; further up painted arms meet it.
        near &= _beyond(near, (hand[0] + hand[1]) / 2, hand[1] - hand[0])
    if is_bare and (forearms or on_hip):
        begin = max(float(_SHARES[last]), _BEGIN)
        forearm = along(chain, np.array([begin, (begin + 1) / 2, 1.0]))
        near |= chain_mask(wearer.shape, forearm, _FOREARM * unit)
    sleeve = chain_mask(wearer.shape, points[: last + 1], _SLEEVE * unit) & upper
    near &= ~dilate(sleeve, _BELOW * unit)
    cloth = old & near
    if not (on_hip or wearer.parse.is_dress):
        cloth &= wearer.labelled(Label.LOWER)
    return near, touching(cloth, opened(cloth, max(_SLIVER * unit, 1))), is_bare


def _rim(
    rgb: ByteArray, labelled: BoolArray, cloth: BoolArray, near: BoolArray, unit: float
) -> tuple[BoolArray, FloatArray, FloatArray] | None:
    """Return where an edge is, how much of each pixel is skin, and which colour this has.

    Args:
        rgb: shape (h, w, 3), the photo around an arm.
        labelled: shape (h, w), skin.
        cloth: shape (h, w), the old clothes.
        near: shape (h, w), where edges are looked for.
        unit: S, in pixels.
    """
    depth = max(_DEPTH * unit, 2)
    skin = largest_components(opened(labelled, _SLIVER * unit))
    if not skin.any():
        return None
    # Along the outline of cloth thin slivers are mistaken for skin.
    cloth = cloth | (dilate(cloth, depth) & labelled & ~skin)
    between = _cloth_between_fingers(rgb, skin, cloth, unit)
    skin, cloth = skin & ~between, cloth | between
    inside, outside, from_cloth, from_other = (
        np.asarray(cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 3), np.float32)
        for mask in (skin, ~skin, ~cloth, skin | cloth)
    )
    here = near & (np.maximum(inside, outside) <= 2 * depth) & (from_cloth <= 2 * depth)
    # Where the wall lies between, the photo shows the edge as it is.
    here &= (skin | cloth) & (np.where(skin, from_cloth, outside) < from_other)
    sure_skin, sure_cloth = inside > depth, cloth & (outside > depth)
    if not here.any() or not sure_skin.any() or not sure_cloth.any():
        return None
    front, behind = flow_in(rgb, sure_skin, step=2), flow_in(rgb, sure_cloth, step=2)
    apart = front - behind
    square = np.square(apart).sum(axis=2)
    share = ((rgb - behind) * apart).sum(axis=2) / np.maximum(square, 1)
    even = np.clip(4 * (gaussian(skin.astype(np.float32), _EVEN * unit) - 0.5) + 0.5, 0, 1)
    # Before a pattern the colour tells nothing.
    told = _ramp(np.sqrt(square), (_ALIKE, _APART)) * (1 - _patterned(rgb, sure_cloth & near))
    share = even + told * (_ramp(share, _PURE) - even)
    share = np.where(inside > depth, 1, share)
    # The shadow of a hand on pale cloth may be as dark as skin.
    share = np.minimum(share, np.clip(depth / 2 + 1 - outside, 0, 1))
    # What mixes wall and cloth is no skin, which is wide nearby.
    from_sure = cv2.distanceTransform((~sure_skin).view(np.uint8), cv2.DIST_L2, 3)
    share = np.minimum(share, np.clip(_NEAR_SURE * depth - from_sure, 0, 1)).astype(np.float32)
    share = gaussian(share, 0.7)
    light = rgb.mean(axis=2) / np.maximum(front.mean(axis=2), 1)
    own = _ramp(share, _OWN) * _ramp(light, _LIT)
    front *= np.clip(light, _SHADED, 1)[..., None]
    return here, share, front + own[..., None] * (rgb - front)


def _patterned(rgb: ByteArray, cloth: BoolArray) -> FloatArray:
    """Return how strong the pattern of cloth is, 0..1; folds alone are none."""
    spread = rgb[cloth].mean(axis=1).std() if cloth.any() else np.float64(0)
    return _ramp(np.asarray(spread, np.float32), _PATTERN)


def _cloth_between_fingers(
    rgb: ByteArray, skin: BoolArray, cloth: BoolArray, unit: float
) -> BoolArray:
    """Return dark cloth beside fingers that was taken for their shadow."""
    found = is_rather(rgb, cloth, skin, skin & dilate(cloth, _BESIDE * unit))
    return touching(opened(found, 1), dilate(cloth, 1))


def _ramp(values: FloatArray, ends: tuple[float, float]) -> FloatArray:
    """Return 0 up to the first end, 1 from the second, and in between in proportion."""
    return np.asarray(np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1), np.float32)


def _beyond(mask: BoolArray, point: FloatArray, way: FloatArray) -> BoolArray:
    """Return what of a mask lies further along a way than a point."""
    rows, columns = np.nonzero(mask)
    further = (np.stack([columns, rows], axis=1) - point) @ way > 0
    found = np.zeros_like(mask)
    found[rows[further], columns[further]] = True
    return found
