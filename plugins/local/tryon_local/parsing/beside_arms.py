"""Label again, by the colours nearby, what lies between an arm and the hips."""

import cv2
import numpy as np

from tryon_local.body import Body, BoolArray, ByteArray, FloatArray, Label
from tryon_local.frame import SIDES, arm, body_frame, hand
from tryon_local.imaging import (
    bounding_box,
    chain_mask,
    fill_holes,
    measured_parts,
    opened,
    picked,
    pixels_in,
    to_lab,
)
from tryon_local.parsing.colours import ColourModel, fit_colours

_WIDTH = 0.2
"""How far from the middle of an arm labels are doubtful, in S."""
_BELOW, _FINGERS = 0.5, 1.2
"""Share of the upper arm from which it is beside waist or hips; how far fingers reach beyond the
knuckle, in lengths of the hand's back."""
_SURE, _AROUND = (0.06, 0.025), 0.1
"""How far from an edge a label is sure, best and at least; how far around the arm colours are
looked at, in S."""
_BETTER = 3.0
"""How much better another thing must fit than the labelled one."""
_NAIL = 0.004
"""Area of a nail at most, in squares of S."""
_SURELY_WALL, _MISTAKEN = 7.0, 0.4
"""Cost up to which a colour is surely the wall's, and the share of a thing's colours up to which
such ones are no part of it."""
_CLUSTERS, _SAMPLES, _ENOUGH = 3, 250, 50
_STEP, _MEAN_PX, _THREAD_PX = 2, 3, 1
_KINDS = (Label.BACKGROUND, Label.SKIN, Label.UPPER, Label.LOWER)
_CHANGING = np.array(_KINDS[1:], np.uint8)
_REACH = dict(zip(_KINDS, (0.3, 0.07, 0.07, 0.07), strict=True))
"""How far each may reach beyond where it was seen, in S: the wall, across an arm."""
_SHADES = dict(zip(_KINDS, ((1.0,), (1.0, 0.6, 0.35), (1.0, 0.6), (1.0, 0.6)), strict=True))
"""How light each may be at its edge: arms and clothes are shaded where they turn to each other."""
_MOST = dict(zip(_KINDS, (16.0, np.inf, np.inf, np.inf), strict=True))
"""Cost up to which a colour is that of a thing: a dark seam before a pale wall is not the wall."""


def labels_beside_arms(rgb: ByteArray, body: Body, labels: ByteArray) -> ByteArray:
    """Return labels in which arms, clothes and wall part where their colours do.

    Labels are found at working size, from colours of the whole photo. Fingers, and the wall that is
    seen between an arm and the hips, are narrower than that can tell.

    Args:
        rgb: the photo, shape (H, W, 3).
        body: the person in it.
        labels: shape (H, W).
    """
    refined = labels.copy()
    unit = body_frame(body).shoulders_px
    for side in SIDES:
        shoulder, elbow, wrist = arm(body, side)
        _, knuckle = hand(body, side)
        begin = shoulder + _BELOW * (elbow - shoulder)
        tips = knuckle + _FINGERS * (knuckle - wrist)
        chain = np.stack([begin, elbow, wrist, knuckle, tips])
        near = chain_mask(labels.shape, chain, _WIDTH * unit)
        box = bounding_box(near)
        if box is not None:
            around = round(_AROUND * unit)
            x1, y1, x2, y2 = box
            part = np.s_[max(y1 - around, 0) : y2 + around, max(x1 - around, 0) : x2 + around]
            refined[part] = _refined(rgb[part], labels[part], near[part], unit)
    return refined


def _refined(rgb: ByteArray, labels: ByteArray, near: BoolArray, unit: float) -> ByteArray:
    """Give doubtful pixels the label whose colours, and place, they have."""
    coarse = labels[::_STEP, ::_STEP]
    masks = {kind: coarse == np.uint8(kind) for kind in _KINDS}
    reached = {
        kind: _enlarged(_grown(mask, _REACH[kind] * unit / _STEP), labels.shape)
        for kind, mask in masks.items()
    }
    rim = near & np.isin(labels, _CHANGING) & (np.sum(list(reached.values()), axis=0) > 1)
    if not rim.any():
        return labels
    colours = _lab(pixels_in(np.asarray(cv2.blur(rgb, (_MEAN_PX, _MEAN_PX)), np.uint8), rim))
    own, best = labels[rim], labels[rim]
    current = np.zeros(len(own), np.float32)
    lowest = np.full(len(own), np.inf, np.float32)
    wall = None
    for kind, mask in masks.items():
        # A pale top has the wall's colour in its folds.
        other = wall if kind == Label.LOWER else None
        model = _model(rgb[::_STEP, ::_STEP], mask, unit / _STEP, _SHADES[kind], other)
        wall = model if kind == Label.BACKGROUND else wall
        if model is None:
            # What nothing is known of stays.
            continue
        cost = model.cost(colours)
        current = np.where(own == np.uint8(kind), cost, current)
        cost[~reached[kind][rim] | (cost > _MOST[kind])] = np.inf
        best = np.where(cost < lowest, np.uint8(kind), best)
        np.minimum(lowest, cost, out=lowest)
    changed, relabelled = np.zeros_like(rim), labels.copy()
    changed[rim] = lowest + _BETTER < current
    relabelled[rim] = best
    refined = np.where(opened(changed, _THREAD_PX), relabelled, labels)
    refined[near & _nails(refined == np.uint8(Label.SKIN), unit)] = Label.SKIN
    return np.asarray(refined, np.uint8)


def _nails(skin: BoolArray, unit: float) -> BoolArray:
    """Return small spots within skin, as pale nails that have the colour of wall or cloth."""
    holes = fill_holes(skin) & ~skin
    regions, stats = measured_parts(holes)
    is_small = stats[:, cv2.CC_STAT_AREA] < _NAIL * unit**2
    is_small[0] = False
    return picked(regions, is_small)


def _model(
    rgb: ByteArray,
    mask: BoolArray,
    unit: float,
    shades: tuple[float, ...],
    wall: ColourModel | None,
) -> ColourModel | None:
    """Return the colours well inside a mask; None where these are too few to be known.

    Args:
        rgb: shape (h, w, 3).
        mask: shape (h, w).
        unit: S, in pixels.
        shades: how light the colours may be at the edge, in shares of those inside.
        wall: the colours of the wall, which may be mistaken for the thing.
    """
    for depth in _SURE:
        sure = ~_grown(~mask, max(depth * unit, 1))
        count = int(np.count_nonzero(sure))
        if count >= _ENOUGH:
            chosen = pixels_in(rgb, sure, 1 + count // _SAMPLES)
            if wall is not None:
                is_wall = wall.cost(_lab(chosen)) < _SURELY_WALL
                if is_wall.mean() < _MISTAKEN:
                    chosen = chosen[~is_wall]
            shaded = np.concatenate([chosen * shade for shade in shades]).astype(np.uint8)
            return fit_colours(_lab(shaded), _CLUSTERS * len(shades))
    return None


def _lab(colours: ByteArray) -> FloatArray:
    return np.asarray(to_lab(np.ascontiguousarray(colours[None]))[0], np.float32)


def _grown(mask: BoolArray, radius_px: float) -> BoolArray:
    """Return a mask grown by a square, which is much faster than by a disc."""
    side = 2 * round(radius_px) + 1
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(grown > 0)


def _enlarged(mask: BoolArray, shape: tuple[int, ...]) -> BoolArray:
    large = cv2.resize(mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(large > 0)
