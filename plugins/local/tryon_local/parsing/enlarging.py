"""Bring labels from working size to the photo's size, with smooth outlines."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, Label

_LABELS = (Label.SKIN, Label.HAIR, Label.UPPER, Label.LOWER, Label.SHOE)
_BLUR_PX = 1.0


def enlarged_labels(labels: ByteArray, person: BoolArray) -> ByteArray:
    """Return labels in the size of `person`; all of the person, and nothing else, has a label.

    Args:
        labels: labels at working size.
        person: the person's mask in the photo's size.
    """
    size = person.shape[1], person.shape[0]
    enlarged = np.full(person.shape, _LABELS[0], dtype=np.uint8)
    largest = _share(labels == _LABELS[0], size)
    for label in _LABELS[1:]:
        share = _share(labels == label, size)
        enlarged[share > largest] = label
        np.maximum(largest, share, out=largest)
    enlarged[~person] = Label.BACKGROUND
    return enlarged


def _share(mask: BoolArray, size: tuple[int, int]) -> ByteArray:
    """Return how much of each pixel a label holds, 0..255, spread over the rim of the person."""
    blurred = cv2.GaussianBlur(mask.astype(np.uint8) * 255, (0, 0), _BLUR_PX)
    return np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
