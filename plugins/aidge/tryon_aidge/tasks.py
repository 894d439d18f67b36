"""From our request to one element of the vendor's list of tasks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tryon_core import Category, ImageSource, LibraryModel, TryOnRequest, UrlSource

TYPES: Mapping[Category, str] = MappingProxyType(
    {"top": "tops", "bottom": "bottoms", "dress": "dresses"}
)
"""The vendor's word for each category."""

PUBLIC_LIBRARY = "General"
_MODEL_FIELDS = ("name", "gender", "style", "age", "body")


def task_of(request: TryOnRequest) -> dict[str, Any]:
    """Return the task that the vendor shall do; all choices are named, defaults included."""
    options = request.options
    clothes = [
        _garment(category, image, detect=options.detect_garment_type)
        for category, image in request.garments.items()
    ]
    return {
        "clothesList": clothes,
        **_person(request),
        "viewType": options.view_type,
        "inputQualityDetect": int(options.input_quality_detect),
        # Never left out: the vendor's default of 4 costs four times as much.
        "generateCount": options.generate_count,
    }


def expected_images(request: TryOnRequest) -> int:
    """Return how many images the task should give: one for each photo, else as many as asked."""
    if isinstance(request.person, LibraryModel):
        return int(request.options.generate_count)
    return 1 + len(request.options.more_photos)


def _garment(category: Category, image: ImageSource, *, detect: bool) -> dict[str, str]:
    kind = {} if detect else {"type": TYPES[category]}
    return {"imageUrl": _url(image), **kind}


def _person(request: TryOnRequest) -> dict[str, Any]:
    if isinstance(request.person, LibraryModel):
        return {"model": _model(request.person)}
    photos = (request.person, *request.options.more_photos)
    return {"modelImage": [_url(photo) for photo in photos]}


def _model(model: LibraryModel) -> dict[str, str]:
    given = {name: getattr(model, name) for name in _MODEL_FIELDS}
    chosen = {name: value for name, value in given.items() if value}
    return {"base": model.base or PUBLIC_LIBRARY, **chosen}


def _url(image: ImageSource) -> str:
    # Declared delivery is by address only, so the core has published everything else.
    assert isinstance(image, UrlSource)  # noqa: S101  (tells the type checker what the core grants)
    return image.url
