"""What lies beside the body and its new clothes, where a wider old garment hung."""

import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.limbs import Limbs
from tryon_local.imaging import closed, dilate, gaussian, opened
from tryon_local.warp import SIGNS, Wearer, sample

_ARMPIT, _HIGHER_BESIDE, _BESIDE_CHEST = 0.32, 0.12, (0.4, 0.47)
"""Height, in T, below which nothing is bare beside a garment, and how much further up that is so
beside the chest, between laterals in S."""
CROTCH, _TUNIC_FRONT, _TUNIC_HIPS = 1.2, 0.35, 0.48
"""Height of the crotch, in T; half widths, in S, of the front of a top that hangs below it, and of
the hips that it hides."""
_NECK_BASE, _SHOULDER_SLOPE = -0.27, 0.5
"""Height of the shoulders at the neck, in S, and how far they drop per length outwards."""
_BELOW_HEM, _GAP = (0.06, 0.25), 0.03
"""How far below such a hem outlines and gap of trousers are looked at, in T, and the narrowest gap,
in S."""
_TRAPEZIUS, _MUSCLE_REACH = 0.03, 0.12
"""Height of the muscle beside a neck, and how far it reaches outwards, in S."""
_LOWER, _HIGHER = 0.16, 0.14
"""How far the shoulders of a person may lie below and above usual ones, in S; higher is a hood."""
_SHOULDER = (0.08, 0.38)
"""How far beside the neck the outline of a shoulder is looked at, in S."""
_UNEVEN, _CLOTH, _THICKEST = 0.05, 0.004, 0.035
"""Blur along a shoulder in which the wrinkles of cloth vanish, and how thick it is at least and at
most, in S."""
_UNDER_RIM, _SEAM_END = 4, 5
"""How far below the outline it shows whether a shoulder is bare, in half hundredths of S, and over
how much of the shoulder on both sides of a seam its step is measured, in hundredths of S."""
_NOTCH = 0.06
"""Half the width, in S, of a notch between chest and shoulder that no bare body has."""
_SLIVER = 0.03
"""Half the width, in S, of skin that is wide enough to be some."""
_NECK, _RIBS, _WIDE_HIPS = 0.19, 0.47, 0.56
"""Half width of a usual neck, and of the widest ribs and hips, in S."""
_FRONT, _OVER_HEM = 0.36, 0.012
"""Half the width in which the hem of a top is looked for, in S; how far above it nothing stands out
beside the top any more, in T."""
_EASE, _STEEPEST_HIPS, _HIPS_BELOW = 0.01, 1.2, 0.15
"""How far trousers stand out beside the hem of a top, in S, how far down they widen by as much at
least, and over how much below it, in T."""
_SIDE_HEM, _RISES = 0.2, 0.06
"""How far from its height a hem may end at the sides, in T; how much narrower it is there, in S."""
_UNDER_HEM_PX = 3
"""How far below a hem its soft edge reaches."""
_TRUNK = (0.35, 0.7), (_RIBS, 0.42)
"""Heights of ribs and waist, in T, and half how wide these are below a loose top, in S."""
_FLANKS = (0.5, 1.1), (0.3, 0.6)
"""Heights, in T, and laterals, in S, between which the sides of a waist may be."""
_BARE_WAIST, _FLARE = 0.85, 0.45
"""Height of a hem, in T, above which the waist is bare; how hips widen below it, in S per T."""
_BESIDE_SPINE = 0.2
"""How far beside the spine the gap between a hem and a waistband is looked for, too, in S."""
_CURVED_HEM = 0.08
"""How far the ends of a hem or a waistband may lie above or below its middle, in T."""


def below_shoulders(wearer: Wearer) -> FloatArray:
    """Return how far each pixel lies below the outline of the shoulders, in S, shape (H, W).

    Beyond the shoulder joints the outline goes on level, so that no arm is cut.
    """
    unit = wearer.frame.shoulders_px
    below = np.ones(wearer.shape, np.float32)
    rows = np.s_[: max(int(wearer.frame.neck[1] + 0.5 * unit), 0)]
    lateral = wearer.lateral[rows]
    down = wearer.height[rows] * np.float32(wearer.frame.torso_px / unit)
    for sign, edge in zip(SIGNS, _neck_edges(wearer), strict=True):
        from_neck = sign * (lateral - edge)
        line = _shoulder_line(wearer, sign, edge, np.minimum(from_neck, _SHOULDER[1]))
        below[rows] = np.where(from_neck > 0, down - line, below[rows])
    return below


def free_cloth(
    wearer: Wearer, categories: frozenset[str], arms: Limbs, below: FloatArray
) -> BoolArray:
    """Return where a wide old garment hung free, beside neck, arms and trunk, before the wall.

    Args:
        wearer: the person.
        categories: of the new garments.
        arms: the bare arms.
        below: what `below_shoulders` returned.
    """
    across = np.abs(wearer.lateral)
    beside_neck = (below < 0) & (wearer.height < 0)
    # Outside of an arm there is nothing beyond the shoulder joint.
    beside = (across > 0.5) & (wearer.height > -0.15) & (wearer.height <= 0.12)  # noqa: PLR2004
    beside &= ~_between_shoulders(wearer, arms, beside_neck)
    if categories == {"top"}:
        beside |= (wearer.height > 0.12) & (across > _trunk_half_width(wearer))  # noqa: PLR2004
    else:
        is_low = wearer.height > _TRUNK[0][1]
        hips = np.where(is_low, np.float32(_WIDE_HIPS), np.float32(_RIBS))
        beside |= (wearer.height > 0.12) & (wearer.height < 1.3) & (across > hips)  # noqa: PLR2004
    free: BoolArray = (beside_neck | beside) & (arms.depth < 0)
    return free


def beside_waist(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return what of a loose dress stands out beside a waist that a top leaves bare.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the top.
    """
    hem = max(side_hems(wearer, cover)) if wearer.parse.is_dress else 0.0
    if not 0 < hem < _BARE_WAIST:
        return np.zeros(wearer.shape, bool)
    (_, waist), (_, narrowest) = _TRUNK
    half = narrowest + _FLARE * np.maximum(wearer.height - waist, 0)
    beside: BoolArray = np.abs(wearer.lateral) > half
    return beside & (wearer.height > hem) & (wearer.height < CROTCH)


def flanks(wearer: Wearer) -> BoolArray:
    """Return where the sides of the waist may be, and what hangs beside them."""
    (top, low), (inner, outer) = _FLANKS
    across = np.abs(wearer.lateral)
    sides = (wearer.height > top) & (wearer.height < low) & (across > inner) & (across < outer)
    return np.asarray(sides, bool)


def beside_trunk(wearer: Wearer, cover: FloatArray, lowest: FloatArray | float) -> BoolArray:
    """Return what lies beyond the sides of a new garment, which goes all around the trunk.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the garment.
        lowest: height, in T, down to which that is so, for all or of shape (H, W).
    """
    (near, far), across = _BESIDE_CHEST, np.abs(wearer.lateral)
    armpit = _ARMPIT - _HIGHER_BESIDE * np.clip((across - near) / (far - near), 0, 1)
    on_trunk = (wearer.height > armpit) & (wearer.height < lowest)
    beside, seen = np.zeros(wearer.shape, bool), np.flatnonzero(on_trunk.any(axis=1))
    if not seen.size:
        return beside
    part = np.s_[int(seen[0]) : int(seen[-1]) + 1]
    covered, middle = cover[part] > 0.5, _spine(wearer)[part]  # noqa: PLR2004  (half covered)
    is_right = np.arange(cover.shape[1]) >= middle[:, None]
    right = np.logical_or.accumulate(~covered & is_right, axis=1)
    left = np.logical_or.accumulate((~covered & ~is_right)[:, ::-1], axis=1)[:, ::-1]
    beside[part] = ((right & is_right) | (left & ~is_right)) & on_trunk[part]
    beside[part] &= covered[np.arange(len(middle)), middle][:, None]
    return beside


def beside_above_hem(wearer: Wearer, cover: FloatArray, lowest: float = 0.0) -> BoolArray:
    """Return what lies beyond the sides of a top that hangs over what is worn below.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the top.
        lowest: height, in T, down to which that is so in any case.
    """
    left, right = (np.float32(max(hem, lowest)) for hem in side_hems(wearer, cover))
    return beside_trunk(wearer, cover, np.where(wearer.lateral < 0, left, right))


def under_top(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return what trousers show below the hem of a top: from its ends they widen as hips do.

    Args:
        wearer: the person.
        cover: shape (H, W), 0..1, cover of the top.
    """
    under, steep = np.ones(wearer.shape, bool), wearer.frame.shoulders_px / wearer.frame.torso_px
    for sign, (hem, lateral) in zip(SIGNS, _ends_of_hem(wearer, cover), strict=True):
        beyond = (wearer.lateral - lateral) * sign - _EASE
        below = (wearer.height - hem) / (_STEEPEST_HIPS * steep)
        under &= (beyond < np.maximum(below, 0)) | (wearer.height > hem + _HIPS_BELOW) | (hem <= 0)
    return under


def side_hems(wearer: Wearer, cover: FloatArray) -> tuple[float, float]:
    """Return how low a top reaches at its left and its right side, in T; 0 without a top.

    A little less than its hem, which may rise to the sides.
    """
    (left, _), (right, _) = _ends_of_hem(wearer, cover)
    return left, right


def _ends_of_hem(
    wearer: Wearer, cover: FloatArray
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return height and lateral of the left and of the right end of a hem; zeros without one."""
    covered, middle = cover > 0.5, _spine(wearer)  # noqa: PLR2004  (half covered)
    frame, heights = wearer.frame, np.arange(0.3, 2.4, 0.01)
    ends = []
    for lateral in np.linspace(-_FRONT, _FRONT, 19):
        start, end = frame.point(heights[0], lateral), frame.point(heights[-1], lateral)
        below = heights[sample(covered, np.linspace(start, end, len(heights)))]
        ends += [float(below[-1])] if below.size else []
    # A bow may hang from its middle.
    hem = float(np.percentile(ends, 20)) if ends else 0.0
    rows = np.arange(len(cover))
    near_hem = covered[rows, middle] & (np.abs(wearer.height[rows, middle] - hem) < _SIDE_HEM)
    rows = np.flatnonzero(near_hem)
    if not rows.size:
        return (0.0, 0.0), (0.0, 0.0)
    edges = np.array([_run(covered[row], int(middle[row])) for row in rows])
    edges = np.clip(edges.T, 0, cover.shape[1] - 1)
    left, right = wearer.lateral[rows, edges[0]], wearer.lateral[rows, edges[1]]
    wide = left < left.min() + _RISES, right > right.max() - _RISES
    sides = [float(wearer.height[rows[side][-1], middle[rows[side][-1]]]) for side in wide]
    lower, other = (min(hem, side) - _OVER_HEM for side in sides)
    return (lower, float(left[wide[0]][-1])), (other, float(right[wide[1]][-1]))


def midriff(wearer: Wearer, cover: FloatArray) -> BoolArray:
    """Return the bare belly between the hem of a top and a waistband, which may both curve."""
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    rows, middle = np.arange(len(cover)), _spine(wearer)
    # Further down are the legs.
    above = wearer.height[rows, middle] < CROTCH
    midriff, aside = np.zeros(wearer.shape, bool), round(_BESIDE_SPINE * wearer.frame.shoulders_px)
    # The middle of a hem may hang over the waistband.
    lines = [
        np.flatnonzero(covered[rows, np.clip(middle + step, 0, cover.shape[1] - 1)] & above)
        for step in (0, -aside, aside)
    ]
    on_spine = max(lines, key=lambda line: int(np.diff(line).max(initial=0)))
    gaps = np.diff(on_spine)
    if not gaps.size:
        return midriff
    at = int(gaps.argmax())
    curve = round(_CURVED_HEM * wearer.frame.torso_px)
    has_waistband = gaps[at] > 1
    hem = int(on_spine[at] if has_waistband else on_spine[-1])
    top, low = hem - curve, int(on_spine[at + 1]) + curve if has_waistband else hem + _UNDER_HEM_PX
    if top < 0 or low >= len(cover):
        return midriff
    ends = (top, low) if has_waistband else (top,)
    sides = [_run(covered[row], int(middle[row])) for row in ends]
    midriff[top:low, max(left for left, _ in sides) : min(right for _, right in sides)] = True
    return midriff & ~covered


def beside_legs_below_tunic(wearer: Wearer, old: BoolArray) -> BoolArray:
    """Return what of a long old top hung beside the trousers or the skirt that it covered.

    They go on upwards from where they are seen: outlines to the hips, the gap to the crotch.
    """
    front = old & (np.abs(wearer.lateral) < _TUNIC_FRONT)
    hem = float(np.percentile(wearer.height[front], 98)) if front.any() else 0.0
    seen = _laterals(wearer, hem + _BELOW_HEM[0])
    if hem < CROTCH or not seen.size:
        return np.zeros(wearer.shape, bool)
    left, right = float(seen[0]), float(seen[-1])
    middle, half = (left + right) / 2, max((right - left) / 2, _TUNIC_HIPS)
    down = np.clip((wearer.height - 1) / (hem - 1), 0, 1)
    outside = wearer.lateral < middle - half + down * (left - middle + half)
    outside |= wearer.lateral > middle + half + down * (right - middle - half)
    lower = _laterals(wearer, hem + _BELOW_HEM[1])
    steps = np.diff(lower)
    if steps.size and steps.max() > _GAP:
        at = int(steps.argmax())
        apart = (wearer.height - CROTCH) / (hem + _BELOW_HEM[1] - CROTCH)
        from_middle = wearer.lateral - middle
        outside |= (
            (apart > 0)
            & (from_middle > apart * (lower[at] - middle))
            & (from_middle < apart * (lower[at + 1] - middle))
        )
    beside: BoolArray = outside & (wearer.height > 1)
    return beside


def _spine(wearer: Wearer) -> npt.NDArray[np.intp]:
    """Return the column of the spine in each row."""
    height, width = wearer.shape
    down, neck = wearer.frame.down, wearer.frame.neck
    spine = neck[0] + (np.arange(height) - neck[1]) * (down[0] / max(float(down[1]), 0.5))
    columns: npt.NDArray[np.intp] = np.clip(np.rint(spine), 0, width - 1).astype(np.intp)
    return columns


def _run(covered: BoolArray, at: int) -> tuple[int, int]:
    """Return the first and the last but one column of the covered ones around a column."""
    before, after = np.flatnonzero(~covered[:at]), np.flatnonzero(~covered[at:])
    left = int(before[-1]) + 1 if before.size else 0
    return left, at + int(after[0]) if after.size else len(covered)


def _laterals(wearer: Wearer, height: float) -> FloatArray:
    """Return where the lower garment is seen at a height, as ascending laterals."""
    seen = wearer.labelled(Label.LOWER) & (np.abs(wearer.height - height) < 0.02)  # noqa: PLR2004
    return np.unique(np.round(wearer.lateral[seen], 2))


def _between_shoulders(wearer: Wearer, arms: Limbs, beside_neck: BoolArray) -> BoolArray:
    """Return notches in the outline of chest and bare shoulders, where a narrow strap lay."""
    unit = wearer.frame.shoulders_px
    near = np.zeros(wearer.shape, bool)
    y1, y2 = (int(wearer.frame.point(height, 0.0)[1]) for height in (-0.3, 0.25))
    rows = np.s_[max(y1, 0) : max(y2, 0)]
    body = (np.abs(wearer.lateral[rows]) <= 0.5) & ~beside_neck[rows]  # noqa: PLR2004
    body &= wearer.person[rows]
    # Slivers along the outline of a sleeve are mistaken for skin.
    bare = wearer.labelled(Label.SKIN)[rows]
    skin = dilate(opened(bare, _SLIVER * unit), _SLIVER / 2 * unit) & bare
    body |= skin | (arms.depth[rows] >= 0)
    near[rows] = closed(body, _NOTCH * unit)
    return near


def _shoulder_line(wearer: Wearer, sign: float, edge: float, from_neck: FloatArray) -> FloatArray:
    """Return how far below the shoulder joints the outline of a shoulder lies, in S.

    Cloth lies on it, so that the silhouette tells it, unless that is higher than a shoulder can be,
    as under a hood, or hair hides it.

    Args:
        wearer: the person.
        sign: lateral direction of the shoulder.
        edge: lateral of the side of the neck.
        from_neck: how far outwards from there the outline is asked for, in S.
    """
    frame = wearer.frame
    steps = np.arange(_SHOULDER[0], _SHOULDER[1], 0.01)
    usual = _NECK_BASE + _SHOULDER_SLOPE * steps - _TRAPEZIUS * np.exp(-steps / _MUSCLE_REACH)
    rises = np.arange(-_LOWER - 0.01, _HIGHER + 0.02, 0.005)
    down_px = (usual[:, None] - rises)[..., None] * frame.shoulders_px
    across_px = ((edge + sign * steps) * frame.shoulders_px)[:, None, None]
    points = frame.neck + frame.down * down_px + frame.across * across_px
    person, hair = (
        sample(mask, points.reshape(-1, 2)).reshape(len(steps), len(rises))
        for mask in (wearer.person, wearer.labelled(Label.HAIR))
    )
    first = np.where(person.all(axis=1), 0, (~person).argmax(axis=1))
    seen = (first > 0) & ~hair.any(axis=1)
    rise = np.zeros(len(steps))
    if seen.mean() > 0.3:  # noqa: PLR2004  (enough to go on from)
        inside = points[np.arange(len(steps)), np.maximum(first - _UNDER_RIM, 0)]
        is_bare = np.interp(steps, steps[seen], sample(wearer.labelled(Label.SKIN), inside)[seen])
        rise = np.interp(steps, steps[seen], rises[first[seen]])
        rise -= _thickness(rise, is_bare > 0.5)  # noqa: PLR2004  (nearer to bare skin)
        # Outwards from the neck a puffed shoulder may rise, and a bare one does not.
        rise = usual - np.maximum.accumulate(usual - rise)
        rise = gaussian(rise.astype(np.float32)[None], _UNEVEN / 0.01)[0]
    line = _NECK_BASE + _SHOULDER_SLOPE * from_neck
    line -= _TRAPEZIUS * np.exp(-np.maximum(from_neck, 0) / _MUSCLE_REACH)
    return np.asarray(line - np.interp(from_neck, steps, rise), np.float32)


def _thickness(rise: FloatArray, is_bare: BoolArray) -> FloatArray:
    """Return how thick the cloth on a shoulder is, in S: as thick as the steps where it ends.

    Args:
        rise: how high the outline lies, in S, at places a hundredth of S apart.
        is_bare: where that is the outline of skin.
    """
    places, steps = [], []
    for last in np.flatnonzero(np.diff(is_bare)):
        left, right = last - _SEAM_END, last + 1 + _SEAM_END
        if left < 0 or right >= len(rise) or np.diff(is_bare[left : right + 1]).sum() != 1:
            continue
        # Next to a seam the outline rounds the step off.
        slopes = rise[last - 1] - rise[left], rise[right] - rise[last + 2]
        step = rise[last + 2] - rise[last - 1] - 3 * sum(slopes) / (2 * (_SEAM_END - 1))
        places.append(last)
        steps.append(step if is_bare[last] else -step)
    thick = np.interp(np.arange(len(rise)), places, steps) if places else np.zeros(len(rise))
    return np.asarray(np.where(is_bare, 0, np.clip(thick, _CLOTH, _THICKEST)), np.float32)


def _neck_edges(wearer: Wearer) -> tuple[float, float]:
    """Return the laterals of both sides of the bare neck, in S, within what is human."""
    frame = wearer.frame
    base_height = 0.5 * _NECK_BASE * frame.shoulders_px / frame.torso_px
    neck = wearer.labelled(Label.SKIN) & (np.abs(wearer.lateral) < 0.3)  # noqa: PLR2004
    neck &= (wearer.height > frame.chin_height) & (wearer.height < base_height)
    if neck.sum() < 50:  # noqa: PLR2004  (a scarf)
        return -_NECK, _NECK
    left, right = np.percentile(wearer.lateral[neck], (3, 97))
    return float(np.clip(left, -0.25, -0.12)), float(np.clip(right, 0.12, 0.25))


def _trunk_half_width(wearer: Wearer) -> FloatArray:
    """Return half the width of the trunk at each pixel, in S, shape (H, W).

    The ribs are narrower than the shoulders, and the hips as wide as what is worn there.
    """
    (top, waist), (widest, narrowest) = _TRUNK
    half = widest + (narrowest - widest) * np.clip((wearer.height - top) / (waist - top), 0, 1)
    below_waist = np.clip((wearer.height - waist) / (1 - waist), 0, 1)
    left_hip, right_hip = _hips_half_widths(wearer)
    hips = np.where(wearer.lateral < 0, np.float32(left_hip), np.float32(right_hip))
    return np.asarray(half + below_waist * (hips - half), np.float32)


def _hips_half_widths(wearer: Wearer) -> tuple[float, float]:
    """Return how far left and right what is worn below the waist reaches, in S."""
    hips = wearer.labelled(Label.LOWER) & (wearer.height > 0.9) & (wearer.height < 1.2)  # noqa: PLR2004
    if wearer.parse.is_dress or hips.sum() < 200:  # noqa: PLR2004  (not seen)
        return _WIDE_HIPS, _WIDE_HIPS
    low, high = np.percentile(wearer.lateral[hips], (1, 99))
    return 0.02 - float(low), 0.02 + float(high)
