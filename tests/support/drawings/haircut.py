"""Outlines of haircuts, measured in heights of the head below its crown."""

from collections.abc import Sequence

from drawings.curve import Path, Point, ellipse, mirror, smooth, symmetric
from drawings.figure import HEAD_HEIGHT
from drawings.person_style import HairStyle

_Half = Sequence[Point]

_BOB_BACK: _Half = (
    (0.0, -0.05),
    (0.040, 0.08),
    (0.058, 0.40),
    (0.062, 0.80),
    (0.056, 1.06),
    (0.030, 1.10),
    (0.0, 1.08),
)
_LONG_BACK: _Half = (
    (0.0, -0.05),
    (0.040, 0.08),
    (0.058, 0.42),
    (0.064, 0.95),
    (0.072, 1.50),
    (0.060, 1.90),
    (0.0, 1.95),
)

# A cap lies between an outer line, from the crown to the temple, and the hairline below it.
_CLOSE: _Half = ((0.0, -0.012), (0.033, 0.06), (0.0458, 0.23), (0.0476, 0.45))
_FULL: _Half = ((0.0, -0.045), (0.036, 0.035), (0.0475, 0.22), (0.0488, 0.43))
_BOB: _Half = ((0.0, -0.05), (0.038, 0.03), (0.0545, 0.26), (0.0588, 0.60), (0.056, 0.98))
_CAPS: dict[HairStyle, tuple[_Half, _Half]] = {
    "crop": (
        _CLOSE,
        ((0.0, 0.205), (0.024, 0.215), (0.0375, 0.275), (0.0415, 0.37), (0.0452, 0.45)),
    ),
    "bob": (
        _BOB,
        (
            (0.0, 0.325),
            (0.018, 0.33),
            (0.037, 0.345),
            (0.0425, 0.50),
            (0.0435, 0.80),
            (0.050, 1.0),
        ),
    ),
    "bun": (
        _FULL,
        ((0.0, 0.165), (0.024, 0.19), (0.039, 0.29), (0.0432, 0.38), (0.0462, 0.45)),
    ),
    "curly": (
        _FULL,
        ((0.0, 0.215), (0.022, 0.235), (0.038, 0.31), (0.0445, 0.45)),
    ),
    "afro": (
        _FULL,
        ((0.0, 0.185), (0.023, 0.205), (0.0385, 0.29), (0.0435, 0.38), (0.0462, 0.46)),
    ),
}

# Hair combed to one side is not symmetric: both lines run all the way across.
_SWEPT_TOP: _Half = (
    (0.0488, 0.45),
    (0.0488, 0.22),
    (0.0385, 0.005),
    (0.008, -0.078),
    (-0.030, -0.040),
    (-0.0470, 0.15),
    (-0.0485, 0.45),
)
_SWEPT_LINE: _Half = (
    (-0.0455, 0.45),
    (-0.0425, 0.36),
    (-0.0375, 0.265),
    (-0.022, 0.235),
    (0.004, 0.225),
    (0.026, 0.175),
    (0.0385, 0.285),
    (0.0425, 0.36),
    (0.0455, 0.45),
)

# A long lock from the parting to its tip and back along the face.
_LOCK_OUT: _Half = (
    (-0.004, 0.05),
    (0.0, -0.055),
    (0.038, 0.04),
    (0.0555, 0.42),
    (0.061, 0.95),
    (0.0685, 1.45),
    (0.066, 1.80),
    (0.056, 2.02),
)
_LOCK_IN: _Half = (
    (0.056, 2.02),
    (0.0475, 1.80),
    (0.0465, 1.45),
    (0.0450, 1.1),
    (0.0440, 0.75),
    (0.0415, 0.44),
    (0.031, 0.275),
    (0.012, 0.165),
    (-0.004, 0.05),
)

_BEARD: _Half = (
    (0.0462, 0.50),
    (0.0455, 0.66),
    (0.0405, 0.81),
    (0.0305, 0.925),
    (0.017, 1.0),
    (0.0, 1.018),
)
_SHAVED: _Half = (
    (0.0, 0.738),
    (0.013, 0.748),
    (0.0205, 0.800),
    (0.031, 0.770),
    (0.0395, 0.67),
    (0.0425, 0.50),
)
_MOUTH: _Half = ((0.0, 0.772), (0.0132, 0.80), (0.0, 0.862))


def _line(points: _Half) -> Path:
    return smooth([(x, y * HEAD_HEIGHT) for x, y in points])


def _arch(half: _Half) -> Path:
    """Return a symmetric curve from left to right, whose right half starts on the axis."""
    return _line([*mirror(half), *half[1:]])


def _flipped(points: _Half) -> _Half:
    return [(-x, y) for x, y in points]


def _puffs(centre: Point, radii: Point, count: int, size: float) -> list[Path]:
    """Return a disc with a ring of curls around it."""
    curls = [ellipse(point, (size, size)) for point in ellipse(centre, radii, steps=count)]
    return [ellipse(centre, radii), *curls]


def back_shapes(style: HairStyle) -> list[Path]:
    """Return what falls behind the head."""
    if style == "bob":
        return [symmetric(_line(_BOB_BACK))]
    if style == "long":
        return [symmetric(_line(_LONG_BACK))]
    if style == "afro":
        return _puffs((0.0, 0.31 * HEAD_HEIGHT), (0.066, 0.069), 34, 0.0088)
    if style == "curly":
        upper = _puffs((0.0, 0.42 * HEAD_HEIGHT), (0.056, 0.062), 22, 0.0125)
        return upper + _puffs((0.0, 0.95 * HEAD_HEIGHT), (0.063, 0.054), 20, 0.0135)
    if style == "bun":
        return [ellipse((0.0, -0.075 * HEAD_HEIGHT), (0.025, 0.021))]
    return []


def front_shapes(style: HairStyle) -> list[Path]:
    """Return what lies on the head."""
    if style in _CAPS:
        outer, hairline = (_arch(half) for half in _CAPS[style])
        return [[*outer, *reversed(hairline)]]
    if style == "short":
        return [[*_line(_SWEPT_TOP), *_line(_SWEPT_LINE)]]
    if style == "long":
        left = [*_line(_flipped(_LOCK_OUT)), *_line(_flipped(_LOCK_IN))]
        return [[*_line(_LOCK_OUT), *_line(_LOCK_IN)], left]
    return []


def beard_shapes() -> tuple[list[Path], list[Path]]:
    """Return the outline of a beard and what is cut out of it."""
    mouth = symmetric([(x, y * HEAD_HEIGHT) for x, y in _MOUTH])
    return [symmetric(_line(_BEARD))], [symmetric(_line(_SHAVED)), mouth]
