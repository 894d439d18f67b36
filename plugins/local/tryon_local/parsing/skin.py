"""Which colours are this person's skin."""

import attrs
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.imaging import squared_length
from tryon_local.parsing.scene import Scene, Seeds

SKIN_LIKE = 9.0

_KEPT_SHARE = 0.7
_SPREAD_FACTOR = 1.5
_SPREAD_FLOOR = np.array([7.0, 3.5, 4.5], dtype=np.float32)
_CHANNEL_WEIGHTS = np.array([0.35, 1.0, 1.0], dtype=np.float32)
_RED = (2.0, 40.0)
_MIN_YELLOW = 2.0
_SAME_PERSON = np.array([30.0, 10.0, 12.0], dtype=np.float32)
_MIN_PIXELS = 12


@attrs.frozen(eq=False)
class SkinTone:
    """One sample of skin: mean and spread in Lab."""

    mean: FloatArray
    spread: FloatArray

    def distance(self, lab: FloatArray) -> FloatArray:
        """Return the weighted squared distance; below `SKIN_LIKE` a colour may be skin."""
        weights = np.asarray(np.sqrt(_CHANNEL_WEIGHTS) / self.spread, dtype=np.float32)
        return squared_length((lab - self.mean) * weights)


_TYPICAL = SkinTone(
    np.array([65.0, 14.0, 16.0], dtype=np.float32), np.array([16.0, 6.0, 7.0], dtype=np.float32)
)


def skin_tones(scene: Scene, seeds: Seeds) -> list[SkinTone]:
    """Sample face and hands; one to two tones, a typical one when neither can be used."""
    face = _sample(scene.lab[seeds.face])
    hands = _sample(scene.lab[seeds.hands])
    if face is not None and hands is not None:
        apart = np.abs(face.mean - hands.mean)
        return [face] if (apart > _SAME_PERSON).any() else [face, hands]
    tones = [tone for tone in (face, hands) if tone is not None]
    return tones or [_TYPICAL]


def skin_distance(tones: list[SkinTone], lab: FloatArray) -> FloatArray:
    """Return the distance to the nearest of the tones."""
    return np.asarray(np.min([tone.distance(lab) for tone in tones], axis=0), dtype=np.float32)


def skin_offset(tones: list[SkinTone]) -> float:
    """Return the log normaliser that makes skin cost comparable with `ColourModel.cost`."""
    return float(np.log(tones[0].spread).sum())


def _sample(lab: FloatArray) -> SkinTone | None:
    if len(lab) < _MIN_PIXELS:
        return None
    away = np.square(lab - np.median(lab, axis=0)).sum(axis=1)
    kept = lab[np.argsort(away, kind="stable")[: max(1, int(_KEPT_SHARE * len(lab)))]]
    mean = kept.mean(axis=0)
    spread = np.maximum(kept.std(axis=0) * _SPREAD_FACTOR, _SPREAD_FLOOR)
    plausible = _RED[0] < mean[1] < _RED[1] and mean[2] > _MIN_YELLOW
    return SkinTone(mean, np.asarray(spread, dtype=np.float32)) if plausible else None
