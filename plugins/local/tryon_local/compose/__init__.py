"""Put warped garments into the photo: replace, light, and layer."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.compose.bare_legs import bare_legs_above, legs_beside_hem
from tryon_local.compose.base import (
    beside_top,
    old_garments,
    uncovered_base,
    upper_half,
)
from tryon_local.compose.beside import beside_above_hem, side_hems, under_top
from tryon_local.compose.cuffs import sleeve_of_dress
from tryon_local.compose.fill import flow_in, laid_over
from tryon_local.compose.front import (
    arms_in_front,
    hands_in_front,
    head_in_front,
    shoes_in_front,
    softened,
    top_in_front,
    tucked_hands,
)
from tryon_local.compose.held import held_in_hands
from tryon_local.compose.light import contact_shadow, fold_shading, side_shading
from tryon_local.compose.pocket import ending_at_hips, reaching_pockets
from tryon_local.compose.reach import reaching_arms
from tryon_local.compose.rim import arms_over, find_rims
from tryon_local.compose.wall import with_slits
from tryon_local.frame import SIDES
from tryon_local.imaging import closed, dilate, erode, in_colours, opened, touching
from tryon_local.warp import Layer, Wearer, has_bare_midriff

__all__ = ["Outfit", "compose"]

_SLIT = 0.03
"""Half the width, in S, of a slit that is a fold; through a wider one the wall is seen."""
_CREASE, _CREASED = 0.06, 0.9
"""Height, in T, within which the crease between legs fades in, and how dark it is in sides."""
_FOLD = 0.7
"""Height, in T, down to which a fold below an armpit may go."""
_VISIBLE = 1 / 255


@attrs.frozen(eq=False, kw_only=True)
class Outfit:
    """One garment as warped onto the person.

    Attributes:
        category: `"top"`, `"bottom"` or `"dress"`.
        layers: its pieces, the hindmost first.
        sleeve_reach: how much of the left and right arm its sleeves cover, 0..1.
    """

    category: str
    layers: tuple[Layer, ...]
    sleeve_reach: tuple[float, float]


def compose(wearer: Wearer, outfits: tuple[Outfit, ...]) -> tuple[ByteArray, BoolArray]:
    """Draw garments onto a person.

    Args:
        wearer: the person.
        outfits: the garments, the hindmost first.

    Returns:
        The image, and the mask of the pixels that may differ from the photo.
    """
    wearer = with_slits(wearer)
    unit = wearer.frame.shoulders_px
    outfits = _hung_over(wearer, _reaching(wearer, outfits))
    categories = frozenset(outfit.category for outfit in outfits)
    layers = tuple(layer for outfit in outfits for layer in outfit.layers)
    cover = np.max([layer.alpha for layer in layers], axis=0).astype(np.float32)
    beside = beside_top(wearer, categories, cover)
    held = held_in_hands(wearer)
    old = (old_garments(wearer, categories) | beside) & ~held
    gone = old
    if any(layer.is_leg for layer in layers):
        gone = old | bare_legs_above(wearer, cover)
    elif categories != {"top"}:
        gone = old | legs_beside_hem(wearer, cover)
    worn_top = np.zeros(wearer.shape, np.float32)
    if categories == {"bottom"}:
        upper = upper_half(wearer, over_waistband=False)
        worn_top = top_in_front(wearer, upper)
        if wearer.parse.is_dress:
            sleeves = np.any([sleeve_of_dress(wearer, side) for side in SIDES], axis=0)
            worn_top = worn_top * (1 - cover * (1 - softened(sleeves, unit)))
        if not has_bare_midriff(wearer):
            gone = gone | (upper & (worn_top == 0))
    rims = find_rims(wearer, gone, forearms=categories == {"bottom"})
    base, replaced, invented, wall = uncovered_base(
        wearer, categories, gone, cover, rims=rims, beside=beside, sleeves=_longest_sleeves(outfits)
    )
    folds = fold_shading(wearer, old)
    shadow = contact_shadow(layers, unit)
    shadow = _on_person(wearer, shadow, wall)
    image = _shaded(base, shadow, cover)
    hands = hands_in_front(wearer)
    below_crotch = (wearer.height - outfits[0].layers[0].parted_at) / _CREASE
    parted = _CREASED * np.clip(below_crotch, 0, 1)
    skin = base.copy()
    skin[rims.zone] = rims.photo[rims.zone]
    for outfit in outfits:
        bare = arms_in_front(wearer, outfit.sleeve_reach, old, invented) | hands
        if outfit.category == "top":
            bare &= ~tucked_hands(wearer, _trunk_cover(outfit))
        arms = arms_over(wearer, rims, bare, cover)
        image = _dressed(image, skin, outfit, folds=folds, arms=arms, parted=parted, unit_px=unit)
    image, painted = _gaps_closed(image, wearer, cover, old, wall)
    image = laid_over(image, base, worn_top)
    image, in_front = _with_fronts(image, wearer, layers, old=old, held=held)
    touched = (cover > _VISIBLE) | (replaced > _VISIBLE) | (shadow < 1 - _VISIBLE)
    touched |= painted > _VISIBLE
    edit_mask: BoolArray = touched & (in_front < 1 - _VISIBLE)
    drawn = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return np.where(edit_mask[..., None], drawn, wearer.rgb), edit_mask


def _longest_sleeves(outfits: tuple[Outfit, ...]) -> tuple[float, float]:
    left, right = (max(outfit.sleeve_reach[side] for outfit in outfits) for side in SIDES)
    return left, right


def _reaching(wearer: Wearer, outfits: tuple[Outfit, ...]) -> tuple[Outfit, ...]:
    """Stretch garments to hands in pockets, and trousers to arms, below a top that hangs over."""
    reaching = []
    for outfit, over in zip(outfits, (*outfits[1:], None), strict=True):
        hems = (0.0, 0.0) if over is None else side_hems(wearer, _trunk_cover(over))
        layers = reaching_pockets(wearer, outfit.layers, hems)
        if outfit.category == "top":
            layers = ending_at_hips(wearer, layers)
        if outfit.category == "bottom":
            layers = reaching_arms(wearer, layers, hems, upper_half(wearer, over_waistband=False))
        reaching.append(attrs.evolve(outfit, layers=layers))
    return tuple(reaching)


def _trunk_cover(outfit: Outfit) -> FloatArray:
    trunk = [layer.alpha for layer in outfit.layers if not layer.is_sleeve]
    return np.asarray(np.max(trunk, axis=0), np.float32)


def _hung_over(wearer: Wearer, outfits: tuple[Outfit, ...]) -> tuple[Outfit, ...]:
    """Hide the corners of a waistband that would stand out beside the top that hangs over it."""
    if len(outfits) == 1:
        return outfits
    bottom, top = outfits
    cover = _trunk_cover(top)
    hidden = beside_above_hem(wearer, cover) | ~under_top(wearer, cover)
    shown = 1 - softened(hidden, wearer.frame.shoulders_px)
    layers = tuple(attrs.evolve(layer, alpha=layer.alpha * shown) for layer in bottom.layers)
    return attrs.evolve(bottom, layers=layers), top


def _on_person(wearer: Wearer, shadow: FloatArray, wall: FloatArray) -> FloatArray:
    """Keep a contact shadow off the wall behind the person, and beside narrower clothes."""
    soft = softened(wearer.person, wearer.frame.shoulders_px)
    return 1 - (1 - shadow) * soft * (1 - wall)


def _shaded(image: FloatArray, shade: FloatArray, cover: FloatArray) -> FloatArray:
    """Darken an image by a factor per pixel where garments leave it uncovered.

    As much is taken from each colour: shadows on skin and cloth have more colour, and are not grey.
    """
    where = (shade < 1 - _VISIBLE) & (cover < 1 - _VISIBLE)
    shaded, colours = image.copy(), image[where]
    grey = colours @ np.full(3, 1 / 3, np.float32)
    shaded[where] = colours - (grey * (1 - shade[where]))[:, None]
    return shaded


def _dressed(
    image: FloatArray,
    skin: FloatArray,
    outfit: Outfit,
    *,
    folds: FloatArray,
    arms: FloatArray,
    parted: FloatArray,
    unit_px: float,
) -> FloatArray:
    sleeves = [layer for layer in outfit.layers if layer.is_sleeve]
    trunk = [layer for layer in outfit.layers if not layer.is_sleeve]
    together = np.max([layer.alpha for layer in trunk], axis=0)
    light = folds * side_shading(together, unit_px)
    for layer in trunk:
        # Where legs touch, a crease tells one from the other.
        crease = 1 - parted * (1 - side_shading(layer.alpha, unit_px)) if len(trunk) > 1 else 1
        shade = np.minimum(light, folds * crease)
        image = laid_over(image, layer.rgb * in_colours(shade), layer.alpha)
    image = laid_over(image, skin, arms)
    for layer in sleeves:
        light = folds * side_shading(layer.alpha, unit_px)
        image = laid_over(image, layer.rgb * in_colours(light), layer.alpha)
    return image


def _gaps_closed(
    image: FloatArray, wearer: Wearer, cover: FloatArray, old: BoolArray, wall: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Paint the slit that opens between sleeve and side as a shaded fold of the garment.

    Also return how far each pixel was painted.
    """
    unit = wearer.frame.shoulders_px
    covered = cover > 0.5  # noqa: PLR2004  (half covered)
    at_armpit = (wearer.height > 0.1) & (wearer.height < _FOLD + 0.05)  # noqa: PLR2004
    at_armpit &= np.abs(wearer.lateral) > 0.3  # noqa: PLR2004
    gaps = closed(covered, _SLIT * unit) & ~covered & at_armpit & dilate(old, 0.02 * unit)
    # A sliver is no slit: with its soft rim it would stand out as a spur.
    gaps = touching(gaps, opened(gaps, max(0.012 * unit, 1)))
    # A gap that goes on to the wall or further down is the space beside a free arm.
    free = (~wearer.person | (wall > 0.5)) & ~covered & ~gaps  # noqa: PLR2004  (half seen)
    gaps &= ~touching(gaps, dilate(free, 2) | (wearer.height > _FOLD))
    if not gaps.any():
        return image, np.zeros_like(cover)
    drawn = np.clip(image, 0, 255).astype(np.uint8)
    cloth = flow_in(drawn, erode(covered, 3) & (cover > 0.9), step=2)  # noqa: PLR2004
    rim = dilate(gaps, 2) & ~erode(covered, 2)
    soft = softened(rim, unit)
    return laid_over(image, cloth * np.float32(0.85), soft), soft


def _with_fronts(
    image: FloatArray,
    wearer: Wearer,
    layers: tuple[Layer, ...],
    *,
    old: BoolArray,
    held: BoolArray,
) -> tuple[FloatArray, FloatArray]:
    """Put back what the garments go behind; also return how opaque head and held things are."""
    unit = wearer.frame.shoulders_px
    photo = wearer.rgb.astype(np.float32)
    if any(layer.is_leg for layer in layers):
        image = laid_over(image, photo, softened(shoes_in_front(wearer), unit))
    front = softened(head_in_front(wearer, old) | held, unit)
    return laid_over(image, photo, front), front
