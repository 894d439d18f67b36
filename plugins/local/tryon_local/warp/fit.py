"""How a top or a dress sits on the body: its scale, shoulders, armpits and hem."""

import attrs
import numpy as np

from tryon_local.body import FloatArray, Joint
from tryon_local.frame import SIDES
from tryon_local.garment.value import Garment, TopLandmarks
from tryon_local.warp.armpit import armpit, armpit_height
from tryon_local.warp.neck import neck_base
from tryon_local.warp.wearer import SIGNS, Wearer

_ASPECTS = (0.2, 0.45, 0.6, 0.85, 1.05, 1.3, 1.7, 2.2, 2.8, 3.3, 3.9, 4.5)
_HEM_HEIGHTS = (0.52, 0.75, 0.80, 0.88, 0.99, 1.08, 1.30, 1.55, 1.82, 2.12, 2.45, 2.62)
_KNEE, _ANKLE = (1.8, 1.6, 2.0), (2.55, 2.2, 2.75)
"""Usual, least and greatest height of knees and ankles, in T."""
_LONGEST_TOP = 1.3
_CLOSE_ARMPIT = 0.65
"""Distance from shoulder tip to armpit of a closely fitting top, in chest widths."""
_TIP_EASE = 0.012
"""How far above a shoulder's tip cloth lies, in S."""


@attrs.frozen(eq=False, kw_only=True)
class TorsoFit:
    """How a top or dress sits on the body.

    Attributes:
        tips: shape (2, 2), shoulder tips on the person, in pixels.
        armpits: shape (2, 2).
        base: shape (2, 2), where a close neckline ends on the shoulders.
        hem_height: in T.
        armpit_height: in T.
        scale: pixels on the person per pixel of the garment, across.
        down_scale: the same, along the body.
    """

    tips: FloatArray
    armpits: FloatArray
    base: FloatArray
    hem_height: float
    armpit_height: float
    scale: float
    down_scale: float


def fit_torso(garment: Garment, marks: TopLandmarks, wearer: Wearer) -> TorsoFit:
    """Decide where shoulders, armpits and hem of a garment go."""
    frame = wearer.frame
    tips = np.stack([_shoulder_tip(wearer, side) for side in SIDES])
    tip_width = float(np.hypot(*(tips[1] - tips[0])))
    shoulder_px = shoulder_width(marks)
    hem_height = _on_legs(wearer, _hem_height(garment, marks))
    scale = tip_width / shoulder_px
    height = armpit_height(marks, scale, wearer)
    tip_height = float(frame.coordinates(tips.mean(axis=0))[0])
    drop_px = max(marks.hem_y - float(marks.tips[:, 1].mean()), 1.0)
    return TorsoFit(
        tips=(tips - frame.down * (_TIP_EASE * frame.shoulders_px)).astype(np.float32),
        armpits=np.stack([armpit(wearer, height, side) for side in SIDES]),
        base=neck_base(wearer),
        hem_height=hem_height,
        armpit_height=height,
        scale=scale,
        down_scale=(hem_height - tip_height) * frame.torso_px / drop_px,
    )


def _shoulder_tip(wearer: Wearer, side: int) -> FloatArray:
    frame = wearer.frame
    joint = wearer.body.at(Joint.LEFT_SHOULDER if side == 0 else Joint.RIGHT_SHOULDER)
    direction = frame.shoulder_across * SIGNS[side] - frame.down
    direction = direction / float(np.hypot(*direction))
    unit = frame.shoulders_px
    reach = wearer.ray(joint, direction, limit_px=0.3 * unit)
    tip = joint + direction * float(np.clip(reach, 0.10 * unit, 0.19 * unit))
    return np.asarray(tip, np.float32)


def shoulder_width(marks: TopLandmarks) -> float:
    """Return how wide a garment is at the shoulders, in pixels."""
    tip_px = float(np.hypot(*(marks.tips[1] - marks.tips[0])))
    return tip_px if marks.is_sleeved else max(marks.chest_px, tip_px)


def _hem_height(garment: Garment, marks: TopLandmarks) -> float:
    armpit_y = float(marks.armpits[:, 1].mean())
    close_fit = float(marks.tips[:, 1].mean()) + _CLOSE_ARMPIT * marks.chest_px
    drop = marks.hem_y - (min(armpit_y, close_fit) if marks.is_sleeved else armpit_y)
    height = float(np.interp(drop / max(marks.chest_px, 1.0), _ASPECTS, _HEM_HEIGHTS))
    return height if garment.category == "dress" else min(height, _LONGEST_TOP)


def _on_legs(wearer: Wearer, height: float) -> float:
    """Return a usual height of a hem in T on legs as long as the person's."""
    knees, ankles = (
        np.mean([wearer.frame.coordinates(wearer.leg(side))[0][at] for side in SIDES])
        for at in (1, 2)
    )
    usual = (1.0, _KNEE[0], _ANKLE[0], _ANKLE[0] + 1)
    knee, ankle = float(np.clip(knees, *_KNEE[1:])), float(np.clip(ankles, *_ANKLE[1:]))
    return float(np.interp(height, usual, (1.0, knee, ankle, ankle + 1))) if height > 1 else height
