"""A piece of a garment, warped into the person photo."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.imaging import Points, gaussian, hull_mask
from tryon_local.warp.spline import fit_spline

_FAINT = 0.02
"""Cover below which a piece is not there."""
_MINIFIED, _SOFT, _EVERY = 1.1, 0.5, 8
"""Pixels of a garment per pixel of the photo from which it is blurred first, how much, and in
which of them this is measured."""


@attrs.frozen(eq=False, kw_only=True)
class Layer:
    """Warped pixels, in coordinates of the person photo.

    Attributes:
        name: `torso`, `left_sleeve`, `right_sleeve`, `skirt`, `left_leg` or `right_leg`.
        rgb: shape (H, W, 3), 0..255.
        alpha: shape (H, W), 0..1.
        parted_at: height, in T, from which a leg is parted from the other.
    """

    name: str
    rgb: FloatArray
    alpha: FloatArray
    parted_at: float = 0.0

    @property
    def is_sleeve(self) -> bool:
        """Whether the piece covers an arm and lies in front of the rest."""
        return self.name.endswith("sleeve")

    @property
    def is_leg(self) -> bool:
        """Whether the piece is a leg of trousers."""
        return self.name.endswith("leg")

    @property
    def mask(self) -> BoolArray:
        """Pixels that the piece mostly covers."""
        covered: BoolArray = self.alpha > 0.5  # noqa: PLR2004  (half covered)
        return covered

    def pulled(self, part: tuple[slice, slice], columns: FloatArray) -> "Layer":
        """Return the piece, pulled sideways in a part of it.

        Args:
            part: rows and columns of the part.
            columns: shape (h, w), from which column of the part each pixel comes; its row stays.
        """
        sources = np.ascontiguousarray(columns, np.float32)
        rows = np.indices(sources.shape, dtype=np.float32)[0]
        rgb, alpha = self.rgb.copy(), self.alpha.copy()
        for plane in (rgb, alpha):
            plane[part] = cv2.remap(
                np.ascontiguousarray(plane[part]),
                sources,
                rows,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
        return attrs.evolve(self, rgb=rgb, alpha=alpha)


@attrs.frozen(eq=False, kw_only=True)
class Pins:
    """Pairs of points that belong together: on the garment and on the person, shape (n, 2)."""

    garment: FloatArray
    person: FloatArray

    @classmethod
    def of(cls, pairs: list[tuple[Points, Points]]) -> "Pins":
        """Gather pairs `(on the garment, on the person)`."""
        return cls(
            garment=np.array([pair[0] for pair in pairs], np.float32),
            person=np.array([pair[1] for pair in pairs], np.float32),
        )

    def joined(self, other: "Pins") -> "Pins":
        """Return the pins of both."""
        return Pins(
            garment=np.vstack([self.garment, other.garment]),
            person=np.vstack([self.person, other.person]),
        )

    def only(self, indices: list[int]) -> "Pins":
        """Return some of the pins."""
        return Pins(garment=self.garment[indices], person=self.person[indices])


def warp_piece(
    name: str,
    rgb: ByteArray,
    alpha: FloatArray,
    pins: Pins,
    *,
    shape: tuple[int, ...],
    reach_px: float,
    ridge: float,
) -> Layer:
    """Warp a piece of garment so that its pins meet those of the person.

    Args:
        name: name of the layer.
        rgb: shape (h, w, 3), the garment.
        alpha: shape (h, w), the piece of it that is wanted.
        pins: control points.
        shape: height and width of the person photo.
        reach_px: how far beyond the pins the piece may extend; further out a spline may fold.
        ridge: smoothing of the spline.
    """
    height, width = shape[:2]
    layer_rgb = np.zeros((height, width, 3), np.float32)
    layer_alpha = np.zeros((height, width), np.float32)
    low, high = pins.person.min(axis=0) - reach_px, pins.person.max(axis=0) + reach_px
    x1, y1 = (int(value) for value in np.clip(np.floor(low), 0, (width, height)))
    x2, y2 = (int(value) for value in np.clip(np.ceil(high), 0, (width, height)))
    if x2 - x1 < 2 or y2 - y1 < 2:  # noqa: PLR2004  (outside the photo)
        return Layer(name=name, rgb=layer_rgb, alpha=layer_alpha)
    field = fit_spline(pins.person, pins.garment, ridge=ridge).field((x1, y1, x2, y2))
    map_x, map_y = field[..., 0], field[..., 1]
    soft = _prefiltered(rgb, field)
    colours = cv2.remap(soft, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(alpha, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    layer_rgb[y1:y2, x1:x2] = colours
    origin = np.array([x1, y1], np.float32)
    layer_alpha[y1:y2, x1:x2] = cover * _near_pins(cover.shape, pins.person - origin, reach_px)
    return Layer(name=name, rgb=layer_rgb, alpha=layer_alpha)


def _prefiltered(image: ByteArray, field: FloatArray) -> ByteArray:
    """Return an image without what is too fine to be sampled by a field, which would be moiré."""
    coarse = field[::_EVERY, ::_EVERY]
    steps = [
        float(np.median(np.abs(np.diff(coarse[..., axis], axis=1 - axis)))) / _EVERY
        for axis in (0, 1)
        if coarse.shape[1 - axis] > 1
    ]
    if len(steps) < 2 or max(steps) < _MINIFIED:  # noqa: PLR2004  (tiny)
        return image
    sigmas = [_SOFT * max(step**2 - 1, 0.01) ** 0.5 for step in steps]
    blurred = cv2.GaussianBlur(image, (0, 0), sigmas[0], sigmaY=sigmas[1])
    return np.asarray(blurred, np.uint8)


def meeting(below: Layer, above: list[Layer]) -> Layer:
    """Return a piece that covers, with those over it, as much as both where both fade out.

    Else the wall would shine through the seam.
    """
    alpha = below.alpha
    for piece in above:
        together = np.clip(alpha / np.maximum(1 - piece.alpha, _FAINT), 0, 1)
        both = (alpha > _FAINT) & (piece.alpha > _FAINT)
        alpha = np.where(both, together, alpha).astype(np.float32)
    return attrs.evolve(below, alpha=alpha)


def _near_pins(shape: tuple[int, ...], points: FloatArray, reach_px: float) -> FloatArray:
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * (0.75 * reach_px)
    grown = (points[:, None, :] + ring[None]).reshape(-1, 2)
    return gaussian(hull_mask(shape, grown).astype(np.float32), max(0.06 * reach_px, 0.7))
