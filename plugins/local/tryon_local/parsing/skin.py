"""Which colours are this person's skin."""

import attrs
import cv2
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.imaging import bounding_box, gaussian, less, pixels_in, squared_length
from tryon_local.parsing.scene import Scene, Seeds

SKIN_LIKE = 9.0

_KEPT_SHARE = 0.7
_SPREAD_FACTOR = 1.5
_SPREAD_FLOOR = np.array([7.0, 3.5, 4.5], dtype=np.float32)
_SPREAD_MOST = np.array([18.0, 7.0, 8.5], dtype=np.float32)
"""A sample that varies more is skin and something else, such as the cloth under a hand."""
_CHANNEL_WEIGHTS = np.array([0.35, 1.0, 1.0], dtype=np.float32)
_RED = (2.0, 40.0)
_MIN_YELLOW = 2.0
_SAME_PERSON = np.array([30.0, 10.0, 12.0], dtype=np.float32)
_MIN_CHROMA = 7.0
_SAME_CHROMA = 0.55
"""Chroma of one sample in that of the other: a hand on dark cloth samples the cloth."""
_MIN_PIXELS = 12
_SMOOTH, _PRINTED = 4.0, 8.0
"""Variation of lightness up to which a surface is as smooth as skin, and from which it is not."""
_PRINT_COST = 12.0


@attrs.frozen(eq=False)
class SkinTone:
    """One sample of skin: mean and spread in Lab."""

    mean: FloatArray
    spread: FloatArray

    @property
    def chroma(self) -> float:
        """How far the colour is from grey."""
        return float(np.hypot(self.mean[1], self.mean[2]))

    def distance(self, lab: FloatArray) -> FloatArray:
        """Return the weighted squared distance; below `SKIN_LIKE` a colour may be skin."""
        weights = np.asarray(np.sqrt(_CHANNEL_WEIGHTS) / self.spread, dtype=np.float32)
        return squared_length(less(lab, self.mean) * weights)


_TYPICAL = SkinTone(np.array([65.0, 14.0, 16.0], dtype=np.float32), _SPREAD_MOST)


def skin_tones(scene: Scene, seeds: Seeds) -> list[SkinTone]:
    """Sample face and hands; one to two tones, a typical one when neither can be used."""
    face = _sample(pixels_in(scene.lab, seeds.face))
    hands = _sample(pixels_in(scene.lab, seeds.hands))
    if face is not None and hands is not None:
        apart = np.abs(face.mean - hands.mean)
        is_other = (apart > _SAME_PERSON).any() or hands.chroma < _SAME_CHROMA * face.chroma
        return [face] if is_other else [face, hands]
    tones = [tone for tone in (face, hands) if tone is not None]
    return tones or [_TYPICAL]


def skin_distance(tones: list[SkinTone], lab: FloatArray) -> FloatArray:
    """Return the distance to the nearest of the tones."""
    return np.asarray(np.min([tone.distance(lab) for tone in tones], axis=0), dtype=np.float32)


def print_cost(lab: FloatArray, unit_px: float) -> FloatArray:
    """Return what speaks against skin where lightness varies as in a print or in sequins.

    Args:
        lab: shape (h, w, 3).
        unit_px: width of the shoulders.
    """
    lightness = np.ascontiguousarray(lab[..., 0])
    detail = np.abs(lightness - gaussian(lightness, 0.05 * unit_px))
    # Wide areas only: along the edge of an arm lightness varies, too.
    side_px = 2 * round(0.15 * unit_px) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side_px, side_px))
    variation = gaussian(detail, 0.05 * unit_px)
    cost = np.zeros_like(variation)
    found = bounding_box(variation > _SMOOTH)
    if found is not None:
        x1, y1, x2, y2 = found
        pad = side_px // 2 + 1
        part = np.s_[max(y1 - pad, 0) : y2 + pad, max(x1 - pad, 0) : x2 + pad]
        wide = cv2.morphologyEx(np.ascontiguousarray(variation[part]), cv2.MORPH_OPEN, disc)
        cost[part] = _PRINT_COST * np.clip((wide - _SMOOTH) / (_PRINTED - _SMOOTH), 0, 1)
    return cost


def skin_offset(tones: list[SkinTone]) -> float:
    """Return the log normaliser that makes skin cost comparable with `ColourModel.cost`."""
    return float(np.log(tones[0].spread).sum())


def _sample(lab: FloatArray) -> SkinTone | None:
    if len(lab) < _MIN_PIXELS:
        return None
    away = np.square(lab - np.median(lab, axis=0)).sum(axis=1)
    kept = lab[np.argsort(away, kind="stable")[: max(1, int(_KEPT_SHARE * len(lab)))]]
    mean = kept.mean(axis=0)
    spread = np.clip(kept.std(axis=0) * _SPREAD_FACTOR, _SPREAD_FLOOR, _SPREAD_MOST)
    tone = SkinTone(mean, np.asarray(spread, dtype=np.float32))
    is_warm = _RED[0] < mean[1] < _RED[1] and mean[2] > _MIN_YELLOW
    return tone if is_warm and tone.chroma > _MIN_CHROMA else None
