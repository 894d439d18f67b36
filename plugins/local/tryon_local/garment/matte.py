"""Alpha of a garment: from the image's own alpha channel, or by removing its background."""

import attrs
import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Refused
from tryon_local.garment.repair import (
    fill_gapless,
    mirror_overlap,
    mirrored,
    repair_by_symmetry,
    sealed,
    without_drop_shadow,
    without_glow,
)
from tryon_local.imaging import (
    closed,
    delta_e,
    fill_holes,
    gaussian,
    guided_filter,
    largest_components,
    opened,
    resize_to,
    to_grey,
    to_lab,
)

MATTE_SIDE_PX = 384
"""Longer side at which the background is told from the garment."""
_DARKER = -6.0
"""Difference in lightness from which a garment is darker than its background."""
_PALE, _BITE = 8.0, 0.03
"""Colour distance to the background below which most of a pale garment lies, and half the width of
a bite that its matte may have, in longer sides of the image."""
UNIFORM_SPREAD = 5.0
"""Colour distance within which a border counts as a plain background."""


@attrs.frozen(eq=False, kw_only=True)
class Matte:
    """How much of each pixel belongs to the garment.

    Attributes:
        alpha: shape (H, W), 0..1.
        is_certain: False when the background was not plain.
        is_removed: a background was removed, rather than given by an alpha channel.
    """

    alpha: FloatArray
    is_certain: bool
    is_removed: bool


def matte_garment(image: ByteArray, *, role: str) -> Matte:
    """Separate a garment from its background.

    Args:
        image: shape (H, W, 3) or (H, W, 4); a fourth channel that is neither all opaque nor all
            clear is taken as the matte.
        role: category named in a refusal.

    Raises:
        Refused: `no_garment` when the image shows nothing but background.
    """
    if image.shape[2] == 4 and image[..., 3].min() < 250:  # noqa: PLR2004  (RGBA; nearly opaque)
        alpha = np.multiply(image[..., 3], np.float32(1 / 255), dtype=np.float32)
        _refuse_blank(alpha, role, "its alpha channel is empty")
        return Matte(alpha=alpha, is_certain=True, is_removed=False)
    matte = _matte_plain(np.ascontiguousarray(image[..., :3]))
    _refuse_blank(matte.alpha, role, "it shows nothing but background")
    return matte


def _refuse_blank(alpha: FloatArray, role: str, why: str) -> None:
    if float((alpha > 0.5).mean()) < 0.01:  # noqa: PLR2004  (less than one pixel in a hundred)
        raise Refused(
            "no_garment",
            role,
            f"no garment was found in the image: {why}. Send one garment, laid flat or hanging, "
            "that stands out from a plain background, or a PNG with a transparent background.",
        )


def _matte_plain(rgb: ByteArray) -> Matte:
    small = _shrink(rgb)
    lab = to_lab(small)
    background, spread = _background_of(lab)
    distance = gaussian(delta_e(lab, background), 0.8)
    if spread > UNIFORM_SPREAD:
        soft, is_certain = _refine(_cut_clutter(small, distance, spread), rgb), False
    else:
        mask, is_certain = _cut_uniform(lab, background, spread)
        soft = _refine(mask, rgb)
    return Matte(alpha=soft, is_certain=is_certain, is_removed=True)


def _shrink(rgb: ByteArray) -> ByteArray:
    factor = MATTE_SIDE_PX / max(rgb.shape[:2])
    size = (max(round(rgb.shape[1] * factor), 16), max(round(rgb.shape[0] * factor), 16))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _background_of(lab: FloatArray) -> tuple[FloatArray, float]:
    """Fit a quadratic colour surface to the border, so that a studio's vignette stays plain."""
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    border = np.ones((height, width), bool)
    border[4:-4, 4:-4] = False
    design, colours = terms[border], lab[border]
    kept = np.linalg.norm(colours - np.median(colours, axis=0), axis=1)
    kept_mask = kept <= max(float(np.percentile(kept, 85)), 1.0)
    for _ in range(2):
        kept_terms = design[kept_mask]
        surface = np.linalg.solve(kept_terms.T @ kept_terms, kept_terms.T @ colours[kept_mask])
        residual = np.linalg.norm(colours - design @ surface, axis=1)
        kept_mask = residual <= max(float(np.percentile(residual, 85)), 1.0)
    centre = terms.copy()
    fitted = (centre @ surface).astype(np.float32)
    return fitted, float(np.percentile(residual, 90))


def _cut_uniform(lab: FloatArray, background: FloatArray, spread: float) -> tuple[BoolArray, bool]:
    distance = gaussian(delta_e(lab, background), 0.8)
    threshold = max(0.8, 1.5 * spread)
    strict = max(threshold, _clear_threshold(distance, threshold))
    mask = _merged(
        _strict_mask(distance, strict),
        _lenient_mask(lab, distance, threshold),
        distance >= threshold,
    )
    if not mask.any():
        return mask, True
    mask = fill_gapless(repair_by_symmetry(mask, distance), distance < strict)
    if float(np.median((lab - background)[..., 0][mask])) < _DARKER:
        # Beside a garment that is about as light as the wall, a shadow cannot be told from it.
        mask = largest_components(without_drop_shadow(mask, lab, background), 0.06)
    mask = largest_components(without_glow(mask, delta_e(lab, background)), 0.06)
    mask = _smoothed(closed(sealed(mask), 2))
    if float(np.median(distance[mask])) < _PALE:
        # Where one cuff or side has the paper's colour, the other one shows how far it reaches.
        bites = closed(mask, _BITE * max(mask.shape)) & mirrored(mask) & ~mask
        mask = _smoothed(mask | opened(bites, 1))
    return mask, mirror_overlap(mask) >= 0.7  # noqa: PLR2004  (laid far from symmetrically)


def _smoothed(mask: BoolArray) -> BoolArray:
    """Straighten an outline that frays where garment and background are alike."""
    return np.asarray(gaussian(mask.astype(np.float32), 1.5) > 0.5)  # noqa: PLR2004


def _clear_threshold(distance: FloatArray, threshold: float) -> float:
    """Return the colour distance that soft shadows stay below and a clear garment does not."""
    strong = distance[distance > max(3.0, threshold)]
    contrast = float(np.median(strong)) if strong.size > distance.size // 100 else 0.0
    is_clear = contrast > 14  # noqa: PLR2004  (colour distance of a clearly different garment)
    return min(0.14 * contrast, 3.5) if is_clear else 0.0


def _strict_mask(distance: FloatArray, threshold: float) -> BoolArray:
    mask = ~_reached_from_border(distance < threshold)
    return largest_components(mask, 0.06)


def _lenient_mask(lab: FloatArray, distance: FloatArray, threshold: float) -> BoolArray:
    """Cut close to the background's colour, with faint outlines as barriers."""
    lightness = np.clip(lab[..., 0] * 2.55, 0, 255).astype(np.uint8)
    barrier = cv2.Canny(lightness, 8, 20) > 0
    mask = ~_reached_from_border((distance < threshold) & ~barrier)
    return largest_components(opened(mask, 1), 0.06)


def _merged(strict: BoolArray, lenient: BoolArray, tinted: BoolArray) -> BoolArray:
    """Prefer the strict mask, unless it holds little more than the print of a pale garment."""
    if lenient.sum() > 1.4 * strict.sum():
        return lenient
    gaps = closed(strict, 0.02 * max(strict.shape)) & lenient & tinted & mirrored(strict)
    return strict | gaps


def _reached_from_border(near: BoolArray) -> BoolArray:
    padded = np.pad(near, 1, constant_values=True).astype(np.uint8)
    _count, labels = cv2.connectedComponents(padded, connectivity=4)
    reached: BoolArray = (labels == labels[0, 0])[1:-1, 1:-1]
    return reached


def _cut_clutter(small: ByteArray, distance: FloatArray, spread: float) -> BoolArray:
    """Guess the garment in front of an uneven background, from colour and from the centre."""
    height, width = distance.shape
    labels = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    labels[distance > 2 * spread] = cv2.GC_PR_FGD
    top, left = round(0.15 * height), round(0.2 * width)
    labels[top:-top, left:-left] = cv2.GC_PR_FGD
    labels[2 * top : -2 * top, 2 * left : -2 * left] = cv2.GC_FGD
    labels[:3], labels[-3:], labels[:, :3], labels[:, -3:] = (cv2.GC_BGD,) * 4
    cv2.setRNGSeed(7)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, labels, (0, 0, 1, 1), *models, 3, cv2.GC_INIT_WITH_MASK)
    mask = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return fill_holes(largest_components(opened(mask, 2), 0.2))


def _refine(mask: BoolArray, rgb: ByteArray) -> FloatArray:
    coarse = resize_to(mask, rgb.shape[1], rgb.shape[0])
    radius_px = max(2, round(max(rgb.shape) / 256))
    soft = guided_filter(to_grey(rgb), coarse, radius_px, 1e-4)
    return np.asarray(np.clip((soft - 0.36) / 0.28, 0, 1), np.float32)
