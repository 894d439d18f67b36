"""Requests that nobody should make, for validation to describe without an exception."""

import itertools
import typing
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import attrs

from tryon_core.codec import make_options
from tryon_core.codec.converter import UNIONS, is_literal
from tryon_core.models import (
    CATEGORIES,
    BytesSource,
    ImageRules,
    ImageSource,
    LibraryModel,
    ParseRequest,
    PathSource,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_testing.samples import sample_image

ODD_IMAGES: tuple[ImageSource, ...] = (
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


def odd_requests(info: ProviderInfo) -> Iterator[TryOnRequest | ParseRequest]:
    """Yield requests of right types whose values are as strange as possible."""
    options: Any = make_options(info.options, None, provider=info.id)
    yield from _combinations(options)
    for image in ODD_IMAGES:
        yield TryOnRequest(person=image, top=image, options=options)
        yield ParseRequest(image=image, categories=("top",), options=options)
    yield TryOnRequest(person=LibraryModel(), dress=_photo(), options=options)
    yield TryOnRequest(person=LibraryModel(name="", gender="?"), top=_photo(), options=options)
    yield ParseRequest(image=_photo(), categories=(), options=options)
    yield ParseRequest(image=_photo(), categories=("dress", "dress", "top"), options=options)
    for odd in odd_options(info.options, options):
        yield TryOnRequest(person=_photo(), top=_photo(), options=odd)
        yield ParseRequest(image=_photo(), categories=("top",), options=odd)


def _combinations(options: Any) -> Iterator[TryOnRequest]:
    for size in range(len(CATEGORIES) + 1):
        for chosen in itertools.combinations(CATEGORIES, size):
            garments = {name: _photo() for name in chosen}
            yield TryOnRequest(person=_photo(), options=options, **garments)


def odd_options(cls: type, usual: Any) -> Iterator[Any]:
    """Yield options with one value at the edge of its type; those that the class takes."""
    kinds = typing.get_type_hints(cls)
    for field in attrs.fields(cls):
        for value in _edges(kinds.get(field.name)) if field.init else ():
            try:
                yield attrs.evolve(usual, **{field.name: value})
            except Exception:  # noqa: BLE001, S112  (a class may refuse values itself)
                continue


def _edges(kind: Any) -> Iterator[Any]:
    for entry in get_args(kind) if get_origin(kind) in UNIONS else (kind,):
        if entry is type(None):
            yield None
        elif is_literal(entry):
            yield from get_args(entry)
        elif entry is bool:
            yield from (False, True)
        elif entry in {int, float}:
            yield from map(entry, _NUMBERS)
        elif entry is str:
            yield from _TEXTS
        elif entry in get_args(ImageSource):
            yield from (image for image in ODD_IMAGES if isinstance(image, entry))
        elif get_origin(entry) is tuple:
            yield ()


def _photo() -> ImageSource:
    return sample_image("person", _PLAIN)
