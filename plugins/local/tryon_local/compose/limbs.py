"""Bare arms and legs as tapered tubes: as stout as the person's own, where these can be seen."""

import itertools

import attrs
import cv2
import numpy as np

from tryon_local.body import FloatArray, Label
from tryon_local.frame import along
from tryon_local.warp import Wearer

ARM_RADII = (0.155, 0.110, 0.105, 0.075, 0.075)
LEG_RADII = (0.24, 0.16, 0.16, 0.10, 0.10)
"""Radii of a limb in S: at both upper joints, calf or forearm, lower joint, behind hand or shoe."""
_CALF = 0.35
"""Share of the shin or of the forearm at which it is thickest."""
_SHARES = np.linspace(0.05, 0.95, 19)
"""Where along a limb its girth is measured."""
_SLIMMEST, _STOUTEST = 0.75, 1.6
"""How much slimmer or thicker than usual a limb can be."""
_OFF_AXIS = 0.05
"""How far the middle of a limb may lie off the line between its joints, in S."""
_BEHIND = 0.15
"""How far a limb goes on behind hand or shoe, in lengths of the forearm or shin."""


@attrs.frozen(eq=False)
class _Girth:
    """What is seen of a limb, at the shares of its length where it is bare.

    Attributes:
        shares: shape (n,), ascending, 0 at the upper joint and 1 at the lower.
        factors: shape (n,), how much thicker than usual it is.
        offsets: shape (n, 2), from the line between the joints to its middle, in pixels.
    """

    shares: FloatArray
    factors: FloatArray
    offsets: FloatArray


def depth_in_limbs(
    wearer: Wearer, chains: list[FloatArray], usual: tuple[float, ...]
) -> FloatArray:
    """Return how far each pixel lies inside the limbs, in pixels; negative outside.

    Args:
        wearer: the person.
        chains: three joints each, shape (3, 2).
        usual: radii, in S; see `LEG_RADII`.
    """
    unit = wearer.frame.shoulders_px
    depth = np.full(wearer.shape, -unit, np.float32)
    bare = wearer.labelled(Label.SKIN).astype(np.uint8)
    inside = np.asarray(cv2.distanceTransform(bare, cv2.DIST_L2, 3), np.float32)
    girths = [_girth(inside, chain, usual, unit) for chain in chains]
    factors = np.concatenate([girth.factors for girth in girths])
    common = float(np.median(factors)) if factors.size else 1.0
    for chain, girth in zip(chains, girths, strict=True):
        stops, radii = _stops(chain, girth, usual, common)
        for index, (begin, end) in enumerate(itertools.pairwise(stops)):
            _draw(depth, begin, end, (radii[index] * unit, radii[index + 1] * unit))
    return depth


def _usual_radius(chain: FloatArray, usual: tuple[float, ...], shares: FloatArray) -> FloatArray:
    upper, lower = (float(length) for length in np.hypot(*np.diff(chain, axis=0).T))
    elbow = upper / max(upper + lower, 1.0)
    places = (0.0, elbow, elbow + _CALF * (1 - elbow), 1.0)
    return np.asarray(np.interp(shares, places, usual[:4]), np.float32)


def _girth(inside: FloatArray, chain: FloatArray, usual: tuple[float, ...], unit: float) -> _Girth:
    """Measure a limb; not next to a cuff or a hem, which would narrow it.

    Args:
        inside: shape (H, W), distance from the edge of the skin, in pixels; 0 outside.
        chain: three joints, shape (3, 2).
        usual: radii, in S.
        unit: S, in pixels.
    """
    reach = max(1, round(_OFF_AXIS * unit))
    expected = _usual_radius(chain, usual, _SHARES.astype(np.float32)) * unit
    found: dict[int, tuple[float, FloatArray]] = {}
    for index, share in enumerate(_SHARES):
        centre = along(chain, float(share))
        x, y = np.rint(centre).astype(int)
        if not (0 <= x < inside.shape[1] and 0 <= y < inside.shape[0] and inside[y, x]):
            continue
        left, top = max(x - reach, 0), max(y - reach, 0)
        near = inside[top : y + reach + 1, left : x + reach + 1]
        row, column = np.unravel_index(int(near.argmax()), near.shape)
        ahead, behind = along(chain, min(share + 0.02, 1.0)), along(chain, share - 0.02)
        axis = (ahead - behind) / max(float(np.hypot(*(ahead - behind))), 1e-6)
        off = np.array([left + column, top + row], np.float32) - centre
        factor = float(np.clip(near.max() / expected[index], _SLIMMEST, _STOUTEST))
        found[index] = factor, np.asarray(off - axis * float(off @ axis), np.float32)
    within = [index for index in found if index - 1 in found and index + 1 in found]
    return _Girth(
        np.asarray(_SHARES[within], np.float32),
        np.array([found[index][0] for index in within], np.float32),
        np.array([found[index][1] for index in within], np.float32).reshape(-1, 2),
    )


def _stops(
    chain: FloatArray, girth: _Girth, usual: tuple[float, ...], common: float
) -> tuple[FloatArray, FloatArray]:
    """Return points along a limb, shape (n, 2), and the radius at each, in S."""
    shares = np.concatenate([[0.0], _SHARES, [1.0]]).astype(np.float32)
    points = np.stack([along(chain, float(share)) for share in shares])
    factors = np.full(len(shares), common, np.float32)
    if girth.shares.size:
        factors = np.interp(shares, girth.shares, girth.factors).astype(np.float32)
        points += np.stack(
            [np.interp(shares, girth.shares, girth.offsets[:, axis]) for axis in (0, 1)], axis=1
        )
    radii = _usual_radius(chain, usual, shares) * factors
    last = points[-1] + _BEHIND * (chain[2] - chain[1])
    return (
        np.asarray(np.vstack([points, last]), np.float32),
        np.asarray(np.append(radii, usual[4] * factors[-1]), np.float32),
    )


def _draw(
    depth: FloatArray, begin: FloatArray, end: FloatArray, radii_px: tuple[float, float]
) -> None:
    margin = max(radii_px) + 4
    low, high = np.minimum(begin, end) - margin, np.maximum(begin, end) + margin
    x1, y1 = np.maximum(low, 0).astype(int)
    x2, y2 = np.maximum(high, 0).astype(int)
    part = depth[y1:y2, x1:x2]
    if not part.size:
        return
    x = np.arange(x1, x1 + part.shape[1], dtype=np.float32) - begin[0]
    y = np.arange(y1, y1 + part.shape[0], dtype=np.float32)[:, None] - begin[1]
    run, fall = (float(value) for value in end - begin)
    at = np.clip((x * run + y * fall) / max(run * run + fall * fall, 1.0), 0, 1)
    radius = radii_px[0] + (radii_px[1] - radii_px[0]) * at
    inside = radius - np.hypot(x - at * run, y - at * fall)
    np.maximum(part, inside.astype(np.float32), out=part)
