"""Tell what a person wears: skin, hair, upper and lower garment, pixel by pixel."""

import attrs
import numpy as np

from tryon_local.body import Body, ByteArray, Label, Parse
from tryon_local.frame import body_frame
from tryon_local.parsing.beside_arms import labels_beside_arms
from tryon_local.parsing.enlarging import enlarged_labels
from tryon_local.parsing.labels import label_pixels
from tryon_local.parsing.models import colour_costs, refitted, trousers_below_tunic
from tryon_local.parsing.outfit import Outfit, hem_height, judge_outfit
from tryon_local.parsing.scene import find_seeds, make_scene

__all__ = ["garment_worn", "parse_person"]

_CUT = 0.5
_MIN_AREA_PER_TORSO = 0.08


def parse_person(rgb: ByteArray, body: Body) -> Parse:
    """Label the clothes of one person.

    Args:
        rgb: the photo, shape (H, W, 3).
        body: the person in it, in the photo's resolution.
    """
    scene = make_scene(rgb, body)
    seeds = find_seeds(scene)
    costs = colour_costs(scene, seeds)
    lower = trousers_below_tunic(scene, seeds, costs)
    if lower is seeds:
        outfit = judge_outfit(scene, seeds, costs)
    else:
        seeds, costs = lower, colour_costs(scene, lower)
        nearest = np.where(costs.upper < costs.lower, np.uint8(Label.UPPER), np.uint8(Label.LOWER))
        nearest[~scene.mask | costs.skin_like] = Label.SKIN
        outfit = Outfit(False, hem_height=hem_height(scene, nearest))
    labels = label_pixels(scene, seeds, costs, outfit)
    if not outfit.is_dress:
        costs = refitted(scene, costs, labels)
        outfit = attrs.evolve(outfit, hem_height=hem_height(scene, labels))
        labels = label_pixels(scene, seeds, costs, outfit)
    enlarged = enlarged_labels(labels, body.mask > _CUT)
    return Parse(labels=labels_beside_arms(rgb, body, enlarged), is_dress=outfit.is_dress)


def garment_worn(parse: Parse, body: Body, category: str) -> bool:
    """Return whether a `"top"`, `"bottom"` or `"dress"` is worn, and large enough to be one."""
    minimum = _MIN_AREA_PER_TORSO * body_frame(body).torso_px ** 2
    return float(parse.garment_mask(category).sum()) >= minimum
