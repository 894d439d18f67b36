"""Where the front of a neckline goes, and where it ends on the shoulders."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.frame import SIDES
from tryon_local.garment.value import TopLandmarks
from tryon_local.imaging import Points
from tryon_local.warp.fit import TorsoFit, shoulder_width
from tryon_local.warp.neck import beside_neck, front_of_neck, snapped_up
from tryon_local.warp.wearer import Wearer

_WIDE_NECK, _NARROWED = 0.25, 0.45
"""Share of a shoulder from which a neckline is wide, and how much of what goes beyond is worn."""
_STRAP_END = 0.85
"""Where the shoulder of a sleeveless garment ends, from the neck to the shoulder's tip."""
_BESIDE_NECK = 0.04
"""Distance from the neck, in S, from which a wide neckline ends on the shoulder."""
_STANDS = 0.04
"""Height of a collar above the shoulders, in chest widths, from which it stands up."""
_WORN_DEPTH = 0.7
"""Depth of a neckline on the body, in its depth on the flat garment: around the neck it widens."""
_STRETCHED = 0.5
"""How much of what the shoulders of a garment are drawn out its neckline is drawn out, too."""
_BESIDE_MIDDLE = (0.35, 0.65)
"""Where the front of a neckline is held in its shape, from its middle to its ends."""


def collar_pins(marks: TopLandmarks, wearer: Wearer, fit: TorsoFit) -> list[tuple[Points, Points]]:
    """Return the pins of the neckline's front."""
    frame = wearer.frame
    armpit_y = float(marks.armpits[:, 1].mean())
    neck_y = float(marks.necks[:, 1].mean())
    chest = frame.point(fit.armpit_height, 0.0)
    base = front_of_neck(wearer, fit.base)
    pins: list[tuple[Points, Points]] = []
    depth = float(np.clip((marks.collar_y - neck_y) / max(armpit_y - neck_y, 1.0), -0.3, 1.2))
    if neck_y - float(marks.opening[:, 1].mean()) > _STANDS * marks.chest_px:
        # A collar that stands up around the neck does not widen with the shoulders.
        close = min(fit.scale, fit.down_scale)
        rim_y = float(marks.opening[:, 1].mean())
        for side in SIDES:
            aside = frame.across * ((float(marks.opening[side, 0]) - marks.axis_x) * close)
            tip = base - frame.down * ((neck_y - rim_y) * fit.down_scale) + aside
            # The wings of an open collar touch the neck, and a tube is as wide as it is.
            end = beside_neck(wearer, tip, side) if marks.collar_y > neck_y else tip
            pins.append((marks.opening[side], end))
        drop = frame.down * ((marks.collar_y - neck_y) * fit.down_scale)
        pins.append((np.array([marks.axis_x, marks.collar_y]), base + drop))
    elif depth < 0.8:  # noqa: PLR2004  (a deep neckline is carried by the chest itself)
        if marks.is_sleeved:
            # A wide neckline begins further down the shoulders.
            ends = np.stack([end_of_neckline(marks, wearer, fit, side) for side in SIDES])
            lower = float((frame.coordinates(ends)[0] - frame.coordinates(fit.base)[0]).mean())
            base = base + frame.down * (max(lower, 0.0) * frame.torso_px)
        target = base + (chest - base) * (depth * _WORN_DEPTH)
        pins.append((np.array([marks.axis_x, marks.collar_y]), target))
        pins += _beside_middle(marks, wearer, fit, target)
    return pins


def edge_of_neckline(marks: TopLandmarks, x: float) -> float:
    """Return the row of the neckline's front in a column of the garment; beside it, of its end."""
    return float(np.interp(x, marks.neckline[:, 0], marks.neckline[:, 1]))


def _beside_middle(
    marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, middle: FloatArray
) -> list[tuple[Points, Points]]:
    """Return pins that keep the shape of a neckline's front beside its middle."""
    lowest = np.array([marks.axis_x, marks.collar_y])
    pins: list[tuple[Points, Points]] = []
    for side in SIDES:
        span = marks.necks[side] - lowest
        end = end_of_neckline(marks, wearer, fit, side)
        height, lateral = np.stack(wearer.frame.coordinates(np.stack([middle, end])))
        for share in _BESIDE_MIDDLE:
            x = float(lowest[0] + share * span[0])
            y = edge_of_neckline(marks, x)
            up = (y - lowest[1]) / min(float(span[1]), -1.0)
            on_person = wearer.frame.point(
                float(height[0] + up * np.diff(height)[0]),
                float(lateral[0] + share * np.diff(lateral)[0]),
            )
            pins.append((np.array([x, y]), on_person))
    return pins


def on_shoulder(marks: TopLandmarks, fit: TorsoFit, side: int, x: float) -> FloatArray:
    """Return where a column of the garment's shoulder line goes on the person's."""
    half = shoulder_width(marks) / 2
    fraction = float(np.clip(abs(x - marks.axis_x) / half, 0.3, 1.0))
    neck_px, tips_px = (float(np.hypot(*(ends[1] - ends[0]))) for ends in (fit.base, fit.tips))
    neck_share = neck_px / tips_px
    share = float(np.clip((fraction - neck_share) / max(1 - neck_share, 0.1), 0, 1))
    if marks.is_sleeved:
        # A wide neckline bends around the neck instead of lying flat.
        narrowed = _WIDE_NECK + _NARROWED * (share - _WIDE_NECK)
        share = narrowed if _WIDE_NECK < share < 1 else share
    else:
        share *= _STRAP_END
    return np.asarray(fit.base[side] + (fit.tips[side] - fit.base[side]) * share, np.float32)


def end_of_neckline(marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, side: int) -> FloatArray:
    """Return where a neckline ends on the shoulder, on its outline where it is wide."""
    x = float(marks.necks[side, 0])
    if marks.is_sleeved:
        # Shoulders that are wide for a garment draw out its sleeves more than its neckline.
        own = min(fit.down_scale / fit.scale, 1.0)
        x = marks.axis_x + (x - marks.axis_x) * (own + _STRETCHED * (1 - own))
    end = on_shoulder(marks, fit, side, x)
    if float(np.hypot(*(end - fit.base[side]))) > _BESIDE_NECK * wearer.frame.shoulders_px:
        return snapped_up(wearer, end)
    return end
