"""Where the neck of the person meets the shoulders."""

import numpy as np

from tryon_local.body import FloatArray
from tryon_local.warp.wearer import SIGNS, Wearer, ray_length, sample

_NECK_HALF = 0.19
"""Distance of a close neckline's ends from the middle of a usual neck, in S."""
_LIFT = 0.24
"""Height above the joints at which a usual neck meets the shoulders, in S."""
_LEAN, _MOST_LEAN = 0.6, 0.12
"""How far the foot of the neck follows a head that leans or turns, in S."""
_ACROSS = np.arange(0.04, 0.5, 0.01, dtype=np.float32)
_HIGHEST, _LOWEST, _STEP = -0.42, -0.14, 0.01
"""Where the outline is looked at: from the middle of the neck, and above the joints, in S."""
_WIDER, _WIDEST = 0.1, 0.44
"""How much wider than the neck a close neckline is, and the widest bare neck, in S."""
_UNEVEN = 0.05
"""How much lower than the other one end may be, in S."""
_ABOVE = 0.006
"""How far above the silhouette's edge cloth lies on a shoulder, in S."""

_RIM_WIDTH, _RIM_DROP, _HOOD_REACH = 2, 0.04, 12
"""Over how much of the outline the rim of a hood drops to the shoulder, in hundredths of S, how far
at least, in S, and how far outside of a close neckline it is looked for, in hundredths of S."""
_TOUCHES = 0.028
"""How far before the edge of the neck the end of a standing collar lies, in S."""
_ASIDE = 0.13
"""How far the end of a standing collar is moved to meet the neck, in S."""


def neck_base(wearer: Wearer) -> FloatArray:
    """Return where a close neckline ends on the shoulders, left and right, shape (2, 2).

    Both ends are level on the outline of the shoulders: where one of these is higher, as on a
    person who stands askew, the neck lies nearer to the other end.
    """
    frame = wearer.frame
    ratio = frame.shoulders_px / frame.torso_px
    middle = _lean(wearer)
    ends = _level_ends(wearer, middle)
    if ends:
        points = [
            frame.point((height - _ABOVE) * ratio, middle + sign * aside)
            for sign, (aside, height) in zip(SIGNS, ends, strict=True)
        ]
        return np.stack(points)
    usual = -_LIFT * ratio
    laterals = [middle + sign * _NECK_HALF for sign in SIGNS]
    seen = np.stack([snapped_up(wearer, frame.point(usual, each)) for each in laterals])
    height = float(np.clip(frame.coordinates(seen)[0].mean(), 1.25 * usual, 0.7 * usual))
    return np.stack([frame.point(height, each) for each in laterals])


def front_of_neck(wearer: Wearer, base: FloatArray) -> FloatArray:
    """Return the foot of the neck in front, from where the depth of a neckline counts."""
    frame = wearer.frame
    usual = -_LIFT * frame.shoulders_px / frame.torso_px
    heights, laterals = frame.coordinates(base)
    height = float(np.clip(heights.mean(), 1.25 * usual, 0.7 * usual))
    return frame.point(height, float(laterals.mean()))


def beside_neck(wearer: Wearer, point: FloatArray, side: int) -> FloatArray:
    """Move the end of a standing collar sideways to the edge of the neck that is seen there."""
    frame, sign = wearer.frame, SIGNS[side]
    height, lateral = (float(each) for each in frame.coordinates(point))
    middle = _lean(wearer)
    below = _tops(wearer, middle, sign) > height * frame.torso_px / frame.shoulders_px
    edge = middle + sign * (float(_ACROSS[below.argmax()]) - _TOUCHES)
    # What is much farther off is hair or a hood.
    if not below.any() or abs(edge - lateral) > _ASIDE:
        return point
    return frame.point(height, edge)


def snapped_up(wearer: Wearer, point: FloatArray) -> FloatArray:
    """Move a point of the shoulder line to just above the silhouette's edge."""
    unit = wearer.frame.shoulders_px
    start = point + wearer.frame.down * (0.10 * unit)
    reach = ray_length(wearer.without_hair, start, -wearer.frame.down, limit_px=0.22 * unit)
    if reach >= 0.22 * unit or reach < 0.02 * unit:
        return point
    return np.asarray(start - wearer.frame.down * (reach + _ABOVE * unit), np.float32)


def _lean(wearer: Wearer) -> float:
    """Return the lateral of the foot of the neck as the head leans."""
    frame = wearer.frame
    head = (frame.coordinates(frame.chin)[1] + frame.coordinates(frame.head_centre)[1]) / 2
    return float(np.clip(_LEAN * head, -_MOST_LEAN, _MOST_LEAN))


def _level_ends(wearer: Wearer, middle: float) -> tuple[tuple[float, float], ...]:
    """Return how far left and right ends of a close neckline lie from the middle, and how high.

    Both are in S. They lie where neck and shoulders together are as wide as such a neckline;
    empty where hair or a hood hides the neck.
    """
    outlines = [_tops(wearer, middle, sign) for sign in SIGNS]
    wanted = 0.0
    for height in np.arange(_HIGHEST, _LOWEST, _STEP):
        below = [tops > height for tops in outlines]
        if not all(side.any() for side in below):
            return ()
        first = [int(side.argmax()) for side in below]
        width = float(sum(_ACROSS[each] for each in first))
        if not wanted:
            wanted = max(2 * _NECK_HALF, width + _WIDER)
            if width > _WIDEST:
                return ()
        if width >= wanted:
            # Cloth hangs unevenly on one side only.
            feet = [_foot_of_hood(tops[each:]) for each, tops in zip(first, outlines, strict=True)]
            lowest = [foot if min(feet) > -1 else -1.0 for foot in feet]
            # On level shoulders the width grows in leaps.
            return tuple(
                (
                    float(_ACROSS[each]) * wanted / width,
                    max(min(float(tops[each]), height + _UNEVEN), foot),
                )
                for each, tops, foot in zip(first, outlines, lowest, strict=True)
            )
    return ()


def _foot_of_hood(tops: FloatArray) -> float:
    """Return how high the foot of an old hood lies whose rim rises above the shoulder; or -1.

    A bare shoulder falls off next to the neck and is flatter further out.
    """
    drops = tops[_RIM_WIDTH:] - tops[:-_RIM_WIDTH]
    near = np.flatnonzero(drops[:_HOOD_REACH] > _RIM_DROP)
    return float(tops[near[-1] + _RIM_WIDTH]) if near.size and tops.min() > -1 else -1.0


def _tops(wearer: Wearer, middle: float, sign: float) -> FloatArray:
    """Return the height of the outline, in S, outwards from the middle; -1 where none is seen."""
    frame, bare = wearer.frame, wearer.without_hair
    unit = frame.shoulders_px
    steps = np.arange(0.0, -_HIGHEST * unit, 1.0)
    starts = np.stack([frame.point(0.0, middle + sign * float(each)) for each in _ACROSS])
    points = starts[:, None] - steps[:, None] * frame.down
    inside = sample(bare, points.reshape(-1, 2)).reshape(len(starts), -1)
    ends = np.argmin(inside, axis=1)
    open_to = starts - (ends + 2)[:, None] * frame.down
    # Hair beside the neck hides its outline; what is dark under the chin is taken for hair, too.
    hidden = inside.all(axis=1) | sample(wearer.person, open_to)
    return np.where(hidden, -1.0, -ends / unit).astype(np.float32)
