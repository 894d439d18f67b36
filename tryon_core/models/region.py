"""A garment found on a person."""

from typing import Any

import attrs

from tryon_core.models.job import Artifact
from tryon_core.models.request import Category

_MOST_PX = 10**9


def _is_box(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    # A service that says x, y, width and height is the usual reason for a box that ends too early.
    if not isinstance(value, tuple) or [*map(type, value)] != [int] * 4:
        raise TypeError(f"{attribute.name} must be four whole numbers: {value!r}")
    if max(map(abs, value)) > _MOST_PX:
        raise ValueError(f"{attribute.name} must be pixels of a photo, up to {_MOST_PX:,}")
    if value[0] > value[2] or value[1] > value[3]:
        raise ValueError(
            f"{attribute.name} must be x1, y1, x2, y2 with x1 <= x2, y1 <= y2: {value}"
        )


@attrs.frozen(kw_only=True)
class GarmentRegion:
    """One garment that the person in a photo wears.

    Attributes:
        category: what was asked for.
        bbox: x1, y1, x2, y2 in pixels of the input as it is shown upright. Vendors do not say
            whether x2 and y2 lie in the garment or just outside. The core cuts boxes at the border
            of the photo, and hands out none that is empty.
        mask: RGBA image of the size of the input, transparent where the garment is not.
        crop: RGB image of the garment alone, which can serve as a garment again.
    """

    category: Category
    bbox: tuple[int, int, int, int] = attrs.field(validator=_is_box)
    mask: Artifact
    crop: Artifact

    def scaled(self, factors: tuple[float, float]) -> "GarmentRegion":
        """Return the region with its box in pixels of a picture that is so much larger.

        Args:
            factors: in x and in y.
        """
        x1, y1, x2, y2 = self.bbox
        across, down = factors
        bbox = (round(x1 * across), round(y1 * down), round(x2 * across), round(y2 * down))
        return attrs.evolve(self, bbox=bbox)
