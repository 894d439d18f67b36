"""What a drawn garment looks like."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import attrs

from drawings.colour import RGB

Category = Literal["top", "bottom", "dress"]
Sleeves = Literal["none", "short", "long"]
Neck = Literal["crew", "v", "scoop", "shirt", "hood"]
Cut = Literal["trousers", "shorts", "skirt"]
Pattern = Literal["plain", "stripes", "dots", "checks", "emblem"]


@attrs.frozen
class GarmentStyle:
    """A garment, either laid flat or worn by a drawn person.

    Attributes:
        category: What part of the body it dresses.
        colour: Main colour of the cloth.
        sleeves: Sleeves of a top or dress; meaningless for a bottom.
        neck: Neckline of a top or dress; meaningless for a bottom.
        cut: Shape of a bottom; meaningless for a top or dress.
        fit: How loosely it sits, 0 (close) to 1 (wide).
        length: 0 (cropped top, mini skirt, cropped trousers) to 1 (long).
        pattern: Print of the cloth.
        accent: Colour of the print and of contrasting details.
    """

    category: Category = "top"
    colour: RGB = (196, 92, 74)
    sleeves: Sleeves = attrs.field(default="short", kw_only=True)
    neck: Neck = attrs.field(default="crew", kw_only=True)
    cut: Cut = attrs.field(default="trousers", kw_only=True)
    fit: float = attrs.field(default=0.4, kw_only=True)
    length: float = attrs.field(default=0.5, kw_only=True)
    pattern: Pattern = attrs.field(default="plain", kw_only=True)
    accent: RGB = attrs.field(default=(245, 240, 230), kw_only=True)


CREAM: RGB = (243, 236, 222)

GARMENT_STYLES: Mapping[str, GarmentStyle] = MappingProxyType(
    {
        "coral tee": GarmentStyle("top", (222, 104, 84)),
        "striped tee": GarmentStyle("top", CREAM, pattern="stripes", accent=(44, 66, 106)),
        "emblem tee": GarmentStyle("top", (52, 98, 104), pattern="emblem", accent=(242, 190, 92)),
        "plum long sleeve": GarmentStyle("top", (112, 62, 98), sleeves="long"),
        "mustard v-neck": GarmentStyle("top", (214, 160, 52), sleeves="long", neck="v"),
        "teal tank": GarmentStyle("top", (38, 132, 130), sleeves="none", neck="scoop", fit=0.2),
        "checked shirt": GarmentStyle(
            "top",
            (176, 62, 58),
            sleeves="long",
            neck="shirt",
            pattern="checks",
            accent=(48, 52, 78),
        ),
        "grey hoodie": GarmentStyle("top", (148, 154, 164), sleeves="long", neck="hood", fit=0.8),
        "navy trousers": GarmentStyle("bottom", (46, 58, 88)),
        "wide olive trousers": GarmentStyle("bottom", (110, 112, 70), fit=0.9),
        "denim shorts": GarmentStyle("bottom", (84, 118, 160), cut="shorts", fit=0.5),
        "pleated skirt": GarmentStyle("bottom", (178, 84, 92), cut="skirt", fit=0.7),
        "dotted dress": GarmentStyle("dress", (54, 74, 128), pattern="dots", fit=0.6, length=0.5),
        "green summer dress": GarmentStyle(
            "dress", (86, 140, 104), sleeves="none", neck="scoop", fit=0.7, length=0.6
        ),
        "wine knit dress": GarmentStyle(
            "dress", (126, 42, 62), sleeves="long", fit=0.15, length=0.35
        ),
    }
)
"""Named garments of all categories."""
