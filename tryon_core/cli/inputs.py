"""The images, garments and options that a command line names."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core.models.request import Category
from tryon_core.models.sources import LibraryModel

Keepable: TypeAlias = Literal["top", "bottom"]
"""What a person can go on wearing beside a new garment."""


@attrs.frozen(kw_only=True)
class Inputs:
    """What to try on whom; paths and URLs as they were typed.

    Attributes:
        person: photo of one person, or an entry of the vendor's model library.
        garments: images by category, those that were named.
        keep: category to keep as it is worn.
        options: the provider's options, as text; a list where one is given several times.
        fit: whether local images are made to fit the provider's limits.
    """

    person: str | LibraryModel
    garments: Mapping[Category, str] = attrs.field(factory=dict)
    keep: Keepable | None = None
    options: Mapping[str, str | list[str]] = attrs.field(factory=dict)
    fit: bool = True

    @property
    def images(self) -> dict[str, Any]:
        """Person and garments, by the names of the client's arguments."""
        garments = {str(category): image for category, image in self.garments.items()}
        return {"person": self.person, **garments}
