"""The command `explain`."""

import email
import email.policy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import click

from tryon_core import PollPolicy, Price, TryOnRequest, UrlSource
from tryon_core.base64_text import without_base64
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.opening import open_client
from tryon_core.cli.options import (
    Inputs,
    chain_option,
    common_options,
    example,
    input_options,
    provider_option,
)
from tryon_core.cli.printing import Document, note, print_document
from tryon_core.cli.requesting import prepare
from tryon_core.engine import (
    BASE_URL,
    MASK,
    REGISTRY,
    NamedExtension,
    Prepared,
    Session,
    amount_text,
    json_text,
    require_settings,
)
from tryon_core.errors import MissingCredential
from tryon_core.masking import is_secret_name, redact
from tryon_core.models import strip_query
from tryon_core.polling import next_delay_s
from tryon_core.transport.exchange import HEADERS
from tryon_doctor.recording import PlannedRequest, Recorder, record_run, recording_session

_MARK = re.compile(r"image sha256 ([0-9a-f]{64})")
_DIGITS = 12
_STEPS: Mapping[str, str] = {
    "fetch": "fetches an image that was given by its address",
    "publish": "gives an image an address; free",
    "parse": "finds what is kept",
    "submit": "submits, once",
    "poll": "polls; free",
}


@click.command(epilog=example("tryon explain -p local --person person.jpg --top tee.png"))
@provider_option
@input_options
@chain_option
@common_options
@click.pass_obj
def explain(
    invocation: Invocation, *, provider: str, inputs: Inputs, chain: bool, config: Path | None
) -> None:
    """Print the exact requests that a run would send, and what they cost; nothing is sent.

    Keys are masked; images are shown by role, size and digest. No key is needed: `<api_key>` stands
    for one that is missing.
    """
    inputs = attrs.evolve(inputs, chain=chain)
    with ExitStack() as stack:
        client = stack.enter_context(open_client(invocation, provider, config=config))
        session, parser = client.session, None
        recorder = Recorder(session.transport.policy, session.clock)
        recording = recording_session(session, REGISTRY.load(provider), recorder)
        if inputs.parser is not None:
            by = stack.enter_context(open_client(invocation, inputs.parser, config=config)).session
            parser = recording_session(by, REGISTRY.load(inputs.parser), recorder)
        request = prepare(client, inputs)
        sent = record_run(recording, recorder, request, fit=inputs.fit, chain=chain, parser=parser)
    document = _document(session, parser, recorder, request, sent)
    _note(session, recorder, inputs, is_chain=len(sent) > 1)
    if invocation.as_json:
        print_document(document)
    else:
        click.echo("\n".join(_lines(document)))


def _note(session: Session, recorder: Recorder, inputs: Inputs, *, is_chain: bool) -> None:
    """Say what differs from a run."""
    try:
        require_settings(session.info, session.settings)
    except MissingCredential as error:
        note(str(error))
    steps = {one.step for one in recorder.requests}
    names = [one.name for one in session.extensions if isinstance(one, NamedExtension)]
    used = ", ".join(names)
    differs = {
        f"the extensions in use are not called: {used}. In a run they may refuse it, answer it, or "
        "publish images.": names,
        f"{session.info.name} has no base_url: it works on this machine, and was not called.": (
            BASE_URL not in session.settings
        ),
        "some requests depend on an answer that is not known, and are not shown.": recorder.is_cut,
        "answers to uploads are samples from the vendor's documents.": "publish" in steps,
        "an image of 1024 x 1024 px stands for one that is fetched.": "fetch" in steps,
        f"an image stands for the {inputs.keep} that the parsing finds; none is sent when it is "
        "kept from the last day.": "parse" in steps,
        "an image stands for that of the first step.": is_chain,
    }
    for sentence, is_so in differs.items():
        if is_so:
            note(sentence)


def _document(
    session: Session,
    parser: Session | None,
    recorder: Recorder,
    request: TryOnRequest,
    sent: Sequence[Prepared],
) -> Document:
    info = session.info
    able, quota = info.capabilities_for(request), info.capabilities.quota
    digests = {
        field: sha
        for step in reversed(sent)
        for field, sha in step.digests.items()
        if not isinstance(request.images[field], UrlSource)
    }
    roles = {sha: field for step in reversed(sent) for field, sha in step.digests.items()}
    shown = _Shown(session, request, roles)
    costs = [
        _cost("try_on", info.price_for(step.request), info.count_outputs(step.request))
        for step in sent
    ]
    if any(one.step == "parse" for one in recorder.requests):
        costs.insert(0, _cost("parsing", (parser or session).info.capabilities.parse_price, 1))
    delay = partial(next_delay_s, PollPolicy(), usual_job_s=able.typical_job_s, quota=quota)
    first_s = delay(polls=0)
    return {
        "provider": info.id,
        "model": getattr(request.options, "model", None),
        "images": [
            {"field": field, "given": _given(image), "sha256": digests.get(field)}
            for field, image in request.images.items()
        ],
        "published": [
            {"image": roles.get(one.digest), "by": one.by, "lifetime_s": one.lifetime_s}
            for one in recorder.uploads
        ],
        "requests": [shown.request(one) for one in recorder.requests],
        "is_complete": not recorder.is_cut,
        "costs": costs,
        "polling": {"first_after_s": first_s, "then_every_s": delay(polls=1, age_s=first_s)},
        "job_lifetime_s": able.job_lifetime_s,
        "result_lifetime_s": able.result_lifetime_s,
    }


def _given(image: Any) -> str:
    if isinstance(image, UrlSource):
        return strip_query(image.url)
    return str(getattr(image, "path", "") or image.name)


def _cost(what: str, price: Price | None, images: int) -> Document:
    return {
        "what": what,
        "images": images,
        "price": None if price is None else f"{price.amount:f}",
        "amount": None if price is None else f"{price.amount * images:f}",
        "currency": None if price is None else price.currency,
        "as_of": None if price is None else price.as_of.isoformat(),
    }


@attrs.frozen
class _Shown:
    """How requests are shown: without keys, signatures and photos.

    Attributes:
        session: knows the keys, and the names of what is secret.
        asked: what was asked for.
        roles: the fields of images, by digest.
    """

    session: Session
    asked: TryOnRequest
    roles: Mapping[str, str]

    def request(self, planned: PlannedRequest) -> Document:
        headers = {name: self._value(name, text) for name, text in planned.headers.items()}
        return {
            "step": planned.step,
            "method": planned.method,
            "url": self._url(planned),
            "headers": headers,
            "body": self._body(planned),
            "is_sent_once": planned.is_sent_once,
            "proxy": planned.proxy,
        }

    def _url(self, planned: PlannedRequest) -> str:
        query = urlsplit(planned.url).query
        url = strip_query(planned.url)
        if planned.step == "fetch" or not query:
            return url
        pairs = (pair.partition("=") for pair in query.split("&"))
        shown = (f"{name}={self._value(unquote(name), text)}" for name, _, text in pairs)
        return f"{url.removesuffix('?…')}?{'&'.join(shown)}"

    def _body(self, planned: PlannedRequest) -> Document | None:
        kind = planned.headers.get("Content-Type", "")
        text = planned.body.decode("utf-8", "replace")
        if not text:
            return None
        if kind == "application/json":
            return {"json": self._json("", json.loads(text))}
        if kind == "application/x-www-form-urlencoded":
            pairs = parse_qsl(text, keep_blank_values=True)
            return {"form": [[name, self._value(name, value)] for name, value in pairs]}
        if kind.startswith("multipart/"):
            head = f"Content-Type: {kind}\r\n\r\n".encode()
            form = email.message_from_bytes(head + planned.body, policy=email.policy.HTTP)
            return {"multipart": [self._part(part) for part in form.iter_parts()]}
        return {"file": self._text(text)}

    def _part(self, part: Any) -> Document:
        disposition = part["Content-Disposition"].params
        name, is_file = disposition["name"], "filename" in disposition
        data = part.get_payload(decode=True).decode("utf-8", "replace")
        return {
            "name": name,
            "filename": disposition.get("filename"),
            "media_type": part.get_content_type() if is_file else None,
            "value": self._value(name, data),
        }

    def _json(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._json(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._json(name, inner) for inner in value]
        return self._value(name, value) if isinstance(value, str) else value

    def _value(self, name: str, text: str) -> str:
        if not is_secret_name(name, self.session.info.secret_fields):
            return self._text(text)
        scheme, blank, word = unquote(text).rpartition(" ")
        if not (scheme.isalpha() or not scheme):
            return MASK
        return f"{scheme}{blank}{word if word in self._placeholders else MASK}"

    @property
    def _placeholders(self) -> set[str]:
        return {f"<{spec.name}>" for spec in self.session.info.settings}

    def _text(self, text: str) -> str:
        for image in self.asked.images.values():
            if isinstance(image, UrlSource):
                text = text.replace(image.url, strip_query(image.url))
        text = without_base64(redact(text, self.session.settings.secrets))
        return _MARK.sub(self._role, text)

    def _role(self, mark: "re.Match[str]") -> str:
        return f"{self.roles.get(mark[1], 'image')}, sha256 {mark[1][:_DIGITS]}"


def _lines(document: Document) -> Iterator[str]:
    for number, one in enumerate(document["requests"], 1):
        yield f"{number}. {_STEPS[one['step']]}"
        yield f"   {one['method']} {one['url']}"
        for name, value in one["headers"].items():
            if HEADERS.get(name) != value:
                yield f"   {name}: {value}"
        yield from (f"   {line}" for line in _body_lines(one["body"]))
        yield ""
    if document["requests"]:
        every = ", ".join(f"{name}: {value}" for name, value in HEADERS.items())
        yield f"each also has {every}"
    for proxy in dict.fromkeys(one["proxy"] for one in document["requests"] if one["proxy"]):
        yield f"proxy:     {proxy}"
    for image in document["images"]:
        sha = f", sha256 {image['sha256'][:_DIGITS]}" if image["sha256"] else ""
        yield f"{image['field'] + ':':<10} {image['given']}{sha}"
    for by, life in dict.fromkeys(
        (one["by"], _span(one["lifetime_s"])) for one in document["published"]
    ):
        yield f"published: by {by}; the address of an image dies after {life}"
    for cost in document["costs"]:
        yield f"cost:      {_cost_text(cost)}"
    poll = document["polling"]
    yield (
        f"polling:   first after {_span(poll['first_after_s'])}, then every "
        f"{_span(poll['then_every_s'])} and more slowly later"
    )
    yield f"expiry:    the vendor forgets the job after {_span(document['job_lifetime_s'])}"
    yield f"           addresses of results die after {_span(document['result_lifetime_s'])}"
    yield "nothing was sent."


def _body_lines(body: Document | None) -> Iterator[str]:
    for kind, value in (body or {}).items():
        if kind == "json":
            yield from json_text(value, indent=2).splitlines()
        elif kind == "file":
            yield value
        else:
            pairs = value if kind == "form" else ((part["name"], part["value"]) for part in value)
            yield from (f"{name} = {text}" for name, text in pairs)


def _cost_text(cost: Document) -> str:
    number = cost["images"]
    what = "parsing" if cost["what"] == "parsing" else f"{number} image{'s' * (number > 1)}"
    if cost["price"] is None:
        return f"{what}, price unknown"
    price, total = (
        amount_text(Decimal(cost[key]), cost["currency"]) for key in ("price", "amount")
    )
    return f"{what} x {price} = {total} (price of {cost['as_of']})"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "an unknown time"
    for size_s, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size_s:
            return f"{seconds / size_s:.3g} {unit}"
    return f"{seconds:.3g} s"
