"""A vendor as data: where each call goes, and what stands where in bodies and answers."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core.codec import option_specs
from tryon_core.context import CallContext
from tryon_core.errors import Billed
from tryon_core.http import PLACE, HttpResponse, Place, places_in
from tryon_core.models import CATEGORIES, Category, Job, JobState, ProviderInfo, TryOnRequest

Fill: TypeAlias = Callable[[TryOnRequest, CallContext], Any]
"""A function in place of a hole. An image that it returns is sent like every image."""
Template: TypeAlias = "str | int | float | Fill | Sequence[Template] | Mapping[str, Template]"
"""JSON as in the vendor's document, with holes such as `{person}` in its texts."""
JobPath: TypeAlias = str | Callable[[Job], str]
"""A path below `base_url`, with the holes `{id}` and `{model}`; or a function that gives one."""

HOLE = re.compile(r"\{(\w+)\}")
_IMAGE_HOLES = ("person", "garment", "garments", *CATEGORIES)
_HOLES = (*_IMAGE_HOLES, "category", "key")
_PATH_HOLES = ("id", "model")
_KEY = r"[^.\s\[\]{}:]+"
_OUTPUT = re.compile(rf"{_KEY}(\[\])?(\.{_KEY}(\[\])?)*")


@attrs.frozen(kw_only=True)
class PollRoute:
    """How a job is polled, and what stands where in the answer.

    Attributes:
        path: where to ask. `{id}` is the job's id, quoted; `{model}` the model that it was for. A
            404 means that the job is not known when it has a code, since gateways answer 404 as
            well; a text does where the table has no code for `JobExpired`.
        params: query parameters, with the same holes.
        named: where the answer to the submission names the address to ask instead. It is asked
            only when it is the vendor's own; and `path`, when it does not help.
        state: the vendor's word for the state. Of one that is a number a function makes a text.
        states: what each word means; others are `UNKNOWN`.
        outputs: the images, each as address, data URI or base64. `[]` means each entry of a list,
            such as `images[].url`. A text, a list and an object of texts are taken. A function
            returns a list of texts or of `Artifact`.
        result_path: where the images are when they are in an answer of their own. It is asked when
            the state says that the job is over; a refusal there with a code is the job's failure.
        result_named: as `named`, for `result_path`.
        job_id: the id of the job that the answer speaks of; None for where `SubmitRoute` has it.
        progress: how far the job is, shown behind the state.
        usage: what was used, by name, such as `{"credits": "header:x-credits-used"}`.
        failure_billed: whether failed jobs are billed, or a function that reads it from the answer;
            None for what the `ErrorTable` says of the code.
        max_answer_bytes: most bytes of an answer that holds the images themselves, None where it
            holds addresses.
    """

    path: JobPath
    params: Mapping[str, str] = attrs.field(factory=dict)
    named: Place = ()
    state: Place
    states: Mapping[str, JobState]
    outputs: Place
    result_path: JobPath = ""
    result_named: Place = ()
    job_id: str | Sequence[str] | None = None
    progress: Place = ()
    usage: Mapping[str, Place] = attrs.field(factory=dict)
    failure_billed: Billed | Callable[[HttpResponse], Billed] | None = None
    max_answer_bytes: int | None = None


@attrs.frozen(kw_only=True)
class SubmitRoute:
    """How a try-on is submitted, to one model or to all of them.

    Attributes:
        path: where, with the options as holes, such as `v1/models/{model}/runs`.
        body: the JSON to send. A text that is nothing but a hole becomes the value with its type;
            what is None is left out, and so is an object of nothing else. Holes: `{person}`,
            `{garment}` (the only one), `{garments}` (a list), `{top}`, `{bottom}`, `{dress}`,
            `{category}` (in the vendor's word), `{key}` (by which `find_submission` may find a lost
            submission), and each option by its name.
        headers: further headers: texts with the same holes, or functions.
        categories: the vendor's word for each category.
        options_at: where in the body the options stand that are in no hole, by their own names;
            empty for its top. `model` is sent in holes only. None is left out, and so is what
            `ProviderInfo.option_models` gives to other models.
        unsent: options that are not for the body.
        local_images: how local images are written: as `data_uri`, or as bare `base64`.
        job_id: where the answer has the id of the job.
        poll_route: how jobs of this model are polled, where that is not as for the others.
    """

    path: str
    body: Mapping[str, Template]
    headers: Mapping[str, Template] = attrs.field(factory=dict)
    categories: Mapping[Category, str] = attrs.field(factory=dict)
    options_at: str = ""
    unsent: Iterable[str] = ()
    local_images: Literal["data_uri", "base64"] = "data_uri"
    job_id: str | Sequence[str] = "id"
    poll_route: PollRoute | None = None


@attrs.frozen(kw_only=True)
class CancelRoute:
    """How a job is stopped.

    Attributes:
        path: where, with the holes of `PollRoute.path`.
        method: how it is asked; it may be repeated.
        named: as `PollRoute.named`.
        state: the state afterwards; empty where every good answer means that the job is stopped.
        states: what each word means; empty for the words of `PollRoute`.
    """

    path: JobPath
    method: Literal["POST", "PUT", "DELETE"] = "POST"
    named: Place = ()
    state: Place = ()
    states: Mapping[str, JobState] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class BalanceRoute:
    """Where the account says what is left.

    Attributes:
        path: where to ask.
        amount: where the answer has it, as number or text.
        unit: as in `Balance.unit`.
    """

    path: str
    amount: str
    unit: str


Route: TypeAlias = SubmitRoute | PollRoute | CancelRoute | BalanceRoute
Rows: TypeAlias = Mapping[str, SubmitRoute]
"""How to submit, by model."""
_PLACES = ("named", "state", "outputs", "result_named", "job_id", "progress", "usage", "amount")
_PATHS = ("path", "params", "result_path")
_WORDS: Mapping[str, tuple[object, ...]] = {
    "local_images": ("data_uri", "base64"),
    "method": ("POST", "PUT", "DELETE"),
    "failure_billed": ("yes", "no", "unknown", None),
}


def holes(row: SubmitRoute) -> set[str]:
    """Return the names of the holes in a route."""
    texts = (row.path, *_texts(row.body), *_texts(row.headers))
    return {hole for text in texts for hole in HOLE.findall(text)}


def _texts(template: Template) -> list[str]:
    return [leaf for leaf in _leaves(template) if isinstance(leaf, str)]


def _leaves(template: Template) -> Iterator[Any]:
    inner = [*template.values()] if isinstance(template, Mapping) else template
    if isinstance(inner, str) or not isinstance(inner, Sequence):
        yield inner
        return
    for entry in inner:
        yield from _leaves(entry)


def faults(info: ProviderInfo, rows: Rows, routes: Iterable[Route | None]) -> Iterator[str]:
    """Yield words for everything in a vendor's routes that cannot be meant.

    Args:
        info: what the vendor declares.
        rows: how to submit, by model; under an empty name for a vendor with one way for all.
        routes: the other routes.
    """
    specs = {spec.name: spec for spec in option_specs(info.options)}
    for name in sorted({*specs} & {*_HOLES}):
        yield f"the option {name!r} has the name of a hole; call it otherwise"
    models = (
        {*rows}
        if "" in rows or not rows
        else {*(specs["model"].choices if "model" in specs else ())}
    )
    yield from (f"submit_route: {model!r} is no model" for model in sorted({*rows} - models))
    yield from (f"submit_route: the model {model!r} is missing" for model in models - {*rows})
    for model, row in rows.items():
        found = (
            *_of_fields(row),
            *_of_holes(info, model, row, {*specs}),
            *_of_options(row, {*specs}),
        )
        where = f"submit_route {model}".rstrip()
        yield from (f"{where}: {fault}" for fault in found)
    for route in (*routes, *(row.poll_route for row in rows.values())):
        found = (*_of_fields(route), *_of_polls(route))
        yield from (f"{type(route).__name__}: {fault}" for fault in found)


def _of_fields(route: Route | None) -> Iterator[str]:
    for field in attrs.fields(type(route)) if route is not None else ():
        name, value = field.name, getattr(route, field.name)
        inner = [*value.values()] if isinstance(value, Mapping) else [value]
        if not value and (field.default is attrs.NOTHING or field.default == "id"):
            yield f"{name}: it is empty"
        if name in _PLACES:
            pattern = _OUTPUT if name == "outputs" else PLACE
            for place in (place for entry in inner for place in places_in(entry)):
                if not pattern.fullmatch(place):
                    yield f"{name}: {place!r} is no place such as 'data.id' or 'header:x-id'"
        yield from _of_value(name, value, inner)
        if name in _PATHS and not isinstance(route, SubmitRoute):
            for hole in (h for text in inner if isinstance(text, str) for h in HOLE.findall(text)):
                if hole not in _PATH_HOLES:
                    yield f"{name}: there is no {{{hole}}}, only {{id}} and {{model}}"


def _of_polls(route: Route | None) -> Iterator[str]:
    if isinstance(route, PollRoute):
        asked = [route.path, *route.params.values()]
        if not any(callable(text) or "{id}" in text for text in asked):
            yield "path: {id} is neither in it nor in params"
        if route.states and JobState.SUCCEEDED not in route.states.values():
            yield "states: no word means SUCCEEDED"


def _of_value(name: str, value: Any, inner: Sequence[Any]) -> Iterator[str]:
    if name in _PATHS and any("://" in text for text in inner if isinstance(text, str)):
        yield f"{name}: it is an address; give what follows base_url"
    if name == "states" and not all(isinstance(state, JobState) for state in inner):
        yield f"{name}: expected a JobState for each word, got {inner!r}"
    if name in _WORDS and not callable(value) and value not in _WORDS[name]:
        yield f"{name}: expected one of {', '.join(map(repr, _WORDS[name]))}, got {value!r}"


def _of_holes(info: ProviderInfo, model: str, row: SubmitRoute, options: set[str]) -> Iterator[str]:
    found, known = holes(row), {*_HOLES, *options}
    for hole in sorted(found - known):
        near = difflib.get_close_matches(hole, known, n=1)
        yield f"there is no {{{hole}}}" + (f"; did you mean {{{near[0]}}}?" if near else "")
    for hole in sorted(found & options):
        if model and not info.takes(model, hole):
            yield f"{{{hole}}}: ProviderInfo.option_models does not give it to this model"
    garments = info.models.get(model, info.capabilities).garments
    wanted = {category for combination in garments for category in combination}
    lacking = wanted - {*row.categories} if "category" in found else set()
    yield from (f"categories: there is no word for {category!r}" for category in sorted(lacking))
    yield from (f"categories: {word!r} is none" for word in {*row.categories} - {*CATEGORIES})
    is_one = all(len(combination) == 1 for combination in garments)
    if "garments" in found or ("garment" in found and is_one):
        found |= wanted
    if not any(map(callable, _leaves(row.body))):
        missing = sorted({"person", *wanted} - found)
        yield from (f"body: {{{name}}} is missing, or a function for it" for name in missing)
    mixed = [text for text in _texts(row.body) if not HOLE.fullmatch(text)]
    for text in (row.path, *_texts(row.headers), *mixed):
        if {*HOLE.findall(text)} & {*_IMAGE_HOLES}:
            yield f"{text!r}: an image must be a value of the body"


def _of_options(row: SubmitRoute, options: set[str]) -> Iterator[str]:
    for name in sorted({*row.unsent} - options):
        yield f"unsent: there is no option {name!r}"
    inside: Any = row.body
    for key in row.options_at.split(".") if row.options_at else ():
        inside = inside.get(key, {}) if isinstance(inside, Mapping) else None
    if not isinstance(inside, Mapping):
        yield f"options_at: {row.options_at!r} is no object of the body"
        return
    for name in sorted({*inside} & (options - holes(row) - {*row.unsent})):
        yield f"body: it has {name!r}, and the option of this name would go there too"
