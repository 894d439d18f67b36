"""The control points of a top or a dress: shoulders, chest, sides, hem."""

from itertools import combinations

import attrs
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.frame import SIDES
from tryon_local.garment.value import Garment, TopLandmarks
from tryon_local.imaging import Points
from tryon_local.warp.armpit import has_thin_straps
from tryon_local.warp.fit import TorsoFit
from tryon_local.warp.hidden_leg import wears_skirt
from tryon_local.warp.layer import Pins
from tryon_local.warp.legs import widest_hips
from tryon_local.warp.neck import snapped_up
from tryon_local.warp.neckline import collar_pins, edge_of_neckline, end_of_neckline, on_shoulder
from tryon_local.warp.pocket import hem_over_pockets
from tryon_local.warp.wearer import SIGNS, Wearer, sample

_ON_SHOULDER = (0.14, 0.35, 0.7)
"""Where a shoulder is held on the body's outline, from the neckline to its tip."""
_STRAP_PLACES = (0.25, 0.7)
"""Between which places thin straps lie, from the neck to the shoulder's tip."""
_STRAP = 0.25
"""Width up to which it is a strap that hangs from a shoulder, in chest widths."""
_FREE_FALL = 1.25
"""Height, in T, below which a skirt hangs free of the hips."""
_STEEPEST_FLARE = 0.3
"""Widening of a skirt on each side per length, from the hips down."""
_WAIST, _UNEVEN, _THIGH = 0.8, 1.2, 0.16
"""Height, in T, from which a dress is a skirt, how much wider one half of it is at most, and half
the width of a thigh at the knee, in S."""
_GATHERED = 0.8
"""How wide a full skirt hangs, in what it is laid flat."""
_HOLLOW = 0.95
"""How far the side of a top follows a waist, in the half width of a side that hangs straight."""
_OPEN = 0.03
"""How far above the outline of a shoulder neither hair nor neck is seen, in S."""
_CHEST_COLUMNS = np.array([-0.68, -0.34, 0.0, 0.34, 0.68])
"""Where the cloth of the chest is held straight, in halves of the chest."""
_WIDENING = 0.15
"""How much wider or narrower than usual the cloth of the chest may be drawn, per T."""
_ABOVE_ARMPIT = 0.5
"""The same, from the armpits up to the neck."""
_BELOW_NECKLINE = 0.1
"""How far below a neckline the cloth of the chest is held, in chest widths."""


def torso_pins(garment: Garment, marks: TopLandmarks, wearer: Wearer, fit: TorsoFit) -> Pins:
    """Return the control points of the garment's body."""
    pairs: list[tuple[Points, Points]] = []
    for side in SIDES:
        pairs += _shoulder_pins(garment, marks, wearer, fit, side)
        pairs.append((marks.armpits[side], fit.armpits[side]))
    if marks.is_sleeved:
        pairs += [armhole_pin(marks, wearer, fit, side) for side in SIDES]
    rows = _rows(garment, marks, wearer, fit)
    pairs += _side_pins(marks, wearer, fit, rows)
    pairs += _chest_pins(marks, wearer, fit, rows)
    pairs += collar_pins(marks, wearer, fit)
    return Pins.of(pairs)


def armhole_pin(
    marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, side: int
) -> tuple[Points, Points]:
    """Return the pin in the middle of the armhole, which torso and sleeve share."""
    outward = wearer.frame.across * SIGNS[side] * (0.03 * wearer.frame.shoulders_px)
    on_garment = (marks.tips[side] + marks.armpits[side]) / 2
    return on_garment, (fit.tips[side] + fit.armpits[side]) / 2 + outward


def _shoulder_pins(
    garment: Garment, marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, side: int
) -> list[tuple[Points, Points]]:
    neck, tip = marks.necks[side], marks.tips[side]
    neck_target = end_of_neckline(marks, wearer, fit, side)
    tip_target = fit.tips[side]
    if not marks.is_sleeved:
        tip_target = snapped_up(wearer, on_shoulder(marks, fit, side, float(tip[0])))
    pins: list[tuple[Points, Points]] = [(neck, neck_target), (tip, tip_target)]
    if has_thin_straps(marks):
        return _strap_pins(garment, marks, wearer, fit, side)
    down, highest = wearer.frame.down, None
    for share in (0, *_ON_SHOULDER):
        target = snapped_up(wearer, neck_target + (tip_target - neck_target) * share)
        above = target - down * (_OPEN * wearer.frame.shoulders_px)
        if sample(wearer.person, above[None]).any():
            continue  # below hair no outline of the shoulder is seen
        # A worn puffed shoulder may rise outwards, and one of a body does not.
        rise = 0.0 if highest is None else float(down @ (highest - target))
        highest = target + down * max(rise, 0.0)
        away = highest - neck_target
        # Cloth would fold where the outline of who leans forward lies steeply above its neckline.
        if share and -float(down @ away) < abs(float(wearer.frame.across @ away)):
            x = float(neck[0] + (tip[0] - neck[0]) * share)
            pins.append((np.array([x, garment.shape.top_at(x)], np.float32), highest))
    return pins


def _strap_pins(
    garment: Garment, marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, side: int
) -> list[tuple[Points, Points]]:
    """Lead a thin strap from the shoulder straight down to the chest."""
    top = (marks.necks[side] + marks.tips[side]) / 2
    armpit_y = float(marks.armpits[side, 1])
    lateral = abs(float(top[0]) - marks.axis_x) / (0.5 * marks.chest_px)
    chest = wearer.frame.point(fit.armpit_height, 0.0)
    foot = chest + (fit.armpits[side] - chest) * min(lateral, 1.0)
    base, tip = fit.base[side], fit.tips[side]
    inner, outer, above = (float(wearer.frame.coordinates(each)[1]) for each in (base, tip, foot))
    # It hangs from the shoulder above the place of the chest that it holds.
    share = float(np.clip((above - inner) / (outer - inner), *_STRAP_PLACES))
    target = base + (tip - base) * share
    target = snapped_up(wearer, target)
    pins: list[tuple[Points, Points]] = [(top, target)]
    for share in (0.35, 0.7):
        row = float(top[1]) + share * (armpit_y - float(top[1]))
        # Its front and its back may lie side by side.
        columns = np.flatnonzero(garment.shape.mask[round(row)])
        columns = columns[np.abs(columns - top[0]) < _STRAP * marks.chest_px]
        if columns.size and np.ptp(columns) < _STRAP * marks.chest_px:
            middle = float(columns[0] + columns[-1]) / 2
            pins.append((np.array([middle, row]), target + (foot - target) * share))
    return pins


@attrs.frozen(eq=False, kw_only=True)
class _Row:
    """One row of a garment's body below the armpits, and where it goes.

    Attributes:
        y: in garment pixels.
        edges: columns of its left and right end.
        height: on the person, in T.
        halves: distance of its left and right end from the spine, in S.
    """

    y: float
    edges: tuple[float, float]
    height: float
    halves: tuple[float, float]


def _rows(garment: Garment, marks: TopLandmarks, wearer: Wearer, fit: TorsoFit) -> tuple[_Row, ...]:
    """Return rows from the armpits, whose own ends are pinned already, down to the hem."""
    is_dress = garment.category == "dress"
    armpit_y = float(marks.armpits[:, 1].mean())
    drop = max(marks.hem_y - armpit_y, 1.0)
    lowest = float(np.clip((garment.shape.hem_corner_row() - armpit_y) / drop, 0.6, 1.0))
    hips_share = (_FREE_FALL - fit.armpit_height) / max(fit.hem_height - fit.armpit_height, 0.1)
    hips_edges = _garment_edges(garment, marks, armpit_y + min(hips_share, 1.0) * drop)
    hips_px = max(hips_edges[1] - hips_edges[0], 1.0)
    laterals = np.abs(wearer.frame.coordinates(fit.armpits)[1])
    rows = [
        _Row(
            y=armpit_y,
            edges=(float(marks.armpits[0, 0]), float(marks.armpits[1, 0])),
            height=fit.armpit_height,
            halves=(float(laterals[0]), float(laterals[1])),
        )
    ]
    for share in np.linspace(0, lowest, 8 if is_dress else 5)[1:]:
        y = armpit_y + float(share) * (marks.hem_y - armpit_y)
        height = fit.armpit_height + float(share) * (fit.hem_height - fit.armpit_height)
        edges = _garment_edges(garment, marks, y - 1)
        left, right = (
            _fallen_half(wearer, height, (edges[1] - edges[0]) / hips_px, side=side)
            if is_dress and height > _FREE_FALL
            else _target_half(wearer, fit, height, edges=edges, side=side, is_dress=is_dress)
            for side in SIDES
        )
        rows.append(_Row(y=y, edges=edges, height=height, halves=(left, right)))
    if is_dress:
        return _with_even_skirt(tuple(rows), wearer)
    rows = _without_hollows(rows)
    hem = hem_over_pockets(wearer, [row.halves for row in rows])
    return *rows[:-1], attrs.evolve(rows[-1], halves=hem)


def _without_hollows(rows: list[_Row]) -> list[_Row]:
    """Let the sides of a top hang over a waist: cloth follows a hollow only a little."""
    heights, halves = np.array([row.height for row in rows]), np.array([row.halves for row in rows])
    hanging = halves.copy()
    for above, below in combinations(range(len(rows)), 2):
        between = (heights[above:below, None] - heights[above]) / (heights[below] - heights[above])
        straight = halves[above] + between * (halves[below] - halves[above])
        hanging[above:below] = np.maximum(hanging[above:below], _HOLLOW * straight)
    return [
        attrs.evolve(row, halves=(float(left), float(right)))
        for row, (left, right) in zip(rows, hanging, strict=True)
    ]


def _with_even_skirt(rows: tuple[_Row, ...], wearer: Wearer) -> tuple[_Row, ...]:
    """Let the sides of a skirt fall as they do on the garment, from the waist to the hem.

    A hand beside the hips, a bag or an old skirt make single rows of the body too wide.
    """
    skirt = [row for row in rows if row.height > _WAIST]
    if len(skirt) < 3:  # noqa: PLR2004  (a line through two is no better)
        return rows
    heights = np.array([row.height for row in skirt])
    widths = np.array([row.edges[1] - row.edges[0] for row in skirt])
    shares = np.array([row.halves for row in skirt]).T / widths
    lines = np.stack([_robust_line(heights, side) for side in shares])
    lines = np.minimum(lines, _UNEVEN * lines[::-1])
    halves = lines * widths
    legs = np.stack([_outside_of_leg(wearer, heights, side) for side in SIDES])
    lacking = np.maximum(legs - halves, 0).max(axis=1, keepdims=True)
    halves += lacking * np.clip((heights - 1) / max(heights[-1] - 1, 0.1), 0, 1)
    # Gathered cloth stands off the hips that a line through their width would follow.
    waist = min(rows, key=lambda row: row.edges[1] - row.edges[0])
    gathers = np.array(waist.halves)[:, None] / (waist.edges[1] - waist.edges[0])
    halves = np.maximum(halves, _GATHERED * gathers * widths)
    even = [
        attrs.evolve(row, halves=(float(left), float(right)))
        for row, (left, right) in zip(skirt, halves.T, strict=True)
    ]
    return (*rows[: len(rows) - len(skirt)], *even)


def _outside_of_leg(wearer: Wearer, heights: FloatArray, side: int) -> FloatArray:
    """Return how far out a leg reaches, in S; legs that stand apart spread a skirt."""
    joints, laterals = wearer.frame.coordinates(wearer.leg(side))
    return np.asarray(np.interp(heights, joints, laterals * SIGNS[side]) + _THIGH, np.float32)


def _robust_line(at: FloatArray, values: FloatArray) -> FloatArray:
    """Return a straight line through most of the values, whatever a few of them are."""
    first, second = np.triu_indices(len(at), 1)
    slope = np.median((values[second] - values[first]) / (at[second] - at[first]))
    return np.asarray(np.median(values - slope * at) + slope * at, np.float32)


def _side_pins(
    marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, rows: tuple[_Row, ...]
) -> list[tuple[Points, Points]]:
    """Return the pins at both ends of each row and in the middle of the hem."""
    hem = np.array([marks.axis_x, marks.hem_y]), wearer.frame.point(fit.hem_height, 0.0)
    return [hem] + [
        (
            np.array([row.edges[side], row.y]),
            wearer.frame.point(row.height, SIGNS[side] * row.halves[side]),
        )
        for row in rows[1:]
        for side in SIDES
    ]


def _chest_pins(
    marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, rows: tuple[_Row, ...]
) -> list[tuple[Points, Points]]:
    """Return pins that carry straight lines of the chest to straight lines.

    Heights depend on the row alone, and widths change evenly from row to row: what does not agree
    with the outline is made up for near the sides. A skirt below the hips falls as it will.
    """
    chest = [row for row in rows if row.height <= _FREE_FALL] or list(rows[:1])
    fallen = rows[len(chest) :]
    heights = [row.height for row in chest]
    scales = [sum(row.halves) / max(row.edges[1] - row.edges[0], 1.0) for row in chest]
    centres = [
        (row.halves[1] - row.halves[0]) / 2 - scale * (sum(row.edges) / 2 - marks.axis_x)
        for row, scale in zip(chest, scales, strict=True)
    ]
    # A trunk widens downwards more than cloth does, which is as wide at the shoulders.
    heights.append(float(wearer.frame.coordinates(fit.tips.mean(axis=0))[0]))
    scales.append(fit.scale / wearer.frame.shoulders_px if marks.is_sleeved else scales[0])
    centres.append(float(wearer.frame.coordinates(fit.base.mean(axis=0))[1]))
    usual = float(np.median(scales))
    widest = _WIDENING * usual
    slope = float(np.clip(np.polyfit(heights, scales, 1)[0], -widest, widest))
    widening = slope, usual - slope * float(np.median(heights))
    shift = np.polyfit(heights, centres, 1)
    neck_y = float(marks.necks[:, 1].mean())
    lift = wearer.frame.coordinates(fit.base.mean(axis=0))[0]
    above_y = chest[0].y + _ABOVE_ARMPIT * (neck_y - chest[0].y)
    above_height = fit.armpit_height + _ABOVE_ARMPIT * (float(lift) - fit.armpit_height)
    pins: list[tuple[Points, Points]] = []
    held = [(row.y, row.height) for row in chest]
    if marks.is_sleeved:  # straps hang from the shoulders
        held.append((above_y, above_height))
    for y, height in held:
        for column in _CHEST_COLUMNS * (marks.chest_px / 2):
            if (
                y
                < edge_of_neckline(marks, marks.axis_x + column) + _BELOW_NECKLINE * marks.chest_px
            ):
                continue  # the neckline has pins of its own
            lateral = np.polyval(shift, height) + np.polyval(widening, height) * column
            on_person = wearer.frame.point(height, float(lateral))
            pins.append((np.array([marks.axis_x + column, y]), on_person))
    for row in fallen:
        centre = wearer.frame.point(row.height, (row.halves[1] - row.halves[0]) / 2)
        pins.append((np.array([sum(row.edges) / 2, row.y]), centre))
    return pins


def _garment_edges(garment: Garment, marks: TopLandmarks, row: float) -> tuple[float, float]:
    """Return left and right edge of the garment's body in a row, without its sleeves."""
    run = garment.shape.run(row, marks.axis_x)
    if run is None:
        columns = np.flatnonzero(garment.shape.mask[round(row)])
        run = (int(columns[0]), int(columns[-1])) if columns.size else (0, 0)
    if not marks.is_sleeved:
        return float(run[0]), float(run[1])
    slack = 0.05 * marks.chest_px + 0.30 * max(0.0, row - float(marks.armpits[:, 1].mean()))
    left = max(float(run[0]), float(marks.armpits[0, 0]) - slack)
    return left, min(float(run[1]), float(marks.armpits[1, 0]) + slack)


def _target_half(
    wearer: Wearer,
    fit: TorsoFit,
    height: float,
    *,
    edges: tuple[float, float],
    side: int,
    is_dress: bool,
) -> float:
    """Return the half width of the garment on the body at a height, in S."""
    body_half = wearer.half_width(height, side)
    if not is_dress:
        # How far it stands off what the worn one hides, nothing tells.
        return body_half
    if height > 0.9:  # noqa: PLR2004  (from there on a skirt may be wider than hips)
        body_half = min(body_half, widest_hips(wearer, side))
    own = fit.scale * (edges[1] - edges[0]) / 2 / wearer.frame.shoulders_px
    factor = 0.80 + 0.6 * max(0.0, height - 0.9)
    return float(np.clip(factor * own, 1.02 * body_half, 1.12 * body_half + 0.015))


def _fallen_half(wearer: Wearer, height: float, flare: float, *, side: int) -> float:
    """Return the half width of a skirt below the hips, in S; there it hangs free.

    Args:
        wearer: the person.
        height: in T.
        flare: width of the skirt there, in widths at the hips.
        side: 0 left, 1 right.
    """
    fall = (height - _FREE_FALL) * wearer.frame.torso_px / wearer.frame.shoulders_px
    hips = 1.05 * min(wearer.half_width(_FREE_FALL - 0.1, side), widest_hips(wearer, side))
    widest = hips + _STEEPEST_FLARE * fall
    hanging = min(hips * flare, widest)
    # An old skirt may be wider than what is under it.
    return hanging if wears_skirt(wearer) else max(hanging, 1.03 * wearer.half_width(height, side))
