"""The facts of a vendor as its documented exchanges tell them; what they do not say is guessed."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import attrs

from tryon_core.models import CATEGORIES, Category
from tryon_testing.exchanges import Exchange
from tryon_testing.exchanges.entries import finished, leaves, place_of, state_place, value_at
from tryon_testing.exchanges.placeholders import (
    ALL_GARMENTS,
    CATEGORY,
    CODE,
    GARMENT,
    ID,
    IMAGES,
    MODEL,
    NAME,
    OF_REQUESTS,
    OUTPUTS,
    PERSON,
    only_name,
    placeholders,
    table_of,
)
from tryon_testing.scaffold.facts import USUAL_STATUSES, ErrorFact, Facts, OptionFact, SubmitFact
from tryon_testing.scaffold.literals import quoted

_NUMBER = re.compile(r"seed|steps|count|num_|_num|number|width|height", re.IGNORECASE)
_FLAG = re.compile(r"^(is|has|use|return|enable|keep|with)_", re.IGNORECASE)
_WAITING = re.compile(r"queue|pend|wait|start|submit|creat|init|accept|not_", re.IGNORECASE)
_TEXTS = ("message", "detail", "description", "reason", "text", "msg", "title", "error")
_GARMENT_NAMES = frozenset({GARMENT, ALL_GARMENTS, *CATEGORIES})
_REMEDY = "Use another image, or other options."
_BY_WORD = {
    "CreditsExhausted": re.compile(
        "credit|balance|insufficient|payment|billing|arrear", re.IGNORECASE
    ),
    "RateLimited": re.compile("rate|too_?many|throttl|concurren|slow|qps", re.IGNORECASE),
    "AuthenticationFailed": re.compile("auth|key|token|signature", re.IGNORECASE),
    "AccessDenied": re.compile("forbid|denied|permission", re.IGNORECASE),
    "JobExpired": re.compile("not_?found|expired|no_?such", re.IGNORECASE),
}
_BY_STATUS: Mapping[int, str] = {
    400: "InputRefused",
    401: "AuthenticationFailed",
    402: "CreditsExhausted",
    403: "AccessDenied",
    404: "JobExpired",
    413: "InputRefused",
    415: "InputRefused",
    422: "InputRefused",
    429: "RateLimited",
}
_OF_SERVICE = re.compile(r"internal|pipeline|server|unavailable|timeout|third|party", re.IGNORECASE)


def derived_facts(usual: Facts, exchanges: Sequence[Exchange], *, is_declared: bool) -> Facts:
    """Return the facts that exchanges tell.

    Args:
        usual: what is taken where they say nothing.
        exchanges: at least one submission that succeeds, and an answer with its image.
        is_declared: whether the provider is to be data.

    Raises:
        ValueError: no provider can be written from them; the message says all that is in the way.
    """
    good = [one for one in exchanges if one.request and not one.is_special]
    submits = [one for one in good if one.operation == "submit"]
    done = _finished(good)
    is_at_once = any(one.gives_result for one in submits)
    problems = [*_problems(exchanges, good, submits, is_declared=is_declared)]
    if problems:
        raise ValueError(" ".join(problems))
    secrets, headers = _headers(exchanges)
    options = _options(submits, secrets)
    facts = attrs.evolve(
        usual,
        docs=exchanges[0].source,
        base_url=_base_url(exchanges) or usual.base_url,
        headers=headers or usual.headers,
        secrets=secrets or usual.secrets,
        rows=_rows(submits),
        garments=_garments(submits),
        categories=_categories(submits),
        options=options,
        count_option=next(iter(_counts(submits)), ""),
        delivery=_delivery(submits),
        is_bare_base64=_is_bare_base64(submits),
        job_id="" if is_at_once else place_of(submits[0].answer.json, ID),
        outputs=_outputs(done),
        has_inline_images=any("image_base64" in one.answer.names for one in done),
        **_errors(exchanges),
    )
    facts = attrs.evolve(facts, **_polls(exchanges, done[0]))
    return attrs.evolve(facts, **_others(good))


def _finished(good: Sequence[Exchange]) -> list[Exchange]:
    """Return the answers that give the image: those of one request, the last one that does."""
    last = next(one for one in reversed(good) if one.gives_result)
    same = [one for one in good if one.operation == last.operation]
    return [one for one in finished(same) if one.gives_result]


def _problems(
    exchanges: Sequence[Exchange],
    good: Sequence[Exchange],
    submits: Sequence[Exchange],
    *,
    is_declared: bool,
) -> Iterator[str]:
    number = 1 + next(n for n, one in enumerate(exchanges) if one is submits[0])
    names = {name for one in submits for name in one.names}
    for what, known in (("person", {PERSON}), ("garment", _GARMENT_NAMES)):
        if not names & known:
            near = [name for name in names if difflib.get_close_matches(name, known, n=1)]
            hint = f" (${near[0]} is none)" if near else ""
            wanted = ", ".join(f"${name}" for name in sorted(known))
            yield f"entry {number}: no submission has an image of the {what}: {wanted}{hint}."
    is_at_once = any(one.gives_result for one in submits)
    if is_at_once and is_declared:
        yield "The vendor answers a submission with the image at once: give --code."
    if not is_at_once and not place_of(submits[0].answer.json, ID):
        yield (
            f"entry {number}: $id is inside a longer text. Write $id where the answer has "
            "nothing but the id of the job, as in `{jobId: $id}`."
        )
    if is_declared and any(_is_polled_by_post(one) for one in good):
        yield "The vendor is polled by POST: give --code."


def _is_polled_by_post(exchange: Exchange) -> bool:
    request = exchange.request
    return exchange.operation == "poll" and request is not None and request.method != "GET"


def _base_url(exchanges: Iterable[Exchange]) -> str:
    for exchange in exchanges:
        parts = urlsplit(exchange.request.path if exchange.request else "")
        if parts.netloc:
            return f"{parts.scheme}://{parts.netloc}"
    return ""


def _headers(exchanges: Iterable[Exchange]) -> tuple[list[str], dict[str, str]]:
    """Return the settings that are in headers, and all headers of the vendor."""
    requests = [exchange.request for exchange in exchanges if exchange.request]
    headers = {
        name: str(value)
        for request in requests
        for name, value in request.headers.items()
        if name.lower() != "content-type"
    }
    secrets = [name for value in headers.values() for name in NAME.findall(value)]
    return [*dict.fromkeys(secrets)], {name: _holed(value) for name, value in headers.items()}


def _holed(text: str) -> str:
    return NAME.sub(lambda found: f"{{{found[1]}}}", text)


def _rows(submits: Sequence[Exchange]) -> dict[str, SubmitFact]:
    """Return how to submit, by model; bodies of one model are put together."""
    rows: dict[str, SubmitFact] = {}
    for exchange in submits:
        request = exchange.request
        if request is None:
            continue
        path, body = _holed(request.route).lstrip("/"), _body(request.body or {})
        earlier = rows.get(exchange.model)
        rows[exchange.model] = SubmitFact(
            path=path,
            body=_merged(earlier.body if earlier else {}, body),
            is_form=request.form is not None,
        )
    return rows


def _body(value: Any, key: str = "") -> Any:
    """Return a body with holes in place of the placeholders."""
    table = table_of(value)
    if table is not None:
        return f"{{{table[0]}}}"
    if isinstance(value, Mapping):
        return {name: _body(entry, name) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_body(entry, key) for entry in value]
    if only_name(value) == OUTPUTS:
        return f"{{{key}}}"
    return _holed(value) if isinstance(value, str) else value


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key in one.keys() & other.keys() if isinstance(one[key], Mapping)}
    inner = {key: _merged(one[key], other[key]) for key in both if isinstance(other[key], Mapping)}
    return {**one, **other, **inner}


def _outputs(done: Sequence[Exchange]) -> list[str]:
    """Return the places of the images, none where the whole answer is the image."""
    found = (
        place
        for one in done
        for place, value in leaves(one.answer.json)
        if IMAGES.intersection(placeholders(value))
    )
    return [*dict.fromkeys(found)]


def _named(submits: Iterable[Exchange]) -> Iterator[tuple[str, str]]:
    """Yield the key and the placeholder of each value of the bodies that is nothing else."""
    for exchange in submits:
        for place, value in leaves(exchange.request.body if exchange.request else {}):
            if only_name(value):
                yield place.rpartition(".")[2].removesuffix("[]"), only_name(value)


def _tables(value: Any) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    table = table_of(value)
    if table is not None:
        yield table
        return
    inner = value.values() if isinstance(value, Mapping) else value
    for entry in inner if isinstance(value, (Mapping, list, tuple)) else ():
        yield from _tables(entry)


def _all_tables(submits: Iterable[Exchange]) -> dict[str, Mapping[Any, Any]]:
    bodies = [one.request.body for one in submits if one.request]
    return dict(table for body in bodies for table in _tables(body))


def _categories(submits: Sequence[Exchange]) -> Mapping[Category, str]:
    words = _all_tables(submits).get(CATEGORY, {})
    return {category: str(words[category]) for category in CATEGORIES if category in words}


def _garments(submits: Sequence[Exchange]) -> list[tuple[Category, ...]]:
    found: list[tuple[Category, ...]] = []
    words = _categories(submits)
    for exchange in submits:
        named = tuple(category for category in CATEGORIES if category in exchange.names)
        found += [named] if named else []
        if {GARMENT, ALL_GARMENTS} & {*exchange.names}:
            found += [(category,) for category in CATEGORIES if not words or category in words]
        if ALL_GARMENTS in exchange.names:
            found.append(("top", "bottom"))
    return [*dict.fromkeys(found)]


def _options(submits: Sequence[Exchange], secrets: Sequence[str]) -> list[OptionFact]:
    models = [one.model for one in submits if one.model]
    tables, known = _all_tables(submits), {*OF_REQUESTS, *secrets}
    options: dict[str, OptionFact] = {}
    if models or any(MODEL in one.names for one in submits):
        kind = f"Literal[{', '.join(map(quoted, dict.fromkeys(models)))}]" if models else "str"
        default = quoted(models[0] if models else "CHANGE")
        meaning = "which model of the vendor."
        options[MODEL] = OptionFact(name=MODEL, kind=kind, default=default, meaning=meaning)
    counts = _counts(submits)
    for exchange in submits:
        asked = (counts if name == OUTPUTS else {name} - known for name in exchange.names)
        for name in (name for names in asked for name in names):
            of = {one.model for one in submits if name in one.names or name in _counts([one])}
            words = tables.get(name, {})
            options[name] = OptionFact(
                name=name,
                words=words,
                models=sorted(of) if of < {*models} else (),
                **_kind(name, words, is_count=name in counts),
            )
    return [*options.values()]


def _counts(submits: Iterable[Exchange]) -> set[str]:
    return {key for key, name in _named(submits) if name == OUTPUTS}


def _kind(name: str, words: Mapping[Any, Any], *, is_count: bool) -> dict[str, str]:
    if is_count:
        kind = "Literal[1, 2, 3, 4]"
        return {"kind": kind, "default": "1", "meaning": "how many images; each costs."}
    if words and all(isinstance(word, bool) for word in words):
        is_switch = {*words} == {True}  # without the word for False it is left out
        return {"kind": "bool", "default": "False"} if is_switch else {"kind": "bool | None"}
    if words:
        shown = (quoted(word) if isinstance(word, str) else repr(word) for word in words)
        return {"kind": f"Literal[{', '.join(shown)}] | None"}
    if _NUMBER.search(name):
        return {"kind": "int | None"}
    return {"kind": "bool | None" if _FLAG.search(name) else "str | None"}


def _delivery(submits: Sequence[Exchange]) -> list[str]:
    requests = [one.request for one in submits if one.request]
    if any(request.form is not None for request in requests):
        return ["upload"]
    forms = {form for request in requests for form in request.images}
    return [*(["upload"] if forms - {"url"} else []), *(["url"] if "url" in forms else [])]


def _is_bare_base64(submits: Sequence[Exchange]) -> bool:
    forms = {form for one in submits if one.request for form in one.request.images}
    return "base64" in forms and "data_uri" not in forms


def _polls(exchanges: Sequence[Exchange], image: Exchange) -> dict[str, Any]:
    """Return how a job is polled, and what its words mean."""
    polls = [one for one in exchanges if one.operation == "poll" and not one.refusals]
    if not polls:
        return {"poll_path": "", "states": {}}
    request, place, done = polls[0].request, state_place(polls), finished(polls)
    states: dict[str, str] = {}
    for one in polls:
        word = value_at(one.answer.json, place)
        if one.states:
            states |= {word: _on_its_way(word) for word in map(str, one.states)}
        elif one.is_failed:
            states |= {word: "FAILED"} if word else {}
        elif word and one.cancelled:
            states[word] = "CANCELLED"
        elif word:
            states[word] = "SUCCEEDED" if one in done else _on_its_way(word)
    is_apart = image.operation not in {"poll", "submit"}
    apart = image.request.route if is_apart and image.request else ""
    return {
        "poll_method": request.method if request else "GET",
        "poll_path": _holed(request.route).lstrip("/") if request else "",
        "poll_params": {k: _holed(v) for k, v in request.query.items()} if request else {},
        "state": place,
        "states": {word: states[word] for word in sorted(states, key=_order(states))},
        "result_path": _holed(apart).lstrip("/"),
    }


def _on_its_way(word: str) -> str:
    return "PENDING" if _WAITING.search(word) else "RUNNING"


def _order(states: Mapping[str, str]) -> Any:
    steps = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    return lambda word: steps.index(states[word])


def _errors(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Return where code and text of errors are, and what the codes mean."""
    codes: dict[str | int, tuple[str, str]] = {}
    places: dict[str, list[str]] = {"code": [], "message": []}
    for exchange in exchanges:
        answer = exchange.answer.json
        statuses = {code: refusal.status for code, refusal in exchange.refused}
        given = (*statuses, *exchange.failures)
        if not given and not exchange.is_failed:
            continue
        place = _code_place(answer, given)
        places["code"] += [place] if place else []
        message = _message_place(answer, place)
        places["message"] += [message] if message else []
        said = value_at(answer, message) if len(given) == 1 else ""
        for code in given:
            status = statuses.get(code, exchange.answer.status)
            error = _error(str(code), status, is_failure=bool(exchange.failures))
            shown = code if place else status
            meaning = _sentence(said or (str(code) if place else _phrase(status)))
            codes.setdefault(str(shown) if place else shown, (error, meaning))
    groups: dict[str, dict[str | int, str]] = {}
    for code, (error, meaning) in codes.items():
        groups.setdefault(error, {})[code] = meaning
    return {
        "code": [*dict.fromkeys(places["code"])],
        "message": [*dict.fromkeys(places["message"])],
        "errors": [
            ErrorFact(
                error=error,
                meanings=meanings,
                remedy=_REMEDY if error == "InputRefused" else "",
            )
            for error, meanings in groups.items()
        ],
    }


def _phrase(status: int) -> str:
    """Return what a status means with most vendors, else its name."""
    usual = {code: text for group in USUAL_STATUSES for code, text in group.meanings.items()}
    return usual.get(status, HTTPStatus(status).phrase)


def _code_place(answer: Any, given: Sequence[str | int]) -> str:
    found = place_of(answer, CODE)
    same = (place for place, value in leaves(answer) if str(value) in map(str, given))
    return found or next(same, "").replace("[]", "")


def _message_place(answer: Any, code_place: str) -> str:
    """Return the place of a text beside a code, else of any that has a usual name."""
    beside = code_place.rpartition(".")[0]
    texts = {place.replace("[]", ""): value for place, value in leaves(answer)}
    named = [
        place
        for place, value in texts.items()
        if isinstance(value, str) and place != code_place and place.rpartition(".")[2] in _TEXTS
    ]
    return min(named, key=lambda place: place.rpartition(".")[0] != beside, default="")


def _error(code: str, status: int, *, is_failure: bool) -> str:
    by_word = next((error for error, words in _BY_WORD.items() if words.search(code)), "")
    if is_failure:
        return "VendorUnavailable" if _OF_SERVICE.search(code) else "InputRefused"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "VendorUnavailable"
    if status in _BY_STATUS and status != HTTPStatus.BAD_REQUEST:
        is_money = by_word == "CreditsExhausted"
        return by_word if is_money else _BY_STATUS[status]
    return by_word or _BY_STATUS.get(status, "InputRefused")


def _sentence(text: str) -> str:
    """Return a code or a text as a sentence."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}".rstrip(".") + "."


def _others(good: Sequence[Exchange]) -> dict[str, Any]:
    """Return how the balance is asked and a job is stopped."""
    found: dict[str, Any] = {}
    for exchange in good:
        request = exchange.request
        if request is None:
            continue
        path = _holed(request.route).lstrip("/")
        numbers = [place for place, value in leaves(exchange.answer.json) if _is_amount(value)]
        if exchange.operation == "balance" and numbers:
            found["balance"] = (path, numbers[0].replace("[]", ""))
        if exchange.operation == "cancel":
            found["cancel"] = (path, request.method)
    return found


def _is_amount(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number or (isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) is not None)
