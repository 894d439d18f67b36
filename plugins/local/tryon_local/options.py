"""The options of the provider."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Options:
    """What a caller may choose for one preview.

    Attributes:
        backend: how the person is found. `blazepose` uses the bundled networks, `silhouette` only
            the outline against a plain background (always with a notice), `auto` the first of the
            two that can run.
        garment_type: `given` puts the garment where the request names it, `detect` looks at the
            outline of a single garment and may find, for example, that a top is a dress; a notice
            then says so.
        force: draw what is refused otherwise because it is certain to look wrong: a person who
            sits, is turned away or has an arm before the chest or bent in long sleeves, a garment
            of clearly another kind than was said, and one whose shoulders or sleeves cannot be
            found.
        output_format: file format of the image. `png` keeps every pixel outside the edited area
            exactly as it was; `jpeg` is smaller and does not.
    """

    backend: Literal["auto", "blazepose", "silhouette"] = "auto"
    garment_type: Literal["given", "detect"] = "given"
    force: bool = attrs.field(default=False, validator=attrs.validators.instance_of(bool))
    output_format: Literal["png", "jpeg"] = "png"
