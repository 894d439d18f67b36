"""The crotch of trousers: how low it hangs, and the line at which two legs meet."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.frame import SIDES
from tryon_local.garment.value import BottomLandmarks, Garment
from tryon_local.imaging import bounding_box, dilate, erode, gaussian, in_colours
from tryon_local.warp.layer import Layer
from tryon_local.warp.wearer import Wearer, sample

HIGHEST, _LOWEST = 1.20, 1.33
"""Where a crotch hangs, in T."""
_UNSEEN = 1.30
"""Where it hangs at the lowest if the worn clothes do not show it."""
_GAPS, _STEP, _BETWEEN = (1.18, 1.55), 0.01, 0.14
"""Heights at which a gap between legs may begin, in T, in what steps they are looked at, and how
far from the middle, in S."""
_GOES_ON, _OFTEN = 6, 0.7
"""In how many steps below it, and in what share of them, a gap is seen, too."""
_OVER_GAP = (0.12, 0.06)
"""How far above the gap between legs a crotch hangs, in T."""
JUST_BELOW = (0.04, 0.07)
"""Shares of a leg in which legs touch just below the crotch: always, and if no gap is seen."""
_TIP_PX, _TINTED, _BEGINS = 3, 0.009, 0.012
"""How far above the gap of a garment its soft tip begins, and how far inside its edges cloth is
mirrored, and over how much height that begins, in heights of the garment."""
_LINE, _LINE_FADES = (0.9, 0.012), (0.04, 0.02)
"""How much light the line takes away at which legs meet, and how wide it is, in S; over which
height it begins, in T, and ends, in S."""
_EVEN = 0.04
"""Height over which the line is straight, in S."""
_SLIT = (0.016, 0.12)
"""Width up to which what parts the legs is a slit, and how far above and below it is one, in S."""
_BEHIND_PX = 1.5
"""How far one leg goes on behind the other, so that no slit opens between them."""


@attrs.frozen(kw_only=True)
class Crotch:
    """Where the crotch of trousers hangs on a person.

    Attributes:
        height: in T.
        lateral: in S.
        closed_to: height, in T, down to which the legs touch below it.
    """

    height: float
    lateral: float
    closed_to: float


def find_crotch(wearer: Wearer, usual: float, *, parts_legs: bool) -> Crotch:
    """Return where the crotch of new trousers hangs.

    Args:
        wearer: the person.
        usual: height, in T, where it would hang if they were as large as their waistband.
        parts_legs: whether the worn clothes show a gap between the legs.
    """
    gap = _seen_gap(wearer) if parts_legs else None
    if gap is None:
        height = float(np.clip(usual, HIGHEST, _UNSEEN))
        return Crotch(height=height, lateral=0.0, closed_to=np.inf)
    begin, lateral = gap
    low, high = (max(begin - over, HIGHEST) for over in _OVER_GAP)
    # Baggy trousers have it lower.
    height = float(np.clip(usual, min(low, _LOWEST), min(high, _LOWEST)))
    return Crotch(height=height, lateral=lateral, closed_to=begin)


def _seen_gap(wearer: Wearer) -> tuple[float, float] | None:
    """Return height and lateral of the top of the gap between the legs; None if none is seen."""
    frame = wearer.frame
    left, right = (wearer.leg(side)[1] for side in SIDES)
    knee_height, knee_lateral = (float(value) for value in frame.coordinates((left + right) / 2))
    heights = np.arange(*_GAPS, _STEP)
    middles = knee_lateral * (heights - 1) / max(knee_height - 1, 0.1)
    beside = np.linspace(-_BETWEEN, _BETWEEN, 15)
    laterals = middles[:, None] + beside
    points = frame.neck + (heights * frame.torso_px)[:, None, None] * frame.down
    points = points + (laterals * frame.shoulders_px)[..., None] * frame.across
    inside = (points >= 0).all(axis=2) & (points <= np.array(wearer.shape)[::-1] - 1).all(axis=2)
    gaps = ~sample(wearer.trunk, points.reshape(-1, 2)).reshape(inside.shape) & inside
    opened = np.asarray(gaps.any(axis=1), np.float32)
    for at in np.flatnonzero(opened):
        below = opened[at : at + _GOES_ON]
        if below.mean() >= _OFTEN:
            return float(heights[at]), float(laterals[at][gaps[at]].mean())
    return None


def with_closed_tip(
    garment: Garment, marks: BottomLandmarks, crotch: FloatArray
) -> tuple[ByteArray, FloatArray]:
    """Return colours and alpha with cloth in the tip of the gap between legs: worn ones touch.

    All along the gap it is that of the leg beside it, mirrored, where it would be a smear.
    """
    x, y = round(float(crotch[0])), float(crotch[1])
    first, last = round(y), round(marks.hem_y)
    rgb, mask = garment.rgb.copy(), garment.shape.mask[first:last]
    inside = round(_TINTED * garment.shape.height)
    ends = x - mask[:, x::-1].argmax(axis=1)[:, None] - inside
    begins = x + mask[:, x:].argmax(axis=1)[:, None] + inside
    low, high = max(int(ends.min()), 0), min(int(begins.max()), rgb.shape[1] - 1)
    columns = np.arange(low, high + 1)
    source = np.where(columns <= x, np.minimum(columns, 2 * ends - columns), columns)
    source = np.where(columns > x, np.maximum(columns, 2 * begins - columns), source)
    source = np.clip(source, 0, rgb.shape[1] - 1)
    mirrored = rgb[np.arange(first, last)[:, None], source]
    soft = round(_BEGINS * garment.shape.height)
    share = (np.arange(soft, dtype=np.float32) / max(soft, 1))[:, None, None]
    top = rgb[first : first + soft, low : high + 1].astype(np.float32)
    mirrored[:soft] = np.rint(top + share[: len(mirrored)] * (mirrored[:soft] - top))
    rgb[first:last, low : high + 1] = mirrored
    part = np.s_[max(first - _TIP_PX, 0) : round(y + JUST_BELOW[0] * (marks.hem_y - y))]
    alpha = garment.alpha.copy()
    left = np.maximum.accumulate(alpha[part], axis=1)
    right = np.maximum.accumulate(alpha[part][:, ::-1], axis=1)[:, ::-1]
    alpha[part] = np.minimum(left, right)
    return rgb, alpha


def meeting_legs(left: Layer, right: Layer, wearer: Wearer, place: Crotch) -> tuple[Layer, Layer]:
    """Return both legs, each up to the middle of what both cover, where a line parts them.

    Args:
        left: the leg that lies behind, shape (H, W).
        right: the leg in front.
        wearer: the person.
        place: where both begin.
    """
    both = (left.mask & right.mask) | _slit(left, right, wearer, place)
    box = bounding_box(both)
    if box is None:
        return left, right
    x1, y1, x2, y2 = box
    part = np.s_[y1:y2, x1:x2]
    columns = np.arange(x1, x2, dtype=np.float32)
    counts = both[part].sum(axis=1)
    rows = np.flatnonzero(counts)
    firsts = x1 + both[part][rows].argmax(axis=1)
    lasts = x2 - 1 - both[part][rows, ::-1].argmax(axis=1)
    unit, every = wearer.frame.shoulders_px, np.arange(y2 - y1)
    first, last = (
        np.interp(every, rows, ends)[:, None].astype(np.float32) for ends in (firsts, lasts)
    )
    # Straight, but never beyond what both cover: there the wall would show.
    line = np.clip(gaussian((first + last) / 2, _EVEN * unit), first, last)
    dark = _LINE[0] * np.exp(-np.abs(columns - line) / np.float32(_LINE[1] * unit))
    dark *= np.clip((wearer.height[part] - place.height) / _LINE_FADES[0] + 0.5, 0, 1)
    # Where the gap opens it is the wall's.
    touching = np.pad(counts > 0, 1)[:, None].astype(np.uint8)
    inside = np.asarray(cv2.distanceTransform(touching, cv2.DIST_L1, 3), np.float32)[1:-1]
    dark *= np.clip(inside / (_LINE_FADES[1] * unit), 0, 1)
    closed, pieces = dilate(both[part], 1), []
    for leg, cover in (
        (left, line + np.float32(_BEHIND_PX) - columns),
        (right, columns - line),
    ):
        rgb, alpha = leg.rgb.copy(), leg.alpha.copy()
        rgb[part] *= _in_crease(rgb[part], dark)
        alpha[part] = np.maximum(alpha[part], closed) * np.clip(cover + 0.5, 0, 1)
        pieces.append(attrs.evolve(leg, rgb=rgb, alpha=alpha, parted_at=place.height))
    return pieces[0], pieces[1]


def _in_crease(rgb: FloatArray, dark: FloatArray) -> FloatArray:
    """Return a factor per pixel and colour for a crease, which pale cloth lights up itself.

    Args:
        rgb: shape (h, w, 3), cloth, 0..255.
        dark: shape (h, w), share of the light that does not reach it, 0..1.
    """
    share = in_colours(dark)
    thrown_back = np.square(np.clip(rgb / np.float32(255), 0, 1))
    return np.asarray(np.sqrt((1 - share) / (1 - share * thrown_back)), np.float32)


def _slit(left: Layer, right: Layer, wearer: Wearer, place: Crotch) -> BoolArray:
    """Return what lies between legs all along which no more than a slit is seen, shape (H, W)."""
    unit, columns = wearer.frame.shoulders_px, np.arange(wearer.shape[1])
    ends = columns[-1] - left.mask[:, ::-1].argmax(axis=1)
    begins = right.mask.argmax(axis=1)
    x, _y = wearer.frame.point(place.height, place.lateral)
    column = int(np.clip(x, 0, columns[-1]))
    narrow = left.mask.any(axis=1) & right.mask.any(axis=1)
    narrow &= (begins - ends <= _SLIT[0] * unit) & (wearer.height[:, column] > place.height)
    long = erode(np.repeat(narrow[:, None], 3, axis=1), _SLIT[1] * unit)[:, 1]
    slit: BoolArray = (columns >= ends[:, None]) & (columns <= begins[:, None]) & long[:, None]
    return slit
