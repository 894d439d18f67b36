"""The options of a try-on with Pixelcut."""

from typing import Literal, TypeAlias

import attrs

GarmentMode: TypeAlias = Literal["auto", "full", "upper", "lower"]
"""Where the garment is worn, in the vendor's words."""


@attrs.frozen(kw_only=True)
class Options:
    """Options of Pixelcut; source: https://developer.pixelcut.ai/try-on.

    Attributes:
        garment_mode: where the garment is worn; `auto` lets the vendor find out. None tells it by
            the category: `upper` for a top, `lower` for a bottom, `full` for a dress.
        preprocess_garment: the vendor cuts the garment out of its picture first. Flat product
            pictures may come out better without.
        remove_background: the result shows the person without a background. The vendor announces a
            JPEG all the same, which has no transparency.
    """

    garment_mode: GarmentMode | None = None
    preprocess_garment: bool = True
    remove_background: bool = False
