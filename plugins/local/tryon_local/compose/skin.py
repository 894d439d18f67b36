"""Paint bare skin where an old garment was: its tone, its light, and what continues from nearby."""

from typing import TypeAlias

import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.fill import flow_through
from tryon_local.compose.grain import skin_grain
from tryon_local.compose.limbs import Limbs
from tryon_local.compose.tones import ENOUGH, MOST, REDDENING, Tones
from tryon_local.imaging import (
    bounding_box,
    erode,
    gaussian,
    resize_to,
    squared_length,
)
from tryon_local.warp import Wearer

_Features: TypeAlias = tuple[tuple[float, ...], ...]
_LIMB_DARKENING, _SHADED = 0.38, (0.2, 0.4)
"""Darkening of a limb at its outline, as a logarithm; it grows with the square of the way there.
Beyond the first share of the way to the spine the shadow of the trunk adds the second."""
_FAIR, _FAIR_TONE, _LEAST = 1.83, 170.0, 0.66
"""How much of that is seen on fair skin, which light comes through: less by its share of a tone;
the least."""
_LIMB_REDDENING = np.array([0.76, 1.08, 1.22], np.float32)
"""How much of a darkening of limbs each channel takes: their shaded side is redder still."""
_FROM_SIDE, _NEARER_ARM = 0.5, 0.15
"""How much lighter arms are at the outline from where light comes than in their middle, and the arm
on that side than both are, in what sets the halves of the face apart."""
_LIT_SIDE = 0.08
"""Where across a limb it is brightest: light comes from the front, and the trunk shades a side."""
_ARM_RELIEF: _Features = (
    (0.08, 0.07, 0.08, 0.20, 0.50),
    (-0.04, 0.19, 0.05, 0.60, 0.45),
    (-0.18, 0.25, 0.14, -0.95, 0.30),
    (-0.10, 0.485, 0.04, -0.25, 0.50),
    (-0.06, 0.492, 0.007, -0.25, 0.40),
    (-0.03, 0.515, 0.006, -0.05, 0.35),
    (0.06, 0.61, 0.09, 0.28, 0.45),
    (0.20, 0.55, 0.17, -0.90, 0.45),
    (0.12, 0.54, 0.12, 0.75, 0.35),
    (-0.13, 0.80, 0.10, 1.00, 0.30),
)
"""Shoulder muscle, the dent below it, the shade of the trunk, crook of the elbow with two creases,
muscle of the forearm, both sides of the elbow, where an arm is flat, and the outer side above the
wrist: light as a logarithm; where along the arm and how long, where across it and how wide."""
_ARM_EDGES: _Features = (
    (0.10, 0.16, 0.07, 0.45, 0.22, -6.0),
    (0.06, 0.33, 0.13, -0.30, 0.28, 1.2),
    (-0.08, 0.66, 0.14, 0.32, 0.24, -2.6),
    (0.05, 0.84, 0.10, -0.15, 0.18, 1.0),
)
"""Lines where muscles of shoulder, upper arm and forearm and a tendon begin, lit on one side and in
their own shade on the other: strength as a logarithm, positive if the side away from the spine is
lit; where along the arm and how long, where across it and how wide, how much they run aslant."""
_LEG_RELIEF: _Features = (
    (0.11, 0.47, 0.030, 0.00, 0.40),
    (-0.08, 0.44, 0.030, 0.55, 0.25),
    (-0.08, 0.45, 0.035, -0.60, 0.25),
    (-0.14, 0.525, 0.025, 0.00, 0.55),
    (0.06, 0.70, 0.12, -0.10, 0.22),
    (-0.06, 0.68, 0.09, 0.55, 0.30),
    (0.05, 0.86, 0.08, 0.20, 0.40),
)
"""The same of kneecap, the dent below it, shin, the muscle beside it, and above the ankle."""
_SHOULDER = 0.3
"""Share of the arm at which it has parted from the chest."""
_NOTCH, _COLLARBONE_END = -0.05, (0.42, -0.12)
"""Depth of the notch between the collarbones below the shoulder joints, and where these end."""
_CLAVICLE, _HOLLOW = 0.08, 0.09
_SIDES, _SHADY, _DOWN = 0.18, 0.4, 0.06
_BREAST, _STERNUM = 0.08, 0.06
"""Light on collarbones and breasts, shade in the hollow between and along the breastbone, to the
sides, within how much of a height in S this sets in, and downwards; as logarithms."""
_EDGE, _ROUND = 0.22, 0.035
"""Darkening at the outline of the shoulders, as a logarithm, and how far it reaches, in S."""
_BELLY, _WAIST = (0.5, 0.65), 0.43
"""Heights, in T, between which chest becomes belly; half the width of that, in S."""
_BELLY_SIDES, _MIDDLE_LINE, _BESIDE_MIDDLE = 0.24, 0.05, 0.05
"""Shade at the sides and down the middle of a belly, and light on the muscles beside that, as
logarithms."""
_NAVEL, _NAVEL_SIZE = 0.8, (0.02, 0.03)
"""Height of a navel, in T; half its width and height, in S."""
_NAVEL_SEEN, _NAVEL_STRIP = (0.6, 1.0), 0.05
"""Heights, in T, between which a navel lies, and how much of them shows it."""
_NAVEL_SHADE, _NAVEL_RIM = 0.4, 0.08
"""Shade in a navel and light on its lower rim, as logarithms."""
_GLOSS, _SHINY = 1.8, 1.3
"""How much stronger light and shade are on dark skin than on white; on a chest with this power."""
_LEAN = 0.12
"""How much lighter one side of a chest may be than the other, as a logarithm per S."""
_REACH, _ARM_REACH = 0.16, 0.35
"""How far bare skin hands on what sets it apart from the tone, in S, and how far along an arm."""
_SHADOW, _SEAM = 0.1, 0.05
"""How far the shadow of the chin reaches down the chest, and darker skin beside a seam, in S."""
_FURTHEST, _SHADED_SIDE = 0.6, 1.2
"""Difference from the model, as a logarithm, beyond which something is no bare skin, and on a limb
of which nothing else is known."""
_AROUND = 0.3
"""How far around painted skin the photo is looked at, in S."""
_NEAREST = 0.3
"""How much of a limb next to its hidden part tells the light on that, as a share of its length."""
_NO_HAND, _SHORTEST = 0.92, 0.08
"""Share of a limb where its hand or foot begins, and how much of it must be seen to tell that."""
_CAUTION, _MOST_APART = (0.02, 0.05, 0.05), 0.5
"""How little a few pixels of a limb tell of its tone, its lit side and its roundness; how far each
of these lies from the model at most, as a logarithm."""
_STEP = 2
_FOLD_PX = 5.0
"""How wide the fold between arm and chest is."""


def painted_skin(
    wearer: Wearer,
    tones: Tones,
    hole: BoolArray,
    *,
    below: FloatArray,
    limbs: tuple[Limbs, Limbs | None],
) -> FloatArray:
    """Return bare skin for every pixel, shape (H, W, 3), 0..255.

    A model of light on chest and limbs, times the tone of the skin, times what sets the skin
    nearby apart from both, so that painted skin meets real skin without a step.

    Args:
        wearer: the person.
        tones: the person's skin.
        hole: shape (H, W), what is to be painted.
        below: how far each pixel lies below the outline of the shoulders, in S, shape (H, W).
        limbs: bare arms, and bare legs or None where none is seen.
    """
    arms, legs = limbs
    painted = np.zeros((*wearer.shape, 3), np.float32)
    unit = wearer.frame.shoulders_px
    box = bounding_box(hole)
    if box is None:
        return painted
    # Skin around it tells how it looks.
    margin, (height, width) = round(_AROUND * unit) + _STEP, wearer.shape
    x1, y1 = max(box[0] - margin, 0), max(box[1] - margin, 0)
    x2, y2 = min(box[2] + margin, width), min(box[3] + margin, height)
    # All but the texture is smooth, and is worked out at half the size.
    window = np.s_[y1:y2:_STEP, x1:x2:_STEP]
    model = _even_skin(wearer, tones, window, below=below, limbs=(arms, legs))
    apart = np.log(np.maximum(wearer.rgb[window], 8).astype(np.float32)) - model
    bare = erode(wearer.labelled(Label.SKIN)[window] & ~hole[window], 0.015 * unit / _STEP)
    # The shaded side of a limb may be far from the model, but not from what is seen of the limb.
    known = bare & (squared_length(apart) < _SHADED_SIDE**2)
    lean = _lean(wearer, window, apart, known, arms)
    model += lean
    apart -= lean
    continued = _continued(wearer, window, apart, known, limbs=(arms, legs))
    model += continued
    apart -= continued
    furthest = np.where(arms.depth[window] > 0, np.float32(_SHADED_SIDE), np.float32(_FURTHEST))
    known = bare & (squared_length(apart) < np.square(furthest))
    if known.any():
        away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 3)
        reach = np.where(arms.depth[window] > 0, np.float32(_ARM_REACH), np.float32(_REACH))
        fading = np.exp(-np.square(away * (_STEP / unit) / reach))
        smooth = gaussian(flow_through(apart, known, step=2), 0.02 * unit / _STEP)
        # The shadow of the chin ends at the collarbones.
        down = wearer.height[window] * np.float32(wearer.frame.torso_px / unit) - _NOTCH
        shade = np.exp(-np.maximum(down, 0) / _SHADOW)
        shade = np.maximum(shade, np.exp(-np.square(away * (_STEP / (_SEAM * unit)))))
        on_trunk = (smooth.sum(axis=2) < 0) & (arms.depth[window] < 0)
        on_trunk &= wearer.height[window] < 1
        fading *= np.where(on_trunk, shade, np.float32(1))
        model += smooth * fading[..., None]
    skin = resize_to(np.exp(model), x2 - x1, y2 - y1)
    painted[y1:y2, x1:x2] = skin * skin_grain(wearer, np.s_[y1:y2, x1:x2])
    return painted


def _even_skin(
    wearer: Wearer,
    tones: Tones,
    window: tuple[slice, slice],
    *,
    below: FloatArray,
    limbs: tuple[Limbs, Limbs | None],
) -> FloatArray:
    """Return tone and light within a window, as logarithms, shape (h, w, 3)."""
    arms, legs = limbs
    light = _gloss(tones.chest) ** _SHINY * _trunk_light(wearer, window, below)
    down = _belly_share(wearer.height[window])[..., None]
    model = np.log(tones.chest) + down * np.log(tones.belly / tones.chest)
    on_arm = _arm_share(arms, window)
    layers = [(arms, on_arm, tones.arms, _ARM_RELIEF, _ARM_EDGES)]
    if legs is not None:
        on_leg = np.clip(legs.depth[window] + np.float32(0.5), 0, 1)
        layers.append((legs, on_leg, tones.legs, _LEG_RELIEF, ()))
    redder = np.zeros_like(light)
    for limb, covered, tone, relief, edges in layers:
        here = covered > 0
        share, outwards, along = (
            covered[here],
            limb.outwards[window][here],
            limb.along[window][here],
        )
        limb_light = _limb_light(outwards, along, tone, relief, edges)
        if limb is arms:
            side = np.where(wearer.lateral[window][here] < 0, np.float32(-1), np.float32(1))
            limb_light += tones.from_right * side * (_FROM_SIDE * outwards + _NEARER_ARM)
        light[here] += share * (limb_light - light[here])
        model[here] += share[:, None] * (np.log(tone) - model[here])
        redder[here] = np.maximum(redder[here], share)
    redder *= light
    model += light[..., None] * REDDENING
    model += redder[..., None] * (_LIMB_REDDENING - REDDENING)
    return np.asarray(model, np.float32)


def _lean(
    wearer: Wearer, window: tuple[slice, slice], apart: FloatArray, known: BoolArray, arms: Limbs
) -> FloatArray:
    """Return how light comes from a side, as its shoulders tell, for all but the arms.

    The arguments are those of `_continued`.
    """
    lateral = wearer.lateral[window]
    shoulders = known & (arms.depth[window] > 1) & (arms.along[window] < _SHOULDER)
    fewest = ENOUGH * (wearer.frame.shoulders_px / _STEP) ** 2
    sides = [shoulders & (lateral < 0), shoulders & (lateral > 0)]
    if min(side.sum() for side in sides) < fewest:
        return np.zeros_like(apart)
    left, right = (float(np.median(apart[side].mean(axis=1))) for side in sides)
    lean = np.clip(right - left, -_LEAN, _LEAN) * np.clip(lateral, -0.5, 0.5)
    lean = lean * (1 - _arm_share(arms, window))
    return np.asarray(lean[..., None] * REDDENING, np.float32)


def _continued(
    wearer: Wearer,
    window: tuple[slice, slice],
    apart: FloatArray,
    known: BoolArray,
    *,
    limbs: tuple[Limbs, Limbs | None],
) -> FloatArray:
    """Return what sets each limb apart from the model where it is seen, carried along all of it.

    One side of an arm is lit and the other is not, and a forearm differs from what nobody sees: the
    hidden part has the same light across as the part that is seen.

    Args:
        wearer: the person.
        window: of the photo.
        apart: shape (h, w, 3), difference of the photo from the model, as a logarithm.
        known: shape (h, w), bare skin.
        limbs: bare arms, and bare legs or None where none is seen.
    """
    carried = np.zeros_like(apart)
    is_right = wearer.lateral[window] > 0
    arms, legs = limbs
    shares = [(arms, _arm_share(arms, window))]
    if legs is not None:
        shares.append((legs, np.clip(legs.depth[window] + np.float32(0.5), 0, 1)))
    fewest = ENOUGH * (wearer.frame.shoulders_px / _STEP) ** 2
    for limb, share in shares:
        along, outwards = limb.along[window], limb.outwards[window]
        # Hands and feet have a light of their own.
        seen = known & (limb.depth[window] > 1) & (along < _NO_HAND)
        for on_side in (~is_right, is_right):
            here = seen & on_side
            if here.sum() < fewest:
                continue
            first, last = np.percentile(along[here], (2, 98))
            if last - first < _SHORTEST:
                continue
            near = here & (along < first + _NEAREST)
            profile = _across(outwards[near], apart[near])
            for power in range(3):
                carried += (share * on_side * outwards**power)[..., None] * profile[power]
    return carried


def _across(outwards: FloatArray, apart: FloatArray) -> FloatArray:
    """Fit a parabola across a limb, careful where little is seen; return it, shape (3, 3)."""
    powers = np.stack([outwards**power for power in range(3)]).astype(np.float64)
    normal = powers @ powers.T / outwards.size + np.diag(_CAUTION)
    fit = np.linalg.solve(normal, powers @ apart / outwards.size)
    return np.asarray(np.clip(fit, -_MOST_APART, _MOST_APART), np.float32)


def _arm_share(arms: Limbs, window: tuple[slice, slice]) -> FloatArray:
    """Return how much of each pixel is arm; towards the chest a shoulder begins softly."""
    parted = np.clip(arms.along[window] / _SHOULDER, 0, 1)
    # The fold of an armpit is soft.
    width_px = np.where(parted < 1, np.float32(_FOLD_PX), np.float32(1))
    inside = np.clip(arms.depth[window] / width_px + np.float32(0.5), 0, 1)
    inner = np.clip(1 - arms.outwards[window] * 2, 0, 1) * (1 - parted)
    return np.asarray(inside * (1 - inner), np.float32)


def _limb_light(
    outwards: FloatArray,
    along: FloatArray,
    tone: FloatArray,
    relief: _Features,
    edges: _Features,
) -> FloatArray:
    """Return the light on limbs as a logarithm: round across, and the relief of their muscles."""
    shade = _LIMB_DARKENING * min(1.0, max(_LEAST, _FAIR - float(tone.mean()) / _FAIR_TONE))
    begin, strongest = _SHADED
    light = -shade * np.square(outwards - _LIT_SIDE)
    light -= strongest * np.square(np.maximum(-outwards - begin, 0))
    for strength, at, length, side, width in relief:
        away = np.square((along - at) / length) + np.square((outwards - side) / width)
        light += strength * np.exp(-away)
    for strength, at, length, side, width, tilt in edges:
        off = (outwards - side - tilt * (along - at)) / width
        edge = strength * off * np.exp(-np.square(off) - np.square((along - at) / length))
        light += np.where(edge < 0, 2 * edge, edge)
    return np.asarray(light, np.float32)


def _gloss(tone: FloatArray) -> np.float32:
    """Return by how much lights and shades differ more on skin of a tone: dark skin shines more."""
    return np.float32(_GLOSS - tone.mean() / MOST)


def _belly_share(height: FloatArray) -> FloatArray:
    """Return how far what lies at a height, in T, is belly and no chest."""
    share = np.clip((height - _BELLY[0]) / (_BELLY[1] - _BELLY[0]), 0, 1)
    return np.asarray(share, np.float32)


def _trunk_light(wearer: Wearer, window: tuple[slice, slice], below: FloatArray) -> FloatArray:
    """Return the light on neck, chest and belly, as a logarithm: round sides, bones, hollows."""
    frame, unit = wearer.frame, wearer.frame.shoulders_px
    across, height = np.abs(wearer.lateral[window]), wearer.height[window]
    down = height * np.float32(frame.torso_px / unit)
    # Shoulders are lit from above as the chest is, and its sides below them are not.
    light = -_SIDES * np.clip((down + 0.05) / _SHADY, 0, 1) * np.clip(across / 0.5, 0, 1.2) ** 3
    light -= _DOWN * np.clip(down - 0.1, 0, 0.4)
    # The shoulders are round beside the neck.
    beside_neck = np.clip((0.45 - across) / 0.15, 0, 1)
    light -= _EDGE * beside_neck * np.exp(-np.maximum(below[window], 0) / _ROUND)
    light += _BREAST * np.exp(-np.square((across - 0.2) / 0.14) - np.square((down - 0.2) / 0.14))
    light -= _STERNUM * np.exp(-np.square(across / 0.045) - np.square((down - 0.3) / 0.2))
    light -= _HOLLOW * np.exp(-np.square(across / 0.05) - np.square((down - _NOTCH) / 0.04))
    end_across, end_down = _COLLARBONE_END
    bone = _NOTCH + (end_down - _NOTCH) * across / end_across
    fade = np.clip((across - 0.04) / 0.05, 0, 1) * np.clip((end_across - across) / 0.15, 0, 1)
    above = (down - bone) / 0.035
    # Light on the bone, shade below and above it.
    bright, hollow, under = (np.exp(-np.square(above - at)) for at in (0, -1.6, 1.7))
    light += _CLAVICLE * fade * (bright - hollow - 0.6 * under)
    is_belly = _belly_share(height)
    light -= is_belly * _BELLY_SIDES * np.square(np.square(np.minimum(across / _WAIST, 1)))
    light -= is_belly * _MIDDLE_LINE * np.exp(-np.square(across / 0.04))
    light += is_belly * _BESIDE_MIDDLE * np.exp(-np.square((across - 0.15) / 0.1))
    from_navel = (height - _NAVEL) * np.float32(frame.torso_px / unit)
    wide, tall = _NAVEL_SIZE
    if not _shows_navel(wearer):
        light -= _NAVEL_SHADE * np.exp(-np.square(across / wide) - np.square(from_navel / tall))
        light += _NAVEL_RIM * np.exp(
            -np.square(across / (1.5 * wide)) - np.square(from_navel / tall - 1.8)
        )
    return np.asarray(light, np.float32)


def _shows_navel(wearer: Wearer) -> bool:
    """Return whether so much of the belly is bare in the photo that its navel is there."""
    low, high = _NAVEL_SEEN
    belly = wearer.labelled(Label.SKIN) & (np.abs(wearer.lateral) < _NAVEL_SIZE[0])
    belly &= (wearer.height > low) & (wearer.height < high)
    return bool(belly.any(axis=1).sum() > _NAVEL_STRIP * wearer.frame.torso_px)
