"""What is worn below a shorter top: its waistband, and the cloth that goes up to that."""

from typing import Any, Literal, TypeAlias

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.beside import CROTCH, beside_legs_below_tunic, midriff
from tryon_local.compose.fill import flow_in, laid_over
from tryon_local.compose.front import softened
from tryon_local.imaging import closed, gaussian, in_colours, opened, to_grey, touching
from tryon_local.warp import Wearer, has_bare_midriff, sample, waist_of

_Band: TypeAlias = Literal["worn", "new", "hidden"]
DRESS_WAIST = 0.82
"""Height, in T, at which a worn dress is parted when only one half is replaced."""
_FRONT, _SLANT = 0.4, 0.15
"""Half the width in which a waistband is looked for, in S, and how far from its usual height, in
T."""
_JUST_ABOVE_PX = 3
"""How far above a waistband skin tells it."""
_TUCKED_IN, _LOWEST = 0.9, 1.1
"""Height, in T, above which what is seen of trousers is their waistband, and below which it is the
hem of a leg; between both it may be the hem of a top."""
_BAND, _STITCH = (0.06, 0.18), 0.012
"""How far below its upper edge the seam of a waistband may lie, and how wide it is, in S."""
_SEAM_SHARE, _SEAM_CONTRAST = 0.6, 0.05
"""Share of columns that must show it, and how much darker or lighter it is, as a logarithm."""
_HIPS = 0.12
"""How far below its edge nothing hangs beside a waistband, in T."""
_FITS, _FURTHER = 3, 2.0
"""How often a curve is fitted to its edge, and how far that goes on, in half its seen width."""
_STRAIGHT = 0.06
"""Half the height over which seams are told from folds below a hidden waistband, in S."""
_GRAIN, _GREY = 16.0, 128.0
"""How far grain differs from the colour of cloth, and what stands for no difference."""
_RIM = 0.03
"""Width of the rim that the old hem tints, in S."""
_SIDES, _FLANK, _BELLY, _RIBS = (0.33, 0.72), 0.2, 0.4, 0.25
"""Laterals, in S, between which the sides of a waistband may lie, and beyond which a belly has its
flanks; height of that and of the ribs above a waistband, in T."""
_NARROWER, _FLARE, _WRINKLED = 0.2, 0.02, 0.12
"""How much narrower a belly is above a waistband, as a share per T; within how much of a height it
meets that, and how far above it cloth wrinkles, in T."""
_TO_WAIST, _TAPER = 0.28, 0.13
"""How far above hips the waist lies, in T, and how much narrower it is, as a share."""
_SLIT, _THREAD = 0.014, 0.6
"""Half the width of a slit between belly and arm that does not show the wall, in S, and which share
of it never does."""
_NARROWEST, _FEW_ROWS = 0.25, 3
"""Half the width, in S, that any waist has, and in how many places skin must tell it."""
_MOSTLY, _DEEPEST = 0.6, 0.03
"""Share of rows in which a body must be so wide, and how far at most it lies inside of a waistband,
in S."""
_BELOW_RIBS = 0.45
"""Height, in T, at which any top still covers the trunk."""
_EVEN, _LEAST_BAND = 0.01, 0.5
"""How far from column to column the edge of a new waistband may rise, and how much of it must be
seen, in S."""
_NO_BELLY = 0.015
"""How far above a new waistband a top may end that leaves no belly bare, in T."""
_CORNER, _STEEPEST = 0.03, 0.5
"""Within how much of it, in S, a steeper rise than this share is a corner at its end."""
_ABOVE, _HIGH_WAIST, _STRIP, _FURTHEST_UP = 0.02, 0.7, 0.02, 0.35
"""How far above the usual height a waistband is drawn, how high it can lie, how far below the
middle of a hem, and how far cloth goes on upwards, in T."""
_SEAM_AT, _SEAM_SHADE, _EDGE_SHADE = 0.11, 0.22, 0.2
"""Where the seam of a drawn waistband lies below its edge, in S; shade in seam and edge."""
_SAG, _BAND_SIDES, _ROUND, _DARKEST = 0.02, 0.18, 0.1, 1.2
"""How much higher its sides lie than its middle, in T; how much darker these are, and over how much
above the cloth that is seen this sets in, in S; square of the way out to where it is darkest, in
half the seen width."""


def below_bare_waist(
    wearer: Wearer,
    skin: FloatArray,
    backdrop: FloatArray,
    *,
    lower: BoolArray,
    clean: BoolArray,
    cover: FloatArray,
) -> FloatArray:
    """Return skin above the worn waistband, and below it the cloth of what is worn there.

    A waistband that is seen stays; one that the old top hid is drawn, and the cloth goes up to it,
    close to the hem of the new top: a narrow strip of a belly is better than a wide one that nobody
    has seen.

    Args:
        wearer: the person.
        skin: shape (H, W, 3), bare skin, 0..255.
        backdrop: shape (H, W, 3), the wall, 0..255.
        lower: shape (H, W), what is worn below the waist.
        clean: shape (H, W), those pixels of it that nothing tints.
        cover: shape (H, W), 0..1, cover of the top.
    """
    unit = wearer.frame.shoulders_px
    cloth = flow_in(wearer.rgb, clean)
    line = wearer.height - np.float32(_hidden_waist(wearer, cover))
    across = np.square(wearer.lateral / np.float32(_FRONT))
    if not wearer.parse.is_dress:
        line += _SAG * np.minimum(across, _FURTHER)
    # Without steps where the edge leans.
    covered = np.clip(line * np.float32(wearer.frame.torso_px) + np.float32(0.5), 0, 1)
    edge = _upper_edge(wearer, lower)
    if edge is None:
        return laid_over(skin, cloth, covered)
    rim = edge + np.float32(_RIM * unit)
    rows = np.arange(wearer.shape[0], dtype=np.float32)[:, None]
    if _is_waistband(wearer, edge):
        beside = _beside_band(wearer, lower, rim) & (rows < rim + _HIPS * wearer.frame.torso_px)
        cloth = laid_over(cloth, backdrop, softened(beside, unit))
        cloth = _taken_from(wearer, cloth, clean, np.maximum(rows, rim))
        return laid_over(skin, cloth, softened(rows >= edge, unit))
    column = int(np.clip(wearer.frame.point(1.0, 0.0)[0], 0, wearer.shape[1] - 1))
    row = int(np.clip(edge[column], 0, wearer.shape[0] - 1))
    begins_at_hips = wearer.height[row, column] < _LOWEST
    up = _FURTHEST_UP if begins_at_hips else _SLANT
    cloth = _continued_up(wearer, cloth, clean, rim, up)
    from_edge = line * np.float32(wearer.frame.torso_px / unit)
    seam = _SEAM_SHADE * np.exp(-np.square((from_edge - _SEAM_AT) / _STITCH))
    shade = 1 - np.maximum(seam, _EDGE_SHADE * np.exp(-np.square(from_edge / _STITCH)))
    # Above the rim nothing shows how round it is.
    round_px = _ROUND * unit
    hidden = np.clip((rim - rows) / round_px, 0, 1)
    if begins_at_hips:
        shade *= 1 - _BAND_SIDES * hidden * np.square(np.minimum(across, _DARKEST))
    return laid_over(skin, cloth * in_colours(shade), covered)


def beside_waistline(
    wearer: Wearer,
    categories: frozenset[str],
    wall: BoolArray,
    old: BoolArray,
    cover: FloatArray,
) -> BoolArray:
    """Return where the wall is seen, shape (H, W), if a belly is bare with even sides.

    Args:
        wearer: the person.
        categories: of the new garments.
        wall: shape (H, W), where the wall would be seen without that.
        old: shape (H, W), the clothes to be replaced.
        cover: shape (H, W), 0..1, cover of the new garments.
    """
    if categories == {"top"}:
        found = beside_belly(wearer, wall | beside_legs_below_tunic(wearer, old), cover)
    elif "top" in categories:
        found = _beside_new_band(wearer, wall, cover)
    else:
        return wall
    # Beside a top, further up than its hem may curve, no belly is seen.
    above = int(midriff(wearer, cover).any(axis=1).argmax())
    found[:above] = wall[:above]
    return found


def beside_belly(wearer: Wearer, wall: BoolArray, cover: FloatArray) -> BoolArray:
    """Return the wall beside a belly whose sides go on from those of a waistband that is seen.

    Args:
        wearer: the person.
        wall: shape (H, W), where the wall would be seen without that.
        cover: shape (H, W), 0..1, cover of a top that may hide the waistband.
    """
    lower = wearer.labelled(Label.LOWER)
    edge = None if wearer.parse.is_dress else _upper_edge(wearer, lower)
    if edge is None:
        return wall
    rim = edge + np.float32(_RIM * wearer.frame.shoulders_px)
    seen = np.flatnonzero(_along(lower, rim))
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    if not seen.size or _along(covered, rim)[seen].mean() > _MOSTLY:
        return wall
    kind: _Band = "worn" if _is_waistband(wearer, edge) else "hidden"
    return _with_even_sides(wearer, wall, rim, seen, kind)


def _beside_new_band(wearer: Wearer, wall: BoolArray, cover: FloatArray) -> BoolArray:
    """Do the same with a new waistband, beside whose ends there is the wall, too."""
    columns, rows = _new_edge(wearer, cover)
    if not columns.size:
        return wall
    rim = np.interp(np.arange(wearer.shape[1]), columns, rows).astype(np.float32)
    above = np.maximum(rows - _NO_BELLY * wearer.frame.torso_px, 0).astype(np.intp)
    is_bare = (cover[above, columns] < 0.5).mean() > 0.5  # noqa: PLR2004
    wall = _with_even_sides(wearer, wall, rim, columns, "new") if is_bare else wall.copy()
    reach = _HIPS * wearer.frame.torso_px
    band = slice(int(rows.min()), int(rows.max() + reach))
    below = np.arange(wearer.shape[0])[band, None] - rim
    beside = (below >= 0) & (below < reach) & (np.abs(wearer.lateral[band]) > _SIDES[0])
    beside[:, columns[0] : columns[-1] + 1] = False
    wall[band] |= beside
    return wall


def _new_edge(wearer: Wearer, cover: FloatArray) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return columns and rows of the upper edge of a new waistband below a bare belly.

    The hem of the top may hang over a part of it.
    """
    nothing = np.zeros(0, np.intp)
    top, low = (
        int(np.clip(wearer.frame.point(height, 0.0)[1], 0, len(cover)))
        for height in (_BELOW_RIBS, CROTCH)
    )
    covered = cover[top:low] > 0.5  # noqa: PLR2004  (half covered)
    begins = covered[1:] & ~covered[:-1]
    seen = np.asarray(begins.any(axis=0))
    columns = np.flatnonzero(seen)
    if not columns.size:
        return nothing, nothing
    last = len(begins) - 1 - begins[::-1].argmax(axis=0)
    both = np.flatnonzero(seen | covered.all(axis=0))
    rows = np.interp(both, columns, last[columns] + top + 1)
    step = max(_EVEN * wearer.frame.shoulders_px, 2.0)
    parted = np.flatnonzero((np.abs(np.diff(rows)) > step) | (np.diff(both) > 1)) + 1
    run = max(np.split(np.arange(both.size), parted), key=len)
    if run.size < _LEAST_BAND * wearer.frame.shoulders_px or not seen[both[run]].any():
        return nothing, nothing
    # A corner is cut off at either end.
    reach = max(round(_CORNER * wearer.frame.shoulders_px), 2)
    rise = np.abs(rows[run][reach:] - rows[run][:-reach])
    even = np.flatnonzero(rise <= _STEEPEST * reach)
    run = run[even[0] : even[-1] + reach + 1] if even.size else run
    return both[run], rows[run]


def _with_even_sides(
    wearer: Wearer, wall: BoolArray, rim: FloatArray, band: npt.NDArray[Any], kind: _Band
) -> BoolArray:
    """Return the wall beside a belly above a waistband, and beside hips below a hidden one.

    Args:
        wearer: the person.
        wall: shape (H, W), where the wall would be seen without that.
        rim: shape (W,), the row in each column where what is worn below the waist begins.
        band: the columns where it is seen there.
        kind: what begins there; above a worn waistband the belly is as wide as the worn top.
    """
    wall = wall.copy()
    above = np.arange(wearer.shape[0])[:, None] < rim
    for column in band[[0, -1]]:
        row = int(np.clip(round(float(rim[column])), 0, wearer.shape[0] - 1))
        side, height = float(wearer.lateral[row, column]), float(wearer.height[row, column])
        # Below a long tunic the sides of legs begin, not those of hips.
        if not _SIDES[0] < abs(side) < _SIDES[1] or height > _LOWEST:
            continue
        part = np.s_[max(row - round(2 * _BELLY * wearer.frame.torso_px), 0) : int(rim.max()) + 1]
        up = np.maximum(height - wearer.height[part], 0)
        if kind == "hidden":
            share = np.clip(up / _TO_WAIST, 0, 1)
            half = abs(side) * (1 - _TAPER * np.square(share) * (3 - 2 * share))
        else:
            waist = _waist_above(wearer, height, side, is_worn=kind == "worn")
            half = waist * (1 - _NARROWER * np.minimum(up, _RIBS))
            half += (abs(side) - waist) * np.exp(-up / _FLARE)
        across = wearer.lateral[part] * np.sign(side)
        here = above[part] & (up < _BELLY) & (across > _FLANK)
        beside = across > half
        if kind != "hidden":
            # An arm that nearly touches the belly does so, unless they part further down or up.
            slit_px = _SLIT * wearer.frame.shoulders_px
            solid = ~beside | opened(wearer.labelled(Label.SKIN)[part], 3 * slit_px)
            wide = opened(~closed(solid, slit_px), 1.5 * slit_px)
            beside = touching(~closed(solid, _THREAD * slit_px), wide)
        wall[part] = np.where(here, beside, wall[part])
    return wall


def _waist_above(wearer: Wearer, height: float, side: float, *, is_worn: bool) -> float:
    """Return half the width of the waist above the end of a waistband, in S.

    The top above a worn one tells it, and best the skin that is seen below its hem. Cloth wrinkles
    at the sides; a waist has no notches.
    """
    span = np.linspace(height - _WRINKLED, height, 20)
    out = np.arange(_NARROWEST, abs(side), 0.005)
    start, end = wearer.frame.point(0.0, 0.0), wearer.frame.point(0.0, np.sign(side))
    spine = np.stack([wearer.frame.point(float(down), 0.0) for down in span])
    points = (spine[:, None] + out[:, None] * (end - start)).reshape(-1, 2)
    body, skin, wall = (
        sample(mask, points).reshape(len(span), len(out))
        for mask in (
            wearer.trunk,
            wearer.labelled(Label.SKIN),
            wearer.labelled(Label.BACKGROUND),
        )
    )
    waist = abs(side)
    if is_worn:
        covered = (body.mean(axis=0) > _MOSTLY) & (out > _SIDES[0])
        waist = float(out[covered].max(initial=waist - _DEEPEST))
    last = skin.argmin(axis=1)
    ends = np.flatnonzero(skin[:, 0] & (last > 0) & wall[np.arange(len(span)), last])
    if ends.size < _FEW_ROWS:
        return waist
    up = height - span[ends[:_FEW_ROWS]]
    seen = float(np.median(out[last[ends[:_FEW_ROWS]]] / (1 - _NARROWER * up)))
    return min(waist, seen)


def _hidden_waist(wearer: Wearer, cover: FloatArray) -> float:
    """Return the height at which a waistband lies that is not seen, in T."""
    if wearer.parse.is_dress:
        return DRESS_WAIST - _ABOVE
    front = (cover > 0.5) & (np.abs(wearer.lateral) < _FLANK)  # noqa: PLR2004  (half covered)
    hem = float(wearer.height[front].max(initial=0.0))
    return float(min(max(hem + _STRIP, _HIGH_WAIST), waist_of(wearer) - _ABOVE))


def _upper_edge(wearer: Wearer, lower: BoolArray) -> FloatArray | None:
    """Return the row in which what is worn below the waist begins, for each column, shape (W,)."""
    first = lower.argmax(axis=0)
    columns = np.flatnonzero(_along(lower, first))
    rows = first[columns]
    usual = wearer.height[rows, columns]
    front = np.abs(wearer.lateral[rows, columns]) < _FRONT
    if has_bare_midriff(wearer):
        skin = wearer.labelled(Label.SKIN)[np.maximum(rows - _JUST_ABOVE_PX, 0), columns]
        front &= skin & (np.abs(usual - waist_of(wearer)) < _SLANT)
    if not front.any():
        return None
    front &= np.abs(usual - np.median(usual[front])) < _SLANT
    columns, rows = columns[front], rows[front].astype(np.float64)
    middle, reach = float(columns.mean()), max(float(np.ptp(columns)) / 2, 1.0)
    across = (columns - middle) / reach
    kept = np.ones(len(columns), bool)
    curve = np.zeros(3)
    for _ in range(_FITS):
        curve = np.polyfit(across[kept], rows[kept], min(2, int(kept.sum()) - 1))
        off = np.abs(np.polyval(curve, across) - rows)
        # Loops and shadows stand out of a waistband, which is even.
        kept = off <= max(2 * float(np.median(off)), 1.0)
    everywhere = (np.arange(wearer.shape[1]) - middle) / reach
    seen = np.clip(everywhere, -1, 1)
    # Further out it goes on straight.
    slope = np.clip(np.polyval(np.polyder(curve), seen), -_STEEPEST * reach, _STEEPEST * reach)
    beyond = np.clip(everywhere, -_FURTHER, _FURTHER) - seen
    return np.asarray(np.polyval(curve, seen) + slope * beyond, np.float32)


def _is_waistband(wearer: Wearer, edge: FloatArray) -> bool:
    """Return whether trousers begin with their waistband, and not below the hem of a long top."""
    if wearer.parse.is_dress:
        return False
    columns = np.arange(wearer.shape[1])
    at = np.clip(np.rint(edge).astype(int), 0, wearer.shape[0] - 1)
    front = np.abs(wearer.lateral[at, columns]) < _FRONT
    height = float(np.median(wearer.height[at, columns][front])) if front.any() else 0.0
    if not _TUCKED_IN <= height <= _LOWEST:
        return height < _TUCKED_IN
    # Its seam runs along its edge.
    unit = wearer.frame.shoulders_px
    step = max(round(_STITCH * unit), 2)
    down = np.arange(round(_BAND[0] * unit) - step, round(_BAND[1] * unit) + step)
    rows = np.clip(at[front] + down[:, None], 0, wearer.shape[0] - 1)
    light = np.log(to_grey(wearer.rgb[rows, columns[front]]) + np.float32(0.05))
    light = cv2.blur(light, (1, step))
    stripe = 2 * light[step:-step] - light[: -2 * step] - light[2 * step :]
    middle = np.median(stripe, axis=1)
    strongest = int(np.abs(middle).argmax())
    share = float((np.sign(stripe[strongest]) == np.sign(middle[strongest])).mean())
    return share > _SEAM_SHARE and abs(float(middle[strongest])) > _SEAM_CONTRAST


def _along(mask: BoolArray, edge: npt.NDArray[Any]) -> BoolArray:
    """Return the values of a mask along an edge, a row for each column, shape (W,)."""
    rows = np.clip(np.rint(edge).astype(int), 0, len(mask) - 1)
    values: BoolArray = mask[rows, np.arange(mask.shape[1])]
    return values


def _beside_band(wearer: Wearer, lower: BoolArray, edge: FloatArray) -> BoolArray:
    """Return the columns left and right of a waistband."""
    seen = np.flatnonzero(_along(lower, edge))
    beside = np.ones(wearer.shape, bool)
    if seen.size:
        beside[:, seen[0] : seen[-1] + 1] = False
    return beside


def _continued_up(
    wearer: Wearer, cloth: FloatArray, clean: BoolArray, rim: FloatArray, up: float
) -> FloatArray:
    """Return cloth that goes on above a rim `up` T far; see `_taken_from`.

    Seams and fly run straight up, folds do not; its grain is that of the cloth below. The pattern
    of a dress is mirrored.
    """
    rows = np.arange(wearer.shape[0], dtype=np.float32)[:, None]
    mirrored = np.where(rows < rim, 2 * rim - rows, rows)
    if wearer.parse.is_dress:
        return _taken_from(wearer, cloth, clean, mirrored, up)
    reach = round(_STRAIGHT * wearer.frame.shoulders_px)
    even = np.asarray(cv2.blur(wearer.rgb, (3, 2 * reach + 1)), np.uint8)
    soft = np.asarray(cv2.blur(wearer.rgb, (5, 5)), np.float32)
    grain = np.clip(wearer.rgb - soft, -_GRAIN, _GRAIN) + np.float32(_GREY)
    straight = np.where(rows < rim, rim + reach, rows)
    cloth = _taken_from(attrs.evolve(wearer, rgb=even), cloth, clean, straight, up)
    grainy = attrs.evolve(wearer, rgb=np.asarray(grain, np.uint8))
    grain = _taken_from(grainy, np.full_like(cloth, _GREY), clean, mirrored, up)
    return np.asarray(cloth + grain - np.float32(_GREY), np.float32)


def _taken_from(
    wearer: Wearer, cloth: FloatArray, clean: BoolArray, source: FloatArray, up: float = _SLANT
) -> FloatArray:
    """Return cloth with what is seen in other rows of the same columns, where that is cloth.

    Args:
        wearer: the person.
        cloth: shape (H, W, 3), 0..255.
        clean: shape (H, W), what may be taken.
        source: shape (H, W), the rows.
        up: how far above the lowest of the rows that change, in T.
    """
    rows = np.arange(wearer.shape[0], dtype=np.float32)[:, None]
    moved = np.flatnonzero((source != rows).any(axis=1))
    if not moved.size:
        return cloth
    part = np.s_[max(moved[-1] - round(up * wearer.frame.torso_px), 0) : moved[-1] + 1]
    at = np.ascontiguousarray(source[part], np.float32)
    columns = np.broadcast_to(np.arange(wearer.shape[1], dtype=np.float32), at.shape)
    seen, taken = (
        cv2.remap(image, np.ascontiguousarray(columns), at, cv2.INTER_LINEAR)
        for image in (clean.astype(np.float32), wearer.rgb)
    )
    known, moved_cloth = np.zeros(wearer.shape, np.float32), np.zeros_like(cloth)
    known[part] = np.clip(2 * gaussian(np.asarray(seen, np.float32), 2.0) - 1, 0, 1)
    moved_cloth[part] = taken
    return laid_over(cloth, moved_cloth, known)
