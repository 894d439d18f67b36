"""Colour models of this person's skin, hair and clothes."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray, Joint, Label
from tryon_local.frame import SIDES, leg
from tryon_local.imaging import capsule_mask, dilate, erode, pixels_in
from tryon_local.parsing.colours import ColourModel, fit_colours
from tryon_local.parsing.scene import Scene, Seeds
from tryon_local.parsing.skin import SKIN_LIKE, print_cost, skin_distance, skin_offset, skin_tones

_GARMENT_CLUSTERS = 4
_HAIR_CLUSTERS = 3
_STEP = 3
_REFIT_STEP, _REFIT_MARGIN_PX = 7, 2
_MIN_CLOTHED_SHARE = 0.25
_BARE_LEGS_SHARE, _BARE_KNEES_SHARE = 0.5, 0.3
_ALIKE, _ANOTHER = 3.0, 15.0
"""Differences of cost up to which thighs have the colour of the chest, and from which knees do
not."""
_NEAR_HEM = 0.08
"""How far below a hem garments may be taken for each other, in T."""
_STEPS, _SHORTS, _BARE = 40, 3, 7
"""Samples along thigh and shin; how many of them shorts cover below a top at least, and how many
are bare below them."""
_LEG = 0.1
"""Half the width of a leg, in S."""
_MIN_PIXELS = 12
_CROWN = 0.3
"""Share of the head above the nose from which the crown is seen."""


@attrs.frozen(eq=False, kw_only=True)
class Costs:
    """How badly each pixel fits each thing; lower is better, each of shape (h, w).

    Attributes:
        skin: cost of skin.
        upper: cost of what covers the chest.
        lower: cost of what covers hips and thighs.
        hair: cost of hair; None when no hair can be seen.
        skin_like: pixels of skin colour.
    """

    skin: FloatArray
    upper: FloatArray
    lower: FloatArray
    hair: FloatArray | None
    skin_like: BoolArray


def colour_costs(scene: Scene, seeds: Seeds) -> Costs:
    """Fit the colour models from the seeds and apply them to the whole photo."""
    tones = skin_tones(scene, seeds)
    printed = print_cost(scene.lab, scene.frame.shoulders_px)
    printed[seeds.face | seeds.hands | (scene.height < seeds.chin_height)] = 0
    distance = skin_distance(tones, scene.lab) + printed
    skin_like = distance < SKIN_LIKE
    upper = _garment_model(scene, seeds.torso, skin_like)
    lower = _garment_model(scene, _lower_seed(seeds, skin_like), skin_like) or upper
    upper = upper or lower
    hair = _hair_model(scene, seeds, skin_like)
    far = np.full(scene.shape, 40.0, dtype=np.float32)
    return Costs(
        skin=np.asarray(distance / 2 + (skin_offset(tones) + 0.5), dtype=np.float32),
        upper=upper.cost_within(scene.lab, scene.near) if upper else far,
        lower=lower.cost_within(scene.lab, scene.near) if lower else far,
        hair=hair.cost_within(scene.lab, scene.near) if hair else None,
        skin_like=skin_like,
    )


def trousers_below_tunic(scene: Scene, seeds: Seeds, costs: Costs) -> Seeds:
    """Return where the lower garment is to be learned: at the knees below a top that long.

    Thighs have the top's colour then, and the knees are clothed in another; or shorts look out
    above bare knees.
    """
    chest = np.median(costs.upper[seeds.torso]) if seeds.torso.any() else 0.0
    thighs = np.median(costs.upper[seeds.legs]) if seeds.legs.any() else np.inf
    if thighs > chest + _ALIKE:
        return seeds
    another = ~costs.skin_like & (costs.upper > chest + _ANOTHER)
    knees = seeds.knees & ~costs.skin_like
    if knees.sum() < max(_MIN_PIXELS, (1 - _BARE_KNEES_SHARE) * seeds.knees.sum()):
        knees = _shorts(scene, costs, another)
    elif np.percentile(costs.upper[knees], 25) <= chest + _ANOTHER:
        return seeds
    if knees.sum() < _MIN_PIXELS:
        return seeds
    return attrs.evolve(seeds, legs=knees, hip_band=np.zeros_like(knees))


def _shorts(scene: Scene, costs: Costs, another: BoolArray) -> BoolArray:
    """Return two legs of another colour than the top above them, with bare skin below.

    A border of a dress goes on from one leg to the other.
    """
    found, middles = np.zeros(scene.shape, np.bool_), []
    for side in SIDES:
        hip, knee, ankle = leg(scene.body, side)
        line = np.vstack([np.linspace(hip, knee, _STEPS), np.linspace(knee, ankle, _STEPS)])
        columns, rows = np.rint(line).astype(int).T
        columns = np.clip(columns, 0, scene.shape[1] - 1)
        rows = np.clip(rows, 0, scene.shape[0] - 1)
        is_other = another[rows, columns]
        if not is_other.any():
            return np.zeros_like(found)
        begin = int(is_other.argmax())
        end = begin + int((~is_other[begin:]).argmax())
        below = costs.skin_like[rows, columns][end + 1 : end + 2 + _BARE]
        above = costs.skin_like[rows, columns][:begin]
        # The blurred hem itself may have the colour of skin.
        if end - begin < _SHORTS or above.sum() > 1 or below.sum() < _BARE:
            return np.zeros_like(found)
        heights = scene.height[rows, columns]
        band = (scene.height >= heights[begin]) & (scene.height <= heights[end - 1])
        band &= capsule_mask(scene.shape, line[begin], line[end], _LEG * scene.frame.shoulders_px)
        found |= band & another
        middles.append(line[(begin + end) // 2])
    x, y = np.rint(np.mean(middles, axis=0)).astype(int)
    between = another[y, x] and scene.mask[y, x]
    return np.zeros_like(found) if between else found & scene.mask


def refitted(scene: Scene, costs: Costs, labels: ByteArray) -> Costs:
    """Learn the colours of both garments again, now from all that was labelled.

    Near the hem what has the colour of the top may be its lowest part.
    """
    worn = labels == Label.UPPER
    usual = np.median(costs.upper[worn]) if worn.any() else -np.inf
    doubtful = dilate(worn, _NEAR_HEM * scene.frame.torso_px) & (costs.upper < usual + _ANOTHER)
    upper = _labelled_model(scene, worn)
    lower = _labelled_model(scene, (labels == Label.LOWER) & ~doubtful)
    return attrs.evolve(
        costs,
        upper=upper.cost_within(scene.lab, scene.near) if upper else costs.upper,
        lower=lower.cost_within(scene.lab, scene.near) if lower else costs.lower,
    )


def _labelled_model(scene: Scene, mask: BoolArray) -> ColourModel | None:
    found = pixels_in(scene.lab, erode(mask, _REFIT_MARGIN_PX), _REFIT_STEP)
    return fit_colours(found, _GARMENT_CLUSTERS) if len(found) >= _MIN_PIXELS else None


def _lower_seed(seeds: Seeds, skin_like: BoolArray) -> BoolArray:
    """Thighs; where they are bare or out of the photo, the hips as well."""
    thighs = int(seeds.legs.sum())
    bare = int((seeds.legs & skin_like).sum())
    dressed = thighs >= _MIN_PIXELS and bare <= _BARE_LEGS_SHARE * thighs
    return seeds.legs if dressed else seeds.legs | seeds.hip_band


def _garment_model(scene: Scene, seed: BoolArray, skin_like: BoolArray) -> ColourModel | None:
    clothed = seed & ~skin_like
    enough = clothed.sum() >= _MIN_CLOTHED_SHARE * seed.sum()
    found = pixels_in(scene.lab, clothed if enough else seed, _STEP)
    return fit_colours(found, _GARMENT_CLUSTERS) if len(found) >= _MIN_PIXELS else None


def _hair_model(scene: Scene, seeds: Seeds, skin_like: BoolArray) -> ColourModel | None:
    # Below the eyes a dark collar may be as near to the head as hair is.
    crown = seeds.head & (scene.height < scene.frame.coordinates(scene.body.at(Joint.NOSE))[0])
    if crown.sum() < _CROWN * seeds.head.sum():  # the photo ends at the brow
        crown = seeds.head
    found = pixels_in(scene.lab, crown & ~skin_like, _STEP)
    return fit_colours(found, _HAIR_CLUSTERS) if len(found) >= _MIN_PIXELS else None
