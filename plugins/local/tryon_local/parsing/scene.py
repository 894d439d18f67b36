"""The photo at working size, with everything the parsing steps look at."""

import attrs
import cv2
import numpy as np

from tryon_local.body import Body, BoolArray, ByteArray, FloatArray, Joint
from tryon_local.frame import SIDES, Frame, arm, body_frame, hand, leg, resized_body
from tryon_local.imaging import (
    capsule_mask,
    chain_mask,
    dilate,
    disc_mask,
    hull_mask,
    polygon_mask,
    to_lab,
)

WORKING_SIDE_PX = 512
SMOOTHING_PX = 5
"""Half side of the window in which labels are smoothed."""

_HAND_RADIUS = 0.05
_CUFF = 0.35
_CUFF_TINT, _CUFF_SHADE = 8.0, 20.0
"""Share of the way from wrist to knuckle that a cuff may cover, and how its colour differs."""
_LEG_RADIUS = 0.09
_LEG_SPAN = (0.12, 0.60)
_KNEE_RADIUS, _KNEE_SPAN = 0.06, (0.7, 0.5)
"""Radius, in S, and shares of the thigh and of the shin between which knees are looked at."""
_TORSO = (0.12, 0.55, 0.30)
_HIP_BAND = (0.92, 1.10, 0.30)
_HAIR_REACH = 1.3
_CUT = 0.5
_FACE = (
    Joint.LEFT_EYE,
    Joint.RIGHT_EYE,
    Joint.LEFT_MOUTH,
    Joint.RIGHT_MOUTH,
)


@attrs.frozen(eq=False, kw_only=True)
class Scene:
    """A person photo at working size.

    Attributes:
        lab: smoothed CIE Lab, shape (h, w, 3).
        mask: the person.
        near: the person and as much around it as smoothing looks at.
        body: joints in pixels of the working size.
        frame: the body's frame in pixels of the working size.
        height: height in the frame of each pixel, shape (h, w).
        lateral: lateral in the frame of each pixel, shape (h, w).
    """

    lab: FloatArray
    mask: BoolArray
    near: BoolArray
    body: Body
    frame: Frame
    height: FloatArray
    lateral: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        rows, columns = self.mask.shape
        return rows, columns


@attrs.frozen(eq=False, kw_only=True)
class Seeds:
    """Masks of places where a thing is expected, inside the person.

    Attributes:
        face: between eyes and mouth.
        hands: from below the cuffs to the index knuckles.
        torso: the chest and the belly.
        legs: the thighs.
        knees: around the knees.
        hip_band: across the hips.
        head: around the head, above the chin.
        arms: along the arms, as wide as a bare arm.
        chin_height: height of the chin in the frame, negative.
        chin_lateral: lateral of the chin in the frame.
    """

    face: BoolArray
    hands: BoolArray
    torso: BoolArray
    legs: BoolArray
    knees: BoolArray
    hip_band: BoolArray
    head: BoolArray
    arms: BoolArray
    chin_height: float
    chin_lateral: float


def make_scene(rgb: ByteArray, body: Body) -> Scene:
    """Shrink photo and body to working size and derive the maps."""
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scaled = resized_body(body, *size)
    frame = body_frame(scaled)
    mask = scaled.mask > _CUT
    heights, laterals = frame.grid(small.shape)
    return Scene(
        lab=np.asarray(cv2.bilateralFilter(to_lab(small), 5, 12.0, 3.0), dtype=np.float32),
        mask=mask,
        near=dilate(mask, 2 * SMOOTHING_PX + 2),
        body=scaled,
        frame=frame,
        height=heights,
        lateral=laterals,
    )


def find_seeds(scene: Scene) -> Seeds:
    """Place the seeds from the joints alone."""
    body, frame, shape = scene.body, scene.frame, scene.shape
    unit = frame.shoulders_px
    nothing = np.zeros(shape, dtype=np.bool_)
    hands, legs, knees, arms = (nothing.copy() for _ in range(4))
    for side in SIDES:
        hands |= _bare_hand(scene, side) & scene.mask
        hip, knee, ankle = leg(body, side)
        bend = hip + _KNEE_SPAN[0] * (knee - hip), knee, knee + _KNEE_SPAN[1] * (ankle - knee)
        knees |= chain_mask(shape, np.stack(bend), _KNEE_RADIUS * unit)
        start, end = (hip + share * (knee - hip) for share in _LEG_SPAN)
        legs |= capsule_mask(shape, start, end, _LEG_RADIUS * unit)
        arms |= chain_mask(shape, arm(body, side), 0.115 * unit)
    chin_height, chin_lateral = (float(value) for value in frame.coordinates(frame.chin))
    head = disc_mask(shape, frame.head_centre, _HAIR_REACH * frame.head_radius_px)
    return Seeds(
        face=hull_mask(shape, body.joints[list(_FACE)]) & scene.mask,
        hands=hands,
        torso=_band(scene, *_TORSO) & scene.mask,
        legs=legs & scene.mask,
        knees=knees & scene.mask,
        hip_band=_band(scene, *_HIP_BAND) & scene.mask,
        head=head & (scene.height < chin_height) & scene.mask,
        arms=arms & scene.mask,
        chin_height=chin_height,
        chin_lateral=chin_lateral,
    )


def _bare_hand(scene: Scene, side: int) -> BoolArray:
    """Return the hand from the wrist on, or from below a cuff of another colour."""
    wrist, knuckle = hand(scene.body, side)
    below_cuff = wrist + _CUFF * (knuckle - wrist)
    radius_px = _HAND_RADIUS * scene.frame.shoulders_px
    upper = capsule_mask(scene.shape, wrist, below_cuff, radius_px)
    lower = capsule_mask(scene.shape, below_cuff, knuckle, radius_px)
    if not (upper & scene.mask).any() or not (lower & scene.mask).any():
        return upper | lower
    colours = [np.median(scene.lab[part & scene.mask], axis=0) for part in (upper, lower)]
    is_cuff = float(np.hypot(*(colours[0] - colours[1])[1:])) > _CUFF_TINT
    is_cuff |= abs(float(colours[0][0] - colours[1][0])) > _CUFF_SHADE
    return lower if is_cuff else upper | lower


def _band(scene: Scene, top: float, bottom: float, lateral: float) -> BoolArray:
    corners = [(top, -lateral), (top, lateral), (bottom, lateral), (bottom, -lateral)]
    points = np.stack([scene.frame.point(*corner) for corner in corners])
    return polygon_mask(scene.shape, points)
