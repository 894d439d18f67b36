"""What a caller asks for: a try-on, or the garments that a person wears; and what is wrong."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core.errors import UnknownOption, UnusableImage
from tryon_core.models.sources import (
    SOURCES,
    ImageSource,
    LibraryModel,
    as_source,
)
from tryon_core.text import one_line

Severity = Literal["error", "warning"]
Category: TypeAlias = Literal["top", "bottom", "dress"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
Keepable: TypeAlias = Literal["top", "bottom"]
"""What a person can go on wearing beside a new garment."""


def as_categories(value: "Category | Iterable[Category]") -> tuple[Category, ...]:
    """Return categories as a tuple; one alone may come without a list around it."""
    return (value,) if isinstance(value, str) else tuple(value)


def in_order(combinations: Iterable[Iterable[Category]]) -> list[list[Category]]:
    """Return combinations of garments as they are shown: single ones first, a top before others."""
    kinds = map(frozenset, combinations)
    found = [[category for category in CATEGORIES if category in one] for one in kinds]
    return sorted(found, key=lambda names: (len(names), [*map(CATEGORIES.index, names)]))


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


def _keepable(value: Any) -> Keepable | None:
    if value is None or value in get_args(Keepable):
        kept: Keepable | None = value
        return kept
    near = difflib.get_close_matches(str(value), get_args(Keepable), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownOption(
        f"keep: {value!r} cannot be kept.{hint}",
        remedy=f"Keep one of: {', '.join(get_args(Keepable))}.",
    )


def _option_images(options: Any) -> Iterator[tuple[str, ImageSource]]:
    """Yield the images among the options, alone or in tuples, by field name."""
    for field in attrs.fields(type(options)) if attrs.has(type(options)) else ():
        value = getattr(options, field.name)
        if isinstance(value, SOURCES):
            yield f"options.{field.name}", value
        elif isinstance(value, tuple):
            for index, entry in enumerate(value):
                if isinstance(entry, SOURCES):
                    yield f"options.{field.name}[{index}]", entry


def _with_option_images(options: Any, images: Mapping[str, ImageSource]) -> Any:
    changed: dict[str, Any] = {}
    for place, source in images.items():
        name, _, index = place.removeprefix("options.").rstrip("]").partition("[")
        if index:
            entries = list(changed.get(name, getattr(options, name)))
            entries[int(index)] = source
            changed[name] = tuple(entries)
        else:
            changed[name] = source
    return attrs.evolve(options, **changed) if changed else options


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
        keep: what the person goes on wearing, None for whatever the vendor makes of it. The core
            cuts it out of the photo and gives it back as a garment; no hook sees this.
        options: an instance of the provider's options class. Images among them (`ImageSource` or a
            tuple of them, converted by `as_source`) are treated like the photo of the person:
            checked, made to fit, and published or fetched.
    """

    person: ImageSource | LibraryModel = attrs.field(converter=_person)
    top: ImageSource | None = attrs.field(default=None, converter=_top)
    bottom: ImageSource | None = attrs.field(default=None, converter=_bottom)
    dress: ImageSource | None = attrs.field(default=None, converter=_dress)
    keep: Keepable | None = attrs.field(default=None, converter=_keepable)
    options: Any = attrs.field(factory=NoOptions)

    @property
    def garments(self) -> Mapping[Category, ImageSource]:
        """The garments that were given, by category, in the order top, bottom, dress."""
        pairs = ((category, getattr(self, category)) for category in CATEGORIES)
        return {category: source for category, source in pairs if source is not None}

    @property
    def images(self) -> Mapping[str, ImageSource]:
        """All images by field name.

        `person` unless it is from a library, then the garments, then those among the options, such
        as `options.coarse_image` or `options.more_photos[0]`.
        """
        images: dict[str, ImageSource] = {}
        if not isinstance(self.person, LibraryModel):
            images["person"] = self.person
        images.update((str(category), source) for category, source in self.garments.items())
        images.update(_option_images(self.options))
        return images

    def with_images(self, images: Mapping[str, ImageSource]) -> "TryOnRequest":
        """Return the request with other images in the fields that are named as in `images`."""
        inner = {name: image for name, image in images.items() if name.startswith("options.")}
        outer: dict[str, Any] = {name: images[name] for name in images if name not in inner}
        return attrs.evolve(self, options=_with_option_images(self.options, inner), **outer)


@attrs.frozen(kw_only=True)
class ParseRequest:
    """Find the garments that this person wears.

    Attributes:
        image: photo of one person.
        categories: what to look for, in the order of the answer.
        options: an instance of the provider's options class.
    """

    image: ImageSource = attrs.field(converter=_image)
    categories: tuple[Category, ...] = attrs.field(converter=as_categories)
    options: Any = attrs.field(factory=NoOptions)

    @property
    def images(self) -> Mapping[str, ImageSource]:
        """The one image, by field name."""
        return {"image": self.image}

    def with_images(self, images: Mapping[str, ImageSource]) -> "ParseRequest":
        """Return the request with another image in the field `image`."""
        return attrs.evolve(self, image=images.get("image", self.image))


@attrs.frozen
class Problem:
    """One rule that the input breaks, found before anything is sent; or what a result lacks.

    Attributes:
        field: the input concerned, as the caller names it: `person`, `top`, `options.resolution`;
            `result` for the first image of a result, `result+2` for the second.
        message: the value found, the rule, and the remedy, as a sentence.
        severity: an `error` stops the submission, or makes the result doubtful; a `warning` does
            not.
        code: short stable word, such as `image_too_small`.
    """

    field: str = attrs.field(converter=one_line)
    message: str = attrs.field(converter=one_line)
    severity: Severity = attrs.field(default="error", kw_only=True)
    code: str = attrs.field(default="invalid", kw_only=True)


def problem_of(error: UnusableImage, field: str | None = None) -> Problem:
    """Return what an unusable image is to validation.

    Args:
        error: says what is wrong with the image.
        field: the input concerned, when it is not the one that the error names.
    """
    message = f"{error.reason} {error.remedy}".strip()
    return Problem(field or error.field, message, code=error.code)


def canonical(facts: Any) -> str:
    """Return plain values and attrs objects as text that is equal for equal values.

    Images are left out; they count by content, elsewhere.
    """
    return json.dumps(facts, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, SOURCES):
        return "image"
    return attrs.asdict(value, recurse=False) if attrs.has(type(value)) else str(value)
