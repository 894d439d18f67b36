"""The options of the provider."""

from typing import Any, Literal

import attrs

from tryon_core import ImageSource, as_source


def _coarse(value: Any) -> ImageSource | None:
    return None if value is None else as_source(value, field="options.coarse_image")


@attrs.frozen(kw_only=True)
class Options:
    """What a caller may choose for one try-on.

    Sources: Model Studio, "OutfitAnyone-Plus API reference" and "OutfitAnyone image refinement API
    details".

    Attributes:
        model: `aitryon-plus` is better and slower, `aitryon` faster and cheaper. `aitryon-refiner`
            works over a finished result: give that as `coarse_image`, with the same person and
            garments as before.
        resolution: size of the result. -1 keeps the size of the person photo, 1024 makes 576x1024
            px, 1280 makes 720x1280 px. A result that is to be refined needs -1. Not for the
            refiner.
        restore_face: whether the face of the photo is kept; False has a new one made. A result that
            is to be refined needs True. Not for the refiner.
        coarse_image: the finished result that `aitryon-refiner` works over, as large as the person
            photo.
        gender: the person's, which `aitryon-refiner` must know.
    """

    model: Literal["aitryon-plus", "aitryon", "aitryon-refiner"] = "aitryon-plus"
    resolution: Literal[-1, 1024, 1280] = -1
    restore_face: bool = True
    coarse_image: ImageSource | None = attrs.field(default=None, converter=_coarse)
    gender: Literal["woman", "man"] | None = None
