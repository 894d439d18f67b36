"""The options of AILabTools."""

from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core import ImageSource, as_source

Model: TypeAlias = Literal["base", "pro", "premium", "refiner"]
Resolution: TypeAlias = Literal[-1, 1024, 1280]
Gender: TypeAlias = Literal["woman", "man"]


def _coarse_image(value: Any) -> ImageSource | None:
    return None if value is None else as_source(value, field="options.coarse_image")


def _one_of(kind: Any) -> Any:
    return attrs.validators.optional(attrs.validators.in_(get_args(kind)))


@attrs.frozen(kw_only=True)
class Options:
    """Options of AILabTools; what is None is left to the vendor.

    Attributes:
        model: `base` takes one garment; `pro` and `premium` take top and bottom at once; `refiner`
            improves a finished result.
        resolution: with `pro` and `premium`: -1 keeps the size of the photo (the vendor's default),
            1024 gives 576x1024 px, 1280 gives 720x1280 px.
        restore_face: with `pro` and `premium`: whether the face is taken from the photo (the
            vendor's default) or made anew.
        coarse_image: with `refiner`: the result to improve. The vendor asks for one that was made
            with `resolution` -1 and `restore_face` true.
        gender: with `refiner`: whom the photo shows.
    """

    model: Model = attrs.field(default="base", validator=attrs.validators.in_(get_args(Model)))
    resolution: Resolution | None = attrs.field(default=None, validator=_one_of(Resolution))
    restore_face: bool | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.instance_of(bool))
    )
    coarse_image: ImageSource | None = attrs.field(default=None, converter=_coarse_image)
    gender: Gender | None = attrs.field(default=None, validator=_one_of(Gender))
