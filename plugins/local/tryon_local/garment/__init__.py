"""Garments: cut out of their image, with the landmarks by which they are put on."""

import attrs
import numpy as np

from tryon_local.body import ByteArray, FloatArray
from tryon_local.garment.bottom import (
    find_bottom_landmarks,
    find_crotch,
    tinted_rim_px,
    with_even_sides,
    with_leg_gap,
    without_paper,
)
from tryon_local.garment.category import clear_category, guess_category
from tryon_local.garment.check import is_plausible, why_unsuited
from tryon_local.garment.edge import OPAQUE, sharpen_edge
from tryon_local.garment.legs import with_smooth_legs
from tryon_local.garment.matte import matte_garment
from tryon_local.garment.outline import Silhouette, silhouette_of
from tryon_local.garment.sleeve import bitten_hem
from tryon_local.garment.strap import with_patterned_straps
from tryon_local.garment.top import find_top_landmarks
from tryon_local.garment.value import BottomLandmarks, Garment, Sleeve, TopLandmarks
from tryon_local.imaging import (
    bounding_box,
    dilate,
    erode,
    gaussian,
    nearest_values,
    resize_to,
    to_lab,
)

__all__ = [
    "BottomLandmarks",
    "Garment",
    "Sleeve",
    "TopLandmarks",
    "clear_category",
    "read_garment",
]

_MARGIN_PX, _BELOW_HEMS = 8, 0.024
"""How much paper is kept around a garment, and around one from whose hems a deep shadow may fall,
in longer sides."""
WORKING_SIDE_PX = 640
"""Longer side of a cut-out garment while its landmarks are looked for and it is warped."""
_RIM_PX, _WAISTBAND = 2, 0.05
"""How far inside an outline the paper tints a garment; height of a waistband, in its height."""
_DEEP_PX, _LABEL = 5, 0.07
"""How far inside an outline all colours are a garment's, and half the width of a label, in its
width."""
_STEP_PX, _CRISP = 1.0, 2.2
"""Over how many pixels the steps of an edge are evened out, and how much crisper it is then."""


def read_garment(
    image: ByteArray, category: str | None = None, *, side_px: int = WORKING_SIDE_PX
) -> Garment:
    """Cut a garment out of its image and find its landmarks.

    Args:
        image: shape (H, W, 3) or (H, W, 4), 8 bits per channel.
        category: `"top"`, `"bottom"` or `"dress"`; guessed from the silhouette when not given.
        side_px: longer side of the cut-out.

    Raises:
        Refused: `no_garment` when the image shows nothing but background.
    """
    matte = matte_garment(image, role=category or "garment")
    rgb, alpha = _cropped(
        np.ascontiguousarray(image[..., :3]),
        matte.alpha,
        side_px,
        margin_px=round(_BELOW_HEMS * side_px) if category == "bottom" else _MARGIN_PX,
    )
    if matte.is_removed:
        alpha = sharpen_edge(rgb, alpha)
    shape = silhouette_of(alpha > 0.5)  # noqa: PLR2004  (half covered)
    crotch = find_crotch(shape) if category == "bottom" and matte.is_removed else None
    if crotch is not None:
        alpha = with_leg_gap(rgb, alpha, shape, crotch)
        alpha = without_paper(rgb, alpha, shape, crotch)
        shape = silhouette_of(alpha > 0.5)  # noqa: PLR2004  (half covered)
        alpha = with_smooth_legs(alpha, shape, crotch)
        shape = silhouette_of(alpha > 0.5)  # noqa: PLR2004  (half covered)
        alpha = alpha * dilate(shape.mask, 2)  # without crumbs in the gap
    # Within the repaired sides of legs all is cloth, even as pale as paper.
    least = OPAQUE if crotch is None else 0.5
    on_paper = rgb
    rgb, alpha = with_patterned_straps(rgb, alpha, opaque=least)
    rim_px = 0.0 if crotch is None else tinted_rim_px(rgb, shape)
    rgb = _spread_colours(rgb, alpha, shape, least, rim_px)
    rgb = with_even_sides(rgb, shape, rim_px)
    chosen = category or guess_category(shape, to_lab(rgb))
    marks, warnings = _landmarks(shape, rgb, chosen)
    landmarks = marks if is_plausible(shape, marks) else None
    if landmarks is None:
        warnings = ("garment_fit_rough",)
    elif matte.is_removed and isinstance(landmarks, TopLandmarks):
        alpha, landmarks = _with_whole_hems(on_paper, alpha, landmarks)
    if not matte.is_certain:
        warnings = ("garment_matte_uncertain", *warnings)
    return Garment(
        rgb=rgb,
        alpha=_even(alpha) if matte.is_removed else alpha,
        shape=shape,
        category=chosen,
        landmarks=landmarks,
        warnings=warnings,
        obstacle=why_unsuited(shape, landmarks),
    )


def _landmarks(
    shape: Silhouette, rgb: ByteArray, category: str
) -> tuple[TopLandmarks | BottomLandmarks, tuple[str, ...]]:
    if category == "bottom":
        return find_bottom_landmarks(shape), ()
    return find_top_landmarks(shape, to_lab(rgb), is_dress=category == "dress")


def _with_whole_hems(
    rgb: ByteArray, alpha: FloatArray, marks: TopLandmarks
) -> tuple[FloatArray, TopLandmarks]:
    """Return alpha and landmarks with the hems of pale sleeves whole."""
    left, right = marks.sleeves
    if left is None or right is None:
        return alpha, marks
    bites = [bitten_hem(sleeve, rgb) for sleeve in (left, right)]
    left, right = (
        attrs.evolve(sleeve, region=sleeve.region | bite)
        for sleeve, bite in zip((left, right), bites, strict=True)
    )
    whole = np.maximum(alpha, bites[0] | bites[1]).astype(np.float32)
    return whole, attrs.evolve(marks, sleeves=(left, right))


def _cropped(
    rgb: ByteArray, alpha: FloatArray, side_px: int, *, margin_px: int
) -> tuple[ByteArray, FloatArray]:
    """Cut both to the garment, with a margin, and scale them to the working size."""
    box = bounding_box(alpha > 0.5) or (0, 0, rgb.shape[1], rgb.shape[0])  # noqa: PLR2004
    x1, y1, x2, y2 = box
    factor = min(side_px / max(x2 - x1, y2 - y1), 2.0)
    margin = max(2, round(margin_px / factor))
    pads = ((margin, margin), (margin, margin))
    colours = np.pad(rgb, (*pads, (0, 0)), mode="edge")[y1 : y2 + 2 * margin, x1 : x2 + 2 * margin]
    cover = np.pad(alpha, pads)[y1 : y2 + 2 * margin, x1 : x2 + 2 * margin]
    width, height = round(colours.shape[1] * factor), round(colours.shape[0] * factor)
    scaled = np.clip(np.rint(resize_to(colours, width, height)), 0, 255).astype(np.uint8)
    return scaled, resize_to(cover, width, height)


def _even(alpha: FloatArray) -> FloatArray:
    """Return alpha whose edge has no steps of single pixels, which a warp would magnify."""
    return np.asarray(np.clip((gaussian(alpha, _STEP_PX) - 0.5) * _CRISP + 0.5, 0, 1), np.float32)


def _spread_colours(
    rgb: ByteArray, alpha: FloatArray, shape: Silhouette, least: float, rim_px: float
) -> ByteArray:
    """Continue the garment's colours outwards, so that no background shows at its edge.

    Args:
        rgb: shape (H, W, 3).
        alpha: shape (H, W), 0..1.
        shape: silhouette of it.
        least: alpha above which a colour is the garment's, close to its edge.
        rim_px: how far inside that the paper still tints its sides, below a waistband.
    """
    deep = erode(shape.mask, _DEEP_PX)
    # In the middle of a neck lie labels.
    middle, half = round(shape.axis_x), round(_LABEL * shape.width)
    deep[: shape.top + shape.height // 2, middle - half : middle + half] = False
    inner = erode(alpha > least, _RIM_PX) | deep
    if rim_px > _RIM_PX:
        below = round(shape.top + _WAISTBAND * shape.height)
        inner[below:] = erode(inner, rim_px - _RIM_PX)[below:]
    return nearest_values(rgb, inner) if inner.any() else rgb
