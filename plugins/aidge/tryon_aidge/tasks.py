"""What is sent: one task of the vendor's list, a poll; and what the vendor would refuse."""

from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, TypeAlias

from tryon_aidge.gateway import call, envelope, refusal
from tryon_core import (
    CallContext,
    Category,
    HttpResponse,
    ImageSource,
    LibraryModel,
    Problem,
    TryOnError,
    TryOnRequest,
    UrlSource,
)

SUBMIT_PATH, QUERY_PATH = "/ai/virtual/tryon-pro", "/ai/virtual/tryon-results"
MOST_PHOTOS = MOST_IMAGES = 8
TYPES: Mapping[Category, str] = MappingProxyType(
    {"top": "tops", "bottom": "bottoms", "dress": "dresses"}
)
"""The vendor's word for each category."""
TakenFields: TypeAlias = MutableMapping[Any, str]
"""The name of the polled id that the service took, by the settings of a client."""
PUBLIC_LIBRARY = "General"
_LIBRARY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gender": ("female", "male"),
        "style": ("universal_1", "universal_2", "universal_3"),
        "age": ("children", "youngadult"),
        "body": ("slim", "curvy"),
    }
)
_QUERY_FIELDS = frozenset({"task_id", "taskId"})
_INVALID_INPUT = "700"


def task_of(request: TryOnRequest) -> dict[str, Any]:
    """Return the task that the vendor is to do; all choices are named, defaults included."""
    options = request.options
    clothes = [
        {"imageUrl": _url(image)} | ({} if options.detect_garment_type else {"type": TYPES[name]})
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
        return {"model": {"base": person.base or PUBLIC_LIBRARY, **chosen}}
    return {"modelImage": [_url(photo) for photo in (person, *request.options.more_photos)]}


def _url(image: ImageSource) -> str:
    # Declared delivery is by address only, so the core has published everything else.
    assert isinstance(image, UrlSource)  # noqa: S101  (tells the type checker what the core grants)
    return image.url


def ask(task_id: str, ctx: CallContext, taken: TakenFields) -> HttpResponse:
    """Return the answer to a poll; one that is refused as invalid is sent by the other name too.

    The field for the id has two names in the vendor's documents.

    Raises:
        TryOnError: the service takes neither name, which says nothing of the task.
    """
    field = taken.get(ctx.settings) or ctx.settings.text("query_field")
    answer = call(ctx, QUERY_PATH, {field: task_id}, idempotent=True)
    if not _is_refused(answer):
        return answer
    (other,) = _QUERY_FIELDS - {field}
    second = call(ctx, QUERY_PATH, {other: task_id}, idempotent=True)
    if _is_refused(second):
        raise _refused_twice(answer, second, other)
    taken[ctx.settings] = other
    return second


def _is_refused(answer: HttpResponse) -> bool:
    reply = envelope(answer)
    speaks_of_task = isinstance(reply.data, Mapping) and "taskStatus" in reply.data
    return reply.error_code == _INVALID_INPUT and not speaks_of_task


def _refused_twice(answer: HttpResponse, second: HttpResponse, other: str) -> TryOnError:
    first, again = envelope(answer), envelope(second)
    error = refusal(answer)
    if again.words != first.words:
        error.message += f" With {other} instead: {again.words.rstrip('.')}."
    error.retry = "later"
    error.remedy = (
        "The poll was refused, which says nothing of the job: poll again, it costs nothing. Both "
        "names of the field were tried, task_id and taskId (setting query_field)."
    )
    return error


def problems_of(request: TryOnRequest) -> Iterator[Problem]:
    """Yield what the vendor would refuse, beyond the limits that are declared as data."""
    options, person = request.options, request.person
    is_library, more = isinstance(person, LibraryModel), len(options.more_photos)
    if isinstance(person, LibraryModel):
        yield from _library(person)
    if is_library and more:
        yield Problem(
            "options.more_photos",
            "photos cannot be combined with a library model. Leave out one of them.",
        )
    elif more >= MOST_PHOTOS:
        yield Problem(
            "options.more_photos",
            f"{more} photos beside the first are too many. Give at most {MOST_PHOTOS - 1}.",
        )
    count = options.generate_count
    if not 1 <= count <= MOST_IMAGES:
        yield Problem("options.generate_count", f"{count} images. Give 1 to {MOST_IMAGES}.")
    elif count > 1 and not is_library:
        yield Problem(
            "options.generate_count",
            f"{count} images: with photos of your own the vendor makes one image for each, and "
            "does not say what it does with this number. Give 1, and more photos.",
            severity="warning",
        )
    if options.detect_garment_type and len(request.garments) > 1:
        yield Problem(
            "options.detect_garment_type",
            "two garments need their types. Leave it out, or give one garment.",
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
