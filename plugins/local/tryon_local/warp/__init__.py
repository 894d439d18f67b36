"""Bend flat garments into the shape in which a person wears them."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray
from tryon_local.frame import SIDES
from tryon_local.garment.collar import OPEN_DIP
from tryon_local.garment.value import BottomLandmarks, Garment, Sleeve, TopLandmarks
from tryon_local.imaging import gaussian
from tryon_local.warp.armpit import raised
from tryon_local.warp.box import box_pins
from tryon_local.warp.crotch import meeting_legs, with_closed_tip
from tryon_local.warp.fit import fit_torso
from tryon_local.warp.layer import Layer, meeting, warp_piece
from tryon_local.warp.legs import skirt_pins, trouser_pins
from tryon_local.warp.sleeve import sleeve_pins, sleeve_share
from tryon_local.warp.torso import torso_pins
from tryon_local.warp.waistband import has_bare_midriff, waist_of
from tryon_local.warp.wearer import SIGNS, Wearer, make_wearer, ray_length, sample, stretched_hand

__all__ = [
    "SIGNS",
    "Layer",
    "Wearer",
    "has_bare_midriff",
    "make_wearer",
    "raised",
    "ray_length",
    "sample",
    "sleeve_reach",
    "stretched_hand",
    "waist_of",
    "warp_garment",
]

_NEXT_TO_TIP = 3
"""Index of the pin on the outer edge just below the shoulder tip among those of a sleeve."""
_EASE, _FALL = 0.012, 0.3
"""How far cloth stands off the shoulders, in S, and how much further off it may be per T down."""
_EVEN = 0.012
"""Over how much of the outline of shoulders steps are evened out, in S."""
_BESIDE_NECK = 0.35
"""Lateral, in S, up to which a collar that stands up may stand off."""
_EDGE_PX, _EDGE_ROWS = 0.8, 6
"""Blur of the edge of a neckline, and how many rows below its lowest point it reaches."""
_ABOVE_CORNERS, _SUBPIXEL_BITS = 0.3, 4
"""How far above a neckline a back may rise, in chest widths."""
_AROUND_NECK = 0.25
"""Width of a halter, in chest widths, up to which it goes around the neck and hides its back."""
_OVERLAP, _TAPER = 0.09, 0.25
"""How far a body goes on beyond the seam of an armhole, and how far above the armpit that begins to
be less, in chest widths."""
_ARMHOLE, _BESIDE = 0.1, 0.015
"""How far below an armpit the body goes on under a sleeve that lies on its side, and how far
further down, in chest widths."""
_FADES = (0.02, 0.004)
"""Over how much a sleeve fades out, in chest widths: at the seam of its armhole, and under it."""
_LEG_NAMES = ("left_leg", "right_leg")
_SLEEVE_NAMES = ("left_sleeve", "right_sleeve")


def warp_garment(garment: Garment, wearer: Wearer) -> tuple[Layer, ...]:
    """Return the garment's pieces as worn, the hindmost first."""
    if garment.landmarks is None:
        return (_warp_box(garment, wearer),)
    if isinstance(garment.landmarks, BottomLandmarks):
        return _warp_bottom(garment, garment.landmarks, wearer)
    return _warp_top(garment, garment.landmarks, wearer)


def sleeve_reach(garment: Garment, wearer: Wearer) -> tuple[float, float]:
    """Return how much of each arm the garment's sleeves cover, 0 where it has none."""
    marks = garment.landmarks
    if not isinstance(marks, TopLandmarks):
        return 0.0, 0.0
    share = sleeve_share(marks, wearer, fit_torso(garment, marks, wearer))
    return share, share


def _warp_box(garment: Garment, wearer: Wearer) -> Layer:
    """Scale a garment that was not understood, so that at least its place is right."""
    return warp_piece(
        "torso",
        garment.rgb,
        garment.alpha,
        box_pins(garment, wearer),
        shape=wearer.shape,
        reach_px=0.09 * wearer.frame.shoulders_px,
        ridge=0.0,
    )


def _warp_bottom(garment: Garment, marks: BottomLandmarks, wearer: Wearer) -> tuple[Layer, ...]:
    reach_px = 0.10 * wearer.frame.shoulders_px
    if marks.crotch is None:
        pins = skirt_pins(garment, marks, wearer)
        skirt = warp_piece(
            "skirt",
            garment.rgb,
            garment.alpha,
            pins,
            shape=wearer.shape,
            reach_px=reach_px,
            ridge=2e-3,
        )
        return (skirt,)
    columns = np.arange(garment.alpha.shape[1], dtype=np.float32)
    overlap_px = 0.008 * garment.shape.width
    both_pins, place = trouser_pins(garment, marks, marks.crotch, wearer)
    rgb, alpha = with_closed_tip(garment, marks, marks.crotch)
    layers = []
    for side in SIDES:
        beyond = (columns - marks.crotch[0]) * (1 if side == 0 else -1) - overlap_px
        layers.append(
            warp_piece(
                _LEG_NAMES[side],
                rgb,
                alpha * np.clip(1 - beyond, 0, 1).astype(np.float32),
                both_pins[side],
                shape=wearer.shape,
                reach_px=reach_px,
                ridge=2e-3,
            )
        )
    return meeting_legs(layers[0], layers[1], wearer, place)


def _warp_top(garment: Garment, marks: TopLandmarks, wearer: Wearer) -> tuple[Layer, ...]:
    fit = fit_torso(garment, marks, wearer)
    cover = garment.alpha * _below_collar(garment, marks)
    unit = wearer.frame.shoulders_px
    pins = torso_pins(garment, marks, wearer, fit)
    on_arms = [
        sleeve_pins(sleeve, marks, wearer, fit, side) if sleeve is not None else None
        for side, sleeve in zip(SIDES, marks.sleeves, strict=True)
    ]
    for each in on_arms:
        if each is not None:
            pins = pins.joined(each.only([_NEXT_TO_TIP]))
    layers = [
        warp_piece(
            "torso",
            garment.rgb,
            cover * _without_sleeves(garment, marks),
            pins,
            shape=wearer.shape,
            reach_px=0.09 * unit,
            ridge=1e-3,
        )
    ]
    for name, sleeve, each in zip(_SLEEVE_NAMES, marks.sleeves, on_arms, strict=True):
        if sleeve is not None and each is not None:
            layers.append(
                warp_piece(
                    name,
                    garment.rgb,
                    cover * _one_sleeve(sleeve, marks),
                    each,
                    shape=wearer.shape,
                    reach_px=0.06 * unit,
                    ridge=3e-3,
                )
            )
    layers[0] = meeting(layers[0], layers[1:])
    close = _close_to_shoulders(
        wearer, collar_reach=_BESIDE_NECK if _stands_up(garment, marks) else 0
    )
    return tuple(attrs.evolve(layer, alpha=layer.alpha * close) for layer in layers)


def _close_to_shoulders(wearer: Wearer, *, collar_reach: float) -> FloatArray:
    """Return 0 beside and above the shoulders, where cloth lies on the body.

    Args:
        wearer: the person.
        collar_reach: lateral, in S, up to which a collar may stand off.
    """
    unit = wearer.frame.shoulders_px
    off = cv2.distanceTransform((~wearer.person).astype(np.uint8), cv2.DIST_L2, 3)
    off = np.where(wearer.person, 0, gaussian(np.asarray(off, np.float32), _EVEN * unit))
    # Further down and around the neck it may stand off.
    free = np.clip(wearer.height, 0, None) * _FALL
    free += np.clip(collar_reach - np.abs(wearer.lateral), 0, None)
    return np.asarray(np.clip((_EASE + free) * unit - off + 0.5, 0, 1), np.float32)


def _without_sleeves(garment: Garment, marks: TopLandmarks) -> FloatArray:
    """Return 1 on the garment's body, fading out a little beyond the armholes."""
    if not marks.is_sleeved:
        return np.ones(garment.alpha.shape, np.float32)
    body = garment.shape.mask.copy()
    for sleeve in marks.sleeves:
        if sleeve is not None:
            body &= ~sleeve.region
    lowest = int(marks.armpits[:, 1].max()) + 1
    # Near the armpit a short sleeve hangs lower than on the arm, and would be seen below it.
    above = (lowest - np.arange(len(body), dtype=np.float32)) / (_TAPER * marks.chest_px)
    reach = _BESIDE + (_OVERLAP - _BESIDE) * np.clip(above, 0, 1)
    apart = cv2.distanceTransform((~body).astype(np.uint8), cv2.DIST_L2, 5)
    own = apart <= reach[:, None] * marks.chest_px
    # Across the gap under an arm lies the sleeve, and nothing of the body.
    own[lowest:] &= body[lowest:] | _around(garment.shape.mask[lowest:], round(marks.axis_x))
    return np.clip(2 * gaussian(own.astype(np.float32), 0.015 * marks.chest_px), 0, 1)


def _around(mask: BoolArray, column: int) -> BoolArray:
    """Return what of each row goes on from a column without a gap."""
    left = np.logical_and.accumulate(mask[:, :column][:, ::-1], axis=1)[:, ::-1]
    right = np.logical_and.accumulate(mask[:, column:], axis=1)
    return np.hstack([left, right])


def _one_sleeve(sleeve: Sleeve, marks: TopLandmarks) -> FloatArray:
    """Return 1 on a sleeve, fading out over its armhole, and sharp where it leans on a side."""
    soft, sharp = (_feathered(sleeve.region, part * marks.chest_px) for part in _FADES)
    below = np.arange(len(soft), dtype=np.float32)[:, None] - marks.armpits[:, 1].max()
    under = np.clip(below / (_ARMHOLE * marks.chest_px), 0, 1)
    return np.asarray(soft + under * (sharp - soft), np.float32)


def _feathered(region: BoolArray, sigma_px: float) -> FloatArray:
    return np.clip(2 * gaussian(region.astype(np.float32), sigma_px), 0, 1)


def _below_collar(garment: Garment, marks: TopLandmarks) -> FloatArray:
    """Return 0 where a flat garment shows the inside of its back, within the neckline."""
    height, width = garment.alpha.shape
    cover = np.ones((height, width), np.float32)
    neck_y = float(marks.opening[:, 1].mean())
    dip = garment.shape.top_at(marks.axis_x)
    is_open = dip - neck_y > OPEN_DIP * marks.chest_px and marks.collar_y < dip + 1
    if not marks.is_sleeved and np.ptp(marks.necks[:, 0]) < _AROUND_NECK * marks.chest_px:
        return cover
    # The front of a tube rises above its foot.
    if is_open or marks.collar_y < max(neck_y, float(marks.necks[:, 1].mean())):
        return cover
    corners = marks.necks if _lies_flat(marks) else marks.opening
    line = marks.neckline
    above = np.array([0, -_ABOVE_CORNERS * marks.chest_px], np.float32)
    # Up to the corners of the outline, so that no tip of the back is left between them.
    left, right = (
        np.array([sign * max(sign * end[0], sign * corner[0]), end[1]])
        for sign, end, corner in zip(SIGNS, (line[0], line[-1]), corners, strict=True)
    )
    inside = np.vstack([left + above, left, line[1:-1], right, right + above])
    shut = np.full((height, width), 255, np.uint8)
    scaled = np.rint(inside * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(shut, [scaled], (0,), cv2.LINE_AA, _SUBPIXEL_BITS)
    cover = (shut / np.float32(255)).astype(np.float32)
    # Steps of single pixels would be magnified.
    around = np.s_[: int(line[:, 1].max()) + _EDGE_ROWS]
    cover[around] = gaussian(cover[around], _EDGE_PX)
    return cover


def _stands_up(garment: Garment, marks: TopLandmarks) -> bool:
    """Tell a collar or a hood that rises above the ends of the shoulders."""
    top = min(float(marks.opening[:, 1].mean()), garment.shape.top_at(marks.axis_x))
    return float(marks.necks[:, 1].mean()) - top > OPEN_DIP / 4 * marks.chest_px


def _lies_flat(marks: TopLandmarks) -> bool:
    """Tell a neckline that ends at the shoulders from the collar that stands up on them."""
    return float((marks.necks - marks.opening)[:, 1].mean()) < OPEN_DIP / 4 * marks.chest_px
