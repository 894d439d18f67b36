"""Tell what a person wears: skin, hair, upper and lower garment, pixel by pixel."""

import attrs

from tryon_local.body import Body, ByteArray, Parse
from tryon_local.frame import body_frame
from tryon_local.parsing.enlarging import enlarged_labels
from tryon_local.parsing.labels import label_pixels
from tryon_local.parsing.models import colour_costs, refitted
from tryon_local.parsing.outfit import hem_height, judge_outfit
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
    outfit = judge_outfit(scene, seeds, costs)
    labels = label_pixels(scene, seeds, costs, outfit)
    if not outfit.is_dress:
        costs = refitted(scene, costs, labels)
        outfit = attrs.evolve(outfit, hem_height=hem_height(scene, labels))
        labels = label_pixels(scene, seeds, costs, outfit)
    return Parse(labels=enlarged_labels(labels, body.mask > _CUT), is_dress=outfit.is_dress)


def garment_worn(parse: Parse, body: Body, category: str) -> bool:
    """Return whether a `"top"`, `"bottom"` or `"dress"` is worn, and large enough to be one."""
    minimum = _MIN_AREA_PER_TORSO * body_frame(body).torso_px ** 2
    return float(parse.garment_mask(category).sum()) >= minimum
