"""Options with values that are not the usual ones, so that one that is not sent is noticed."""

import io
import math
from collections.abc import Iterator
from typing import Any

import attrs
from PIL import Image, ImageOps

from tryon_core.codec import OptionSpec, option_specs
from tryon_core.images import read_bytes
from tryon_core.models import BytesSource, ImageSource, TryOnRequest
from tryon_testing.checks.base import ProviderUnderTest
from tryon_testing.exchanges import shown_options
from tryon_testing.harness import Harness
from tryon_testing.strategies.options import choices, lengths, limits, passes
from tryon_testing.unchecked import tell_unchecked

_MODEL, _PREFIX = "model", "options."
_TEXT = "tryon kit"
_EDGES = (-(2**63), -(2**31), -1, 0, 2**31, 2**32, 2**53, 2**63)


def variant(at: Harness, request: TryOnRequest, number: int) -> TryOnRequest:
    """Return a valid request with other values of its options, as far as their types tell some.

    Options that contradict others or the garments keep their values, and so does the model.

    Args:
        at: says what contradicts what.
        request: a valid request.
        number: which of the values are taken, from 0; of numbers the greatest that the option
            takes with -1, and the least with -2.
    """
    client, others = at.client(), _others(at.subject, request, number)
    while True:
        made = attrs.evolve(request, options=attrs.evolve(request.options, **others))
        problems = client.validate(at.deliverable(made))
        named = {problem.field.removeprefix(_PREFIX) for problem in problems} & others.keys()
        if not named:
            return request if any(one.severity == "error" for one in problems) else made
        others = {name: value for name, value in others.items() if name not in named}


def _others(subject: ProviderUnderTest, request: TryOnRequest, number: int) -> dict[str, Any]:
    info, exchanges = subject.info, subject.documented
    shown = shown_options(info, exchanges, request)
    model = getattr(request.options, _MODEL, "")
    found: dict[str, Any] = {}
    for spec in option_specs(type(request.options)):
        if spec.name == _MODEL or not info.takes(model, spec.name):
            continue
        if exchanges and spec.name not in shown:
            tell_unchecked(
                f"whether the option {spec.name} is sent: write ${spec.name} into the request that "
                "has it"
            )
            continue
        usual = getattr(request.options, spec.name)
        values = [one for one in _values(spec, request, number) if one not in (usual, None)]
        if values:
            found[spec.name] = values[number % len(values)]
    return found


def _values(spec: OptionSpec, request: TryOnRequest, number: int) -> Iterator[Any]:
    """Yield a few values of an option; the first is one that vendors seldom take by themselves."""
    named = choices(spec)
    if named:
        yield from (*named[1:], named[0])
    elif spec.kind is bool:
        yield from (True, False)
    elif spec.kind in {int, float}:
        yield from (one for one in map(spec.kind, _numbers(spec, number)) if passes(spec, one))
    elif spec.kind is str:
        low, high = lengths(spec, most=len(_TEXT))
        text = (_TEXT * (low // len(_TEXT) + 1))[: max(low, high)]
        yield from (one for one in (text,) if passes(spec, one))
    elif spec.is_image and spec.field in request.images:
        yield _mirrored(request.images[spec.field])
    elif spec.is_images and "person" in request.images:
        yield (_mirrored(request.images["person"]),)


def _numbers(spec: OptionSpec, number: int) -> Iterator[float]:
    low, high = limits(spec)
    if number < 0:
        at_edge = [edge for edge in (low, *_EDGES, high) if low <= edge <= high]
        edges = sorted(filter(math.isfinite, at_edge))
        # The last of the list is taken with -1, the one before it with -2.
        yield from (edges[0], edges[-1])
        return
    start = low if math.isfinite(low) else 1
    yield from (start + 1, start + 2, start)
    if math.isfinite(high):
        yield from ((start + high) / 2, high)


def _mirrored(source: ImageSource) -> BytesSource:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(read_bytes(source, field="image"))) as image:
        ImageOps.mirror(image).save(buffer, image.format)
    return BytesSource(buffer.getvalue())
