"""Small image helpers: colour, edge-preserving smoothing, masks made and repaired."""

import itertools
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from tryon_local.body import BoolArray, ByteArray, FloatArray

Box = tuple[int, int, int, int]
Points = npt.NDArray[np.floating]
LabelArray = npt.NDArray[np.int32]
Values = TypeVar("Values", ByteArray, FloatArray)

_SUBPIXEL_BITS = 4
_LARGEST_KERNEL_PX = 19
"""Radius from which distances to a mask are found sooner than its pixels are compared."""
_STEPS = {
    cv2.MORPH_DILATE: (True,),
    cv2.MORPH_ERODE: (False,),
    cv2.MORPH_OPEN: (False, True),
    cv2.MORPH_CLOSE: (True, False),
}
"""Whether a mask grows or shrinks, step by step."""


def to_lab(rgb: ByteArray) -> FloatArray:
    """Return CIE Lab, shape (H, W, 3): L 0..100, a and b around zero."""
    scaled = np.multiply(rgb, np.float32(1 / 255), dtype=np.float32)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), dtype=np.float32)


def to_grey(rgb: ByteArray) -> FloatArray:
    """Return luma 0..1, shape (H, W)."""
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    return np.multiply(grey, np.float32(1 / 255), dtype=np.float32)


def delta_e(lab: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the CIE76 colour difference along the last axis."""
    return np.sqrt(squared_length(less(lab, reference)))


def less(image: FloatArray, reference: FloatArray) -> FloatArray:
    """Return an image, shape (..., 3), less another or less one colour, shape (3,)."""
    if reference.ndim > 1 or not image.size:
        return image - reference
    # Numpy takes several times as long to repeat a colour for each pixel.
    moved = cv2.transform(_as_image(image), np.column_stack([np.eye(3), -reference]))
    return np.asarray(moved, np.float32).reshape(image.shape)


def squared_length(vectors: FloatArray) -> FloatArray:
    """Return the sum of squares along the last axis, of up to four; much faster than numpy."""
    if not vectors.size:
        return np.zeros(vectors.shape[:-1], np.float32)
    squares = _as_image(vectors * vectors)
    sums = cv2.transform(squares, np.ones((1, vectors.shape[-1])))
    return np.asarray(sums, np.float32).reshape(vectors.shape[:-1])


def pixels_in(image: Values, mask: BoolArray, every: int = 1) -> Values:
    """Return the vectors of an image, shape (H, W, c), in a mask, or every n-th; shape (n, c).

    It is several times as fast as to index by the mask.
    """
    return values_at(image, np.flatnonzero(mask)[::every])


def resize_to(image: npt.NDArray[np.generic], width_px: int, height_px: int) -> FloatArray:
    """Return a float image at another size: area mean when smaller, bilinear when larger."""
    values = np.asarray(image, dtype=np.float32)
    if values.shape[:2] == (height_px, width_px):
        return values
    smaller = width_px * height_px < values.shape[0] * values.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    resized = cv2.resize(values, (width_px, height_px), interpolation=method)
    return np.asarray(resized, dtype=np.float32)


def box_mean(image: Points, radius_px: int) -> FloatArray:
    """Return the mean over a square window of side `2 * radius_px + 1`."""
    side = 2 * radius_px + 1
    blurred = cv2.blur(image, (side, side), borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, dtype=np.float32)


def gaussian(image: FloatArray, sigma_px: float) -> FloatArray:
    """Return a Gaussian blur; wide ones are computed on a smaller copy."""
    if sigma_px <= 0:
        return image
    height, width = image.shape[:2]
    step = int(min(8, max(1, sigma_px / 3.0)))
    small = resize_to(image, max(1, width // step), max(1, height // step))
    blurred = cv2.GaussianBlur(
        small, (0, 0), sigma_px * small.shape[1] / width, borderType=cv2.BORDER_REPLICATE
    )
    return resize_to(np.asarray(blurred), width, height)


def in_colours(plane: FloatArray) -> FloatArray:
    """Return a plane, shape (H, W), once for each of three colours, shape (H, W, 3).

    To multiply an image by it is twice as fast as by a plane that numpy repeats itself.
    """
    return np.asarray(cv2.merge([plane] * 3), np.float32)


def guided_filter(guide: FloatArray, source: FloatArray, radius_px: int, eps: float) -> FloatArray:
    """Smooth `source` while keeping the edges of `guide` (He, Sun and Tang, 2010).

    Args:
        guide: shape (H, W), values about 0..1.
        source: shape (H, W) or (H, W, N), N maps filtered with the same guide.
        radius_px: half side of the window.
        eps: how flat the guide must be to be smoothed over, in squared guide units.
    """
    maps = source.reshape(*guide.shape, -1)
    mean = box_mean(guide, radius_px)
    variance = box_mean(guide * guide, radius_px) - mean * mean
    filtered = np.empty_like(maps)
    for index in range(maps.shape[2]):
        plane = np.ascontiguousarray(maps[..., index])
        plane_mean = box_mean(plane, radius_px)
        slope = (box_mean(guide * plane, radius_px) - mean * plane_mean) / (variance + eps)
        offset = plane_mean - slope * mean
        filtered[..., index] = box_mean(slope, radius_px) * guide + box_mean(offset, radius_px)
    return filtered.reshape(source.shape)


def nearest_values(values: Values, known: BoolArray) -> Values:
    """Return, for every pixel, the value of the nearest known pixel, shape (H, W, n)."""
    return values_at(values, nearest_places(known))


def nearest_places(known: BoolArray) -> LabelArray:
    """Return, for every pixel, the nearest known pixel, counted row by row, shape (H, W)."""
    _distance, nearest = cv2.distanceTransformWithLabels(
        (~known).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # OpenCV numbers the known pixels row by row, from 1 on.
    places = np.append(0, np.flatnonzero(known)).astype(np.int32)
    return np.asarray(np.take(places, np.asarray(nearest, np.int32), mode="clip"))


def values_at(image: Values, places: npt.NDArray[np.integer]) -> Values:
    """Return the values of pixels that are counted row by row, shape (..., n)."""
    pixels = image.reshape(-1, image.shape[2])
    taken: Values = np.take(pixels, places, axis=0, mode="clip")
    return taken


def capsule_mask(
    shape: tuple[int, ...],
    start: Points,
    end: Points,
    radius_px: float,
    *,
    end_radius_px: float | None = None,
) -> BoolArray:
    """Return the mask of a stadium from `start` to `end`, tapered if the end radius differs."""
    canvas = np.zeros(shape[:2], dtype=np.uint8)
    _draw_capsule(
        canvas, start, end, radius_px, radius_px if end_radius_px is None else end_radius_px
    )
    return canvas > 0


def disc_mask(shape: tuple[int, ...], centre: Points, radius_px: float) -> BoolArray:
    """Return the mask of a disc."""
    return capsule_mask(shape, centre, centre, radius_px)


def chain_mask(shape: tuple[int, ...], points: Points, radius_px: float) -> BoolArray:
    """Return the union of the capsules along a chain of points, shape (N, 2)."""
    canvas = np.zeros(shape[:2], dtype=np.uint8)
    for start, end in itertools.pairwise(points):
        _draw_capsule(canvas, start, end, radius_px, radius_px)
    return canvas > 0


def polygon_mask(shape: tuple[int, ...], points: Points) -> BoolArray:
    """Return the filled polygon with the given corners, shape (N, 2), x and y in pixels."""
    canvas = np.zeros(shape[:2], dtype=np.uint8)
    _fill(canvas, points)
    return canvas > 0


def hull_mask(shape: tuple[int, ...], points: Points) -> BoolArray:
    """Return the filled convex hull of points, shape (N, 2), x and y in pixels."""
    hull = cv2.convexHull(np.asarray(points, dtype=np.float32))
    return polygon_mask(shape, np.asarray(hull, dtype=np.float32).reshape(-1, 2))


def dilate(mask: BoolArray, radius_px: float) -> BoolArray:
    """Return the mask grown by a disc."""
    return _morph(mask, cv2.MORPH_DILATE, radius_px)


def erode(mask: BoolArray, radius_px: float) -> BoolArray:
    """Return the mask shrunk by a disc; the image's rim does not count as an edge."""
    return _morph(mask, cv2.MORPH_ERODE, radius_px)


def opened(mask: BoolArray, radius_px: float) -> BoolArray:
    """Return the mask without specks and threads thinner than the disc."""
    return _morph(mask, cv2.MORPH_OPEN, radius_px)


def closed(mask: BoolArray, radius_px: float) -> BoolArray:
    """Return the mask with gaps narrower than the disc closed."""
    return _morph(mask, cv2.MORPH_CLOSE, radius_px)


def largest_components(mask: BoolArray, min_share: float = 0.06) -> BoolArray:
    """Return the largest connected part and all parts of at least `min_share` of its area."""
    found = np.zeros_like(mask)
    part = _part_around(mask)
    count, labels = connected_parts(mask[part])
    if count <= 2:  # noqa: PLR2004  (nothing, or all in one part)
        return mask.copy()
    areas = np.bincount(labels.ravel())
    keep = areas >= min_share * areas[1:].max()
    keep[0] = False
    found[part] = picked(labels, keep)
    return found


def touching(mask: BoolArray, seed: BoolArray) -> BoolArray:
    """Return the connected parts of the mask that share a pixel with the seed."""
    found = np.zeros_like(mask)
    part = _part_around(mask)
    count, labels = connected_parts(mask[part])
    keep = np.zeros(count, dtype=np.bool_)
    keep[labels[seed[part]]] = True
    keep[0] = False
    found[part] = picked(labels, keep)
    return found


def connected_parts(mask: BoolArray) -> tuple[int, LabelArray]:
    """Return how many parts a mask has, with the rest, and the part of each pixel, 0 the rest."""
    if not mask.size:
        return 1, np.zeros(mask.shape, np.int32)
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return count, np.asarray(labels, np.int32)


def picked(labels: LabelArray, keep: BoolArray) -> BoolArray:
    """Return the pixels of some parts; several times as fast as `keep[labels]`."""
    return np.asarray(np.take(keep, labels, mode="clip"), dtype=np.bool_)


def measured_parts(mask: BoolArray, connectivity: int = 8) -> tuple[LabelArray, LabelArray]:
    """Return the connected part of each pixel, 0 outside the mask, and a row of figures per part.

    The columns of these are OpenCV's; the first row belongs to no part and means nothing.
    """
    labels, part = np.zeros(mask.shape, np.int32), _part_around(mask)
    if not mask[part].size:
        return labels, np.zeros((1, 5), np.int32)
    _count, labels[part], stats, _centres = cv2.connectedComponentsWithStats(
        mask[part].astype(np.uint8), connectivity=connectivity
    )
    figures = np.array(stats, np.int32)
    figures[:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]] += part[1].start, part[0].start
    return labels, figures


def fill_holes(mask: BoolArray) -> BoolArray:
    """Return the mask without holes: what the outside cannot reach belongs to it."""
    filled = np.zeros_like(mask)
    part = _part_around(mask)
    padded = np.pad(~mask[part], 1, constant_values=True)
    _, labels = cv2.connectedComponents(padded.view(np.uint8), connectivity=4)
    regions = np.asarray(labels, np.int32)
    filled[part] = (regions != regions[0, 0])[1:-1, 1:-1]
    return filled


def bounding_box(mask: BoolArray) -> Box | None:
    """Return `(x1, y1, x2, y2)` in pixels, x2 and y2 exclusive; None when the mask is empty."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return (x, y, x + width, y + height) if width else None


def _part_around(mask: BoolArray) -> tuple[slice, slice]:
    """Return rows and columns of the mask's bounding box; most masks are small."""
    x1, y1, x2, y2 = bounding_box(mask) or (0, 0, 0, 0)
    return slice(y1, y2), slice(x1, x2)


def _as_image(vectors: FloatArray) -> FloatArray:
    """Return vectors, shape (..., c), as the rows, columns and channels of an image."""
    return vectors if vectors.ndim == 3 else vectors.reshape(1, -1, vectors.shape[-1])  # noqa: PLR2004


def _morph(mask: BoolArray, operation: int, radius_px: float) -> BoolArray:
    radius = round(radius_px)
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    if radius <= 0 or not width:
        return mask.copy()
    # Nothing changes further away than that, and most masks are small.
    reach = radius + 1
    rows = slice(max(0, y - reach), y + height + reach)
    columns = slice(max(0, x - reach), x + width + reach)
    changed = np.zeros_like(mask)
    changed[rows, columns] = _morphed(mask[rows, columns], operation, radius)
    return changed


def _morphed(mask: BoolArray, operation: int, radius: int) -> BoolArray:
    if radius > _LARGEST_KERNEL_PX:
        for is_growing in _STEPS[operation]:
            mask = _grown(mask, radius) if is_growing else ~_grown(~mask, radius)
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    bits = np.ascontiguousarray(mask).view(np.uint8)
    return np.asarray(cv2.morphologyEx(bits, operation, kernel)) > 0


def _grown(mask: BoolArray, radius: int) -> BoolArray:
    outside = np.ascontiguousarray(~mask).view(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5)) <= radius


def _draw_capsule(
    canvas: ByteArray, start: Points, end: Points, radius_px: float, end_radius_px: float
) -> None:
    if not canvas.size:  # OpenCV draws on no empty image
        return
    for centre, radius in ((start, radius_px), (end, end_radius_px)):
        cv2.circle(
            canvas,
            _fixed_point(centre),
            _fixed_length(radius),
            255,
            -1,
            cv2.LINE_8,
            _SUBPIXEL_BITS,
        )
    axis = np.asarray(end, dtype=np.float64) - np.asarray(start, dtype=np.float64)
    length = float(np.hypot(*axis))
    if length > 0:
        normal = np.array([-axis[1], axis[0]]) / length
        corners = [
            start + normal * radius_px,
            end + normal * end_radius_px,
            end - normal * end_radius_px,
            start - normal * radius_px,
        ]
        _fill(canvas, np.array(corners))


def _fixed_point(point: Points) -> tuple[int, int]:
    x, y = np.rint(np.asarray(point, dtype=np.float64) * (1 << _SUBPIXEL_BITS))
    return int(x), int(y)


def _fixed_length(length_px: float) -> int:
    return max(0, round(length_px * (1 << _SUBPIXEL_BITS)))


def _fill(canvas: ByteArray, points: Points) -> None:
    if not canvas.size:
        return
    corners = np.rint(np.asarray(points, dtype=np.float64) * (1 << _SUBPIXEL_BITS))
    polygon = corners.astype(np.int32).reshape(-1, 1, 2)
    cv2.fillPoly(canvas, [polygon], 255, cv2.LINE_8, _SUBPIXEL_BITS)
