"""Perceive a person with the pose and segmentation networks."""

import attrs
import numpy as np

from tryon_local.body import Body, ByteArray, FloatArray, Joint, Refused
from tryon_local.perception.landmarks import Landmarks
from tryon_local.perception.persons import the_person
from tryon_local.perception.posture import (
    POSE_UNUSUAL,
    is_cut_off,
    is_unusual,
    obstacle,
    with_hanging_forearms,
)
from tryon_local.perception.silhouette_mask import person_mask

# number of the network's landmark for each `Joint`, image side left first when the person
# faces the camera: the person's right is the image's left
_FACING = (0, 5, 2, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 20, 19, 24, 23, 26, 25, 28, 27)
_TURNED = (0, 2, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 23, 24, 25, 26, 27, 28)


def perceive_with_networks(rgb: ByteArray, *, num_threads: int) -> Body:
    """Return the body in the resolution of `rgb`.

    Raises:
        Refused: `no_person`, `several_people` or `person_cut_off`.
    """
    detection, landmarks = the_person(rgb, num_threads=num_threads)
    facing = _faces_camera(landmarks)
    order = np.array(_FACING if facing else _TURNED)
    joints: FloatArray = np.ascontiguousarray(landmarks.points[order, :2])
    body = Body(
        joints=joints,
        visibility=landmarks.visibility[order],
        depth=np.ascontiguousarray(landmarks.points[order, 2]),
        mask=landmarks.mask,
        backend="blazepose",
    )
    if is_cut_off(body):
        raise Refused(
            "person_cut_off",
            "person",
            "the photo ends above the shoulders; use one that shows head to thighs",
        )
    mask = person_mask(rgb, body, radius_px=detection.radius_px, num_threads=num_threads)
    body = attrs.evolve(body, mask=mask, obstacle=obstacle(body, facing=facing))
    unusual = is_unusual(body, facing=facing)
    body = with_hanging_forearms(body)
    return attrs.evolve(body, warnings=(POSE_UNUSUAL,)) if unusual else body


def _faces_camera(landmarks: Landmarks) -> bool:
    own_left = landmarks.points[_TURNED[Joint.LEFT_SHOULDER], 0]
    own_right = landmarks.points[_TURNED[Joint.RIGHT_SHOULDER], 0]
    return bool(own_left >= own_right)
