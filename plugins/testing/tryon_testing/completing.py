"""Fill in the options that some model demands, so that its sample request is whole."""

import typing
from collections.abc import Sequence
from typing import Any, get_args, get_origin

import attrs

from tryon_core.codec.converter import UNIONS, is_literal
from tryon_core.models import Problem, TryOnRequest
from tryon_core.models.sources import SOURCES

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
    options = request.options
    kinds = typing.get_type_hints(type(options))
    values = {name: _plausible(kinds.get(name), request) for name in names}
    given = {name: value for name, value in values.items() if value is not None}
    return attrs.evolve(request, options=attrs.evolve(options, **given))


def _plausible(kind: Any, request: TryOnRequest) -> Any:
    for entry in get_args(kind) if get_origin(kind) in UNIONS else (kind,):
        if entry in SOURCES:
            return request.images.get("person")
        if is_literal(entry):
            return next((value for value in get_args(entry) if value is not None), None)
    return None
