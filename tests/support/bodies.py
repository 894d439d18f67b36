"""Bodies for tests that need joints but no photo."""

import attrs
import numpy as np

from tryon_local.body import Body, Joint

_STANDING = {
    Joint.NOSE: (200, 90),
    Joint.LEFT_EYE: (190, 80),
    Joint.RIGHT_EYE: (210, 80),
    Joint.LEFT_EAR: (178, 84),
    Joint.RIGHT_EAR: (222, 84),
    Joint.LEFT_MOUTH: (193, 104),
    Joint.RIGHT_MOUTH: (207, 104),
    Joint.LEFT_SHOULDER: (150, 160),
    Joint.RIGHT_SHOULDER: (250, 160),
    Joint.LEFT_ELBOW: (135, 240),
    Joint.RIGHT_ELBOW: (265, 240),
    Joint.LEFT_WRIST: (128, 310),
    Joint.RIGHT_WRIST: (272, 310),
    Joint.LEFT_INDEX: (126, 335),
    Joint.RIGHT_INDEX: (274, 335),
    Joint.LEFT_HIP: (170, 300),
    Joint.RIGHT_HIP: (230, 300),
    Joint.LEFT_KNEE: (170, 420),
    Joint.RIGHT_KNEE: (230, 420),
    Joint.LEFT_ANKLE: (170, 530),
    Joint.RIGHT_ANKLE: (230, 530),
}


def standing_body(**moved: tuple[float, float]) -> Body:
    """Return a body that stands upright in a picture of 400 x 600 pixels.

    Args:
        moved: Joints at other places, by lower-case name.
    """
    joints = np.array([_STANDING[joint] for joint in Joint], dtype=np.float32)
    for name, place in moved.items():
        joints[Joint[name.upper()]] = place
    return Body(
        joints=joints,
        visibility=np.ones(len(Joint), dtype=np.float32),
        depth=np.zeros(len(Joint), dtype=np.float32),
        mask=np.ones((600, 400), dtype=np.float32),
        backend="blazepose",
    )


def hidden(body: Body, *joints: Joint) -> Body:
    """Return the body with joints that cannot be seen."""
    visibility = body.visibility.copy()
    visibility[list(joints)] = 0.0
    return attrs.evolve(body, visibility=visibility)
