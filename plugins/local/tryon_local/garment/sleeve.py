"""Sleeves of a garment: where each one begins, runs and ends."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.garment.outline import Silhouette
from tryon_local.garment.value import Sleeve
from tryon_local.imaging import largest_components, polygon_mask, to_lab

LEFT = 0
_ON_HEM, _BITE, _ALIKE = (0.05, 0.9), 0.3, 5.0
"""Where along a hem, and how far above it, in its length, a bite is looked for, and the colour
distance up to which cloth may have been taken for paper."""
_CORNER_CANDIDATES = 44
_BEFORE, _BEYOND = 0.35, 2.35
"""How far an edge may lie off the straight lines from armpit and shoulder to the cuff, inwards and
from the inner line outwards, in distances of these lines."""

_WIDEST = 0.5
"""Width from which on a cuff is not taken for likelier, in armhole widths."""
_RIBS = 0.33
"""How far a corner lies beyond a line across the sleeve, in its length, that is the cuff's."""


def find_sleeve(
    shape: Silhouette, tip: FloatArray, armpit: FloatArray, *, side: int
) -> Sleeve | None:
    """Trace one sleeve from the armhole to the cuff.

    Args:
        shape: the garment's silhouette.
        tip: shoulder tip of that side.
        armpit: armpit of that side.
        side: 0 for the left of the image, 1 for the right.

    Returns:
        None when next to nothing lies outside the line from tip to armpit.
    """
    region = _sleeve_region(shape, tip, armpit, side)
    armhole = float(np.hypot(*(armpit - tip)))
    if region.sum() < 0.12 * armhole * armhole:
        return None
    inner_cuff, outer_cuff = _cuff(region, tip, armpit)
    end = (inner_cuff + outer_cuff) / 2
    length = float(np.hypot(*(end - tip)))
    is_long = length > 0.62 * (shape.bottom - tip[1])
    fractions = (0.15, 0.35, 0.55, 0.75, 1.0) if is_long else (0.15, 0.35, 0.65, 1.0)
    inner, outer = [], []
    for fraction in fractions:
        inside = armpit + (inner_cuff - armpit) * fraction
        outside = tip + (outer_cuff - tip) * fraction
        pair = _snapped(region, inside, outside) if fraction < 1 else (inside, outside)
        inner.append(pair[0])
        outer.append(pair[1])
    return Sleeve(
        fractions=np.array(fractions, np.float32),
        inner=np.array(inner, np.float32),
        outer=np.array(outer, np.float32),
        length_px=length,
        region=region,
    )


def bitten_hem(sleeve: Sleeve, rgb: ByteArray) -> BoolArray:
    """Return what is missing of a sleeve above its hem, in the colour of its cloth.

    Where cloth and paper are of one colour, the outline may leave the hem that runs straight.

    Args:
        sleeve: the sleeve.
        rgb: shape (H, W, 3), the image with its paper.
    """
    outer, inner = sleeve.outer[-1], sleeve.inner[-1]
    chord = inner - outer
    length = max(float(np.hypot(*chord)), 1.0)
    up = np.array([chord[1], -chord[0]], np.float32) / length
    up *= np.sign(float((sleeve.outer[0] - outer) @ up))
    ends = outer + chord * np.float32(_ON_HEM[0]), outer + chord * np.float32(_ON_HEM[1])
    raised = [end + up * (_BITE * length) for end in ends]
    strip = polygon_mask(sleeve.region.shape, np.stack([*ends, raised[1], raised[0]]))
    bite, cloth = strip & ~sleeve.region, strip & sleeve.region
    if not bite.any() or not cloth.any():
        return np.zeros_like(bite)
    paper, own = (np.median(to_lab(rgb[None, place])[0], axis=0) for place in (bite, cloth))
    return bite if float(np.linalg.norm(paper - own)) < _ALIKE else np.zeros_like(bite)


def _sleeve_region(shape: Silhouette, tip: FloatArray, armpit: FloatArray, side: int) -> BoolArray:
    sign = -1 if side == LEFT else 1
    rows = np.arange(len(shape.mask), dtype=np.float32)[:, None]
    columns = np.arange(shape.mask.shape[1], dtype=np.float32)[None, :]
    slope = (armpit[0] - tip[0]) / max(float(armpit[1] - tip[1]), 1.0)
    seam = tip[0] + slope * np.clip(rows - tip[1], 0, armpit[1] - tip[1])
    beyond = sign * (columns - seam) > 0
    below = rows > armpit[1]
    region = shape.mask & beyond
    region &= ~(below & _torso_below(shape, armpit, side))
    return largest_components(region, 1.0)


def _torso_below(shape: Silhouette, armpit: FloatArray, side: int) -> BoolArray:
    """Return what hangs from the chest below the armpit, so that it is not taken for sleeve.

    Where a sleeve lies against it, its side goes straight on to where the two part again.
    """
    sign = -1 if side == LEFT else 1
    half_chest = abs(float(armpit[0]) - shape.axis_x)
    torso = np.zeros_like(shape.mask)
    runs = {row: shape.run(row, shape.axis_x) for row in range(int(armpit[1]), shape.bottom)}
    edges = {row: float(run[side]) for row, run in runs.items() if run is not None}
    below = np.array(list(edges), np.float32) - armpit[1]
    limits = armpit[0] + sign * (0.10 * half_chest + 0.30 * below)
    sides = np.array(list(edges.values()), np.float32)
    parted = sign * (limits - sides) >= 0
    # Between the armpit and the last row where they part.
    leaning = ~parted & (below < below[parted].max(initial=0.0))
    known = np.append(0.0, below[parted]), np.append(armpit[0], sides[parted])
    straight = np.interp(below, *known)
    sides = np.where(parted, sides, np.where(leaning, straight, limits))
    for row, edge in zip(edges, sides, strict=True):
        first, last = runs[row] or (0, 0)
        if side == LEFT:
            first = max(first, int(edge))
        else:
            last = min(last, int(edge))
        torso[row, first : last + 1] = True
    return torso


def _cuff(region: BoolArray, tip: FloatArray, armpit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the inner and the outer corner of the cuff.

    The largest pentagon that the outline admits over shoulder tip and armpit has corners at both
    ends of the cuff and one where shoulder or elbow bulge; on a wide sleeve the cuff may end at
    the armpit. The cuff is the edge that is far from the tip, not short, and runs across.
    """
    path = _outer_path(region, tip, armpit)
    count = len(path)
    order = np.arange(count)
    one, two, three = np.nonzero(
        (order[:, None, None] < order[None, :, None]) & (order[None, :, None] < order)
    )
    area = _cross(tip, path)[one] + _cross(path[one], path[two])
    area += _cross(path[two], path[three]) + _cross(path, armpit)[three]
    best = int(np.argmax(np.abs(area + float(_cross(armpit[None], tip)[0]))))
    corners = [path[one[best]], path[two[best]], path[three[best]], armpit]
    armhole_px = float(np.hypot(*(armpit - tip)))
    scores = []
    for outer, inner in zip(corners[:-1], corners[1:], strict=True):  # noqa: RUF007  (typed as pairs of arrays)
        width_px = min(float(np.hypot(*(inner - outer))), _WIDEST * armhole_px)
        axis = (outer + inner - tip - armpit) / 2
        # Under a cap sleeve lies more seam than cuff, and runs along it.
        turn_px = float(np.abs(_cross(inner - outer, axis)))
        across = turn_px / max(float(np.hypot(*(inner - outer)) * np.hypot(*axis)), 1e-6)
        far_px = float(np.hypot(*((outer + inner) / 2 - tip)))
        scores.append(far_px * np.sqrt(width_px) * across)
    chosen = int(np.argmax(scores))
    outer, inner = corners[chosen], corners[chosen + 1]
    return inner, _below_ribs(path, tip, outer, inner)


def _below_ribs(
    path: FloatArray, tip: FloatArray, outer: FloatArray, inner: FloatArray
) -> FloatArray:
    """Return the outer end of the cuff, not that of the seam above its ribs."""
    between = path[_place(path, outer) : _place(path, inner) + 1]
    chord = inner - outer
    length = max(float(np.hypot(*chord)), 1.0)
    off = _cross(chord[None], between - outer) / length
    off = off * -np.sign(_cross(chord, tip - outer))
    corner: FloatArray = between[int(off.argmax())]
    return corner if float(off.max()) > _RIBS * length else outer


def _place(path: FloatArray, point: FloatArray) -> int:
    return int(np.argmin(np.hypot(*(path - point).T)))


def _cross(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return twice the signed area between the origin and segments."""
    area: FloatArray = start[..., 0] * end[..., 1] - start[..., 1] * end[..., 0]
    return area


def _outer_path(region: BoolArray, tip: FloatArray, armpit: FloatArray) -> FloatArray:
    """Return the outline from the shoulder tip around the sleeve to the armpit, thinned."""
    contours, _tree = cv2.findContours(
        region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(contours, key=len).reshape(-1, 2).astype(np.float32)
    begin = int(np.argmin(np.hypot(*(outline - tip).T)))
    outline = np.roll(outline, -begin, axis=0)
    end = int(np.argmin(np.hypot(*(outline - armpit).T)))
    paths = outline[: end + 1], outline[end:][::-1]
    path = max(paths, key=len)
    keep = np.linspace(0, len(path) - 1, min(len(path), _CORNER_CANDIDATES))
    return np.asarray(path[np.rint(keep).astype(int)], np.float32)


def _snapped(
    region: BoolArray, inside: FloatArray, outside: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Move a pair of points along their line to where the sleeve begins and ends."""
    span = outside - inside
    shares = np.linspace(-_BEFORE, _BEYOND, 136)
    line = inside + shares[:, None] * span
    columns = np.clip(np.rint(line[:, 0]).astype(int), 0, region.shape[1] - 1)
    rows = np.clip(np.rint(line[:, 1]).astype(int), 0, region.shape[0] - 1)
    hits = region[rows, columns]
    middle = int(np.argmin(np.abs(shares - 0.5)))
    if not hits[middle]:
        return inside, outside
    gaps_before, gaps_after = np.flatnonzero(~hits[:middle]), np.flatnonzero(~hits[middle:])
    first = int(gaps_before[-1]) + 1 if gaps_before.size else 0
    last = middle + int(gaps_after[0]) - 1 if gaps_after.size else len(hits) - 1
    return line[first].astype(np.float32), line[last].astype(np.float32)
