"""Sample requests of a provider, made from what it declares: valid ones and odd ones."""

import functools
import importlib.resources
import io
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, get_origin

import attrs
from PIL import Image

from tryon_core.codec import OptionSpec, make_options, option_specs
from tryon_core.images import fit
from tryon_core.models import (
    CATEGORIES,
    SOURCES,
    BytesSource,
    Capabilities,
    Category,
    ImageRules,
    ImageSource,
    LibraryModel,
    ParseRequest,
    PathSource,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)

SIZE = (432, 576)
"""Width and height of a sample image, in pixels, where the rules allow it; as in its file."""


@functools.cache
def sample_image(role: str, rules: ImageRules) -> ImageSource:
    """Return a drawn image within the rules.

    Args:
        role: `person` or a garment category.
        rules: the vendor's limits.
    """
    drawn = _draw(role)
    return fit(BytesSource(drawn, name=f"{role}.png"), rules, field=role).source


@functools.cache
def _draw(role: str) -> bytes:
    file = importlib.resources.files("tryon_testing") / "images" / f"{role}.webp"
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        image.load()
        return _encoded(image)


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sample_requests(info: ProviderInfo) -> Iterator[TryOnRequest]:
    """Yield one request for each combination of garments of each model."""
    yield from _of_model(info, info.capabilities, {})
    for name, capabilities in info.models.items():
        yield from _of_model(info, capabilities, {"model": name})


def _of_model(
    info: ProviderInfo, capabilities: Capabilities, given: dict[str, str]
) -> Iterator[TryOnRequest]:
    options: object = make_options(info.options, given, provider=info.id)
    for combination in sorted(capabilities.garments, key=sorted):
        garments = {name: _garment(name, capabilities) for name in combination}
        person = sample_image("person", capabilities.person_rules)
        yield TryOnRequest(person=person, options=options, **garments)


def _garment(category: Category, capabilities: Capabilities) -> ImageSource:
    return sample_image(category, capabilities.garment_rules)


def sample_parse_requests(info: ProviderInfo) -> Iterator[ParseRequest]:
    """Yield one request for all categories, and one for each, in case parsing is offered."""
    offered = info.capabilities.parse_categories
    image = sample_image("person", info.capabilities.person_rules)
    options: object = make_options(info.options, None, provider=info.id)
    for categories in dict.fromkeys((offered, *((one,) for one in offered))):
        if categories:
            yield ParseRequest(image=image, categories=categories, options=options)


_PREFIX = "options."


def demanded_options(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Return the options that problems of a request are about."""
    names = (problem.field for problem in problems if problem.severity == "error")
    return tuple(
        dict.fromkeys(name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX))
    )


def with_options_filled(request: TryOnRequest, names: Sequence[str]) -> TryOnRequest:
    """Return the request with a plausible value for each of these options.

    Args:
        request: an option that is an image gets the photo of the person.
        names: of options; those whose type allows no guess stay as they are.
    """
    options: Any = request.options
    specs = [spec for spec in option_specs(type(options)) if spec.name in names]
    values = {spec.name: _plausible(spec, request) for spec in specs}
    given = {name: value for name, value in values.items() if value is not None}
    return attrs.evolve(request, options=attrs.evolve(options, **given))


def _plausible(spec: OptionSpec, request: TryOnRequest) -> Any:
    if spec.is_image:
        return request.images.get("person")
    if spec.choices:
        return next((value for value in spec.choices if value is not None), None)
    number = next((kind for kind in (int, float) if kind in spec.members), None)
    is_given = getattr(request.options, spec.name) is not None
    return None if number is None or is_given else _fitting_number(spec, number)


def _fitting_number(spec: OptionSpec, kind: type) -> Any:
    """Return the simplest number that the option takes, None when it takes none of a few."""
    for value in map(kind, (1, 0, 0.5, 10, 100, 1000)):
        try:
            if spec.validator is not None:
                spec.validator(None, spec, value)
        except Exception:  # noqa: BLE001, S112  (whatever a validator raises is its refusal)
            continue
        return value
    return None


EDGE_CASE_IMAGES: tuple[ImageSource, ...] = (
    BytesSource(b""),
    BytesSource(b"not an image", name="\u202e.png"),
    BytesSource(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    BytesSource(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    PathSource("/nonexistent/photo.jpg"),
    PathSource("/"),
    UrlSource("https://images.example/photo.jpg?signature=a%20b"),
    UrlSource("ftp://images.example/photo.jpg"),
    UrlSource("https://["),
    UrlSource(""),
)
_NUMBERS = (-(2**40), -1, 0, 1, 2**40)
_TEXTS = ("", " ", "no such value", "\x00", "ü" * 5000)
_PLAIN = ImageRules()


def edge_case_requests(info: ProviderInfo) -> Iterator[TryOnRequest | ParseRequest]:
    """Yield requests of right types with values that no caller should give."""
    options: Any = make_options(info.options, None, provider=info.id)
    yield from _combinations(options)
    for image in EDGE_CASE_IMAGES:
        yield TryOnRequest(person=image, top=image, options=options)
        yield ParseRequest(image=image, categories=("top",), options=options)
    yield TryOnRequest(person=LibraryModel(), dress=_photo(), options=options)
    yield TryOnRequest(person=LibraryModel(name="", gender="?"), top=_photo(), options=options)
    yield ParseRequest(image=_photo(), categories=(), options=options)
    yield ParseRequest(image=_photo(), categories=("dress", "dress", "top"), options=options)
    for odd in edge_case_options(info.options, options):
        yield TryOnRequest(person=_photo(), top=_photo(), options=odd)
        yield ParseRequest(image=_photo(), categories=("top",), options=odd)


def _combinations(options: Any) -> Iterator[TryOnRequest]:
    for size in range(len(CATEGORIES) + 1):
        for chosen in itertools.combinations(CATEGORIES, size):
            garments = {name: _photo() for name in chosen}
            yield TryOnRequest(person=_photo(), options=options, **garments)


def edge_case_options(cls: type, usual: Any) -> Iterator[Any]:
    """Yield options with one value at the edge of its type; those that the class takes."""
    for spec in option_specs(cls):
        for value in _edges(spec):
            try:
                yield attrs.evolve(usual, **{spec.name: value})
            except Exception:  # noqa: BLE001, S112  (a class may refuse values itself)
                continue


def _edges(spec: OptionSpec) -> Iterator[Any]:
    yield from spec.choices
    for member in spec.members:
        if member is bool:
            yield from (False, True)
        elif member in {int, float}:
            yield from map(member, _NUMBERS)
        elif member is str:
            yield from _TEXTS
        elif member in SOURCES:
            yield from (image for image in EDGE_CASE_IMAGES if isinstance(image, member))
        elif get_origin(member) is tuple:
            yield ()
    if spec.is_optional:
        yield None


def _photo() -> ImageSource:
    return sample_image("person", _PLAIN)
