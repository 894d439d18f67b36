"""What AIDGE would refuse, beyond the limits that are declared as data."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from tryon_aidge.options import Options
from tryon_aidge.settings import wrong_choices
from tryon_aidge.tasks import PUBLIC_LIBRARY
from tryon_core import CallContext, LibraryModel, ParseRequest, Problem, TryOnRequest, UrlSource

MOST_PHOTOS = 8
MOST_IMAGES = 8
_LIBRARY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gender": ("female", "male"),
        "style": ("universal_1", "universal_2", "universal_3"),
        "age": ("children", "youngadult"),
        "body": ("slim", "curvy"),
    }
)


def check(request: TryOnRequest | ParseRequest, ctx: CallContext) -> Sequence[Problem]:
    """Return every problem of a request, and of the settings with which it would be sent."""
    found = [*wrong_choices(ctx)]
    if isinstance(request, TryOnRequest):
        found += _addresses(request)
        found += _person(request)
        found += _amount(request)
        found += _garments(request)
    return found


def _addresses(request: TryOnRequest) -> Iterator[Problem]:
    for field, source in request.images.items():
        if isinstance(source, UrlSource) and source.url.lower().startswith("oss://"):
            yield Problem(
                field,
                "oss:// addresses belong to another service. Give a http or https address.",
                code="wrong_address",
            )


def _person(request: TryOnRequest) -> Iterator[Problem]:
    if isinstance(request.person, LibraryModel):
        yield from _library(request.person)
        if request.options.more_photos:
            yield Problem(
                "options.more_photos",
                "photos cannot be combined with a library model. Leave out one of them.",
            )
    elif len(request.options.more_photos) >= MOST_PHOTOS:
        yield Problem(
            "options.more_photos",
            f"{len(request.options.more_photos)} photos beside the first are too many. Give at "
            f"most {MOST_PHOTOS - 1}.",
        )


def _library(model: LibraryModel) -> Iterator[Problem]:
    described = [name for name in _LIBRARY if getattr(model, name)]
    for name in described:
        value = getattr(model, name)
        if value not in _LIBRARY[name]:
            allowed = ", ".join(_LIBRARY[name])
            yield Problem("person", f"{name} is {value!r}. Give one of: {allowed}.")
    if model.base and model.base != PUBLIC_LIBRARY:
        yield Problem(
            "person",
            f"base is {model.base!r}; the documents know only {PUBLIC_LIBRARY}. Leave it out "
            "unless AIDGE has set up a library for you.",
            severity="warning",
        )
    if model.name and described:
        yield Problem(
            "person",
            f"the model {model.name!r} is named, so {', '.join(described)} will be ignored. "
            "Leave out one or the other.",
            severity="warning",
        )


def _amount(request: TryOnRequest) -> Iterator[Problem]:
    options: Options = request.options
    count = options.generate_count
    if not 1 <= count <= MOST_IMAGES:
        yield Problem("options.generate_count", f"{count} images. Give 1 to {MOST_IMAGES}.")
    elif count > 1 and not isinstance(request.person, LibraryModel):
        yield Problem(
            "options.generate_count",
            f"{count} images: with photos of your own the vendor makes one image for each, and "
            "does not say what it does with this number. Give 1, and more photos.",
            severity="warning",
        )


def _garments(request: TryOnRequest) -> Iterator[Problem]:
    if request.options.detect_garment_type and len(request.garments) > 1:
        yield Problem(
            "options.detect_garment_type",
            "two garments need their types. Leave it out, or give one garment.",
        )
