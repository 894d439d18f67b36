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
        output_format: file format of the image. `png` keeps every pixel outside the edited area
            exactly as it was; `jpeg` is smaller and does not.
    """

    backend: Literal["auto", "blazepose", "silhouette"] = "auto"
    garment_type: Literal["given", "detect"] = "given"
    output_format: Literal["png", "jpeg"] = "png"
