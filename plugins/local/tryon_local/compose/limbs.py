"""Bare arms and legs as tapered tubes: as stout as the person's own, where these can be seen."""

from collections.abc import Sequence
from typing import TypeAlias

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.frame import along
from tryon_local.warp import SIGNS, Wearer, sample

Profile: TypeAlias = tuple[tuple[float, float, float], ...]
ARM_RADII: Profile = (
    (0.0, 0.140, 0.020),
    (0.3, 0.120, 0.028),
    (0.5, 0.110, 0.022),
    (0.8, 0.103, 0.0),
    (1.0, 0.110, -0.003),
    (1.12, 0.117, -0.003),
    (1.25, 0.115, 0.004),
    (1.4, 0.106, 0.008),
    (1.6, 0.090, 0.011),
    (1.75, 0.078, 0.010),
    (1.9, 0.070, 0.007),
    (2.0, 0.067, 0.004),
    (2.15, 0.068, 0.0),
)
LEG_RADII: Profile = (
    (0.0, 0.24, 0.0),
    (0.45, 0.19, 0.0),
    (0.95, 0.154, 0.0),
    (1.3, 0.160, 0.0),
    (1.5, 0.146, 0.0),
    (1.8, 0.096, 0.0),
    (2.0, 0.083, 0.0),
    (2.15, 0.080, 0.0),
)
"""Place along a limb, 0 at its upper joint, 1 at the middle and 2 at the lower one, beyond that
behind hand or shoe; the radius there, and how far its middle lies outside of the line between the
joints, in S; as measured on people with bare limbs."""
_SHARES = np.linspace(0.05, 0.95, 19, dtype=np.float32)
"""Where along a limb its girth is measured."""
_SLIMMEST, _STOUTEST = 0.75, 1.9
"""How much slimmer or thicker than usual a limb can be."""
_TIGHT, _CLOTH = 1.15, 0.96
"""How much thicker than usual a sleeve may be to follow the limb, and the limb's share of it."""
_AS_WIDE = 1.5
"""How far the skin of a limb goes on beyond the largest circle inside it; further is other skin."""
_RIM_PX = 0.6
"""How much of the blurred rim of skin is taken for skin."""
_NEXT_TO_SKIN = 3
"""Within how many of these shares from bare skin a sleeve tells nothing: it flares at its hem."""
_DELTOID = (0.3, 0.06)
"""Share of a limb down to which cloth lies on its outer side, and how far that side may stand out
beyond the usual there, in S."""
_LOOSE, _UPPER_ARM = (0.02, 0.055), 7
"""How far a sleeve stands off the outer side of an upper arm, in S, up to which it lies on that
further up, too, and from which it does not; at which of the shares that is seen."""
_UNSEEN = 0.92
"""How thick limbs of which nothing is seen are drawn: too slim is seen less than swollen."""
_OFF_AXIS = 0.05
"""How far the middle of a limb may lie off the line between its joints, in S."""
_ANKLE, _NARROWEST, _HEM_RIM = (0.18, 0.3), 0.045, 0.03
"""How far from its joint a bare ankle is looked for, sideways and along the leg, how narrow it can
be, and how far below a hem it is measured, in S."""
_SHIN, _ABOVE_ANKLE = 0.3, 0.12
"""Share of a leg above a bare ankle in which it leads to that, and in which its girth is not yet
measured where the ankle is."""
_WRIST = (0.66, 0.068)
"""Radius of a wrist in half the width of the hand, and at most, in S."""
_BENT = 0.35
"""How much of the bend of an elbow or a knee is rounded off."""
_HAND_INSIDE, _ELBOW, _HIDDEN = 0.02, 11, 0.3
"""How far the back of a hand lies inside of the middle line of a straight arm, in S; which of the
points along an arm is about its elbow; the least share of an arm that swings to its hand."""
_SOFT_EDGE = 0.011
"""Width of the soft edge of a limb, as photos have, in S."""
_BEHIND = 0.15
"""How far a limb goes on behind hand or shoe, in lengths of the forearm or shin."""


@attrs.frozen(eq=False)
class _Girth:
    """What is seen of a limb, at the shares of its length where it is bare or in tight cloth.

    Attributes:
        shares: shape (n,), ascending, 0 at the upper joint and 1 at the lower.
        factors: shape (n,), how much thicker than usual it is.
        offsets: shape (n, 2), from the line between the joints to its middle, in pixels.
        normals: shape (m, 2), away from the spine, at each of `_SHARES`.
        reaches: shape (m, 2), from the line to the silhouette's edge, away from the spine and
            towards it, in pixels; infinite where there is none.
    """

    shares: FloatArray
    factors: FloatArray
    offsets: FloatArray
    normals: FloatArray
    reaches: FloatArray


@attrs.frozen(eq=False)
class Hand:
    """The back of a hand below a cuff.

    Attributes:
        middle: shape (2,), in pixels.
        half_px: half its width.
    """

    middle: FloatArray
    half_px: float


@attrs.frozen(eq=False)
class Limbs:
    """Where limbs are, each of shape (H, W).

    Attributes:
        depth: how far a pixel lies inside a limb, in pixels; negative outside.
        outwards: -1 at the side of a limb next to the spine, 0 on its axis, 1 at the far side.
        along: share of the limb's length, 0 at the upper joint and 1 at the lower.
    """

    depth: FloatArray
    outwards: FloatArray
    along: FloatArray


def find_limbs(
    wearer: Wearer,
    chains: list[FloatArray],
    usual: Profile,
    hands: Sequence[Hand | None] = (),
) -> Limbs:
    """Return where the limbs of both sides are when bare.

    Args:
        wearer: the person.
        chains: three joints each, shape (3, 2), left and right.
        usual: see `LEG_RADII`.
        hands: where the limbs end, left and right; none for legs.
    """
    unit = wearer.frame.shoulders_px
    limbs = Limbs(
        depth=np.full(wearer.shape, -unit, np.float32),
        outwards=np.zeros(wearer.shape, np.float32),
        along=np.zeros(wearer.shape, np.float32),
    )
    body = wearer.without_hair
    bare = wearer.labelled(Label.SKIN)
    inside = np.asarray(cv2.distanceTransform(bare.astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    girths = []
    for side, chain in enumerate(chains):
        expected = _usual_radius(chain, usual, _SHARES) * unit
        edges = _edges(body, chain, expected, SIGNS[side])
        skin = _edges(bare, chain, expected, SIGNS[side])[1] - np.float32(_RIM_PX)
        girth = _girth(inside, chain, expected, edges, skin=skin, unit=unit)
        if not hands and not (girth.shares > 1 - _ABOVE_ANKLE).any():
            girth = _with_ankle(girth, bare, chain, usual, unit)
        girths.append(girth)
    factors = np.concatenate([girth.factors for girth in girths])
    common = float(np.median(factors)) if factors.size else _UNSEEN
    for side, (chain, girth) in enumerate(zip(chains, girths, strict=True)):
        stops, radii = _stops(chain, girth, usual, common, unit)
        hand = hands[side] if hands else None
        if hand is not None:
            seen = float(girth.shares.max(initial=0))
            _meet(stops, radii, hand, seen=seen, sign=SIGNS[side], unit=unit)
        for index in range(len(stops) - 1):
            _draw(
                limbs,
                stops[index : index + 2],
                (radii[index] * unit, radii[index + 1] * unit),
                (index / (len(stops) - 2), (index + 1) / (len(stops) - 2)),
                SIGNS[side],
            )
    return limbs


def limb_share(limbs: Limbs, body: FloatArray, unit_px: float) -> FloatArray:
    """Return how much of each pixel a limb covers; it ends where the silhouette does.

    Args:
        limbs: what `find_limbs` returned.
        body: shape (H, W), the silhouette, 0..1.
        unit_px: S, in pixels.
    """
    inside = limbs.depth / np.float32(max(_SOFT_EDGE * unit_px, 1)) + np.float32(0.5)
    share: FloatArray = np.minimum(np.clip(inside, 0, 1), body)
    return share


def _usual_radius(chain: FloatArray, usual: Profile, shares: FloatArray) -> FloatArray:
    return _usual(chain, usual, shares)[0]


def _usual(chain: FloatArray, usual: Profile, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return radius and how far outside its middle lies at shares of a limb, in S."""
    upper, lower = (float(length) for length in np.hypot(*np.diff(chain, axis=0).T))
    elbow = upper / max(upper + lower, 1.0)
    places, *columns = np.array(usual).T
    places = np.where(places < 1, places * elbow, elbow + (places - 1) * (1 - elbow))
    radius, bow = (np.interp(shares, places, column) for column in columns)
    return np.asarray(radius, np.float32), np.asarray(bow, np.float32)


def _edges(
    body: BoolArray, chain: FloatArray, expected: FloatArray, sign: float
) -> tuple[FloatArray, FloatArray]:
    """Return the normals of a limb, and how far the silhouette reaches from its axis; see `_Girth`.

    Args:
        body: shape (H, W), the silhouette.
        chain: three joints, shape (3, 2).
        expected: usual radius at each of `_SHARES`, in pixels.
        sign: lateral direction of the limb's side.
    """
    axes = along(chain, np.minimum(_SHARES + 0.03, 1)) - along(chain, np.maximum(_SHARES - 0.03, 0))
    axes /= np.maximum(np.hypot(*axes.T), 1e-6)[:, None]
    normals = sign * np.stack([axes[:, 1], -axes[:, 0]], axis=1)
    centres = along(chain, _SHARES)
    steps = np.arange(0.0, 1.6 * float(expected.max()), 0.5)
    reaches = []
    for towards in (normals, -normals):
        points = centres[:, None] + steps[:, None] * towards[:, None]
        outside = ~sample(body, points.reshape(-1, 2)).reshape(len(_SHARES), -1)
        first = steps[outside.argmax(axis=1)]
        reaches.append(np.where(outside.any(axis=1), first, np.inf))
    return np.asarray(normals, np.float32), np.asarray(np.stack(reaches, axis=1), np.float32)


def _girth(
    inside: FloatArray,
    chain: FloatArray,
    expected: FloatArray,
    edges: tuple[FloatArray, FloatArray],
    *,
    skin: FloatArray,
    unit: float,
) -> _Girth:
    """Measure a limb; not next to a cuff or a hem, which would narrow it.

    Args:
        inside: shape (H, W), distance from the edge of the skin, in pixels; 0 outside.
        chain: three joints, shape (3, 2).
        expected: usual radius at each of `_SHARES`, in pixels.
        edges: what `_edges` returned.
        skin: how far the skin reaches from the axis on both sides; see `_Girth.reaches`.
        unit: S, in pixels.
    """
    normals, reaches = edges
    reach = max(1, round(_OFF_AXIS * unit))
    found: dict[int, tuple[float, FloatArray]] = {}
    for index, centre in enumerate(along(chain, _SHARES)):
        x, y = np.rint(centre).astype(int)
        if not (0 <= x < inside.shape[1] and 0 <= y < inside.shape[0] and inside[y, x]):
            continue
        left, top = max(x - reach, 0), max(y - reach, 0)
        near = inside[top : y + reach + 1, left : x + reach + 1]
        row, column = np.unravel_index(int(near.argmax()), near.shape)
        off = np.array([left + column, top + row], np.float32) - centre
        off = normals[index] * float(off @ normals[index])
        radius, sideways = float(near.max()), float(off @ normals[index])
        circle = radius + sideways, radius - sideways
        # A limb of the very width meets what is seen of it without a step.
        outer, inner = (
            float(ray) if ray < _AS_WIDE * inscribed else inscribed
            for ray, inscribed in zip(skin[index], circle, strict=True)
        )
        radius, off = (outer + inner) / 2, normals[index] * ((outer - inner) / 2)
        found[index] = radius / expected[index], off
    measured = {index: found[index] for index in found if index - 1 in found and index + 1 in found}
    # Next to the trunk an armhole hides the inner side of a shoulder.
    free = reaches.sum(axis=1) < 2 * _STOUTEST * expected
    measured = {
        index: seen
        for index, seen in measured.items()
        if free[index] or _SHARES[index] > _DELTOID[0]
    }
    bare = list(measured)
    for index in range(len(_SHARES)):
        outer, inner = (float(value) for value in reaches[index])
        if any(abs(index - other) <= _NEXT_TO_SKIN for other in bare):
            continue
        if index not in found and 0 < outer + inner < 2 * _TIGHT * expected[index]:
            half = _CLOTH * (outer + inner) / 2
            measured[index] = half / expected[index], normals[index] * ((outer - inner) / 2)
    seen = sorted(measured)
    factors = np.array([measured[index][0] for index in seen], np.float32)
    return _Girth(
        np.asarray(_SHARES[seen], np.float32),
        np.clip(factors, _SLIMMEST, _STOUTEST),
        np.array([measured[index][1] for index in seen], np.float32).reshape(-1, 2),
        normals,
        reaches,
    )


def _with_ankle(
    girth: _Girth, bare: BoolArray, chain: FloatArray, usual: Profile, unit: float
) -> _Girth:
    """Measure what little is seen of a leg between its hem and its shoe."""
    length = max(float(np.hypot(*np.diff(chain, axis=0).T).sum()), 1.0)
    ankle = float(_usual_radius(chain, usual, np.ones(1, np.float32))[0])
    axis = (chain[2] - chain[1]) / max(float(np.hypot(*(chain[2] - chain[1]))), 1e-6)
    away = np.arange(-_ANKLE[0] * unit, _ANKLE[0] * unit, 0.5)
    ways = np.arange(-_ANKLE[1] * unit, _ANKLE[1] * unit, 1.0)
    points = chain[2] + ways[:, None, None] * axis + away[:, None] * girth.normals[-1]
    seen = sample(bare, points.reshape(-1, 2)).reshape(len(ways), len(away))
    wide = np.flatnonzero(0.5 * seen.sum(axis=1) > _NARROWEST * unit)
    if not wide.size:
        return girth
    # The blurred rim of the hem hides the sides of the skin next to it.
    row = min(int(wide[0]) + round(_HEM_RIM * unit), len(ways) - 1)
    columns = np.flatnonzero(seen[row])
    if not _NARROWEST * unit < 0.5 * columns.size < 2 * ankle * _STOUTEST * unit:
        return girth
    left, right = away[columns[0]], away[columns[-1]]
    share = 1 + float(ways[row]) / length
    factor = float(right - left) / 2 / (ankle * unit)
    middle = girth.normals[-1] * ((left + right) / 2)
    known = girth
    if not known.shares.size:
        known = attrs.evolve(
            girth,
            shares=np.array([share - _SHIN], np.float32),
            factors=np.array([_UNSEEN], np.float32),
            offsets=np.zeros((1, 2), np.float32),
        )
    return attrs.evolve(
        known,
        shares=np.append(known.shares, np.float32(share)),
        factors=np.append(known.factors, np.float32(np.clip(factor, _SLIMMEST, _STOUTEST))),
        offsets=np.vstack([known.offsets, middle]).astype(np.float32),
    )


def _stops(
    chain: FloatArray, girth: _Girth, usual: Profile, common: float, unit: float
) -> tuple[FloatArray, FloatArray]:
    """Return points along a limb, shape (n, 2), and the radius at each, in S."""
    shares = np.concatenate([[0.0], _SHARES, [1.0]]).astype(np.float32)
    points = along(chain, shares)
    factors = np.full(len(shares), common, np.float32)
    usual_radii, bow = _usual(chain, usual, shares)
    normals = np.pad(girth.normals, ((1, 1), (0, 0)), mode="edge")
    offsets = normals * (bow[:, None] * unit)
    if girth.shares.size:
        factors = np.interp(shares, girth.shares, girth.factors).astype(np.float32)
        offsets = np.stack(
            [np.interp(shares, girth.shares, girth.offsets[:, axis]) for axis in (0, 1)], axis=1
        )
    radii = usual_radii * factors
    # A limb does not stick out of what is worn on it.
    sideways = np.einsum("nc,nc->n", offsets[1:-1], girth.normals)
    outer, inner = girth.reaches.T
    side = sideways + radii[1:-1] * unit
    # Next to the trunk cloth lies on its outer side, unless it is puffed or wide further down.
    room = _CLOTH * outer - side
    close, wide = _LOOSE
    lies = np.clip((wide - room[_UPPER_ARM] / unit) / (wide - close), 0, 1)
    most = lies * np.clip(1 - _SHARES / _DELTOID[0], 0, 1) * (_DELTOID[1] * unit)
    excess = np.maximum(side - outer, 0) - np.clip(np.minimum(room, 2 * most - room), 0, most)
    excess -= np.maximum(radii[1:-1] * unit - sideways - excess - inner, 0) / 2
    offsets[1:-1] -= girth.normals * excess[:, None]
    offsets[0], offsets[-1] = offsets[1], offsets[-2]
    points[2:-2] += (_smoothed(points)[2:-2] - points[2:-2]) * np.float32(_BENT)
    points += _smoothed(offsets)
    radii = _smoothed(radii[:, None])[:, 0]
    last = points[-1] + _BEHIND * (chain[2] - chain[1])
    return (
        np.asarray(np.vstack([points, last]), np.float32),
        np.asarray(np.append(radii, usual[-1][1] * factors[-1]), np.float32),
    )


def _meet(
    stops: FloatArray, radii: FloatArray, hand: Hand, *, seen: float, sign: float, unit: float
) -> None:
    """Lead an arm to the hand, which tells where all of it hangs that a wide sleeve hides.

    Args:
        stops: points along the arm, shape (n, 2); changed.
        radii: at these, in S, shape (n,); changed.
        hand: where it ends.
        seen: share of the arm up to which its place is known.
        sign: lateral direction of the arm's side.
        unit: S, in pixels.
    """
    upper, lower = stops[_ELBOW] - stops[0], stops[-2] - stops[_ELBOW]
    lengths = [max(float(np.hypot(*part)), 1e-6) for part in (upper, lower)]
    outwards = sign * np.array([lower[1], -lower[0]]) / lengths[1]
    is_straight = max(float(upper @ lower) / (lengths[0] * lengths[1]), 0.0)
    aside = float((hand.middle - stops[-2]) @ outwards) + is_straight * _HAND_INSIDE * unit
    swing = (np.linspace(0, 1, len(stops) - 1) - seen) / max(1 - seen, _HIDDEN)
    elbow = max(float(swing[_ELBOW]), 0.0)
    swing = np.interp(swing, (0, elbow, 1), (0, elbow * is_straight, 1))
    stops += (np.append(swing, 1)[:, None] * (aside * outwards)).astype(np.float32)
    axis = stops[-1] - stops[-2]
    axis /= max(float(np.hypot(*axis)), 1e-6)
    off = hand.middle - stops[-1]
    off -= axis * float(off @ axis)
    pull = np.array([0.04, 0.16, 0.36, 0.64, 1.0], np.float32)
    stops[-5:] += off * pull[:, None]
    stops[-1] += axis * float((hand.middle - stops[-1]) @ axis)
    radii[-1] = hand.half_px / unit
    wrist = min(_WRIST[0] * radii[-1], _WRIST[1])
    radii[-2] += 0.9 * (wrist - radii[-2])
    radii[-3] += 0.5 * (wrist - radii[-3])


def _smoothed(values: FloatArray) -> FloatArray:
    """Return values along a limb, shape (n, c), without jumps from one to the next."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    kernel = np.array([1, 2, 3, 2, 1], np.float32) / 9
    columns = [np.convolve(padded[:, index], kernel, "valid") for index in range(values.shape[1])]
    return np.asarray(np.stack(columns, axis=1), np.float32)


def _draw(
    limbs: Limbs,
    ends: FloatArray,
    radii_px: tuple[float, float],
    shares: tuple[float, float],
    sign: float,
) -> None:
    begin, end = ends
    margin = max(radii_px) + 4
    low, high = np.minimum(begin, end) - margin, np.maximum(begin, end) + margin
    x1, y1 = np.maximum(low, 0).astype(int)
    x2, y2 = np.maximum(high, 0).astype(int)
    part = limbs.depth[y1:y2, x1:x2]
    if not part.size:
        return
    x = np.arange(x1, x1 + part.shape[1], dtype=np.float32) - begin[0]
    y = np.arange(y1, y1 + part.shape[0], dtype=np.float32)[:, None] - begin[1]
    run, fall = (float(value) for value in end - begin)
    at = np.clip((x * run + y * fall) / max(run * run + fall * fall, 1.0), 0, 1)
    radius = radii_px[0] + (radii_px[1] - radii_px[0]) * at
    inside = radius - np.hypot(x - at * run, y - at * fall)
    here = inside > part
    # A limb that hangs to the left or right of the spine turns its outer side away from it.
    sideways = sign * (x * fall - y * run) / (max(float(np.hypot(run, fall)), 1.0) * radius)
    part[here] = inside[here]
    limbs.outwards[y1:y2, x1:x2][here] = np.clip(sideways, -1, 1)[here]
    limbs.along[y1:y2, x1:x2][here] = (shares[0] + (shares[1] - shares[0]) * at)[here]
