"""Where a sleeve goes on the arm."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.frame import along
from tryon_local.garment.value import Sleeve, TopLandmarks
from tryon_local.imaging import Points
from tryon_local.warp.armpit import raised
from tryon_local.warp.fit import TorsoFit
from tryon_local.warp.layer import Pins
from tryon_local.warp.torso import armhole_pin
from tryon_local.warp.wearer import SIGNS, Wearer, ray_length, sample

_EASE, _EASE_OVER_CLOTH = 0.025, 0.02
"""How far a sleeve stands off a bare arm, and off an old sleeve, on its outer side, in S."""
_WORN, _SLIM = 0.4, 0.8
"""How far a sleeve reaches from the middle of the arm, in its width as it lies flat; and at least,
in the usual distance."""
_FLARE, _FLARE_FROM = 0.14, 0.33
"""How much further off the outer edge of a wide sleeve is, in S, and from which share of the arm
on so much."""
_TIP_ABOVE = 0.08
"""How far the tip of a shoulder lies above the joint, in S."""
_LONGEST = 0.735
"""How long, in T, as much of a sleeve as a chest is wide is drawn at most."""
_DRAWN_UP = 0.5
"""Share of the seam at an armhole that can come to lie under the arm."""
_UNDER_ARM = 0.15
"""Length of the seam under the arm, in that of the sleeve, from which on it is a tube."""
_LEAST_WIDE = 0.15
"""How far off its armhole the middle of a sleeve is worn, in that as it lies flat, where it is of
use: on a narrow arm it would else fold over the armhole."""
_STEPS = 13
"""At how many places the edges of the arm are looked for."""
_SEAM_STRETCH, _SEAM_EASE = 1.5, 0.08
"""How much longer than on the garment the seam under an arm may be drawn, and that in S."""
_BARE, _STOUTEST = (0.2, 0.45), 1.5
"""Between which shares of the arm it shows how stout it is, and the stoutest, in the usual
distance from its middle."""
_THICKEST = 1.5
"""Distance of a raised arm's lower side from its middle at most, in the usual distance."""
_UPPER_ARM = 0.45
"""Share of the arm up to which a sleeve ends above the elbow."""
_LONG_SLEEVE = 0.88
"""Sleeve length, relative to the garment's, from which a sleeve is meant to reach the wrist."""


@attrs.frozen(eq=False, kw_only=True)
class _Worn:
    """The arm that a sleeve goes on.

    Attributes:
        person: shape (H, W), the silhouette without hair.
        bare: shape (H, W), skin.
        chain: shoulder, elbow and wrist, shape (3, 2).
        side: 0 left, 1 right.
        unit_px: S.
        raised: how far it is raised, 0..1.
        stoutness: how far it reaches from its middle where it is bare, in the usual distance.
    """

    person: BoolArray
    bare: BoolArray
    chain: FloatArray
    side: int
    unit_px: float
    raised: float
    stoutness: float = _SLIM


def sleeve_share(marks: TopLandmarks, wearer: Wearer, fit: TorsoFit) -> float:
    """Return how much of an arm, 0.22..0.99, the sleeves cover; 0 without sleeves."""
    left, right = marks.sleeves
    if left is None or right is None:
        return 0.0
    arm_px = _arm_length(wearer.arm(0), wearer.arm(1))
    unit = wearer.frame.shoulders_px
    length_px = (left.length_px + right.length_px) / 2
    edge_px = (_outer_length(left, marks.tips[0]) + _outer_length(right, marks.tips[1])) / 2
    # The body of a crop top is drawn longer than it is, its sleeves are not.
    down_scale = min(fit.down_scale, _LONGEST * wearer.frame.torso_px / marks.chest_px)
    # A wide sleeve hangs down from its outer edge, and not from its middle.
    length = min(
        1.15 * length_px * down_scale - 0.10 * unit, edge_px * fit.scale - _TIP_ABOVE * unit
    )
    lowest = 0.22
    if length_px > _LONG_SLEEVE * (marks.hem_y - float(marks.tips[:, 1].mean())):
        lowest = 0.97
    return float(np.clip(length / arm_px, lowest, 0.99))


def _outer_length(sleeve: Sleeve, tip: FloatArray) -> float:
    return float(_reached(np.vstack([tip, sleeve.outer]))[-1])


def sleeve_pins(
    sleeve: Sleeve, marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, side: int
) -> Pins:
    """Return the control points of one sleeve."""
    chain = wearer.arm(side)
    share = sleeve_share(marks, wearer, fit)
    outer_line, inner_line = _lines(sleeve, marks, wearer, fit, side)
    outers = _spaced(outer_line, marks.tips[side], sleeve.outer)
    seam_px = float(_reached(np.vstack([marks.armpits[side], sleeve.inner]))[-1]) * fit.scale
    seam_px = _SEAM_STRETCH * seam_px + _SEAM_EASE * wearer.frame.shoulders_px
    inner_line = _held_by_seam(inner_line, seam_px, raised(chain, wearer))
    under_px = float(_reached(np.stack(inner_line))[-1]) / fit.scale
    armpit, edge = _drawn_up(sleeve, marks, side, under_px)
    inners = _spaced(inner_line, armpit, edge)
    if share < _UPPER_ARM:
        inners = not_hollow(inners, fit.armpits[side], along(chain, share / 2))
    middle = armhole_pin(marks, wearer, fit, side)
    pairs: list[tuple[Points, Points]] = [
        (marks.tips[side], fit.tips[side]),
        (armpit, fit.armpits[side]),
        middle,
    ]
    across = [_outwards(ends.tips[side] - ends.armpits[side], side) for ends in (marks, fit)]
    for inner, outer, inner_target, outer_target in zip(
        edge, sleeve.outer, inners, outers, strict=True
    ):
        pairs += [(outer, outer_target), (inner, inner_target)]
        between = (inner + outer) / 2, (inner_target + outer_target) / 2
        lying, worn = (
            float((point - start) @ away)
            for point, start, away in zip(between, middle, across, strict=True)
        )
        if worn > _LEAST_WIDE * fit.scale * lying:
            pairs.append(between)
    return Pins.of(pairs)


def _outwards(armhole: FloatArray, side: int) -> FloatArray:
    """Return the unit vector across an armhole, away from the torso."""
    away = np.array([-armhole[1], armhole[0]], np.float32) * SIGNS[side]
    return np.asarray(away / max(float(np.hypot(*armhole)), 1.0), np.float32)


def _lines(
    sleeve: Sleeve, marks: TopLandmarks, wearer: Wearer, fit: TorsoFit, side: int
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return points of the sleeve's outer and inner edge on the person, down to the cuff."""
    worn = _Worn(
        person=wearer.without_hair,
        bare=wearer.labelled(Label.SKIN),
        chain=wearer.arm(side),
        side=side,
        unit_px=wearer.frame.shoulders_px,
        raised=raised(wearer.arm(side), wearer),
    )
    worn = attrs.evolve(worn, stoutness=_stoutness(worn))
    share = sleeve_share(marks, wearer, fit)
    start = _armpit_share(worn.chain, fit.armpits[side])
    steps = np.linspace(0, 1, _STEPS, dtype=np.float32)
    lying = np.hypot(*(sleeve.outer - sleeve.inner).T) * fit.scale
    widths = np.interp(steps, sleeve.fractions, lying)
    tubes = _tube_widths(marks, steps) * fit.scale
    outer, inner = [fit.tips[side]], [fit.armpits[side]]
    for step, width_px, tube_px in zip(
        steps.tolist(), widths.tolist(), tubes.tolist(), strict=True
    ):
        outer.append(_outer_edge(worn, step * share, width_px, tube_px))
        if step:
            inner.append(_inner_edge(worn, start + step * max(share - start, 0.04), width_px))
    return outer, inner


def _drawn_up(
    sleeve: Sleeve, marks: TopLandmarks, side: int, under_px: float
) -> tuple[FloatArray, FloatArray]:
    """Return what of a sleeve lies at the armpit, shape (2,), and below it along the arm.

    The seam under the arm may be too short to reach from there to the cuff. Then part of the seam
    of the armhole comes to lie under the arm, and a cuff of another colour is not stretched.

    Args:
        sleeve: the sleeve.
        marks: landmarks of the garment.
        side: 0 left, 1 right.
        under_px: length of the arm's inner side down to the cuff, in garment pixels.
    """
    armpit, up = marks.armpits[side], marks.tips[side] - marks.armpits[side]
    seam_px = _SEAM_STRETCH * float(_reached(np.vstack([armpit, sleeve.inner]))[-1])
    if under_px <= seam_px:
        return armpit, sleeve.inner
    drawn = min((under_px - seam_px) / max(float(np.hypot(*up)), 1.0), _DRAWN_UP)
    start = np.asarray(armpit + drawn * up, np.float32)
    return start, start + (sleeve.inner[-1] - start) * sleeve.fractions[:, None]


def _tube_widths(marks: TopLandmarks, steps: FloatArray) -> FloatArray:
    """Return the mean width across both sleeves at some of their fractions, in pixels."""
    widths = [
        np.interp(steps, sleeve.fractions, _across(sleeve, armpit))
        for sleeve, armpit in zip(marks.sleeves, marks.armpits, strict=True)
        if sleeve is not None
    ]
    return np.asarray(np.mean(widths, axis=0), np.float32)


def _across(sleeve: Sleeve, armpit: FloatArray) -> FloatArray:
    """Return the width of a sleeve at each point of its outer edge, in pixels.

    Where it is part of an armhole it is that of the place next below.
    """
    edge = np.vstack([armpit, sleeve.inner])
    places = np.linspace(0, len(edge) - 1, 8 * len(edge))
    inner = np.column_stack([np.interp(places, np.arange(len(edge)), axis) for axis in edge.T])
    apart = sleeve.outer[:, None] - inner[None]
    distances = np.hypot(apart[..., 0], apart[..., 1])
    is_tube = _reached(inner)[distances.argmin(axis=1)] > _UNDER_ARM * sleeve.length_px
    is_tube[-1] = True
    known = sleeve.fractions[is_tube], distances.min(axis=1)[is_tube]
    return np.asarray(np.interp(sleeve.fractions, *known), np.float32)


def _spaced(line: list[FloatArray], start: FloatArray, edge: FloatArray) -> list[FloatArray]:
    """Return points spaced on a line as those of a garment's edge are, so that it stretches evenly.

    Args:
        line: points of the edge on the person, from where `start` goes to the cuff.
        start: where the edge of the garment begins, shape (2,).
        edge: points of it, shape (n, 2), the last of them at the cuff.
    """
    shares = _lengths(np.vstack([start, edge]))
    points = np.stack(line)
    places = _lengths(points)
    return [
        np.array([np.interp(share, places, points[:, axis]) for axis in (0, 1)], np.float32)
        for share in shares[1:]
    ]


def _held_by_seam(line: list[FloatArray], seam_px: float, share: float) -> list[FloatArray]:
    """End the inner edge under a raised arm where the seam of the sleeve ends.

    Beside a hanging arm the cuff turns until it runs across.
    """
    points = np.stack(line)
    reached = _reached(points)
    full_px = float(reached[-1])
    longest_px = full_px - share * max(full_px - seam_px, 0.0)
    end = np.array([np.interp(longest_px, reached, points[:, axis]) for axis in (0, 1)])
    return [*points[reached < longest_px], end.astype(np.float32)]


def _lengths(points: FloatArray) -> FloatArray:
    """Return how much of a line lies before each of its points, 0..1."""
    reached = _reached(points)
    return reached / max(float(reached[-1]), 1e-6)


def _reached(points: FloatArray) -> FloatArray:
    """Return the length of a line up to each of its points, shape (n,)."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return np.append(np.float32(0), np.cumsum(steps)).astype(np.float32)


def not_hollow(
    targets: list[FloatArray], armpit: FloatArray, inside: FloatArray
) -> list[FloatArray]:
    """Let cloth below a raised arm hang straight from the cuff to the armpit, or lower."""
    chord = targets[-1] - armpit
    below = np.array([-chord[1], chord[0]], np.float32) / max(float(np.hypot(*chord)), 1.0)
    below *= -np.sign(float((inside - armpit) @ below))
    return [
        np.asarray(target - min(float((target - armpit) @ below), 0.0) * below, np.float32)
        for target in targets
    ]


def _arm_length(*chains: FloatArray) -> float:
    lengths = [float(np.hypot(*np.diff(chain, axis=0).T).sum()) for chain in chains]
    return max(1.0, *lengths)


def _armpit_share(chain: FloatArray, armpit: FloatArray) -> float:
    """Return the share of the arm at which the armpit lies beside it."""
    upper = chain[1] - chain[0]
    length = max(float(np.hypot(*upper)), 1.0)
    beside = float((armpit - chain[0]) @ upper) / length
    return float(np.clip(beside / _arm_length(chain), 0.05, 0.45))


def _normal(chain: FloatArray, share: float, side: int) -> FloatArray:
    """Return the direction across the arm, away from the torso, turning smoothly at the elbow."""
    upper, lower = chain[1] - chain[0], chain[2] - chain[1]
    upper_px, lower_px = max(float(np.hypot(*upper)), 1.0), max(float(np.hypot(*lower)), 1.0)
    position = share * (upper_px + lower_px) / upper_px
    blend = float(np.clip((position - 0.8) / 0.4, 0, 1))
    direction = upper / upper_px * (1 - blend) + lower / lower_px * blend
    direction = direction / max(float(np.hypot(*direction)), 1e-6)
    return np.array([direction[1], -direction[0]], np.float32) * SIGNS[side]


def _outer_edge(worn: _Worn, share: float, width_px: float, tube_px: float) -> FloatArray:
    """Return the sleeve's outer edge at a share of the arm, along the silhouette's or farther off.

    Args:
        worn: the arm.
        share: of the arm.
        width_px: how wide the sleeve lies there, with the armhole.
        tube_px: how wide the sleeve itself is.
    """
    unit, base = worn.unit_px, _usual_radius(worn, share)
    centre, normal = _beyond(worn.chain, share), _normal(worn.chain, share, worn.side)
    reach = ray_length(worn.person, centre, normal, limit_px=2.2 * base)
    radius = float(np.clip(reach, 0.65 * base, max(1.2, worn.stoutness) * base))
    is_bare = sample(worn.bare, centre[None])[0]
    if not is_bare:
        # The outline of a wide old sleeve is no arm's: a slim new one lies closer.
        radius = min(radius, max(_WORN * width_px, worn.stoutness * base))
    ease = (_EASE if is_bare else _EASE_OVER_CLOTH) * unit
    radius += float(np.clip(0.5 * width_px - radius, 0.0, ease))
    flare = _FLARE * float(np.clip(share / _FLARE_FROM, 0, 1)) * unit
    radius += float(np.clip(_WORN * tube_px - radius, 0.0, flare))
    return np.asarray(centre + normal * radius, np.float32)


def _inner_edge(worn: _Worn, share: float, width_px: float) -> FloatArray:
    """Return the sleeve's edge next to the body at a share of the arm."""
    base = _usual_radius(worn, share)
    centre, normal = _beyond(worn.chain, share), -_normal(worn.chain, share, worn.side)
    reach = ray_length(worn.person, centre, normal, limit_px=2.2 * base)
    touches = reach > 1.5 * base
    radius = 0.8 * base if touches else float(np.clip(reach, 0.45 * base, 1.1 * base)) * 1.03
    if share < 0.3:  # noqa: PLR2004  (near the armpit the edge belongs to the torso)
        radius = float(np.clip(radius, 0.5 * base, 0.75 * base))
    # All of the lower side of a raised arm is seen.
    whole = min(reach, _THICKEST * base)
    radius += worn.raised * max(whole - radius, 0.0)
    radius += float(np.clip(0.5 * width_px - radius, 0.0, 0.02 * worn.unit_px))
    return np.asarray(centre + normal * radius, np.float32)


def _stoutness(worn: _Worn) -> float:
    """Return how far the upper arm reaches where it is seen bare, in the usual distance."""
    reaches = []
    for share in np.linspace(*_BARE, _STEPS).tolist():
        centre, normal = along(worn.chain, share), _normal(worn.chain, share, worn.side)
        if sample(worn.bare, centre[None])[0]:
            base = _usual_radius(worn, share)
            limit_px = 2.2 * base
            reach = ray_length(worn.bare, centre, normal, limit_px=limit_px)
            if reach < limit_px:
                reaches.append(reach / base)
    return float(np.clip(np.median(reaches), _SLIM, _STOUTEST)) if reaches else _SLIM


def _usual_radius(worn: _Worn, share: float) -> float:
    return (0.165 - 0.065 * min(share, 1.0)) * worn.unit_px


def _beyond(chain: FloatArray, share: float) -> FloatArray:
    """Return a point along the arm; past the wrist it continues straight on."""
    if share <= 1:
        return along(chain, share)
    lower = chain[2] - chain[1]
    extra = (share - 1) * _arm_length(chain)
    return np.asarray(chain[2] + lower / max(float(np.hypot(*lower)), 1.0) * extra, np.float32)
