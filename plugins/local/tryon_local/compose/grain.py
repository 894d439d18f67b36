"""The fine unevenness of skin: as strong as on what is seen of the person's own."""

import functools

import numpy as np

from tryon_local.body import FloatArray, Label
from tryon_local.compose.tones import REDDENING
from tryon_local.imaging import erode, gaussian
from tryon_local.warp import Wearer

_OCTAVES = ((0.5, 1.0), (1.2, 0.8), (2.4, 0.45), (4.8, 0.2))
"""Sizes of its spots, in pixels, and how strong each is; pores, down, veins, blotches."""
_MOTTLED, _MOTTLES = 0.05, 0.35
"""Size of its largest blotches, in S, and their strength, as that of the octaves."""
_HUE = 0.35
"""How far redder or yellower spots are, as a share of how much lighter or darker others are."""
_USUAL, _WEAKEST, _STRONGEST = 0.006, 0.003, 0.0065
"""Strength of the finest grain where too little skin is seen, and within what it lies, as a share
of the brightness."""
_FEWEST, _STEP, _DARKEST = 100, 3, 12
"""How many places must show the grain; every so many pixels are enough, and as light ones."""
_EDGE = 0.04
"""How far from its edges skin shows its grain, in S."""
_TILE_PX = 256
_SMOOTH, _TO_SPREAD = 30, 2.6
"""Percentile of the distance of grain from 0 that knuckles and folds leave alone, and its spread in
that."""


def skin_grain(wearer: Wearer, window: tuple[slice, slice]) -> FloatArray:
    """Return a factor per pixel of a window of the photo, shape (h, w, 3).

    Args:
        wearer: the person.
        window: rows and columns, each with a beginning and an end.
    """
    tile = _tile(round(wearer.frame.shoulders_px)) * np.float32(_strength(wearer)) + 1
    begin = [side.start % _TILE_PX for side in window]
    sides = [side.stop - side.start for side in window]
    repeats = [-(-(first + side) // _TILE_PX) for first, side in zip(begin, sides, strict=True)]
    parts = tuple(slice(first, first + side) for first, side in zip(begin, sides, strict=True))
    return np.asarray(np.tile(tile, (*repeats, 1))[parts], np.float32)


def _strength(wearer: Wearer) -> float:
    """Return the spread of the finest grain on skin, apart from the face with its features."""
    unit = wearer.frame.shoulders_px / _STEP
    skin = erode(wearer.labelled(Label.SKIN)[::_STEP, ::_STEP], _EDGE * unit)
    skin &= wearer.height[::_STEP, ::_STEP] > wearer.frame.chin_height
    rows, columns = _STEP * np.array(np.nonzero(skin[1:-1, 1:-1])) + _STEP
    if rows.size < _FEWEST:
        return _USUAL
    green = wearer.rgb[..., 1]
    here, above, below, left, right = (
        green[rows + down, columns + across].astype(np.float32)
        for down, across in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
    )
    apart = np.abs(here - (above + below + left + right) / 4) / np.maximum(here, _DARKEST)
    return float(np.clip(_TO_SPREAD * np.percentile(apart, _SMOOTH), _WEAKEST, _STRONGEST))


@functools.lru_cache(maxsize=1)
def _tile(unit_px: int) -> FloatArray:
    """Return periodic noise, shape (256, 256, 3), whose finest part has a spread of 1."""
    noise = np.random.default_rng(5).standard_normal((2, _TILE_PX, _TILE_PX)).astype(np.float32)
    sizes = (*_OCTAVES, (_MOTTLED * unit_px, _MOTTLES))
    light, hue = (
        np.sum([strength * _blurred(field, size) for size, strength in sizes], axis=0)
        for field in noise
    )
    tinted = _HUE * hue[..., None] * np.array([1, 0, -1], np.float32)
    return np.asarray(light[..., None] * REDDENING + tinted, np.float32)


def _blurred(noise: FloatArray, sigma_px: float) -> FloatArray:
    # The tile is periodic, so that no seam is seen.
    margin = min(round(3 * sigma_px) + 1, _TILE_PX)
    soft = gaussian(np.pad(noise, margin, mode="wrap"), sigma_px)
    soft = soft[margin : margin + _TILE_PX, margin : margin + _TILE_PX]
    return np.asarray(soft / float(soft.std()), np.float32)
