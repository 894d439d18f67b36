"""Tell landmarks that can be right from those that cannot."""

from tryon_local.garment.outline import Silhouette
from tryon_local.garment.value import BottomLandmarks, TopLandmarks


def is_plausible(shape: Silhouette, marks: TopLandmarks | BottomLandmarks) -> bool:
    """Return whether a garment can be put on by its landmarks.

    Args:
        shape: the garment's silhouette.
        marks: what was found in it.
    """
    if isinstance(marks, BottomLandmarks):
        return _plausible_bottom(shape, marks)
    return _plausible_top(shape, marks)


def _plausible_bottom(shape: Silhouette, marks: BottomLandmarks) -> bool:
    waist_px = float(marks.waist[1, 0] - marks.waist[0, 0])
    return waist_px > 0.2 * shape.width and shape.height > 0.3 * waist_px


def _plausible_top(shape: Silhouette, marks: TopLandmarks) -> bool:
    armpit_y, tip_y = float(marks.armpits[:, 1].mean()), float(marks.tips[:, 1].mean())
    in_order = marks.tips[0, 0] < marks.necks[0, 0] + 1 and marks.necks[1, 0] < marks.tips[1, 0] + 1
    return bool(
        in_order
        and marks.necks[0, 0] < marks.necks[1, 0]
        and tip_y < armpit_y < marks.hem_y
        and marks.chest_px > 0.2 * shape.width
        and marks.hem_y - armpit_y > 0.2 * marks.chest_px
    )
