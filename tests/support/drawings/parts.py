"""Numbers by which a canvas labels the parts of a person."""

from collections.abc import Mapping
from types import MappingProxyType

SKIN = 1
HAIR = 2
TOP = 3
BOTTOM = 4
DRESS = 5
SHOES = 6

PARTS: Mapping[str, int] = MappingProxyType(
    {"top": TOP, "bottom": BOTTOM, "dress": DRESS, "skin": SKIN, "hair": HAIR, "shoes": SHOES}
)
