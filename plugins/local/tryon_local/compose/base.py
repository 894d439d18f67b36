"""The photo without the old garment: skin, remaining clothes and background in its place."""

import cv2
import numpy as np

from tryon_local.body import BoolArray, FloatArray, Label
from tryon_local.compose.fill import flow_in
from tryon_local.frame import SIDES
from tryon_local.imaging import capsule_mask, dilate, erode, gaussian, opened
from tryon_local.warp import Wearer, waist_of

_ARM_RADII = (0.165, 0.115, 0.085)
_LEG_RADII = (0.24, 0.16, 0.11)
_DRESS_WAIST = 0.82
"""Height, in T, at which a worn dress is parted when only one half is replaced."""
_DEFAULT_SKIN = (196.0, 154.0, 132.0)
_NOISE = 2.0


def old_garments(wearer: Wearer, categories: frozenset[str]) -> BoolArray:
    """Return the pixels of the worn clothes that the new garments replace.

    Half of a worn dress stays when a top or a bottom alone is put on.
    """
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    if "dress" in categories or len(categories) > 1:
        return clothes
    upper = upper_half(wearer)
    return upper if "top" in categories else clothes & ~upper


def upper_half(wearer: Wearer) -> BoolArray:
    """Return the worn top, or what of a worn dress lies above the waist."""
    if not wearer.parse.is_dress:
        return wearer.labelled(Label.UPPER)
    clothes = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    return clothes & (wearer.height < _DRESS_WAIST)


def uncovered_base(
    wearer: Wearer, categories: frozenset[str], old: BoolArray, cover: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Replace what the new garments leave uncovered of the old ones.

    Args:
        wearer: the person.
        categories: of the new garments.
        old: shape (H, W), the clothes to be replaced.
        cover: shape (H, W), 0..1, cover of the new garments.

    Returns:
        The image 0..255, how far each pixel was replaced 0..1, and the arms' invented skin.
    """
    unit = wearer.frame.shoulders_px
    hole = _hole(wearer, old, cover)
    photo = wearer.rgb.astype(np.float32)
    if not hole.any():
        return photo, np.zeros(wearer.shape, np.float32), hole
    arms, legs = _limbs(wearer, _ARM_RADII, "arm"), _limbs(wearer, _LEG_RADII, "leg")
    arms &= np.abs(wearer.lateral) > 0.34  # noqa: PLR2004  (nearer the spine is the chest)
    fill = _torso_fill(wearer, categories, hole)
    legs_zone = wearer.height > 1.02  # noqa: PLR2004  (below the hips)
    if "top" not in categories or len(categories) > 1:
        # Legs are bare below the new hem only; above it a gap between them shows the wall.
        legs &= np.arange(len(cover))[:, None] > _lowest_covered(cover) - 0.05 * unit
        skin = _skin_tube(wearer, legs, hole)
        fill = _mixed(fill, skin, legs_zone & legs)
        fill = _mixed(fill, _backdrop(wearer, old), legs_zone & ~legs)
    fill = _mixed(fill, _skin_tube(wearer, arms, hole), arms)
    # The masks reach beyond the hole, so that its soft rim is filled like its inside.
    wall = ~wearer.person | (~arms & _beside_arm(wearer))
    fill = _mixed(fill, _backdrop(wearer, old), wall)
    soft = gaussian(hole.astype(np.float32), max(0.8, 0.004 * unit))[..., None]
    return photo * (1 - soft) + fill * soft, soft[..., 0], hole & arms


def _hole(wearer: Wearer, old: BoolArray, cover: FloatArray) -> BoolArray:
    """Return the old garments' uncovered pixels with their blurred rim."""
    unit = wearer.frame.shoulders_px
    # Along a garment's outline thin slivers are mistaken for skin; real skin is wide.
    skin = opened(wearer.labelled(Label.SKIN), max(0.03 * unit, 3))
    keep = wearer.labelled(Label.HAIR) | (skin & ~dilate(old, max(0.02 * unit, 3)))
    rim = dilate(old, max(0.03 * unit, 5)) & ~keep
    other = (wearer.parse.labels != Label.BACKGROUND) & ~old & ~wearer.labelled(Label.SKIN)
    rim &= ~other & (wearer.person | dilate(old, max(0.03 * unit, 5)))
    return rim & (cover < 0.98)  # noqa: PLR2004  (a little light shines through a soft edge)


def _lowest_covered(cover: FloatArray) -> int:
    rows = np.flatnonzero((cover > 0.5).any(axis=1))  # noqa: PLR2004  (half covered)
    return int(rows[-1]) if rows.size else 0


def _backdrop(wearer: Wearer, old: BoolArray) -> FloatArray:
    """Return the wall's colours, flowing in from well outside the person."""
    unit = wearer.frame.shoulders_px
    wall = ~dilate(wearer.person | old, 0.05 * unit)
    rim = np.zeros(wearer.shape, bool)
    rim[:2], rim[:, :2], rim[:, -2:] = True, True, True
    wall |= rim & ~wearer.person
    if not wall.any():
        return np.full((*wearer.shape, 3), 128, np.float32)
    return flow_in(wearer.rgb, wall)


def _mixed(below: FloatArray, above: FloatArray, where: BoolArray) -> FloatArray:
    soft = gaussian(where.astype(np.float32), 1.0)[..., None]
    return below * (1 - soft) + above * soft


def _torso_fill(wearer: Wearer, categories: frozenset[str], hole: BoolArray) -> FloatArray:
    """Return skin above the old waistband and the lower garment's colour below it."""
    skin = _skin_field(wearer, hole)
    worn = wearer.labelled(Label.UPPER) | wearer.labelled(Label.LOWER)
    lower = erode(worn & ~upper_half(wearer), 0.02 * wearer.frame.shoulders_px)
    if "bottom" in categories or "dress" in categories or lower.sum() < 200:  # noqa: PLR2004
        return skin
    cloth = flow_in(wearer.rgb, lower)
    waist = _DRESS_WAIST if wearer.parse.is_dress else waist_of(wearer)
    return _mixed(skin, cloth, wearer.height > waist - 0.02)


def skin_tone(wearer: Wearer) -> FloatArray:
    """Return the typical colour of the person's bare skin."""
    skin = erode(wearer.labelled(Label.SKIN), 0.015 * wearer.frame.shoulders_px)
    if skin.sum() < 50:  # noqa: PLR2004  (gloves, a veil)
        return np.array(_DEFAULT_SKIN, np.float32)
    below_chin = skin & (wearer.height > -0.1)  # noqa: PLR2004
    chosen = below_chin if below_chin.sum() > 200 else skin  # noqa: PLR2004
    return np.asarray(np.median(wearer.rgb[chosen], axis=0), np.float32)


def _skin_field(wearer: Wearer, hole: BoolArray) -> FloatArray:
    """Return skin colours that flow in from neck, chest and midriff."""
    unit = wearer.frame.shoulders_px
    skin = erode(wearer.labelled(Label.SKIN), 0.02 * unit) & ~hole
    near = skin & (wearer.height > -0.35) & (np.abs(wearer.lateral) < 0.6)  # noqa: PLR2004
    if near.sum() < 100:  # noqa: PLR2004
        return np.broadcast_to(skin_tone(wearer), (*wearer.shape, 3)).astype(np.float32)
    return gaussian(flow_in(wearer.rgb, near), 0.05 * unit) + _grain(wearer.shape)


def _limbs(wearer: Wearer, radii: tuple[float, float, float], kind: str) -> BoolArray:
    mask = np.zeros(wearer.shape, bool)
    unit = wearer.frame.shoulders_px
    for side in SIDES:
        chain = wearer.arm(side) if kind == "arm" else wearer.leg(side)
        if kind == "leg":
            chain = np.vstack([chain[:2], chain[2] + 0.15 * (chain[2] - chain[1])])
        for index in (0, 1):
            mask |= capsule_mask(
                wearer.shape,
                chain[index],
                chain[index + 1],
                radii[index] * unit,
                end_radius_px=radii[index + 1] * unit,
            )
    return mask


def _beside_arm(wearer: Wearer) -> BoolArray:
    """Return where a wide old sleeve may have hung free, beside arm and trunk."""
    arms = _limbs(wearer, (0.3, 0.3, 0.3), "arm")
    outside = np.abs(wearer.lateral) > 0.56  # noqa: PLR2004  (beyond the widest ribs)
    return arms & outside & (wearer.height > 0.12)  # noqa: PLR2004  (below the shoulder)


def _skin_tube(wearer: Wearer, limbs: BoolArray, hole: BoolArray) -> FloatArray:
    """Return skin colour: that of the skin nearby, else a tube darker towards its outline."""
    unit = wearer.frame.shoulders_px
    distance = cv2.distanceTransform((limbs & wearer.person).astype(np.uint8), cv2.DIST_L2, 3)
    shade = 0.80 + 0.20 * np.clip(distance / (0.10 * unit), 0, 1)
    tube = skin_tone(wearer) * shade[..., None].astype(np.float32)
    bare = erode(wearer.labelled(Label.SKIN) & ~hole, 0.012 * unit)
    if bare.any():
        away = cv2.distanceTransform((~bare).astype(np.uint8), cv2.DIST_L2, 3)
        near = np.exp(-away / (0.10 * unit))[..., None]
        tube = tube * (1 - near) + flow_in(wearer.rgb, bare, step=2) * near
    return np.asarray(tube + _grain(wearer.shape), np.float32)


def _grain(shape: tuple[int, int]) -> FloatArray:
    generator = np.random.default_rng(5)
    return generator.normal(0, _NOISE, (*shape, 1)).astype(np.float32)
