"""The options of AIDGE, beyond what every provider is asked for."""

from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core import ImageSource, as_source

ViewType: TypeAlias = Literal["fullbody", "halfbody", "mixed"]
"""What the images show, in the vendor's words."""
_is_view = attrs.validators.in_(get_args(ViewType))
_is_bool = attrs.validators.instance_of(bool)


def _is_number(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if type(value) is not int:
        raise TypeError(f"{attribute.name} must be a whole number: {value!r}")


def _photos(value: Any) -> tuple[ImageSource, ...]:
    """Take one image alone, as the command line gives it, or several."""
    photos = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(as_source(photo, field="options.more_photos") for photo in photos)


@attrs.frozen(kw_only=True)
class Options:
    """Options of AIDGE's `tryon-pro`; the names are the vendor's, in our spelling.

    Source: AIDGE, Virtual Try-On Submit API Reference.

    Attributes:
        generate_count: images to make, 1 to 8; each may be charged. The vendor's own default is 4.
        view_type: `fullbody`, `halfbody`, or `mixed` for both.
        input_quality_detect: have the vendor refuse garment pictures that are poor or show no
            complete flat lay.
        more_photos: up to 7 further photos of the person; the vendor makes one image for each.
        detect_garment_type: leave the kind of a single garment to the vendor's own eyes.
    """

    generate_count: int = attrs.field(default=1, validator=_is_number)
    view_type: ViewType = attrs.field(default="fullbody", validator=_is_view)
    input_quality_detect: bool = attrs.field(default=False, validator=_is_bool)
    more_photos: tuple[ImageSource, ...] = attrs.field(default=(), converter=_photos)
    detect_garment_type: bool = attrs.field(default=False, validator=_is_bool)
