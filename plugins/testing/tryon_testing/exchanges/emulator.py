"""An emulator that knows nothing but documented exchanges."""

import base64
import difflib
import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import attrs
import flask
from PIL import Image
from werkzeug.exceptions import HTTPException

from tryon_core.codec import option_specs
from tryon_core.errors import InputError
from tryon_core.images import read_bytes
from tryon_core.models import ImageRules, ProviderInfo
from tryon_core.settings import BASE_URL
from tryon_testing.emulation import EmulatedJob, Emulator, EmulatorContext, Understood
from tryon_testing.exchanges.comparing import Comparison, SentRequest, sent_request
from tryon_testing.exchanges.coverage import is_way_shown, model_of
from tryon_testing.exchanges.entries import (
    CANCEL,
    POLL,
    SUBMIT,
    Exchange,
    ExchangeAnswer,
    ExchangeRequest,
    finished,
)
from tryon_testing.exchanges.placeholders import (
    ALL_GARMENTS,
    ANY,
    CATEGORY,
    CODE,
    GARMENT,
    GARMENTS,
    ID,
    IMAGE,
    MODEL,
    NAME,
    OF_ANSWERS,
    OF_REQUESTS,
    OUTPUTS,
    PERSON,
    STATE,
    filled,
    image_count,
    placeholders,
)
from tryon_testing.samples import sample_image

DIFFERENCES = "tryon_differences"
"""Key of an answer that says what a request has otherwise than the exchanges."""


def exchange_emulator(info: ProviderInfo, exchanges: Sequence[Exchange]) -> Emulator:
    """Return an emulator that takes the requests of these exchanges alone, and answers like them.

    Args:
        info: the provider's declaration; each of its required settings gets an invented value.
        exchanges: what the vendor documents.

    Raises:
        InputError: placeholders that are neither known nor options or settings of the provider.
    """
    problems = list(_unknown_names(info, exchanges))
    if problems:
        raise InputError(
            "\n".join(problems), remedy="Correct the exchanges, or declare the option."
        )
    failing = [entry for entry in exchanges if entry.is_failed]
    failures = [str(code) for entry in failing for code in entry.failures]
    return Emulator(
        provider=info.id,
        build=partial(_build, info, exchanges),
        refuse=partial(_refuse, exchanges),
        settings=_invented_settings(info),
        path=_addresses(info).get(BASE_URL, ""),
        failures=tuple(failures) if failing else None,
    )


def _unknown_names(info: ProviderInfo, exchanges: Sequence[Exchange]) -> Iterator[str]:
    own = {spec.name for spec in option_specs(info.options)} | {it.name for it in info.settings}
    for number, entry in enumerate(exchanges, start=1):
        for place, names in (("request", entry.names), ("answer", entry.answer.names)):
            known = own | OF_REQUESTS | (OF_ANSWERS if place == "answer" else frozenset())
            for name in sorted(set(names) - known):
                near = difflib.get_close_matches(name, known, n=1)
                hint = f" (did you mean ${near[0]}?)" if near else ""
                yield (
                    f"entry {number} of the exchanges: ${name} in the {place} is no placeholder, "
                    f"and no option or setting of {info.id}{hint}."
                )


def _addresses(info: ProviderInfo) -> dict[str, str]:
    """Return the path of each setting that is an address of the vendor, by name."""
    given = {spec.name: spec.default or "" for spec in info.settings}
    return {name: urlsplit(it).path for name, it in given.items() if it.startswith("http")}


def _invented_settings(info: ProviderInfo) -> dict[str, str]:
    addresses = {name: f"{{address}}{path}" for name, path in _addresses(info).items()}
    keys = {
        spec.name: f"obviously_fake_{spec.name}"
        for spec in info.settings
        if (spec.required or spec.secret) and not spec.instead_of
    }
    return {name: value for name, value in {**keys, **addresses}.items() if name != BASE_URL}


def _refuse(exchanges: Sequence[Exchange], asked: str) -> flask.Response | None:
    known = [pair for entry in exchanges for pair in entry.refused]
    for code, answer in known:
        if str(code) == asked or str(code).startswith(f"{asked}."):
            return _response(answer, {CODE: code}.__getitem__)
    for code, answer in known:
        if str(answer.status) == asked:
            return _response(answer, {CODE: code}.__getitem__)
    return None


def _response(answer: ExchangeAnswer, value_of: Any, outputs: int = 1) -> flask.Response:
    kind = "application/json"
    if answer.text is None:
        text = filled(answer.json, value_of, outputs=outputs)
        body = b"" if text is None else json.dumps(text).encode()
    else:
        text = filled(answer.text, value_of)
        kind = "text/plain" if isinstance(text, str) else "image/png"
        body = text.encode() if isinstance(text, str) else text
    response = flask.Response(body, status=answer.status, mimetype=kind)
    for name, value in filled(answer.headers, value_of).items():
        response.headers[name] = str(value)
    return response


def _rule(request: ExchangeRequest) -> str:
    """Return the path as Flask writes it; what is no id may have slashes."""
    numbers = itertools.count()

    def variable(name: str) -> str:
        if name == ID:
            return f"<{ID}>"
        return f"<path:{name if name != ANY else f'{ANY}{next(numbers)}'}>"

    return NAME.sub(lambda it: variable(it[1]), request.route)


def _build(
    info: ProviderInfo, exchanges: Sequence[Exchange], ctx: EmulatorContext, _: Any
) -> flask.Flask:
    service, app = _Service(info=info, exchanges=exchanges, ctx=ctx), flask.Flask(info.id)
    for entry in exchanges:
        if entry.request is not None:
            method = [entry.request.method]
            app.add_url_rule(_rule(entry.request), entry.operation, service.serve, methods=method)
    app.register_error_handler(HTTPException, service.unknown)
    app.after_request(service.with_own_addresses)
    return app


@attrs.frozen(kw_only=True, eq=False, slots=False)
class _Service:
    """The vendor, as far as the exchanges show it."""

    info: ProviderInfo
    exchanges: Sequence[Exchange]
    ctx: EmulatorContext

    @cached_property
    def settings(self) -> dict[str, str]:
        """The values that may stand in requests."""
        usual = {spec.name: spec.default for spec in self.info.settings if spec.default}
        return {**usual, **_invented_settings(self.info)}

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Names of the secret settings."""
        return frozenset(spec.name for spec in self.info.settings if spec.secret)

    @cached_property
    def options(self) -> frozenset[str]:
        """Names of the provider's options, but for the model."""
        names = {spec.name for spec in option_specs(self.info.options)}
        return frozenset(names - OF_REQUESTS)

    @cached_property
    def key_headers(self) -> Mapping[str, str | int]:
        """Headers that have a key, as the first entry has them."""
        for entry in self.exchanges:
            headers = entry.request.headers if entry.request else {}
            named = {name: it for name, it in headers.items() if self._has_key(it)}
            if named:
                return named
        return {}

    def _has_key(self, value: str | int) -> bool:
        return not self.secrets.isdisjoint(placeholders(value))

    def serve(self, **variables: str) -> flask.Response:
        """Answer a request for which there is an exchange."""
        request = flask.request
        sent, rule = sent_request(request), str(request.url_rule)
        compared = [
            (entry, self._compared(entry, entry.request, sent, variables))
            for entry in self.exchanges
            if entry.request is not None
            and not entry.refusals
            and entry.operation == request.endpoint
            and (entry.request.method, _rule(entry.request)) == (request.method, rule)
        ]
        fitting = [(entry, it.found) for entry, it in compared if not it.differences]
        if not fitting:
            nearest = [it.differences for _, it in compared]
            return _different(HTTPStatus.BAD_REQUEST, min(nearest, key=len, default=[]))
        if any(it.has_wrong_key for _, it in compared):
            return self._refused((HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN))
        if request.endpoint == SUBMIT:
            return self._submit(fitting)
        return self._answer_to(fitting)

    def unknown(self, error: HTTPException) -> flask.Response:
        """Answer a request for which there is no exchange."""
        request = flask.request
        known = {f"{it.request.method} {it.request.route}" for it in self.exchanges if it.request}
        text = f"the provider sends {request.method} {request.path}, the exchanges have "
        status = HTTPStatus(error.code or HTTPStatus.NOT_FOUND)
        return _different(status, [text + ", ".join(sorted(known))])

    def with_own_addresses(self, response: flask.Response) -> flask.Response:
        """Put this machine in place of the vendor's own addresses."""
        if flask.request.endpoint in {it.operation for it in self.exchanges}:
            body = response.get_data()
            for spec in self.info.settings:
                given = (spec.default or "").rstrip("/")
                if given.startswith("http"):
                    own = self.ctx.address + urlsplit(given).path
                    body = body.replace(given.encode(), own.encode())
            response.set_data(body)
        return response

    def _compared(
        self,
        entry: Exchange,
        request: ExchangeRequest,
        sent: SentRequest,
        variables: Mapping[str, str],
    ) -> Comparison:
        comparison = Comparison(
            settings=self.settings,
            secrets=self.secrets,
            options=self.options,
            images=request.images,
            found=dict(variables),
        )
        own = request.headers
        keys = {} if any(map(self._has_key, own.values())) else self.key_headers
        comparison.compare_headers({**keys, **own}, sent.headers)
        comparison.compare(request, sent)
        return comparison

    def _submit(self, fitting: Sequence[tuple[Exchange, Mapping[str, Any]]]) -> flask.Response:
        (entry, found), entries = fitting[0], [it for it, _ in fitting]
        job = self.ctx.jobs.create(data=found, understood=self._understood(fitting))
        if not job.failure:
            self.ctx.bill(job.id)
        entry = self._in_turn([it for it in entries if it.request == entry.request], job)
        return self._answer(entry.answer, found, job=job)

    def _answer_to(self, fitting: Sequence[tuple[Exchange, Mapping[str, Any]]]) -> flask.Response:
        entry, found = fitting[0]
        if ID not in found:
            return self._answer(entry.answer, found)
        job = self.ctx.jobs.get(str(found[ID]))
        if job is None:
            return self._refused((HTTPStatus.NOT_FOUND,), entry.operation)
        if entry.operation == CANCEL and any(it.cancelled for it in self.exchanges):
            if job.stage == "done":
                return self._refused((HTTPStatus.CONFLICT,), CANCEL)
            job.is_cancelled = True
        entries = [it for it, _ in fitting]
        if entry.operation == POLL:
            return self._poll(job, entries)
        giving = [it for it in entries if it.gives_result] or entries[:1]
        return self._answer(self._in_turn(giving, job).answer, found, job=job)

    def _poll(self, job: EmulatedJob, entries: Sequence[Exchange]) -> flask.Response:
        done = finished(entries)
        stopped = [entry for entry in entries if entry.cancelled]
        if job.is_cancelled and stopped:
            return self._answer(stopped[0].answer, {}, job=job)
        if job.stage != "done" and is_way_shown(self.exchanges):
            plain = [it for it in entries if not it.is_special and it not in done]
            way = [(it, word) for it in plain for word in it.states or ("",)]
            if not way:
                return _different(HTTPStatus.NOT_FOUND, ["the job is not finished yet"])
            total_s = (job.ended_at - job.created_at).total_seconds()
            place = min(len(way) - 1, int(len(way) * job.age_s / total_s))
            return self._answer(way[place][0].answer, {STATE: way[place][1]}, job=job)
        failing = [entry for entry in entries if entry.is_failed]
        if job.failure and failing:
            named = {str(code): (it.answer, code) for it in failing for code in it.failures}
            nameless = [it for it in failing if not it.failures]
            other = self._in_turn(nameless, job).answer if nameless else _with_open_code(failing[0])
            answer, code = named.get(job.failure, (other, job.failure))
            return self._answer(answer, {CODE: code}, job=job)
        return self._answer(self._in_turn(done, job).answer, {}, job=job)

    def _in_turn(self, entries: Sequence[Exchange], job: EmulatedJob) -> Exchange:
        """Return one of several answers that the vendor may give: jobs get them in turn."""
        of_kind = [it for it in self.ctx.jobs.all() if bool(it.failure) == bool(job.failure)]
        return entries[of_kind.index(job) % len(entries)]

    def _refused(self, statuses: Sequence[int], operation: str = "") -> flask.Response:
        """Return the vendor's refusal of one of these statuses, else one of the kit's own."""
        meant = [it for it in self.exchanges if operation in {"", it.operation}]
        for status in statuses:
            for code, answer in (pair for entry in meant for pair in entry.refused):
                if answer.status == status:
                    return _response(answer, {CODE: code}.__getitem__)
        return flask.Response("{}", status=statuses[0], mimetype="application/json")

    def _understood(self, fitting: Sequence[tuple[Exchange, Mapping[str, Any]]]) -> Understood:
        entry, found = fitting[0]
        named: dict[bytes, dict[str, None]] = {}
        for _, it in fitting:
            for role in GARMENTS:
                if role in it:
                    named.setdefault(it[role], {})[role] = None
            if GARMENT in it and CATEGORY in it:
                named.setdefault(it[GARMENT], {})[it[CATEGORY]] = None
        garments: Any = {"|".join(names): data for data, names in named.items()}
        final = [it.answer for it in self.exchanges if it.gives_result][-1]
        return Understood(
            person=found.get(PERSON),
            garments=garments or found.get(ALL_GARMENTS) or [found[GARMENT]],
            options={name: value for name, value in found.items() if name in self.options},
            outputs=int(found.get(OUTPUTS) or image_count(final.json) or 1),
            model=str(found.get(MODEL) or model_of(entry, self.info)),
        )

    def _answer(
        self, answer: ExchangeAnswer, found: Mapping[str, Any], *, job: EmulatedJob | None = None
    ) -> flask.Response:
        numbers = itertools.count()
        sent = {**(job.data if job else {}), **found}

        def value_of(name: str) -> Any:
            if name == ID:
                return job.id if job else sent.get(ID, "")
            if name == IMAGE:
                return self._published(sent, job, next(numbers))
            if name == "image_base64":
                return base64.b64encode(self._drawn(sent, next(numbers))).decode()
            if name == "image_bytes":
                return self._drawn(sent, next(numbers))
            if name == "mask":
                return self.ctx.publish(_transparent(sent[PERSON]), name="mask.png")
            return sent.get(name, self.settings.get(name))

        outputs = job.understood.outputs if job and job.understood else 1
        return _response(answer, value_of, outputs)

    def _published(self, sent: Mapping[str, Any], job: EmulatedJob | None, number: int) -> str:
        if job is None:
            return self.ctx.publish(sent.get(IMAGE) or self._drawn(sent, number))
        job.output = made = job.output or {}
        if number not in made:
            made[number] = self.ctx.publish(self._drawn(sent, number))
        return str(made[number])

    def _drawn(self, sent: Mapping[str, Any], number: int) -> bytes:
        person = sent.get(PERSON) or read_bytes(sample_image(PERSON, ImageRules()), field="image")
        garments = [sent[role] for role in (*GARMENTS, GARMENT) if role in sent]
        garments += sent.get(ALL_GARMENTS, [])
        return self.ctx.draw_result(person, garments, note=str(number or ""))


def _with_open_code(entry: Exchange) -> ExchangeAnswer:
    """Return the answer of a failed job with `$code` where it has a code of its own."""
    text = json.dumps(entry.answer.json).replace(str(entry.failures[0]), f"${CODE}")
    return attrs.evolve(entry.answer, json=json.loads(text))


def _transparent(photo: bytes) -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as image:
        Image.new("RGBA", image.size, (255, 255, 255, 128)).save(buffer, "PNG")
    return buffer.getvalue()


def _different(status: HTTPStatus, differences: Sequence[str]) -> flask.Response:
    text = json.dumps({DIFFERENCES: list(differences), "message": "; ".join(differences)})
    return flask.Response(text, status=status, mimetype="application/json")
