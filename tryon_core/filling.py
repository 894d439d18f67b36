"""What goes into the holes of a declared vendor's bodies, and what is read from its answers."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import attrs

from tryon_core.base64_images import as_artifact, image_in_json
from tryon_core.context import CallContext
from tryon_core.errors import UnexpectedResponse
from tryon_core.http import HttpResponse, Place, places_in
from tryon_core.image_formats import image_format
from tryon_core.models import (
    CATEGORIES,
    SOURCES,
    Artifact,
    BytesSource,
    JobResult,
    Notice,
    TryOnRequest,
)
from tryon_core.routes import HOLE, SubmitRoute, Template, holes

UNREADABLE = "output_unreadable"
"""Code of the notice that one of several images could not be read."""
_SEVERAL = 2
_READABLE, _IMAGE = 1, 2


@attrs.frozen(kw_only=True)
class Filling:
    """What goes into the holes for one request."""

    row: SubmitRoute
    model: str
    request: TryOnRequest
    ctx: CallContext

    def path(self) -> str:
        """Return where to send the request."""
        return HOLE.sub(lambda hole: quote(_written(self._value(hole[1]))), self.row.path)

    def headers(self) -> dict[str, str]:
        """Return the further headers, without those that have no value."""
        filled = {name: self._filled(template) for name, template in self.row.headers.items()}
        return {name: _written(value) for name, value in filled.items() if value is not None}

    def body(self) -> Any:
        """Return the JSON, with the options that are in no hole."""
        body = inside = self._filled(self.row.body) or {}
        placed = {"model", *holes(self.row), *self.row.unsent}
        unplaced = [n for n in attrs.fields_dict(type(self.request.options)) if n not in placed]
        values = {name: self._sent(self._value(name)) for name in unplaced}
        values = {name: value for name, value in values.items() if value is not None}
        for key in self.row.options_at.split(".") if self.row.options_at and values else ():
            inside = inside.setdefault(key, {})
        inside |= values
        return body

    def _filled(self, template: Template) -> Any:
        if callable(template):
            return self._sent(template(self.request, self.ctx))
        if isinstance(template, str):
            return self._text(template)
        if isinstance(template, Mapping):
            values = {key: self._filled(inner) for key, inner in template.items()}
            values = {key: value for key, value in values.items() if value is not None}
            return values if values or not template else None
        if isinstance(template, Sequence):
            return [value for value in map(self._filled, template) if value is not None]
        return template

    def _text(self, text: str) -> Any:
        alone = HOLE.fullmatch(text)
        if alone:
            return self._sent(self._value(alone[1]))
        values = {name: self._value(name) for name in HOLE.findall(text)}
        if None in values.values():
            return None
        return HOLE.sub(lambda hole: _written(values[hole[1]]), text)

    def _value(self, name: str) -> Any:
        garments = self.request.garments
        if name == "key":
            return None if self.ctx.attempt is None else self.ctx.attempt.key
        if name == "garments":
            return [*garments.values()]
        if name in {"garment", "category"}:
            ((category, garment),) = garments.items()
            return garment if name == "garment" else self.row.categories[category]
        if name == "person" or name in CATEGORIES:
            return self.request.images.get(name)
        is_taken = self.ctx.info.takes(self.model, name)
        return getattr(self.request.options, name) if is_taken else None

    def _sent(self, value: Any) -> Any:
        if isinstance(value, SOURCES):
            return image_in_json(value, data_uri=self.row.local_images == "data_uri")
        if isinstance(value, (list, tuple)):
            return [self._sent(entry) for entry in value]
        if isinstance(value, Mapping):
            return {name: self._sent(entry) for name, entry in value.items()}
        return value


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def outputs_at(answer: HttpResponse, place: Place) -> list[Any]:
    """Return the images that an answer names, at the first place that has an image.

    A place that is empty, or has something else, hides no image at the next one: it is paid for.

    Args:
        answer: of the vendor.
        place: as `PollRoute.outputs`, such as `data.images[].url`.

    Raises:
        UnexpectedResponse: the body is not JSON.
    """
    if callable(place):
        return _spread(_spread([place(answer)]))
    places = places_in(place)
    found = [values for one in places if (values := _inside([answer.json()], one.split(".")))]
    if len(found) < _SEVERAL:  # decoding takes a while
        return found[0] if found else []
    likely = (
        values
        for least in (_IMAGE, _READABLE)
        for values in found
        if any(_likeness(value) >= least for value in values)
    )
    return next(likely, found[0])


def _likeness(value: Any) -> int:
    try:
        source = as_artifact(value, place="").source
    except UnexpectedResponse:
        return 0
    is_image = not isinstance(source, BytesSource) or image_format(source.data) is not None
    return _IMAGE if is_image else _READABLE


def result_at(answer: HttpResponse, place: Place) -> JobResult:
    """Return the images that an answer names; one that cannot be read does not lose the others.

    For each of these there is a notice with the code `output_unreadable`.

    Args:
        answer: of the vendor.
        place: as for `outputs_at`.

    Raises:
        UnexpectedResponse: there is no image that can be read.
    """
    outputs, where = outputs_at(answer, place), " or ".join(places_in(place))
    images, unread = list[Artifact](), list[UnexpectedResponse]()
    for number, output in enumerate(outputs, 1):
        at = f"{where} (image {number} of {len(outputs)})"
        try:
            is_read = isinstance(output, Artifact)
            images.append(output if is_read else as_artifact(output, place=at))
        except UnexpectedResponse as error:
            unread.append(error)
    if not images:
        raise unread[0] if unread else nothing_at(answer, place)
    notices = [Notice(UNREADABLE, f"An image is paid for, and {fault}") for fault in unread]
    return JobResult(images=images, notices=notices)


def _inside(values: list[Any], keys: Sequence[str]) -> list[Any]:
    for key in keys:
        name = key.removesuffix("[]")
        values = [value.get(name) for value in values if isinstance(value, Mapping)]
        if name != key:
            values = [entry for value in values if isinstance(value, list) for entry in value]
    return _spread(_spread(values))


def _spread(values: list[Any]) -> list[Any]:
    """Put what lists and objects hold in their place, and leave out null."""
    spread: list[Any] = []
    for value in values:
        inner = [*value.values()] if isinstance(value, Mapping) else value
        spread += inner if isinstance(inner, list) else [inner]
    return [value for value in spread if value is not None]


def nothing_at(answer: HttpResponse, place: Place) -> UnexpectedResponse:
    """Return the error for an answer that has nothing at a place."""
    try:
        answer.json()
    except UnexpectedResponse as error:
        return error
    where = " or ".join(f"response.{one}" for one in places_in(place)) or "its function"
    return UnexpectedResponse(
        f"the answer breaks its contract: it has nothing @ {where}.", http_status=answer.status
    )
