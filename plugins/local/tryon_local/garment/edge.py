"""The garment's edge: how much of each pixel is garment, from the colours on both sides."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.garment.contour import fit_outline
from tryon_local.garment.strap import only_fronts
from tryon_local.imaging import (
    LabelArray,
    closed,
    delta_e,
    dilate,
    erode,
    gaussian,
    largest_components,
    less,
    measured_parts,
    nearest_places,
    nearest_values,
    opened,
    picked,
    pixels_in,
    squared_length,
    to_lab,
    touching,
    values_at,
)

_BAND = 0.008
"""Half width of the uncertain band around an outline, in longer sides of the image."""
OPAQUE = 0.95
"""Alpha above which a pixel's colour is the garment's."""
_COLOURED = 0.9
"""Share of a garment that must differ from the background for its gaps to be seen by colour."""
_TINTED = 0.7
"""Contrast, in `_MIN_CONTRAST`, from which a pixel of an evenly tinted garment is no background."""
_PATTERNED = 0.25
"""Share of the rim in the background's colour from which a pattern is cut by shape alone."""
_TRIM = 3.0
"""Reach, in half widths of the band, within which an outline is clear all along."""
_CLEAR, _UNCLEAR = 2.5, 0.02
"""Contrast, in `_MIN_CONTRAST`, of a garment that is clear all along its outline, and how much of
that may have less."""
_NOTCH = 12.0
"""Length of the largest closed corner, in half widths of the band."""
_EVEN, _FAINT, _TIP = 10.0, 8.0, 0.015
"""Colour distance within which most of an even garment lies, and that of a gap to it; the least
height of the tip of a gap, in heights of the image."""
_SAME, _OTHER, _ENCLOSED = 4.0, 12.0, 0.5
"""Colour distances up to which something has the colour of the paper, and from which it has not;
how much of the way around a gap is cloth."""
_TINT, _SHADE, _LEAKING = 3.0, 6.0, 0.05
"""How much the paper differs in hue and lightness in a shadow; how much of a gap may lie on the
outline."""
_DEEPEST_SHADOW = 60.0
"""How much darker the paper is in the deepest shadow of a gap."""
_STRAP, _UPRIGHT, _LEAST = 0.14, 1.8, 1.5
"""Width up to which a strap is narrow, in longer sides of the image; how much higher than wide a
gap in it is, and its least area, in squares of the half width of the band."""
_UPPER = 0.57
"""How far down a garment straps and its back are looked at, in its height."""
_OPEN = 0.5
"""Cover below which there is a gap in a strap."""
_BACK, _FAR = 3.0, 3.0
"""How far below the outline paper is seen below a thin back, and how far from the outline paper
lies in no shadow, in half widths of the band."""
_PLAIN, _NOISE, _EDGED = 1.0, 2.5, 3.0
"""Colour distance within which plain paper lies, up to which it may lie beside clear cloth, and
from which cloth has an edge on it."""
_STRIPE, _SURROUNDED = 4.0, 0.9
"""Height of the highest white stripe that ends at a gap, in half widths of the band; how much of
the way around paper is cloth where a garment is not pale."""
_CORNER, _GAP, _SMALL, _OPEN_BELOW = 11.0, 16.0, 0.5, 0.3
"""Length of the largest corner of paper, and of an upright one, in half widths of the band, and the
least area in squares of it; how much of its lower end is open."""
_THIRD = 10.0
"""Colour distance from the mixtures of garment and background from which a third colour begins."""
_MIN_CONTRAST = 10.0
"""Colour distance of garment and background below which the colours say nothing."""


def sharpen_edge(rgb: ByteArray, alpha: FloatArray) -> FloatArray:
    """Return alpha solved from the colours just inside and just outside the outline.

    The background next to the garment includes its drop shadow, so that the shadow is not taken
    for garment.

    Args:
        rgb: shape (H, W, 3).
        alpha: shape (H, W), 0..1, right up to a few pixels.
    """
    radius_px = max(2.0, _BAND * max(alpha.shape))
    lab = to_lab(rgb)
    fitted = fit_outline(lab, alpha > 0.5)  # noqa: PLR2004  (half covered)
    sharp = _solved(lab, fitted, radius_px)
    # A strap has no inside whose colour could be told from the background's.
    wide = opened(fitted > 0.5, 4 * radius_px)  # noqa: PLR2004  (half covered)
    sharp = np.where(dilate(wide, 2 * radius_px), sharp, fitted)
    straps = _cloth_of_straps(lab, sharp > 0.5, radius_px)  # noqa: PLR2004
    sharp, fitted = np.minimum(sharp, straps), np.minimum(fitted, straps)
    slits = _slits(lab, sharp > 0.5, radius_px) & dilate(wide, radius_px)  # noqa: PLR2004
    sharp = np.where(slits, 0, np.where(dilate(slits, 4), np.minimum(sharp, OPAQUE - 0.01), sharp))
    return _repaired(sharp, np.where(slits, 0, fitted), radius_px)


def _solved(lab: FloatArray, alpha: FloatArray, radius_px: float) -> FloatArray:
    """Solve alpha within a band around the outline."""
    mask = alpha > 0.5  # noqa: PLR2004  (half covered)
    inner, outer = erode(mask, radius_px), ~dilate(mask, radius_px)
    if not inner.any() or not outer.any():
        return alpha
    nearest = nearest_places(inner), nearest_places(outer)
    rim, band = inner & ~erode(inner, radius_px), ~inner & ~outer
    reach_px, gain = 0.0, 1.0
    if float((_contrast(lab, rim, nearest) < 1.5 * _MIN_CONTRAST).mean()) > _PATTERNED:
        # A hem or a cuff of another colour is clear along all of it, a print here and there.
        reach_px, gain = _TRIM * radius_px, 4.0
    elif float(np.median(_contrast(lab, mask & ~inner, nearest))) < _MIN_CONTRAST:
        reach_px, gain = 2 * radius_px, 2.0
    where = np.ones_like(mask) if reach_px else band
    share, trust = np.zeros_like(alpha), np.zeros_like(alpha)
    share[where], trust[where] = _shares(lab, where, nearest)
    if reach_px:
        trust *= np.clip(gaussian(trust, reach_px) * gain - (gain - 1), 0, 1)
    return np.where(band, share * trust + alpha * (1 - trust), alpha)


def _contrast(
    lab: FloatArray, where: BoolArray, nearest: tuple[LabelArray, LabelArray]
) -> FloatArray:
    """Return how far the colours inside and outside are apart, shape (n,)."""
    inside, outside = (values_at(lab, places[where]) for places in nearest)
    return np.sqrt(squared_length(inside - outside))


def _shares(
    lab: FloatArray, where: BoolArray, nearest: tuple[LabelArray, LabelArray]
) -> tuple[FloatArray, FloatArray]:
    """Return how much of some pixels is cloth, and how far that can be trusted, each of shape (n,).

    Args:
        lab: shape (H, W, 3).
        where: shape (H, W), these pixels.
        nearest: shape (H, W) each, the nearest places inside and outside the outline.
    """
    inside, outside = (values_at(lab, places[where]) for places in nearest)
    span, apart = inside - outside, pixels_in(lab, where) - outside
    length = squared_length(span)
    share = (apart * span).sum(axis=1) / np.maximum(length, 1.0)
    # The colours of one place say little where most of the outline is as pale as the wall.
    trust = np.clip(np.sqrt(length) / _MIN_CONTRAST - 1, 0, 1)
    # What is no mixture of both is cloth of a third colour.
    third = np.sqrt(squared_length(apart - share[:, None] * span))
    trust *= np.clip(2 - third / _THIRD, 0, 1)
    return np.clip((share - 0.3) / 0.4, 0, 1), np.asarray(trust, np.float32)


def _slits(lab: FloatArray, mask: BoolArray, radius_px: float) -> BoolArray:
    """Return the narrow ends of gaps, as under an arm: upright, and coloured like outside."""
    deep, around = erode(mask, 3 * radius_px), ~dilate(mask, 1)
    if not deep.any() or not around.any():
        return np.zeros_like(mask)
    outside = nearest_values(lab, around)
    # The closed tip of a gap may lie deep, too, and has the background's colour.
    to_outside = delta_e(lab, outside)
    cloth = deep & erode(to_outside > 2 * _MIN_CONTRAST, 2)
    is_pale = cloth.sum() < _COLOURED * deep.sum()
    if is_pale and float(np.median(to_outside[deep])) > 1.5 * _MIN_CONTRAST:
        cloth = deep & erode(to_outside > _TINTED * _MIN_CONTRAST, 2)
        is_pale = cloth.sum() < _COLOURED * deep.sum()
    inside = nearest_values(lab, deep if is_pale else cloth)
    to_inside = delta_e(lab, inside)
    alike = mask & (to_inside > 2 * _MIN_CONTRAST)
    # Deep in a gap the background lies in shadow: darker, and of the same hue.
    own, paper, cloth_by = (pixels_in(image, alike) for image in (lab, outside, inside))
    tint = np.hypot(*(own - paper)[:, 1:].T)
    shadowed = (tint < 0.5 * _MIN_CONTRAST) & (tint < 0.2 * to_inside[alike])
    # Beside a flower of a print black is cloth.
    shadowed &= own[:, 0] > np.minimum(paper[:, 0] - _DEEPEST_SHADOW, cloth_by[:, 0])
    found = shadowed | (to_outside[alike] < 0.5 * to_inside[alike])
    if is_pale:
        # Darker than a pale garment are its own folds.
        found &= own[:, 0] > cloth_by[:, 0]
    alike[alike] = found
    # Without the mixed colours along the outline, which join all gaps.
    broad = opened(alike, 2)
    labels, stats = measured_parts(broad)
    rim = np.bincount(labels[broad & dilate(~mask, 3)], minlength=len(stats))
    open_end = rim / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    upright = (heights > 1.8 * widths) & (heights > 2 * radius_px)
    # A gap meets the outside with its lower end only, a light stripe along its length.
    is_slit = upright & (open_end > 0) & (open_end < 0.35)  # noqa: PLR2004
    # The tip of a gap may have been closed; it is short, and has the outside right below.
    reach = max(3, round(3 * radius_px))
    above_outside = cv2.dilate(
        (~mask).astype(np.uint8), np.ones((reach, 1), np.uint8), anchor=(0, 0)
    )
    over = np.bincount(labels[broad & (above_outside > 0)], minlength=len(stats)) > 0
    bottoms = stats[:, cv2.CC_STAT_TOP] + heights
    above_hem = bottoms < np.flatnonzero(mask.any(axis=1))[-1] - 6 * radius_px
    is_slit |= over & (heights > widths) & (heights < 10 * radius_px) & above_hem
    is_slit[0] = False
    if is_slit.any():
        sizes = stats[:, cv2.CC_STAT_AREA]
        is_slit &= _enclosed(mask & ~dilate(broad, 3), broad, labels, sizes)
        is_slit &= np.bincount(labels[_dents(mask, 8 * radius_px)], minlength=len(stats)) > 0
    slits = alike & dilate(picked(labels, is_slit), 3)
    slits |= _notches(to_outside, mask, deep, radius_px)
    slits |= _plain_corners(lab, mask, radius_px)
    return slits | _pale_tips(lab, to_outside, mask, above_outside > 0)


def _cloth_of_straps(lab: FloatArray, mask: BoolArray, radius_px: float) -> FloatArray:
    """Return how much of straps with a gap between front and back is cloth; 1 elsewhere.

    Where a pattern has light parts like the paper it goes on across the gap; there, and where
    paper is seen below the edge of the back, it is a little less than 1.
    """
    whole = np.ones(mask.shape, np.float32)
    seen = np.flatnonzero(mask.any(axis=1))
    if not seen.size:
        return whole
    upper = np.s_[: round(seen[0] + _UPPER * (seen[-1] - seen[0]))]
    row = np.ones((1, round(_STRAP * max(mask.shape)) | 1), np.uint8)
    wide = cv2.morphologyEx(mask[upper].astype(np.uint8), cv2.MORPH_OPEN, row)
    narrow = mask[upper] & (wide == 0)
    if narrow.any():
        whole[upper] = _upper_cloth(lab[upper], mask[upper], narrow, radius_px)
    return whole


def _upper_cloth(
    lab: FloatArray, mask: BoolArray, narrow: BoolArray, radius_px: float
) -> FloatArray:
    cloth = np.ones(mask.shape, np.float32)
    outside = ~dilate(mask, _FAR * radius_px)
    if not outside.any():
        return cloth
    paper_colour = np.median(pixels_in(lab, outside, 7), axis=0)
    apart = less(lab, paper_colour)
    to_paper = np.sqrt(squared_length(apart))
    # In the shadow of a strap it is darker, and of the same hue.
    lightness, *tints = cv2.split(apart)
    shaded = np.abs(lightness + 3) < _SHADE
    for tint in tints:
        shaded &= np.abs(tint) < _TINT
    paper = mask & (shaded | (to_paper < _SAME))
    if not paper.any():
        return cloth
    cloth[_below_back(paper & ~narrow, to_paper, mask, radius_px)] = OPAQUE - 0.01
    gaps = _between(paper & narrow, to_paper, mask, radius_px)
    if not gaps.any():
        return cloth
    straps = touching(narrow, gaps)
    clear = straps & (to_paper > 2 * _OTHER)
    if not clear.any():
        return cloth
    colour = np.median(pixels_in(lab, clear), axis=0)
    if float(np.percentile(delta_e(pixels_in(lab, straps & ~gaps), colour), 72)) > _EVEN:
        cloth[dilate(gaps, 2)] = OPAQUE - 0.01
        return cloth
    span = colour - paper_colour
    share = (lab - paper_colour) @ span / max(float(np.square(span).sum()), 1.0)
    cloth = np.where(straps, np.clip((share - 0.3) / 0.4, 0, 1), cloth).astype(np.float32)
    return np.minimum(cloth, only_fronts(mask, touching(straps & (cloth < _OPEN), gaps)))


def _between(
    paper: BoolArray, to_paper: FloatArray, mask: BoolArray, radius_px: float
) -> BoolArray:
    """Return upright gaps with cloth of another colour all around."""
    paper = opened(paper, 1)
    if not paper.any():
        return paper
    labels, stats, other = _enclosed_parts(paper, to_paper > _OTHER, mask)
    outer = np.bincount(labels[(labels > 0) & dilate(~mask, 2)], minlength=len(stats))
    is_gap = (other > _ENCLOSED) & (outer < _LEAKING * stats[:, cv2.CC_STAT_AREA])
    is_gap &= stats[:, cv2.CC_STAT_HEIGHT] > _UPRIGHT * stats[:, cv2.CC_STAT_WIDTH]
    is_gap &= stats[:, cv2.CC_STAT_AREA] > _LEAST * radius_px**2
    is_gap[0] = False
    return picked(labels, is_gap)


def _below_back(
    paper: BoolArray, to_paper: FloatArray, mask: BoolArray, radius_px: float
) -> BoolArray:
    """Return the paper between the thin edge of a back and the deeper neckline of the front."""
    rows = np.arange(len(mask))[:, None]
    below_outside = rows - np.maximum.accumulate(np.where(mask, 0, rows), axis=0)
    near = opened(paper & (below_outside < _BACK * radius_px), 1)
    if not near.any():
        return near
    labels, stats, other = _enclosed_parts(near, to_paper > _OTHER, mask)
    middle = float(np.flatnonzero(mask.any(axis=0)).mean())
    lefts, widths = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    is_tag = (other > _ENCLOSED) & (widths > stats[:, cv2.CC_STAT_HEIGHT])
    is_tag &= (lefts < middle) & (lefts + widths > middle)
    is_tag &= stats[:, cv2.CC_STAT_AREA] > _LEAST * radius_px**2
    is_tag[0] = False
    return dilate(picked(labels, is_tag), 3)


def _enclosed_parts(
    paper: BoolArray, is_other: BoolArray, mask: BoolArray
) -> tuple[LabelArray, LabelArray, FloatArray]:
    """Return labels and statistics of parts, and how far each has another colour around it."""
    labels, stats = measured_parts(paper)
    rim = dilate(paper, 4) & ~dilate(paper, 3) & mask
    beside = cv2.dilate(labels.astype(np.float32), np.ones((9, 9)))[rim].astype(int)
    other = np.bincount(beside, is_other[rim], minlength=len(stats))
    rims = np.bincount(beside, minlength=len(stats))
    return labels, stats, (other / np.maximum(rims, 1)).astype(np.float32)


def _notches(
    to_outside: FloatArray, mask: BoolArray, deep: BoolArray, radius_px: float
) -> BoolArray:
    """Return closed corners, as under an arm, of cloth unlike the paper all along its outline."""
    rim = erode(mask, radius_px) & ~deep
    if not rim.any() or (to_outside[rim] < _CLEAR * _MIN_CONTRAST).mean() > _UNCLEAR:
        return np.zeros_like(mask)
    paper = opened(mask & (to_outside < _MIN_CONTRAST), 1)
    # A white panel that meets the paper in a corner is cloth.
    labels, stats = measured_parts(paper)
    spans = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    is_notch = spans < _NOTCH * radius_px
    is_notch[0] = False
    notches = picked(labels, is_notch)
    return dilate(touching(notches, dilate(~mask, 3)), 1) & mask


def _plain_corners(lab: FloatArray, mask: BoolArray, radius_px: float) -> BoolArray:
    """Return closed corners of plain paper under a sleeve, open below, with cloth around."""
    outside = ~dilate(mask, _FAR * radius_px)
    corners = np.zeros_like(mask)
    if not outside.any():
        return corners
    some = pixels_in(lab, outside, 7)
    colour = np.median(some, axis=0)
    to_paper = delta_e(lab, colour)
    usual = float(np.median(to_paper[mask][::7]))
    if float(np.percentile(delta_e(some, colour), 90)) > _PLAIN:
        return corners
    paper = opened(mask & (to_paper < _NOISE), 1)
    if not paper.any():
        return corners
    labels, stats, other = _enclosed_parts(paper, to_paper > _EDGED, mask)
    ends = paper & ~np.roll(paper, -1, axis=0)
    open_below = np.bincount(labels[ends & dilate(~mask, 3)], minlength=len(stats))
    below = open_below / np.maximum(np.bincount(labels[ends], minlength=len(stats)), 1)
    tops, heights = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT]
    widths = stats[:, cv2.CC_STAT_WIDTH]
    largest = np.where(heights > 1.5 * widths, _GAP, _CORNER) * radius_px
    is_corner = (other > _ENCLOSED) & (below > _OPEN_BELOW)
    is_corner &= np.hypot(widths, heights) < largest
    is_corner &= stats[:, cv2.CC_STAT_AREA] > _SMALL * radius_px**2
    is_corner &= tops + heights < np.flatnonzero(mask.any(axis=1))[-1] - 6 * radius_px
    is_corner[0] = False
    if usual > _MIN_CONTRAST and is_corner.any():
        # Elsewhere on the outline light spots of a print are as plain.
        sizes = stats[:, cv2.CC_STAT_AREA]
        is_corner &= _enclosed(mask & ~dilate(paper, 1), paper, labels, sizes)
        is_corner &= other > _SURROUNDED
    corners = dilate(picked(labels, is_corner), 1) & mask
    if corners.any():
        # Scraps of paper that colours beside them tint.
        scraps = mask & ~opened(mask & ~corners, 0.8 * radius_px) & (to_paper < 2 * _NOISE)
        corners |= scraps & dilate(corners, radius_px)
        # White stripes that end at an upright gap are cloth.
        gaps = dilate(picked(labels, is_corner & (heights > 1.5 * widths)), radius_px)
        column = np.ones((round(_STRIPE * radius_px), 1), np.uint8)
        free = cv2.morphologyEx((corners | ~mask).astype(np.uint8), cv2.MORPH_OPEN, column)
        corners &= (free > 0) | ~gaps
    return corners


def _dents(mask: BoolArray, reach_px: float) -> BoolArray:
    """Return what lies in the deep dents of an outline, where gaps begin, and a little around."""
    small = cv2.resize(mask.astype(np.uint8), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    solid, margin = small > 0, round(reach_px)
    shut = closed(np.pad(solid, margin), reach_px / 4)[margin:-margin, margin:-margin]
    dents = dilate(opened(shut & ~solid, 1), 2).astype(np.uint8)
    near = cv2.resize(dents, mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(near) > 0


def _enclosed(
    cloth: BoolArray, gaps: BoolArray, labels: LabelArray, sizes: LabelArray
) -> BoolArray:
    """Tell gaps, which have cloth on both sides, from light spots of a print on the outline."""
    both = np.maximum.accumulate(cloth, axis=1)
    both &= np.maximum.accumulate(cloth[:, ::-1], axis=1)[:, ::-1]
    inside = np.bincount(labels[gaps & both], minlength=len(sizes))
    return np.asarray(inside > 0.6 * np.maximum(sizes, 1))


def _pale_tips(
    lab: FloatArray, to_outside: FloatArray, mask: BoolArray, above_outside: BoolArray
) -> BoolArray:
    """Return closed tips of gaps in an evenly coloured garment not much darker than the wall."""
    some = lab[::4, ::4][mask[::4, ::4]]
    usual = np.median(some, axis=0)
    if float(np.percentile(delta_e(some, usual), 80)) > _EVEN:
        return np.zeros_like(mask)
    to_usual = delta_e(lab, usual)
    alike = mask & (to_outside < 0.4 * to_usual) & (to_usual > _FAINT)
    # Darker than the cloth are its own folds, in the colour of its shadow on the paper.
    alike = opened(alike & (lab[..., 0] > usual[0]), 1)
    labels, stats = measured_parts(alike)
    over = np.bincount(labels[alike & above_outside], minlength=len(stats)) > 0
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    is_tip = over & (heights > 1.5 * widths) & (heights > _TIP * len(mask))
    is_tip[0] = False
    if not is_tip.any():
        return np.zeros_like(mask)
    tips = picked(labels, is_tip)
    fading = dilate(tips, 2 * _TIP * len(mask)) & (to_usual > 0.6 * _FAINT)
    fading &= (to_outside < 1.5 * to_usual) & (lab[..., 0] > usual[0])
    return dilate(tips | touching(fading, tips), 1) & mask


def _repaired(sharp: FloatArray, alpha: FloatArray, radius_px: float) -> FloatArray:
    """Close bites where a print meets the edge in the background's colour; drop specks."""
    solid = sharp > 0.5  # noqa: PLR2004  (half covered)
    column = np.ones((2 * round(1.5 * radius_px) + 1, 1), np.uint8)
    upright = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_CLOSE, column) > 0
    upright[: len(solid) // 4] = False  # ends of collars stand free
    bites = (closed(solid, 0.9 * radius_px) | upright) & (alpha > 0.5) & ~solid  # noqa: PLR2004
    # Not quite opaque: their own colours are the background's and must not be used.
    repaired = np.where(bites, np.minimum(alpha, OPAQUE - 0.01), sharp)
    pieces = dilate(largest_components(opened(repaired > 0.5, 2), 0.03), 3)  # noqa: PLR2004
    return (repaired * pieces).astype(np.float32)
