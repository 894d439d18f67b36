"""Find persons: the detector's anchors, decoded and merged."""

import attrs
import cv2
import numpy as np

from tryon_local.body import ByteArray, FloatArray
from tryon_local.perception import networks

_SIDE_PX = 224
_STRIDES_PX = (8, 16, 32, 32, 32)
_ANCHORS_PER_CELL = 2
_MERGE_OVERLAP = 0.3


@attrs.frozen(eq=False)
class Detection:
    """One person the detector proposes.

    Attributes:
        score: 0..1.
        hips: middle of the hips, in pixels of the photo.
        rim: a point on the circle around `hips` that holds the whole person; it lies in the
            direction of the head.
    """

    score: float
    hips: FloatArray = attrs.field(kw_only=True)
    rim: FloatArray = attrs.field(kw_only=True)

    @property
    def radius_px(self) -> float:
        """Radius of the circle that holds the whole person."""
        return float(np.hypot(*(self.rim - self.hips)))


def detect(rgb: ByteArray, *, min_score: float, num_threads: int) -> list[Detection]:
    """Return the persons in a photo, best score first."""
    image, scale, offset = _letterbox(rgb)
    outputs = networks.network(networks.DETECTION, num_threads).run(image)
    scores = networks.sigmoid(outputs["Identity_1"][:, 0])
    sure = scores >= min_score
    boxes = outputs["Identity"][sure] / _SIDE_PX
    boxes[:, 0:2] += _ANCHORS[sure]
    boxes[:, 4:] += np.tile(_ANCHORS[sure], 4)
    merged = _merge(scores[sure], np.asarray(boxes, dtype=np.float32))
    points = [
        (score, (box[4:8].reshape(2, 2) * _SIDE_PX - offset) / scale) for score, box in merged
    ]
    return [Detection(score, hips=pair[0], rim=pair[1]) for score, pair in points]


def _letterbox(rgb: ByteArray) -> tuple[FloatArray, float, FloatArray]:
    height, width = rgb.shape[:2]
    scale = _SIDE_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    left, top = (_SIDE_PX - size[0]) // 2, (_SIDE_PX - size[1]) // 2
    canvas = np.zeros((_SIDE_PX, _SIDE_PX, 3), dtype=np.float32)
    canvas[top : top + size[1], left : left + size[0]] = small
    offset = np.array([left, top], dtype=np.float32)
    return np.asarray(canvas / 127.5 - 1.0, dtype=np.float32), scale, offset


def _make_anchors() -> FloatArray:
    layers = []
    for stride in _STRIDES_PX:
        cells = _SIDE_PX // stride
        centres = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(centres, centres)
        grid = np.stack([x.ravel(), y.ravel()], axis=1)
        layers.append(np.repeat(grid, _ANCHORS_PER_CELL, axis=0))
    return np.concatenate(layers).astype(np.float32)


_ANCHORS = _make_anchors()


def _merge(scores: FloatArray, boxes: FloatArray) -> list[tuple[float, FloatArray]]:
    """Replace overlapping proposals by their mean, weighted by score."""
    left = np.argsort(-scores, kind="stable")
    merged: list[tuple[float, FloatArray]] = []
    while left.size:
        near = _overlap(boxes[left[0]], boxes[left]) > _MERGE_OVERLAP
        near[0] = True
        group = left[near]
        mean = np.average(boxes[group], axis=0, weights=scores[group])
        merged.append((float(scores[left[0]]), np.asarray(mean, dtype=np.float32)))
        left = left[~near]
    return merged


def _overlap(box: FloatArray, others: FloatArray) -> FloatArray:
    low = np.maximum(box[:2] - box[2:4] / 2, others[:, :2] - others[:, 2:4] / 2)
    high = np.minimum(box[:2] + box[2:4] / 2, others[:, :2] + others[:, 2:4] / 2)
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = box[2:4].prod() + others[:, 2:4].prod(axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)
