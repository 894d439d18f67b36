"""How a file of documented exchanges is read, and everything that may be wrong with it."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import attrs
import cattrs

from tryon_core.codec import explain, make_converter
from tryon_core.errors import InputError, MissingExtra
from tryon_core.installed import install_command
from tryon_testing.exchanges.entries import POLL, SUBMIT, Exchange, ExchangeAnswer, ExchangeRequest
from tryon_testing.exchanges.placeholders import CODE, ID, STATE

_POSTED = frozenset({SUBMIT, "parse", "upload", "cancel"})
_STATUSES = {int(status) for status in HTTPStatus}


def read_exchanges(path: Path) -> tuple[Exchange, ...]:
    """Read a file of documented exchanges, YAML or JSON.

    An entry without a request gets that of the entry above it with the same operation.

    Raises:
        InputError: the file cannot be read, or is wrong; every problem is named with the number of
            the entry and the place in it.
        MissingExtra: it is YAML, and PyYAML is not installed.
    """
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.", remedy=_REMEDY) from error


_REMEDY = "The format is in docs/how-to/test-a-provider.md."


@lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int, _size_bytes: int) -> tuple[Exchange, ...]:
    given = _parsed(path)
    if not isinstance(given, list) or not given:
        _refuse(path, [f"expected a list of entries, got {type(given).__name__}"])
    problems: list[str] = []
    made: list[Exchange] = []
    for number, entry in enumerate(given, start=1):
        place = f"entry {number}"
        try:
            exchange = _converter().structure(entry, Exchange)
        except Exception as error:  # noqa: BLE001  (collected, then raised together)
            problems += [_in_words(line, place) for line in explain(error, place)]
            continue
        exchange = _with_request(exchange, made)
        problems += [f"{place}: {text}" for text in _problems(exchange)]
        made.append(exchange)
    problems += [] if problems else _problems_of_all(made)
    if problems:
        _refuse(path, problems)
    return tuple(made)


def _refuse(path: Path, problems: Sequence[str]) -> None:
    text = " ".join(f"{path.name}, {problem}." for problem in problems)
    raise InputError(text, remedy=_REMEDY)


def _converter() -> cattrs.Converter:
    converter = make_converter()
    converter.forbid_extra_keys = True
    return converter


def _in_words(line: str, place: str) -> str:
    """Return `entry 2: what is wrong @ request.path` for a line that ends in the whole path."""
    text, _, path = line.rpartition(" @ ")
    inner = path.removeprefix(place).lstrip(".")
    text = text.replace("extra fields found", "unknown keys")
    return f"{place}: {text} @ {inner}" if inner else f"{place}: {text}"


def _with_request(exchange: Exchange, above: Sequence[Exchange]) -> Exchange:
    request = exchange.request
    if request is None:
        found = [it.request for it in above if it.operation == exchange.operation and it.request]
        return attrs.evolve(exchange, request=found[-1]) if found else exchange
    usual = "POST" if exchange.operation in _POSTED else "GET"
    method = (request.method or usual).upper()
    return attrs.evolve(exchange, request=attrs.evolve(request, method=method))


def _problems(exchange: Exchange) -> Iterator[str]:
    request, operation = exchange.request, exchange.operation
    if not re.fullmatch("[a-z_]+", operation):
        yield f"operation is {operation!r}: use small letters, such as submit or poll"
    if operation != POLL and (exchange.states or exchange.failures or exchange.cancelled):
        yield "states, fails and cancelled belong to entries with the operation poll"
    if request is not None:
        yield from _problems_of_request(request, operation)
    elif not exchange.refusals:
        yield f"request is missing, and no entry above has one for {operation!r}"
    yield from _problems_of_answer(exchange, exchange.answer)


def _problems_of_answer(exchange: Exchange, answer: ExchangeAnswer) -> Iterator[str]:
    codes = exchange.failures or exchange.refusals
    for status in dict.fromkeys((answer.status, *(it.status for _, it in exchange.refused))):
        if status not in _STATUSES:
            yield f"the status {status} of the answer is no HTTP status"
    if answer.json is not None and answer.text is not None:
        yield "answer has json and text: give one of them"
    if bool(exchange.states) != (STATE in answer.names):
        yield "states and $state in the answer go together"
    if CODE in answer.names and not codes:
        yield "$code in the answer needs fails or refuses"
    if len(codes) > 1 and CODE not in answer.names:
        yield "several codes need $code in the answer"
    if exchange.operation == SUBMIT and not (codes or ID in answer.names or answer.has_image):
        yield "the answer to a submission has neither $id, for the job's id, nor an image"


def _problems_of_request(request: ExchangeRequest, operation: str) -> Iterator[str]:
    if not request.route.startswith("/"):
        yield f"request.path is {request.path!r}: begin with / or https://"
    if request.json is not None and request.form is not None:
        yield "request has json and form: give one of them"
    if operation == POLL and ID not in request.names:
        yield "the request of a poll has no $id, so that nobody knows which job it asks for"


def _problems_of_all(made: Sequence[Exchange]) -> Iterator[str]:
    good = [entry for entry in made if not entry.is_special]
    if not any(entry.operation == SUBMIT for entry in good):
        yield "no entry: none has the operation submit and an answer of success"
    elif not any(entry.answer.has_image for entry in good):
        yield "no entry: none of the operations submit and poll has $image in its answer"
    polls = {
        entry.request.path: entry for entry in good if entry.operation == POLL and entry.request
    }
    for path, last in polls.items():
        if last.states:
            yield (
                f"GET {path}: the last poll entry is that of the finished job, and has no states"
            )
    routes: dict[tuple[str, str], str] = {}
    for entry in made:
        if entry.request is not None:
            key = (entry.request.method, entry.request.route)
            if routes.setdefault(key, entry.operation) != entry.operation:
                yield f"{' '.join(key)}: two operations, {routes[key]} and {entry.operation}"


def _parsed(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=_object)
        return _parsed_yaml(text)
    except ValueError as error:
        raise InputError(f"{path}: {error}", remedy=_REMEDY) from error


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {key!r} is there twice in one object")
        made[key] = value
    return made


def _parsed_yaml(text: str) -> Any:
    try:
        import yaml  # noqa: PLC0415  (JSON needs none)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "documented exchanges as YAML need PyYAML, which is not installed.",
            remedy=f"Install it with: {install_command('tryon-testing', 'kit')}; or write JSON.",
        ) from error

    class Loader(yaml.SafeLoader):
        """Takes no text for a time, and no key twice."""

        yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own form)
            first: [one for one in resolvers if not one[0].endswith(":timestamp")]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value]
            twice = [key for key in keys if keys.count(key) > 1]
            if twice:
                line = node.start_mark.line + 1
                raise ValueError(f"the key {twice[0]!r} is there twice behind line {line}")
            return super().construct_mapping(node, deep=deep)

    try:
        return yaml.load(text, Loader)  # noqa: S506  (a safe one)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"line {line} is no YAML: {error.problem}. {_QUOTES}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"no YAML: {error}") from error


_QUOTES = "Put a text with one of ? : # , { } [ ] in it into quotes."
