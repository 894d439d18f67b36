"""The line of a front neckline as it is seen, which no simple curve follows to the pixel."""

import cv2
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.garment.outline import IntArray, Silhouette
from tryon_local.imaging import Points, delta_e

_RAYS = 81
"""Rays from the middle of the opening, from its left end through its lowest point to the right."""
_SCALES = np.arange(0.7, 1.3, 0.01, dtype=np.float32)
"""How far along a ray the line is looked for, in distances of the curve."""
_GAP = 0.03
"""How far from the line colours are compared, in half neck widths."""
_ALONG = 4.0
"""Over how many rays a change of colour is averaged: a label or a fold changes it at one place."""
_CLOSE = 0.06
"""How far off the curve the usual change is looked for."""
_ENOUGH, _SHARP = 0.7, 0.3
"""How much of a usual change is as good as all of it, and how much more is best."""
_OUTLINE = 0.6
"""How much the garment's own outline counts, where the line meets it, in usual changes."""
_BEND, _IN, _OUT = 0.12, 0.6, 4.0
"""What a step from ray to ray costs, and one distance inwards and outwards off the curve, where
the seam of a ribbed collar lies."""
_OUT_TO_WING = 1.5
"""What one distance outwards costs between the wings of a collar, which have no such seam."""
_WARY = 2.0
"""How much more it costs to go outwards from a faint line."""
_LEFT_INSIDE, _STILL_BACK = 0.02, 0.4
"""How far outside of a clear line parts of the back may lie, in neck widths, and from which colour
distance to the front on they do, in changes across the line."""
_OTHER_HALF, _SMOOTH, _EDGE = 0.5, 2.0, 16
"""How much the same place on the other half of a faint neckline counts; over how many rays it is
smoothed, and how far it is continued for that."""
_CLEAR, _FAINT = 15.0, 5.0
"""Changes of colour across clear and across faint lines; these are smoothed twice as much."""
_RIBS = np.arange(0.03, 0.13, 0.005, dtype=np.float32)[::-1]
"""Widths of a ribbed collar, in neck widths."""
_DEEP = 0.5
"""Depth of a deep neckline, in neck widths."""
_RIB_SHARE, _RIB_CHANGE = 0.45, 4.0
"""How clear the upper edge of a ribbed collar is, in changes across its seam, and in Lab where the
collar has a colour of its own."""
_ABOVE_SEAM = 3.0
"""How far above a seam ribs have their colour, in distances at which colours are compared."""
_RIB_COLOUR = 15.0
"""Colour distance within which the ribs of a collar lie."""
_BAND_AT_END = 0.4
"""How broad a band is seen at its ends on the shoulders, in its breadth in front."""
_SOFT_PX = 0.5
"""Width of the soft upper edge of a collar."""
_ENDS = 0.2
"""Share of a line at each end where it may be another one."""
_UNCLEAR = 40
"""Percentage of an upper edge that may be less clear."""


def curve_of(necks: FloatArray, y: float, power: float) -> FloatArray:
    """Return a neckline as points of a curve, from left to right, shape (n, 2).

    Args:
        necks: shape (2, 2), its ends.
        y: its lowest row.
        power: 1 for a V, 2 for a half ellipse, above that squarer.
    """
    centre = necks.mean(axis=0)
    angles = np.linspace(np.pi, 0, _RAYS)
    across, down = np.cos(angles), np.sin(angles)
    length = (np.abs(across) ** power + np.abs(down) ** power) ** (-1 / power)
    half = np.array([float(np.ptp(necks[:, 0])) / 2, y - centre[1]])
    curve = centre + np.stack([across, down], axis=1) * length[:, None] * half
    return np.asarray(curve, np.float32)


def trace(
    shape: Silhouette, lab: FloatArray, curve: FloatArray, *, is_even: bool = True
) -> tuple[FloatArray, float]:
    """Return the line near a curve across which the colour changes most, and by how much.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the image.
        curve: shape (n, 2), as `curve_of` makes it.
        is_even: both halves are alike; the wings of a collar may fold differently.
    """
    centre, lengths, units = _polar(curve)
    radii = lengths[:, None] * _SCALES
    change, known = _changes(shape, lab, curve, radii)
    off = np.abs(_SCALES - 1)
    cost = np.where(_SCALES > 1, _OUT if is_even else _OUT_TO_WING, _IN) * off**2
    rays = np.arange(len(curve))
    path = np.full(len(curve), int(np.argmin(off)))
    length = 0.0
    for reach in (_CLOSE, np.inf):
        usual = np.median(change[rays, path], axis=0)
        length = float(np.linalg.norm(usual))
        if length <= 0:
            return curve, 0.0
        share = change @ (usual / length**2)
        score = _score(share, known)
        # Beyond a faint line there is another one in most patterns.
        far = np.where(_SCALES > 1, cost * (1 + _WARY * _faint(length)), cost)
        score = _mirrored(score, length) if is_even else score
        path = _best_path(np.where(off > reach, -1.0, score - far))
    # Smooth is the way from the curve, which may have a tip itself.
    found = lengths * _smooth(_SCALES[path], length)
    found += _to_front(lab, centre + units * found[:, None], length)
    return centre + units * found[:, None], length


def _to_front(lab: FloatArray, line: FloatArray, change: float) -> FloatArray:
    """Return how far outwards of a clear line the colours of the front begin, in pixels.

    A label or a hem of the back may lie between both.
    """
    _centre, _lengths, units = _polar(line)
    reach = round(_LEFT_INSIDE * float(np.ptp(line[:, 0])))
    steps = np.arange(2 * reach + 1, dtype=np.float32)
    colours = _colours(lab, line[:, None] + units[:, None] * steps[:, None])
    front = colours[:, reach:].mean(axis=1, keepdims=True)
    apart = np.linalg.norm(colours[:, : reach + 1] - front, axis=2)
    is_other = apart > _STILL_BACK * change
    last = np.where(is_other.any(axis=1), reach + 1 - is_other[:, ::-1].argmax(axis=1), 0)
    out = np.where(last > reach, 0, last) * (1 - _faint(change))
    return _smooth(out.astype(np.float32), _CLEAR)


def colour_below(lab: FloatArray, line: FloatArray) -> FloatArray:
    """Return the mean colour of the front just outside a neckline, away from its ends.

    There the line may leave the seam that it follows.
    """
    _centre, _lengths, units = _polar(line)
    ends = round(_ENDS * len(line))
    return np.asarray(_colours(lab, line + units * _gap(line))[ends:-ends].mean(axis=0))


def moved_in(line: FloatArray, distance_px: float) -> FloatArray:
    """Return a neckline that is less deep, and a little less wide."""
    centre, lengths, units = _polar(line)
    share = _BAND_AT_END + (1 - _BAND_AT_END) * np.clip(units[:, 1], 0, 1)
    closer = np.maximum(lengths - distance_px * share, 1.0)
    return np.asarray(centre + units * closer[:, None], np.float32)


def upper_edge(
    shape: Silhouette, lab: FloatArray, seam: FloatArray, change: float, *, is_band: bool
) -> FloatArray | None:
    """Return the upper edge of a ribbed collar, whose seam is often the clearer line.

    Args:
        shape: the garment's silhouette.
        lab: shape (H, W, 3), CIE Lab of the image.
        seam: shape (n, 2), the line found.
        change: change of colour across it.
        is_band: the collar has a colour of its own.
    """
    centre, lengths, units = _polar(seam)
    width = float(np.ptp(seam[:, 0]))
    # Rays meet the sides of a deep neckline aslant.
    aslant = 1 + np.clip(np.ptp(seam[:, 1]) / width - _DEEP, 0, 1) * np.clip(units[:, 1], 0, 1)
    radii = np.maximum(lengths[:, None] - aslant[:, None] * (_RIBS * width), 1.0)
    changes, known = _changes(shape, lab, seam, radii)
    strength = np.linalg.norm(changes, axis=2)
    gap = _gap(seam)
    # Next to the seam lies its own shadow.
    above = _colours(lab, seam - units * (_ABOVE_SEAM * gap))
    ribs = np.median(above, axis=0)
    change = min(change, max(float(delta_e(colour_below(lab, seam), ribs)), 1.0))
    if float(np.median(delta_e(above, ribs))) > _RIB_COLOUR:
        return None
    below = _colours(lab, centre + units[:, None] * (radii + gap)[..., None])
    # Between the edge and the seam there is nothing but the ribs.
    strength *= np.clip(1.5 - delta_e(below, ribs) / _RIB_COLOUR, 0, 1)
    share = strength / change
    score = _score(share, known)
    path = _best_path(_mirrored(score, change))
    rays = np.arange(len(seam))
    inner = known[rays, path] == 2  # noqa: PLR2004
    least = _RIB_CHANGE if is_band else max(_RIB_SHARE * change, _RIB_CHANGE)
    if inner.sum() < len(seam) / 3:
        return None
    if float(np.percentile(strength[rays, path][inner], _UNCLEAR)) < least:
        return None
    # The soft edge itself is paler on white paper.
    ribs_px = aslant * _smooth(_RIBS[path] * width, change) - _SOFT_PX
    return centre + units * np.maximum(lengths - ribs_px, 1.0)[:, None]


def _polar(curve: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    centre = (curve[0] + curve[-1]) / 2
    lengths = np.maximum(np.hypot(*(curve - centre).T), 1.0)
    return centre, lengths, (curve - centre) / lengths[:, None]


def _changes(
    shape: Silhouette, lab: FloatArray, curve: FloatArray, radii: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the change of colour outwards, shape (rays, radii, 3), and where it is known.

    That is 2 within the garment, 1 where only what lies outwards is garment, else 0.
    """
    centre, _lengths, units = _polar(curve)
    colours, hits = [], []
    for offset in (-_gap(curve), _gap(curve)):
        spots = centre + units[:, None] * (radii + offset)[..., None]
        colours.append(_colours(lab, spots))
        columns = np.clip(np.rint(spots[..., 0]).astype(int), 0, lab.shape[1] - 1)
        rows = np.clip(np.rint(spots[..., 1]).astype(int), 0, lab.shape[0] - 1)
        hits.append(shape.mask[rows, columns])
    both = hits[0] & hits[1]
    change = np.where(both[..., None], colours[1] - colours[0], 0).astype(np.float32)
    share = cv2.GaussianBlur(both.astype(np.float32), (1, 0), sigmaX=0.01, sigmaY=_ALONG)
    even = cv2.GaussianBlur(change, (1, 0), sigmaX=0.01, sigmaY=_ALONG)
    known = np.where(both, 2, np.where(hits[1], 1, 0)).astype(np.float32)
    return np.asarray(even / np.maximum(share, 1e-3)[..., None], np.float32), known


def _score(share: FloatArray, known: FloatArray) -> FloatArray:
    """Return how good each place is for the line; see `_changes` for where it is known.

    Half of what usually changes is as good as all; but the middle of an edge is best.
    """
    inside = np.clip(share / _ENOUGH, 0, 1) + _SHARP * np.clip(share, 0, 2)
    score = np.where(known == 1, _OUTLINE, np.where(known == 2, inside, -1.0))  # noqa: PLR2004
    return np.asarray(score)


def _gap(curve: FloatArray) -> float:
    return max(1.5, _GAP * float(np.ptp(curve[:, 0])) / 2)


def _colours(lab: FloatArray, spots: Points) -> FloatArray:
    grid = np.asarray(spots, np.float32).reshape(len(spots), -1, 2)
    x, y = (np.ascontiguousarray(grid[..., axis]) for axis in (0, 1))
    seen = cv2.remap(lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32).reshape(*spots.shape[:-1], 3)


def _best_path(score: FloatArray) -> IntArray:
    """Return, for each ray, the index of the best path that moves one step per ray at most."""
    total = score[0].copy()
    steps = np.zeros(score.shape, np.int64)
    end = np.full(1, -np.inf)
    for ray in range(1, len(score)):
        moves = np.stack(
            [
                np.concatenate([end, total[:-1]]) - _BEND,
                total,
                np.concatenate([total[1:], end]) - _BEND,
            ]
        )
        steps[ray] = moves.argmax(axis=0) - 1
        total = moves.max(axis=0) + score[ray]
    path = np.zeros(len(score), np.int64)
    path[-1] = int(total.argmax())
    for ray in range(len(score) - 1, 0, -1):
        path[ray - 1] = path[ray] + steps[ray, path[ray]]
    return path


def _mirrored(score: FloatArray, change: float) -> FloatArray:
    """Let each half of a faint neckline count for the other one, too; a clear one may be uneven."""
    share = _OTHER_HALF * _faint(change)
    return np.asarray((1 - share) * score + share * score[::-1], np.float32)


def _smooth(values: FloatArray, change: float) -> FloatArray:
    sigma = _SMOOTH * (1 + _faint(change))
    padded = cv2.copyMakeBorder(values[None], 0, 0, _EDGE, _EDGE, cv2.BORDER_REFLECT_101)
    even = np.asarray(cv2.GaussianBlur(padded, (0, 0), sigma), np.float32)
    return even[0, _EDGE:-_EDGE]


def _faint(change: float) -> float:
    """Return 0 for a clear line to 1 for a faint one, whose place is less certain."""
    return float(np.clip((_CLEAR - change) / (_CLEAR - _FAINT), 0, 1))
