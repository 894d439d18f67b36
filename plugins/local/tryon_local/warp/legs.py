"""Where trousers, shorts and skirts go on the body."""

import attrs
import numpy as np

from tryon_local.body import FloatArray
from tryon_local.frame import SIDES, along
from tryon_local.garment.value import BottomLandmarks, Garment
from tryon_local.imaging import Points, capsule_mask
from tryon_local.warp.crotch import JUST_BELOW, Crotch, find_crotch
from tryon_local.warp.hidden_leg import HIP_HEIGHT, TOUCHING, hidden_leg, is_hidden, wears_skirt
from tryon_local.warp.layer import Pins
from tryon_local.warp.waistband import EVEN, new_waist, waist_half, waist_of, waist_pins
from tryon_local.warp.wearer import SIGNS, Wearer, ray_length

_SEAT_SHARES = (0.35, 0.7)
"""Where a seat is pinned, in shares of the way from waistband to crotch."""
_HIP_EASE = 1.08
"""How much wider trousers are than the hips."""
_WAIST_TORSOS = 0.60
"""Width of a usual waistband laid flat, in T."""
_HIPS_PER_WAIST = 0.9
"""How much wider usual hips are than the waist, for each T from the waistband down to them."""
_HIP_SHARE = 0.35
"""Share of the leg down to which it is no wider than the hips."""
_FULL_LENGTH_ASPECT = 2.0
"""Height over waist width from which trousers reach the ankles."""
_BELOW_ANKLE, _ANKLE_RADIUS = 0.25, 0.12
"""Where the hem of worn trousers is looked for: in shin lengths below the ankle, and in S."""
_OVER_HEM = 0.03
"""How far new trousers reach below the hem of the old, in shin lengths, so that no rim is left."""
_LEVEL = 0.07
"""Difference in height of both knees or ankles, in T, up to which the feet stand level."""
_SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
_EACH = 0.02
"""In which steps of a leg it is looked for where the photo ends."""
_HIDDEN_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
"""Where a leg is pinned: more often where the hem of a skirt may lie."""
_THIGH_SHARE = 0.45
"""Share of the leg down to which thighs that touch stay together."""


def skirt_pins(garment: Garment, marks: BottomLandmarks, wearer: Wearer) -> Pins:
    """Return the control points of a skirt."""
    waist_height = new_waist(wearer)
    scale, pairs = waist_pins(garment, marks, wearer, waist_height)
    return Pins.of(pairs + _skirt_pins(garment, marks, wearer, waist_height, scale))


@attrs.frozen(eq=False, kw_only=True)
class _Seat:
    """What both legs of trousers share.

    Attributes:
        pairs: points on the garment and on the person.
        scale: pixels of the photo per pixel of the garment, across the waist.
        halves: half width of the hips left and right, in S.
        crotch: x and y on the garment.
        place: the crotch on the person.
    """

    pairs: list[tuple[Points, Points]]
    scale: float
    halves: list[float]
    crotch: FloatArray
    place: Crotch


def trouser_pins(
    garment: Garment, marks: BottomLandmarks, crotch: FloatArray, wearer: Wearer
) -> tuple[tuple[Pins, Pins], Crotch]:
    """Return the control points of the left and the right leg of trousers, each with the seat.

    The legs lie apart on the garment and may touch on the person, which no single smooth map can
    do; so each leg has its own. Also return where they part.
    """
    seat = _seat_of(garment, marks, crotch, wearer)
    left, right = (
        Pins.of(seat.pairs + _leg_pins(garment, marks, seat, wearer, side)) for side in SIDES
    )
    return (left, right), seat.place


def _seat_of(garment: Garment, marks: BottomLandmarks, crotch: FloatArray, wearer: Wearer) -> _Seat:
    waist_height = new_waist(wearer)
    scale, pairs = waist_pins(garment, marks, wearer, waist_height)
    rise_px = float(crotch[1]) - garment.shape.top
    usual = waist_height + rise_px * scale / wearer.frame.torso_px
    place = find_crotch(wearer, usual, parts_legs=not wears_skirt(wearer))
    halves = [0.0, 0.0]
    for share in _SEAT_SHARES:
        row = garment.shape.top + share * rise_px
        height = waist_height + share * (place.height - waist_height)
        # Hips do not narrow; a hand before them hides how wide they are.
        above = [waist_half(wearer, waist_height, each) for each in SIDES]
        seen = [wearer.half_width(min(height, HIP_HEIGHT), each) for each in SIDES]
        halves = [
            1.03
            * min(
                max(seen[each], above[each], halves[each] / 1.03),
                widest_hips(wearer, each),
            )
            for each in SIDES
        ]
        pairs += _row_pins(wearer, height, halves, _edges(garment, row), row)
    pairs.append((crotch, wearer.frame.point(place.height, place.lateral)))
    return _Seat(pairs=pairs, scale=scale, halves=halves, crotch=crotch, place=place)


def _row_pins(
    wearer: Wearer, height: float, halves: list[float], edges: FloatArray, row: float
) -> list[tuple[Points, Points]]:
    """Return the pins of one row: both edges and the middle."""
    targets = [wearer.frame.point(height, SIGNS[side] * halves[side]) for side in SIDES]
    pins: list[tuple[Points, Points]] = [
        (np.array([edges[side], row]), targets[side]) for side in SIDES
    ]
    return [*pins, (np.array([edges.mean(), row]), (targets[0] + targets[1]) / 2)]


def _edges(garment: Garment, row: float) -> FloatArray:
    columns = np.flatnonzero(garment.shape.mask[int(np.clip(row, 0, len(garment.alpha) - 1))])
    if not columns.size:
        return np.array([garment.shape.left, garment.shape.right - 1], np.float32)
    return np.array([columns[0], columns[-1]], np.float32)


def _skirt_pins(
    garment: Garment, marks: BottomLandmarks, wearer: Wearer, waist: float, scale: float
) -> list[tuple[Points, Points]]:
    pins: list[tuple[Points, Points]] = []
    # Cloth stretches around a wide waist, but does not grow longer.
    waist_px = max(float(marks.waist[1, 0] - marks.waist[0, 0]), 1.0)
    down_scale = min(scale, _WAIST_TORSOS * wearer.frame.torso_px / waist_px)
    length = (marks.hem_y - garment.shape.top) * down_scale / wearer.frame.torso_px
    height_px = marks.hem_y - garment.shape.top
    lowest = (garment.shape.hem_corner_row() - garment.shape.top) / max(height_px, 1.0)
    hem_x = float(marks.waist[:, 0].mean())
    pins.append((np.array([hem_x, marks.hem_y]), wearer.frame.point(waist + length, 0.0)))
    for share in np.linspace(0, lowest, 6)[1:]:
        row = garment.shape.top + share * height_px
        edges = _edges(garment, row - 1)
        across = scale + (down_scale - scale) * share
        own = float(edges[1] - edges[0]) / 2 * across / wearer.frame.shoulders_px
        height = waist + share * length
        halves = [
            max(own, 1.04 * wearer.half_width(height, side)) if height < 1.3 else own  # noqa: PLR2004
            for side in SIDES
        ]
        pins += _row_pins(wearer, height, halves, edges, row)
    return pins


def _leg_pins(
    garment: Garment, marks: BottomLandmarks, seat: _Seat, wearer: Wearer, side: int
) -> list[tuple[Points, Points]]:
    waist_px = float(marks.waist[1, 0] - marks.waist[0, 0])
    is_full_length = garment.shape.height > _FULL_LENGTH_ASPECT * waist_px
    chain = _level_leg(wearer, side)
    if is_full_length:
        chain[2] += _below_ankles(wearer) * (chain[2] - chain[1])
    leg_px = max(float(np.hypot(*np.diff(chain, axis=0).T).sum()), 1.0)
    begin = (seat.place.height - 1.0) * wearer.frame.torso_px / leg_px
    crotch_x, crotch_y = (float(value) for value in seat.crotch)
    lowest = _leg_hem_row(garment, marks.hem_y, crotch_x, side)
    inseam = (marks.hem_y - crotch_y) * seat.scale / leg_px
    width_scale = min(seat.scale, _hip_scale(garment, crotch_y, wearer))
    end = 0.99 if is_full_length else float(np.clip(begin + inseam, begin + 0.06, 0.99))
    pins: list[tuple[Points, Points]] = []
    in_skirt, seen = wears_skirt(wearer), None
    # From below, so that what is seen of a leg shows where the hidden part of it goes.
    for share in reversed(_HIDDEN_SHARES if in_skirt else _SHARES):
        row = crotch_y + share * (lowest - crotch_y)
        outer_x, inner_x = _leg_edges(garment, row, crotch_x, side)
        at = begin + share * (end - begin)
        half_px = abs(inner_x - outer_x) / 2 * width_scale
        if in_skirt and is_hidden(wearer, chain, at, side):
            outer, inner = hidden_leg(
                wearer, chain, at, side, half_px=half_px, hips=seat.halves[side], seen=seen
            )
        else:
            outer, inner = _leg_targets(wearer, chain, at, side, half_px)
            last = _seen_share(wearer, chain, at)
            if last < at and not in_skirt:
                # Below the photo it goes on as wide as it is at its edge.
                edge, _inner = _leg_targets(wearer, chain, last, side, half_px)
                narrower = (2 - at) / (2 - last)
                outer = along(chain, at) + narrower * (edge - along(chain, last))
            seen = outer
        pins.append((np.array([outer_x, row]), outer))
        if share > 0:
            pins.append((np.array([inner_x, row]), inner))
            pins.append((np.array([(inner_x + outer_x) / 2, row]), (inner + outer) / 2))
    for share in JUST_BELOW:
        height = seat.place.height + share * (end - begin) * leg_px / wearer.frame.torso_px
        if share == JUST_BELOW[0] or height < seat.place.closed_to:
            row = crotch_y + share * (lowest - crotch_y)
            inner_x = _leg_edges(garment, row, crotch_x, side)[1]
            over = wearer.frame.point(height, seat.place.lateral - SIGNS[side] * TOUCHING)
            pins.append((np.array([inner_x, row]), over))
    return pins


def _level_leg(wearer: Wearer, side: int) -> FloatArray:
    """Return hip, knee and ankle, as low as those of the other leg when both feet are level.

    Joints are found to a few per cent of the leg; hems that differ as much are seen at once.
    """
    own, other = (wearer.frame.coordinates(wearer.leg(each))[0] for each in (side, 1 - side))
    common = (own + other) / 2
    common[2] = max(own[2], other[2])
    drop = np.where(np.abs(own - other) < _LEVEL, common - own, 0) * wearer.frame.torso_px
    return np.asarray(wearer.leg(side) + drop[:, None] * wearer.frame.down, np.float32)


def _below_ankles(wearer: Wearer) -> float:
    """Return how far worn trousers hang below the ankles, in shin lengths: new ones cover them."""
    lower = wearer.parse.garment_mask("bottom")
    lowest = 0.0
    for side in SIDES:
        _hip, knee, ankle = wearer.leg(side)
        shin = ankle - knee
        tip = ankle + _BELOW_ANKLE * shin
        near = capsule_mask(wearer.shape, ankle, tip, _ANKLE_RADIUS * wearer.frame.shoulders_px)
        rows, columns = np.nonzero(near & lower)
        if rows.size:
            along_shin = (columns - ankle[0]) * shin[0] + (rows - ankle[1]) * shin[1]
            lowest = max(lowest, float(along_shin.max() / max(float(shin @ shin), 1.0)))
    return min(lowest + _OVER_HEM, _BELOW_ANKLE) if lowest else 0.0


def _hip_scale(garment: Garment, crotch_y: float, wearer: Wearer) -> float:
    """Return the scale that makes the hips fit: cloth that a waist stretches does not stand off."""
    height = HIP_HEIGHT
    hips_px = sum(wearer.half_width(height, side) for side in SIDES) * wearer.frame.shoulders_px
    left, right = _edges(garment, crotch_y)
    return _HIP_EASE * hips_px / max(float(right - left), 1.0)


def _leg_hem_row(garment: Garment, hem_y: float, crotch_x: float, side: int) -> float:
    """Return the last row in which a leg has its full width; hems are curved or slanted."""
    columns = slice(None, round(crotch_x) + 1) if side == 0 else slice(round(crotch_x), None)
    first, last = round(hem_y - 0.06 * garment.shape.height), round(hem_y) + 1
    rows = np.arange(first, last)
    widths = garment.shape.mask[first:last, columns].sum(axis=1)
    usual = float(np.median(widths[widths > 0])) if widths.any() else 0.0
    return float(rows[np.flatnonzero(widths >= 0.93 * usual)[-1]]) - 1


def _leg_edges(garment: Garment, row: float, crotch_x: float, side: int) -> tuple[float, float]:
    """Return outer and inner edge of one leg of the garment in a row."""
    columns = np.flatnonzero(garment.shape.mask[int(np.clip(row, 0, len(garment.alpha) - 1))])
    mine = columns[columns <= crotch_x] if side == 0 else columns[columns >= crotch_x]
    if not mine.size:
        edge = garment.shape.left if side == 0 else garment.shape.right - 1
        return float(edge), crotch_x
    pair = float(mine[0]), float(mine[-1])
    return pair if side == 0 else (pair[1], pair[0])


def _leg_targets(
    wearer: Wearer, chain: FloatArray, share: float, side: int, half_px: float
) -> tuple[FloatArray, FloatArray]:
    """Return outer and inner edge of a trouser leg on the person."""
    unit = wearer.frame.shoulders_px
    centre = along(chain, share)
    ahead, behind = along(chain, min(share + 0.05, 1.0)), along(chain, max(share - 0.05, 0.0))
    direction = (ahead - behind) / max(float(np.hypot(*(ahead - behind))), 1e-6)
    normal = np.array([direction[1], -direction[0]], np.float32) * SIGNS[side]
    base = (0.30 - 0.15 * share) * unit
    inner_limit = _to_other_leg(wearer, centre, share, side)
    widest = 1.35 * base
    edges = []
    for sign, limit in ((1.0, widest), (-1.0, min(widest, inner_limit))):
        farthest = max(1.5 * base, inner_limit + 1)
        reach = ray_length(wearer.trunk, centre, normal * sign, limit_px=farthest)
        is_leg = 0.2 * base < reach < 1.5 * base
        radius = 1.04 * reach if is_leg else 0.9 * base
        is_thigh = sign > 0 and share < _HIP_SHARE
        if is_thigh and reach >= 1.5 * base:
            # A hand beside it hides where it ends: hardly further in than the hips.
            radius = max(radius, _up_to_hips(wearer, centre, side, 1.0))
        radius = min(max(radius, 0.6 * base, 0.9 * half_px), limit)
        if sign < 0 and share < _THIGH_SHARE and reach >= inner_limit:
            radius = inner_limit + TOUCHING * unit
        if is_thigh:
            radius = min(radius, max(_up_to_hips(wearer, centre, side, _HIP_EASE), 0.0))
        edges.append(centre + normal * sign * radius)
    return np.asarray(edges[0], np.float32), np.asarray(edges[1], np.float32)


def _seen_share(wearer: Wearer, chain: FloatArray, share: float) -> float:
    """Return the share of a leg, at most the given one, down to which the photo shows it."""
    shares = np.linspace(0, share, round(share / _EACH) + 1)
    rows = np.array([along(chain, float(each))[1] for each in shares])
    return float(shares[rows < wearer.shape[0]].max(initial=0))


def _up_to_hips(wearer: Wearer, centre: FloatArray, side: int, ease: float) -> float:
    """Return how far beside the middle line of a leg the hips end, in pixels."""
    _height, lateral = wearer.frame.coordinates(centre)
    half = ease * widest_hips(wearer, side)
    return (half - float(lateral) * SIGNS[side]) * wearer.frame.shoulders_px


def widest_hips(wearer: Wearer, side: int) -> float:
    """Return the half width of the hips, in S, beyond which thighs do not bulge."""
    widths = [[wearer.half_width(at, each) for at in (0.9, 1.0, 1.1)] for each in SIDES]
    # An arm before one side hides how wide it is.
    seen = max(*widths[side], EVEN * max(widths[1 - side]))
    if not wears_skirt(wearer):
        return seen
    waist = waist_of(wearer)
    usual = 1 + _HIPS_PER_WAIST * max(HIP_HEIGHT - waist, 0.0)
    return min(seen, usual * sum(wearer.half_width(waist, each) for each in SIDES) / 2)


def _to_other_leg(wearer: Wearer, centre: FloatArray, share: float, side: int) -> float:
    """Return the distance from a leg's middle line to the plane between the legs."""
    other = along(wearer.leg(1 - side), share)
    return max(0.5 * abs(float((other - centre) @ wearer.frame.hip_across)), 1.0)
