"""Judge whether a pose is one that the geometric method can dress."""

import math

import attrs
import numpy as np

from tryon_local.body import Body, BoolArray, FloatArray, Joint
from tryon_local.frame import SIDES, Frame, arm, body_frame, leg

POSE_UNUSUAL = "pose_unusual"

_SHOULDERS = (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)
_TRUNK = (*_SHOULDERS, Joint.LEFT_HIP, Joint.RIGHT_HIP)
_WRISTS = (Joint.LEFT_WRIST, Joint.RIGHT_WRIST)
_KNUCKLES = (Joint.LEFT_INDEX, Joint.RIGHT_INDEX)
_MIN_VISIBILITY = 0.5
_MIN_SHOULDERS_PER_TORSO = 0.42
_MAX_TURN = 1.0
_MAX_LEAN_DEG = 30.0
_SIDEWAYS_SHOULDERS, _SIDEWAYS_TURN, _LYING_DEG = 0.30, 1.8, 40.0
"""Beyond these a pose is not only unusual: no garment can be put on."""
_MIN_THIGH_PER_TORSO = 0.45
_CHEST_HEIGHTS = (0.08, 0.85)
_CHEST_LATERAL = 0.36
_HIDDEN = 0.3
"""Visibility below which a hand is not seen at all."""


def is_unusual(body: Body, *, facing: bool) -> bool:
    """Return whether the pose is outside what can be dressed well.

    That is: seen from behind or from the side, shoulders or hips out of the photo or hidden,
    leaning, seated, or an arm in front of the chest.

    Args:
        body: the person.
        facing: whether the person faces the camera.
    """
    frame = body_frame(body)
    return (
        not facing
        or _trunk_hidden(body)
        or _from_the_side(body, frame, least=_MIN_SHOULDERS_PER_TORSO, most=_MAX_TURN)
        or _leaning(frame, most_deg=_MAX_LEAN_DEG)
        or any(_seated(body, frame, side) for side in SIDES)
        or any(_arm_in_front(body, frame, side) for side in SIDES)
    )


def obstacle(body: Body, *, facing: bool) -> str:
    """Return why the pose cannot be dressed at all, as a clause; empty when it can be tried.

    Args:
        body: the person.
        facing: whether the person faces the camera.
    """
    if not facing:
        return "the person is seen from behind"
    if not _inside(body.joints[list(_TRUNK)], body).all():
        return ""  # its proportions say nothing
    frame = body_frame(body)
    is_sideways = _from_the_side(body, frame, least=_SIDEWAYS_SHOULDERS, most=_SIDEWAYS_TURN)
    found = {
        "the person is seen from the side": is_sideways,
        "the person does not stand upright": _leaning(frame, most_deg=_LYING_DEG),
        "the person sits or squats": any(_seated(body, frame, side) for side in SIDES),
        "an arm, or what it holds, is in front of the chest": any(
            _arm_in_front(body, frame, side) for side in SIDES
        )
        or _arms_folded(body, frame),
    }
    return next((why for why, is_so in found.items() if is_so), "")


def is_cut_off(body: Body) -> bool:
    """Return whether the photo ends above the shoulders, so that there is nothing to dress."""
    shoulders = body.joints[list(_SHOULDERS)]
    return not _inside(shoulders, body).any()


def with_hanging_forearms(body: Body) -> Body:
    """Let a forearm go on straight where the elbow is out of the photo: its place is a guess."""
    joints = body.joints.copy()
    for side in SIDES:
        shoulder, elbow, wrist = arm(body, side)
        if not _inside(elbow[None], body).all():
            upper_arm = elbow - shoulder
            straight = upper_arm / max(float(np.hypot(*upper_arm)), 1e-6)
            knuckle = body.at(_KNUCKLES[side])
            joints[_WRISTS[side]] = elbow + straight * np.hypot(*(wrist - elbow))
            joints[_KNUCKLES[side]] = joints[_WRISTS[side]] + straight * np.hypot(
                *(knuckle - wrist)
            )
    return attrs.evolve(body, joints=joints)


def _inside(points: FloatArray, body: Body) -> BoolArray:
    height, width = body.mask.shape
    inside = np.logical_and(points >= 0, points < (width, height)).all(axis=1)
    return np.asarray(inside, dtype=np.bool_)


def _trunk_hidden(body: Body) -> bool:
    inside = _inside(body.joints[list(_TRUNK)], body).all()
    return not inside or bool((body.visibility[list(_TRUNK)] < _MIN_VISIBILITY).any())


def _from_the_side(body: Body, frame: Frame, *, least: float, most: float) -> bool:
    left, right = Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER
    width = float(np.hypot(*(body.at(right) - body.at(left))))
    turn = abs(float(body.depth[right] - body.depth[left])) / max(width, 1e-6)
    return width < least * frame.torso_px or turn > most


def _leaning(frame: Frame, *, most_deg: float) -> bool:
    return float(frame.down[1]) < math.cos(math.radians(most_deg))


def _seated(body: Body, frame: Frame, side: int) -> bool:
    hip, knee, _ = leg(body, side)
    seen = body.visibility[(Joint.LEFT_KNEE, Joint.RIGHT_KNEE)[side]] >= _MIN_VISIBILITY
    thigh = float((knee - hip) @ frame.down)
    return bool(seen) and thigh < _MIN_THIGH_PER_TORSO * frame.torso_px


def _arm_in_front(body: Body, frame: Frame, side: int) -> bool:
    _, elbow, wrist = arm(body, side)
    seen = body.visibility[_WRISTS[side]] >= _MIN_VISIBILITY
    return bool(seen) and (_on_chest(frame, wrist) or _on_chest(frame, (elbow + wrist) / 2))


def _arms_folded(body: Body, frame: Frame) -> bool:
    """Return whether both hands are hidden, and guessed to be before the belly.

    Hands in folded sleeves are not seen; elbows of arms behind the back stand farther out.
    """
    for side in SIDES:
        _, elbow, wrist = arm(body, side)
        seen = body.visibility[(Joint.LEFT_WRIST, Joint.RIGHT_WRIST)[side]]
        height, lateral = (float(value) for value in frame.coordinates(wrist))
        is_before = _CHEST_HEIGHTS[0] < height < 1.1 and abs(lateral) < 0.42  # noqa: PLR2004
        is_close = abs(float(frame.coordinates(elbow)[1])) < 0.5  # noqa: PLR2004
        inside = _inside(np.stack([elbow, wrist]), body).all()
        if seen >= _HIDDEN or not (inside and is_before and is_close):
            return False
    return True


def _on_chest(frame: Frame, point: FloatArray) -> bool:
    height, lateral = (float(value) for value in frame.coordinates(point))
    low, high = _CHEST_HEIGHTS
    return low < height < high and abs(lateral) < _CHEST_LATERAL
