"""The tones of a person's skin, and what covered skin looks like by them."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Joint, Label
from tryon_local.frame import SIDES, along
from tryon_local.imaging import capsule_mask, chain_mask, erode, hull_mask
from tryon_local.warp import Wearer, stretched_hand

_DEFAULT_SKIN = (196.0, 154.0, 132.0)
_FACE = (Joint.LEFT_EYE, Joint.RIGHT_EYE, Joint.LEFT_MOUTH, Joint.RIGHT_MOUTH)
ENOUGH = 0.002
"""Area of a sample of skin, in squares of S."""
_BRIGHTER = 1.12
"""How much brighter than all lit skin a chest can be; the hem of a white top is brighter."""
_LIT, _HIGHLIGHT = (65, 85), 1.4
"""Percentiles of brightness between which skin lies in even light, and brightness in that of the
median from which it is a highlight."""
_SHADED, MOST, _NECK = 0.85, 245.0, 0.2
"""Share of the brightest skin below which a place lies in shadow; the brightest there can be; half
the width of a neck, in S."""
_ARM_LIGHT, _LEG_LIGHT = (0.98, 1.03), 0.90
"""Brightness of arms in that of the lit parts of face and of hands, of legs in that of the arms."""
_ARM_HUE = np.array([0.985, 1.0, 0.975], np.float32)
"""Hue of arms in that of face and hands, which more blood shines through."""
_AS_LIT = (0.35, 0.85)
"""Brightness of legs, in that of arms, between which they tell more and more of the hue of arms."""
_BRIGHTEST = 238.0
"""The most that a channel of an unseen arm has, so that its lights do not wash out."""
_NECK_SHARE, _MOST_APART = 0.65, 0.4
"""How much what sets the halves of a neck apart tells, which hair shades, and the most that it is,
as a logarithm."""
REDDENING = np.array([0.82, 1.08, 1.16], np.float32)
"""How much of a darkening each channel takes: shadows on skin are redder than its lights."""
_STEP = 2
"""Every other pixel is enough to sample."""
_SHADES, _NEARER = (0.3, 1.2), 10.0
"""Darkest and lightest that skin may be, in its usual tone, and how much nearer to another colour
is what is no skin."""
_COLLARBONES = -0.05
"""Depth at which the chest begins, below the shoulder joints, in S."""


@attrs.frozen(eq=False)
class Tones:
    """Colours of a person's skin in even light, each of shape (3,), 0..255, and where that is from.

    Attributes:
        chest: of a chest that faces the light.
        belly: of what a top covers below it.
        arms: of the lit side of arms.
        legs: of bare legs.
        from_right: how much lighter the right half of a face in this light is, as a logarithm.
    """

    chest: FloatArray
    belly: FloatArray
    arms: FloatArray
    legs: FloatArray
    from_right: float = 0.0


def skin_tones(wearer: Wearer) -> Tones:
    """Sample the person's skin, and tell from it how what is covered would look."""
    unit = wearer.frame.shoulders_px / _STEP
    skin = erode(wearer.labelled(Label.SKIN)[::_STEP, ::_STEP], 0.015 * unit)
    chest = _median(wearer, skin & _chest(wearer))
    arm = _along_limbs(wearer, "arm", (0.12, 0.9))
    arms = _median(wearer, skin & arm)
    legs = _median(wearer, skin & _along_limbs(wearer, "leg", (0.3, 0.95)))
    face, neck, hands = _elsewhere(wearer)
    shoulders = _along_limbs(wearer, "arm", (0.05, 0.3))
    # The chest faces the light, as the lit parts of shoulders and neck do.
    beside = [_lit(wearer, skin & place) for place in (shoulders, arm, neck)]
    further = [_lit(wearer, skin & face), _median(wearer, skin & hands)]
    lit = [tone for tone in beside if tone is not None]
    lit = lit or [tone for tone in further if tone is not None]
    if lit:
        most = max(tone.mean() for tone in lit)
        brightest = np.mean([tone for tone in lit if tone.mean() > _SHADED * most], axis=0)
        if chest is None or chest.mean() > _BRIGHTER * brightest.mean():
            chest = np.minimum(brightest, MOST)
    elif chest is None:
        chest = np.array(_DEFAULT_SKIN, np.float32)
    if arms is None:
        # A neck turned to the light is paler than arms, as its highlights are.
        samples = [_lit(wearer, skin & place) for place in (face, hands)]
        pairs = zip(samples, _ARM_LIGHT, strict=True)
        lights = [tone.mean() * share for tone, share in pairs if tone is not None]
        light = min(float(np.mean(lights or [chest.mean()])), MOST)
        near = [(tone, 1.0) for tone in samples if tone is not None]
        if legs is not None:
            # Legs in shadow or in tights tell little of the hue.
            weight = np.interp(float(legs.mean()) / light, _AS_LIT, (0.01, 1))
            near.append((legs, float(weight)))
        near = near or [(chest, 1.0)]
        hues, weights = [_hue(tone, light) for tone, _ in near], [weight for _, weight in near]
        arms = np.average(hues, axis=0, weights=weights) * _ARM_HUE
        arms *= min(light / float(arms.mean()), _BRIGHTEST / float(arms.max()))
    legs = arms * _LEG_LIGHT**REDDENING if legs is None else legs
    # A belly is lit from the front as arms are, and has less sun than a chest.
    bellies = [np.sqrt(chest * arms), *(tone for tone in beside[1:2] if tone is not None)]
    belly = max(bellies, key=np.mean)
    chest, belly, arms, legs = (np.asarray(tone, np.float32) for tone in (chest, belly, arms, legs))
    return Tones(chest, belly, arms, legs, _from_right(wearer, skin & face, skin & neck))


def is_rather(rgb: ByteArray, other: BoolArray, skin: BoolArray, asked: BoolArray) -> BoolArray:
    """Return which pixels have the colour of something else rather than that of skin in any light.

    Args:
        rgb: shape (h, w, 3).
        other: shape (h, w), what has the other colour; at least one pixel.
        skin: shape (h, w), what is skin; at least one pixel.
        asked: shape (h, w), which pixels are looked at; the others are False.
    """
    tone, colour = (np.median(rgb[mask], axis=0) for mask in (skin, other))
    colours = rgb[asked].astype(np.float32)
    shade = np.clip(colours @ tone / max(tone @ tone, 1), *_SHADES)
    from_skin, from_other = (
        np.sqrt(np.square(colours - model).sum(axis=1)) for model in (shade[:, None] * tone, colour)
    )
    rather = np.zeros_like(asked)
    rather[asked] = from_other + _NEARER < from_skin
    return rather


def _from_right(wearer: Wearer, face: BoolArray, neck: BoolArray) -> float:
    """Return how much lighter the right half of the face is, or of the neck, as a logarithm."""
    light = wearer.rgb[::_STEP, ::_STEP]
    fewest = ENOUGH * (wearer.frame.shoulders_px / _STEP) ** 2
    for mask, share in ((face, 1.0), (neck, _NECK_SHARE)):
        columns = np.nonzero(mask)[1]
        if columns.size >= fewest and columns.min() < np.median(columns):
            halves = columns < np.median(columns), columns >= np.median(columns)
            left, right = (np.median(light[mask][half].mean(axis=1)) for half in halves)
            apart = share * np.log(max(right, 8.0) / max(left, 8.0))
            return float(np.clip(apart, -_MOST_APART, _MOST_APART))
    return 0.0


def _lit(wearer: Wearer, mask: BoolArray) -> FloatArray | None:
    """Return the tone of the lit part of some skin; its shadows are redder, not only darker."""
    middle = _median(wearer, mask)
    if middle is None:
        return None
    colours = wearer.rgb[::_STEP, ::_STEP][mask]
    brightness = colours.mean(axis=1)
    # Much lighter is a highlight.
    even = brightness < _HIGHLIGHT * middle.mean()
    low, high = np.percentile(brightness[even], _LIT)
    lit = (brightness >= low) & (brightness <= high)
    # Of two or three pixels none may lie between both.
    return np.asarray(np.median(colours[lit], axis=0), np.float32) if lit.any() else middle


def _hue(tone: FloatArray, brightness: float) -> FloatArray:
    """Return the hue of a tone as it would be in light of a brightness: shadows are redder."""
    lit = tone * (brightness / float(tone.mean())) ** REDDENING
    return np.asarray(lit / lit.mean(), np.float32)


def _median(wearer: Wearer, mask: BoolArray) -> FloatArray | None:
    if mask.sum() < ENOUGH * (wearer.frame.shoulders_px / _STEP) ** 2:
        return None
    return np.asarray(np.median(wearer.rgb[::_STEP, ::_STEP][mask], axis=0), np.float32)


def _chest(wearer: Wearer) -> BoolArray:
    ratio = np.float32(wearer.frame.torso_px / wearer.frame.shoulders_px)
    across, down = np.abs(wearer.lateral[::_STEP, ::_STEP]), wearer.height[::_STEP, ::_STEP] * ratio
    chest: BoolArray = (across < 0.3) & (down > _COLLARBONES) & (down < 0.4)  # noqa: PLR2004
    return chest


def _along_limbs(wearer: Wearer, kind: str, span: tuple[float, float]) -> BoolArray:
    mask = np.zeros_like(wearer.person[::_STEP, ::_STEP])
    for side in SIDES:
        chain = wearer.arm(side) if kind == "arm" else wearer.leg(side)
        points = along(chain, np.linspace(*span, 5)) / _STEP
        mask |= chain_mask(mask.shape, points, 0.05 * wearer.frame.shoulders_px / _STEP)
    return mask


def _elsewhere(wearer: Wearer) -> list[BoolArray]:
    """Return where face, neck and hands are."""
    unit, frame = wearer.frame.shoulders_px, wearer.frame
    height, lateral = wearer.height[::_STEP, ::_STEP], wearer.lateral[::_STEP, ::_STEP]
    face = hull_mask(height.shape, wearer.body.joints[list(_FACE)] / _STEP)
    neck = (np.abs(lateral) < _NECK) & (height > frame.chin_height)
    neck &= height * frame.torso_px < _COLLARBONES * unit
    hands = np.zeros_like(neck)
    for side in SIDES:
        wrist, knuckle, _ = stretched_hand(wearer.body, side) / _STEP
        hands |= capsule_mask(neck.shape, wrist, knuckle, 0.06 * unit / _STEP)
    return [face, neck, hands]
