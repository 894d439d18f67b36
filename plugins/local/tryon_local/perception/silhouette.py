"""Perceive a person without networks, from the outline on a plain background."""

import attrs
import cv2
import numpy as np

from tryon_local.body import Body, BoolArray, ByteArray, FloatArray, Joint, Refused
from tryon_local.frame import resized_body
from tryon_local.imaging import (
    bounding_box,
    closed,
    erode,
    fill_holes,
    largest_components,
    opened,
    to_lab,
    touching,
)
from tryon_local.perception.backdrop import Backdrop, estimate_backdrop
from tryon_local.perception.proportions import guess_joints
from tryon_local.perception.silhouette_mask import sharpened

SILHOUETTE_ONLY = "silhouette_only"

_WORKING_SIDE_PX = 512
_BORDER_SHARE = 0.03
_DIFFERENT_FLOOR, _DIFFERENT_PER_SAME = 5.0, 2.0
_GROWTH_LIMITS = (9.0, 7.0, 5.0)
_MIN_HEIGHT_SHARE = 0.35
_MAX_WIDTH_PER_HEIGHT = 1.1
_SECOND_PERSON_SHARE = 0.35
_BACKGROUND_AND_PERSON = 2
_REMEDY = "use a photo of one person, standing with hanging arms before a plain background"


def perceive_silhouette(rgb: ByteArray) -> Body:
    """Return a body guessed from the outline; always warns `silhouette_only`.

    Raises:
        Refused: `no_person` where the background is not plain or the outline is not a person's,
            `several_people` where there are several outlines.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _WORKING_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    outline = _outline(small)
    joints = guess_joints(outline)
    if joints is None:
        raise Refused("no_person", "person", f"the outline is not that of a person; {_REMEDY}")
    body = resized_body(_body(joints, outline), width, height)
    return attrs.evolve(body, mask=sharpened(rgb, body.mask))


def _outline(rgb: ByteArray) -> BoolArray:
    backdrop = _grown_backdrop(to_lab(rgb))
    if not backdrop.plain:
        raise Refused("no_person", "person", f"the background is not plain; {_REMEDY}")
    threshold = max(_DIFFERENT_FLOOR, _DIFFERENT_PER_SAME * backdrop.same)
    solid = fill_holes(closed(opened(backdrop.difference > threshold, 1), 2))
    different = opened(solid & (backdrop.difference > backdrop.same), 1)
    person = largest_components(different, _SECOND_PERSON_SHARE)
    parts, _ = cv2.connectedComponents(person.astype(np.uint8), connectivity=8)
    if parts > _BACKGROUND_AND_PERSON:
        raise Refused("several_people", "person", f"there are several outlines; {_REMEDY}")
    box = bounding_box(person)
    if box is None or not _upright(box, rgb.shape):
        raise Refused("no_person", "person", f"no person stands out from the background; {_REMEDY}")
    return person


def _grown_backdrop(lab: FloatArray) -> Backdrop:
    """Estimate from the rim, then again from all that looked like the background so far."""
    outside = _border(lab.shape)
    backdrop = estimate_backdrop(lab, outside)
    for limit in _GROWTH_LIMITS:
        empty = erode(backdrop.difference < max(limit, backdrop.same), 2)
        backdrop = estimate_backdrop(lab, touching(empty | outside, outside))
    return backdrop


def _upright(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    tall = height >= _MIN_HEIGHT_SHARE * shape[0]
    return tall and width <= _MAX_WIDTH_PER_HEIGHT * height


def _border(shape: tuple[int, ...]) -> BoolArray:
    """The left, right and upper rim; people often reach the lower one."""
    margin = max(2, round(_BORDER_SHARE * max(shape[:2])))
    border = np.zeros(shape[:2], dtype=np.bool_)
    border[:margin] = border[:, :margin] = border[:, -margin:] = True
    return border


def _body(joints: FloatArray, outline: BoolArray) -> Body:
    height, width = outline.shape
    inside = np.logical_and(joints >= 0, joints < (width, height)).all(axis=1)
    return Body(
        joints=joints,
        visibility=np.asarray(inside, dtype=np.float32),
        depth=np.zeros(len(Joint), dtype=np.float32),
        mask=outline.astype(np.float32),
        backend="silhouette",
        warnings=(SILHOUETTE_ONLY,),
    )
