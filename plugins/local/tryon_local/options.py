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
        output_format: file format of the picture. `png` keeps every pixel outside the edited area
            exactly as it was; `jpeg` is smaller and does not.
    """

    backend: Literal["auto", "blazepose", "silhouette"] = "auto"
    output_format: Literal["png", "jpeg"] = "png"
