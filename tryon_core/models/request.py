"""What a caller asks for: a try-on, or the garments that a person wears."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core.models.sources import ImageSource, LibraryModel, as_source

Category: TypeAlias = Literal["top", "bottom", "dress"]
CATEGORIES: tuple[Category, ...] = get_args(Category)


def as_categories(value: "Category | Iterable[Category]") -> tuple[Category, ...]:
    """Return categories as a tuple; one alone may come without a list around it."""
    return (value,) if isinstance(value, str) else tuple(value)


def _image(value: Any) -> ImageSource:
    return as_source(value)


def _person(value: Any) -> ImageSource | LibraryModel:
    return value if isinstance(value, LibraryModel) else as_source(value, field="person")


def _top(value: Any) -> ImageSource | None:
    return None if value is None else as_source(value, field="top")


def _bottom(value: Any) -> ImageSource | None:
    return None if value is None else as_source(value, field="bottom")


def _dress(value: Any) -> ImageSource | None:
    return None if value is None else as_source(value, field="dress")


@attrs.frozen
class NoOptions:
    """The options class of a provider that has no options."""


@attrs.frozen(kw_only=True)
class TryOnRequest:
    """Put these garments on this person.

    Attributes:
        person: photo of one person, or an entry of the vendor's model library.
        top: garment for the upper body, None when not wanted.
        bottom: garment for the lower body, None when not wanted.
        dress: one-piece garment, None when not wanted.
        options: an instance of the provider's options class.
    """

    person: ImageSource | LibraryModel = attrs.field(converter=_person)
    top: ImageSource | None = attrs.field(default=None, converter=_top)
    bottom: ImageSource | None = attrs.field(default=None, converter=_bottom)
    dress: ImageSource | None = attrs.field(default=None, converter=_dress)
    options: Any = attrs.field(factory=NoOptions)

    @property
    def garments(self) -> Mapping[Category, ImageSource]:
        """The garments that were given, by category, in the order top, bottom, dress."""
        pairs = ((category, getattr(self, category)) for category in CATEGORIES)
        return {category: source for category, source in pairs if source is not None}

    @property
    def images(self) -> Mapping[str, ImageSource]:
        """All images by field name: `person` unless it is from a library, then the garments."""
        images: dict[str, ImageSource] = {}
        if not isinstance(self.person, LibraryModel):
            images["person"] = self.person
        images.update((str(category), source) for category, source in self.garments.items())
        return images


@attrs.frozen(kw_only=True)
class ParseRequest:
    """Find the garments that this person wears.

    Attributes:
        image: photo of one person.
        categories: what to look for, in the order in which the answer shall come.
        options: an instance of the provider's options class.
    """

    image: ImageSource = attrs.field(converter=_image)
    categories: tuple[Category, ...] = attrs.field(converter=as_categories)
    options: Any = attrs.field(factory=NoOptions)

    @property
    def images(self) -> Mapping[str, ImageSource]:
        """The one image, by field name."""
        return {"image": self.image}
