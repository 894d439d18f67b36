"""The options of a try-on with Pixelcut."""

from typing import Literal, TypeAlias, get_args

import attrs

GarmentMode: TypeAlias = Literal["auto", "full", "upper", "lower"]
"""Where the garment is worn, in the vendor's words."""
_is_mode = attrs.validators.optional(attrs.validators.in_(get_args(GarmentMode)))
_is_bool = attrs.validators.instance_of(bool)


@attrs.frozen(kw_only=True)
class Options:
    """Options of Pixelcut; source: https://developer.pixelcut.ai/try-on.

    Attributes:
        garment_mode: where the garment is worn; `auto` lets the vendor find out. None tells it by
            the category: `upper` for a top, `lower` for a bottom, `full` for a dress.
        preprocess_garment: the vendor cuts the garment out of its picture first, which costs five
            credits more where the picture shows a person or other things, says the vendor. Flat
            product pictures may come out better without.
        remove_background: the result shows the person without a background. The vendor announces a
            JPEG all the same, which has no transparency.
    """

    garment_mode: GarmentMode | None = attrs.field(default=None, validator=_is_mode)
    preprocess_garment: bool = attrs.field(default=True, validator=_is_bool)
    remove_background: bool = attrs.field(default=False, validator=_is_bool)
