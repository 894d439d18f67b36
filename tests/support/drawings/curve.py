"""Curves: smooth outlines and tubes from a few points."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]
Path = list[Point]
Station = tuple[float, float, float]
"""A point on the axis of a tube and the radius there: (x, y, radius)."""


def _hermite(p: float, q: float, tangents: tuple[float, float], t: float) -> float:
    squared, cubed = t * t, t * t * t
    return (
        (2 * cubed - 3 * squared + 1) * p
        + (cubed - 2 * squared + t) * tangents[0]
        + (3 * squared - 2 * cubed) * q
        + (cubed - squared) * tangents[1]
    )


def _slope(values: Sequence[float], gaps: Sequence[float], index: int) -> float:
    """Return the slope of a centripetal Catmull-Rom spline at a knot."""
    before, after = gaps[index - 1], gaps[index]
    back = (values[index] - values[index - 1]) / before
    ahead = (values[index + 1] - values[index]) / after
    return back + ahead - (values[index + 1] - values[index - 1]) / (before + after)


def _spline(knots: Sequence[Sequence[float]], steps: int) -> list[list[float]]:
    """Interpolate between all knots but the first and last, which only give direction."""
    gaps = [max(math.dist(a[:2], b[:2]) ** 0.5, 1e-6) for a, b in pairwise(knots)]
    columns = list(zip(*knots, strict=True))
    points: list[list[float]] = []
    for index in range(1, len(knots) - 2):
        gap = gaps[index]
        slopes = [
            (_slope(column, gaps, index) * gap, _slope(column, gaps, index + 1) * gap)
            for column in columns
        ]
        points += [
            [
                _hermite(column[index], column[index + 1], slope, step / steps)
                for column, slope in zip(columns, slopes, strict=True)
            ]
            for step in range(steps)
        ]
    return [*points, list(knots[-2])]


def _open_spline(points: Sequence[Sequence[float]], steps: int) -> list[list[float]]:
    first = [2 * a - b for a, b in zip(points[0], points[1], strict=True)]
    last = [2 * a - b for a, b in zip(points[-1], points[-2], strict=True)]
    return _spline([first, *points, last], steps)


def smooth(points: Sequence[Point], *, steps: int = 10) -> Path:
    """Return a smooth open curve through all points."""
    return [(x, y) for x, y in _open_spline(points, steps)]


def mirror(path: Iterable[Point]) -> Path:
    """Return the path reflected at x = 0, in reverse order, so that it can close an outline."""
    return [(-x, y) for x, y in reversed(list(path))]


def symmetric(half: Path) -> Path:
    """Return the closed outline whose right half is given from top to bottom."""
    return [*half, *mirror(half)]


def ellipse(centre: Point, radii: Point, *, angle: float = 0.0, steps: int = 36) -> Path:
    """Return an ellipse, turned by an angle in radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    path: Path = []
    for step in range(steps):
        turn = math.tau * step / steps
        x, y = radii[0] * math.cos(turn), radii[1] * math.sin(turn)
        path.append((centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos))
    return path


def _across(a: Sequence[float], b: Sequence[float]) -> Point:
    length = math.dist(a[:2], b[:2]) or 1.0
    return (a[1] - b[1]) / length, (b[0] - a[0]) / length


def tube(
    stations: Sequence[Station], *, steps: int = 8, start: bool = True, end: bool = True
) -> list[Path]:
    """Return the shapes whose union is a smooth tube of varying radius.

    Args:
        stations: Two or more stations along the axis.
        steps: Pieces between two stations.
        start: Round the first end (otherwise it is cut straight).
        end: Round the last end.
    """
    axis = _open_spline(stations, steps)
    shapes: list[Path] = []
    for a, b in pairwise(axis):
        nx, ny = _across(a, b)
        ra, rb = a[2], b[2]
        shapes.append(
            [
                (a[0] + nx * ra, a[1] + ny * ra),
                (b[0] + nx * rb, b[1] + ny * rb),
                (b[0] - nx * rb, b[1] - ny * rb),
                (a[0] - nx * ra, a[1] - ny * ra),
            ]
        )
    for x, y, r in axis:
        inside_start = start or math.dist((x, y), axis[0][:2]) > r
        inside_end = end or math.dist((x, y), axis[-1][:2]) > r
        if inside_start and inside_end:
            shapes.append(ellipse((x, y), (r, r), steps=24))
    return shapes


def interpolate(table: Sequence[Point], x: float) -> float:
    """Return y at x from a table with increasing x, held constant beyond its ends."""
    if x <= table[0][0]:
        return table[0][1]
    for (x0, y0), (x1, y1) in pairwise(table):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / ((x1 - x0) or 1.0)
    return table[-1][1]
