"""A garment found on a person."""

import attrs

from tryon_core.models.job import Artifact
from tryon_core.models.request import Category


@attrs.frozen(kw_only=True)
class GarmentRegion:
    """One garment that the person in a photo wears.

    Attributes:
        category: what was asked for.
        bbox: x1, y1, x2, y2 in pixels of the input as it is shown upright; x2 and y2 lie just
            outside the garment.
        mask: RGBA image of the size of the input, transparent where the garment is not.
        crop: RGB image of the garment alone, which can serve as a garment again.
    """

    category: Category
    bbox: tuple[int, int, int, int]
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
