"""Locate the joints of one person: crop, run, decode, refine with heat maps."""

import attrs
import cv2
import numpy as np

from tryon_local.body import ByteArray, FloatArray
from tryon_local.perception import networks
from tryon_local.perception.detection import Detection

_SIDE_PX = 256
_VALUES = 5
_MARGIN = 1.25
_WINDOW_RADIUS = 3
_MIN_HEAT = 0.5


@attrs.frozen(eq=False, kw_only=True)
class Landmarks:
    """Joints of one person in the numbering of the network (39 points).

    Attributes:
        points: shape (39, 3), x and y in pixels of the photo, z in the same unit.
        visibility: shape (39,), 0..1.
        presence: 0..1, how sure the network is that there is a person.
        mask: shape (H, W), 0..1, the network's own coarse silhouette.
    """

    points: FloatArray
    visibility: FloatArray
    presence: float
    mask: FloatArray


def locate(rgb: ByteArray, detection: Detection, *, num_threads: int) -> Landmarks:
    """Return the landmarks of the person of a detection."""
    to_crop = _crop_matrix(detection)
    crop = cv2.warpAffine(
        rgb, to_crop, (_SIDE_PX, _SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    image = np.multiply(crop, np.float32(1 / 255), dtype=np.float32)
    outputs = networks.network(networks.LANDMARKS, num_threads).run(image)
    values = outputs["Identity"].reshape(-1, _VALUES)
    points = _refine(values[:, :3], networks.sigmoid(outputs["Identity_3"]))
    to_photo = np.asarray(cv2.invertAffineTransform(to_crop), dtype=np.float32)
    mask = _photo_mask(networks.sigmoid(outputs["Identity_2"][..., 0]), to_photo, rgb.shape)
    return Landmarks(
        points=_project(points, to_photo),
        visibility=networks.sigmoid(values[:, 3]),
        presence=float(outputs["Identity_1"].ravel()[0]),
        mask=mask,
    )


def _crop_matrix(detection: Detection) -> FloatArray:
    """Return the map from the photo to a square crop in which the person stands upright."""
    side = max(1.0, 2 * _MARGIN * detection.radius_px)
    up = (detection.rim - detection.hips) / max(1e-6, detection.radius_px)
    turn = np.array([[-up[1], up[0]], [-up[0], -up[1]]]) * (_SIDE_PX / side)
    shift = _SIDE_PX / 2 - turn @ detection.hips
    return np.asarray(np.concatenate([turn, shift[:, None]], axis=1), dtype=np.float32)


def _refine(points: FloatArray, heat: FloatArray) -> FloatArray:
    """Move each point to the centre of mass of its heat map, where that map is sure."""
    height, width = heat.shape[:2]
    refined = points.copy()
    cells = (points[:, :2] * (width / _SIDE_PX)).astype(int)
    for index, (x, y) in enumerate(cells):
        left, top = max(0, x - _WINDOW_RADIUS), max(0, y - _WINDOW_RADIUS)
        right, bottom = min(width, x + _WINDOW_RADIUS + 1), min(height, y + _WINDOW_RADIUS + 1)
        window = heat[top:bottom, left:right, index]
        if window.size and window.max() >= _MIN_HEAT:
            rows, columns = np.mgrid[top:bottom, left:right]
            total = window.sum()
            refined[index, 0] = (columns * window).sum() / total * (_SIDE_PX / width)
            refined[index, 1] = (rows * window).sum() / total * (_SIDE_PX / height)
    return refined


def _project(points: FloatArray, to_photo: FloatArray) -> FloatArray:
    flat = points[:, :2] @ to_photo[:, :2].T + to_photo[:, 2]
    depth = points[:, 2:] * np.hypot(*to_photo[:, 0])
    return np.asarray(np.concatenate([flat, depth], axis=1), dtype=np.float32)


def _photo_mask(mask: FloatArray, to_photo: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    photo = cv2.warpAffine(mask, to_photo, (shape[1], shape[0]), flags=cv2.INTER_LINEAR)
    return np.asarray(photo, dtype=np.float32)
