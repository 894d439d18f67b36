"""What is sent: one task of the vendor's list; and what the vendor would refuse of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from tryon_core import Category, ImageSource, LibraryModel, Problem, TryOnRequest, UrlSource

_MOST_PHOTOS = _MOST_IMAGES = 8
_TYPES: Mapping[Category, str] = {"top": "tops", "bottom": "bottoms", "dress": "dresses"}
_PUBLIC_LIBRARY = "General"
_LIBRARY = {
    "gender": ("female", "male"),
    "style": ("universal_1", "universal_2", "universal_3"),
    "age": ("children", "youngadult"),
    "body": ("slim", "curvy"),
}


def task_of(request: TryOnRequest) -> dict[str, Any]:
    """Return the task that the vendor is to do; all choices are named, defaults included."""
    options = request.options
    clothes = [
        {"imageUrl": _url(image)} | ({} if options.detect_garment_type else {"type": _TYPES[name]})
        for name, image in request.garments.items()
    ]
    return {
        "clothesList": clothes,
        **_person(request),
        "viewType": options.view_type,
        "inputQualityDetect": int(options.input_quality_detect),
        # Never left out: the vendor's default of 4 costs four times as much.
        "generateCount": options.generate_count,
    }


def _person(request: TryOnRequest) -> dict[str, Any]:
    person = request.person
    if isinstance(person, LibraryModel):
        given = {name: getattr(person, name) for name in ("name", *_LIBRARY)}
        chosen = {name: value for name, value in given.items() if value}
        return {"model": {"base": person.base or _PUBLIC_LIBRARY, **chosen}}
    return {"modelImage": [_url(photo) for photo in (person, *request.options.more_photos)]}


def _url(image: ImageSource) -> str:
    # Declared delivery is by address only, so the core has published everything else.
    assert isinstance(image, UrlSource)  # noqa: S101  (tells the type checker what the core grants)
    return image.url


def problems_of(request: TryOnRequest) -> Iterator[Problem]:
    """Yield what the vendor would refuse, beyond the limits that are declared as data."""
    options, person = request.options, request.person
    count, more = options.generate_count, len(options.more_photos)
    is_library = isinstance(person, LibraryModel)
    if isinstance(person, LibraryModel):
        yield from _library(person)
    if is_library and more:
        text = "photos cannot be combined with a library model. Leave out one of them."
        yield Problem("options.more_photos", text)
    elif more >= _MOST_PHOTOS:
        text = f"{more} photos beside the first are too many. Give at most {_MOST_PHOTOS - 1}."
        yield Problem("options.more_photos", text)
    if not 1 <= count <= _MOST_IMAGES:
        yield Problem("options.generate_count", f"{count} images. Give 1 to {_MOST_IMAGES}.")
    elif count > 1 and not is_library:
        text = (
            f"{count} images: with photos of your own the vendor makes one image for each, and "
            "does not say what it does with this number. Give 1, and more photos."
        )
        yield Problem("options.generate_count", text, severity="warning")
    if options.detect_garment_type and len(request.garments) > 1:
        text = "two garments need their types. Leave it out, or give one garment."
        yield Problem("options.detect_garment_type", text)


def _library(model: LibraryModel) -> Iterator[Problem]:
    described = [name for name in _LIBRARY if getattr(model, name)]
    for name in described:
        value, allowed = getattr(model, name), _LIBRARY[name]
        if value not in allowed:
            yield Problem("person", f"{name} is {value!r}. Give one of: {', '.join(allowed)}.")
    if model.base and model.base != _PUBLIC_LIBRARY:
        known = f"base is {model.base!r}; the documents know only {_PUBLIC_LIBRARY}"
        text = f"{known}. Leave it out unless AIDGE has set up a library for you."
        yield Problem("person", text, severity="warning")
    if model.name and described:
        ignored = f"the model {model.name!r} is named, so {', '.join(described)} will be ignored"
        yield Problem("person", f"{ignored}. Leave out either.", severity="warning")
