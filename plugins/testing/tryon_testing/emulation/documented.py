"""Documented answers, for a provider whose vendor has no emulator yet."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import flask

from tryon_core.images import read_bytes
from tryon_core.models import ImageRules, ProviderInfo
from tryon_core.settings import BASE_URL
from tryon_testing.emulation import Emulator, EmulatorContext
from tryon_testing.samples import sample_image

ADDRESS, IMAGE = "$base_url", "$image"


@attrs.frozen(kw_only=True)
class DocumentedAnswer:
    """One answer that the vendor documents, and what it answers.

    Several for the same method and path are played in this order; the last one repeats.

    Attributes:
        operation: what it is: `submit`, `poll`, `cancel`, `parse`, `upload`, `balance`.
        method: the HTTP method.
        path: path behind the `base_url`; `<name>` stands for any text without a slash.
        answer: the JSON of the answer. In its texts `$image` becomes the address of an image,
            and `$base_url` that of the service.
        status: status of the answer.
        headers: further headers of the answer.
        refuses: the vendor's code, for an answer that refuses. Such an answer is given only where
            the contract asks for that code.
    """

    operation: str
    method: str
    path: str = ""
    answer: Any = None
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    refuses: str = ""


def documented_emulator(
    info: ProviderInfo, documented_answers: Sequence[DocumentedAnswer]
) -> Emulator:
    """Return an emulator that knows nothing but these answers; it checks no request.

    Args:
        info: the provider's declaration; each of its required settings gets an invented value.
        documented_answers: what the vendor documents.
    """
    refusals = {entry.refuses: entry for entry in documented_answers if entry.refuses}

    def build(ctx: EmulatorContext, _: Any) -> flask.Flask:
        app = flask.Flask(info.id)
        served = [entry for entry in documented_answers if not entry.refuses]
        for key, group in itertools.groupby(sorted(served, key=_route), key=_route):
            _add(app, ctx, key, list(group))
        return app

    def refuse(code: str) -> flask.Response | None:
        entry = refusals.get(code)
        return None if entry is None else _response(entry, json.dumps(entry.answer))

    return Emulator(provider=info.id, build=build, refuse=refuse, settings=_invented_settings(info))


def _route(entry: DocumentedAnswer) -> tuple[str, str, str]:
    return entry.path, entry.method, entry.operation


def _add(
    app: flask.Flask,
    ctx: EmulatorContext,
    route: tuple[str, str, str],
    group: Iterable[DocumentedAnswer],
) -> None:
    path, method, operation = route
    left = list(group)

    def serve(**_: str) -> flask.Response:
        entry = left.pop(0) if len(left) > 1 else left[0]
        text = json.dumps(entry.answer).replace(ADDRESS, ctx.address)
        if IMAGE in text:
            text = text.replace(IMAGE, ctx.publish(_sample()))
        return _response(entry, text)

    app.add_url_rule(path, operation, serve, methods=[method])


def _sample() -> bytes:
    return read_bytes(sample_image("person", ImageRules()), field="image")


def _response(entry: DocumentedAnswer, text: str) -> flask.Response:
    answer = flask.Response(text, status=entry.status, mimetype="application/json")
    for name, value in entry.headers.items():
        answer.headers[name] = value
    return answer


def _invented_settings(info: ProviderInfo) -> dict[str, str]:
    return {
        spec.name: f"obviously_fake_{spec.name}"
        for spec in info.settings
        if (spec.required or spec.secret) and spec.name != BASE_URL
    }
