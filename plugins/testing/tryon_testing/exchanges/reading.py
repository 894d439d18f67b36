"""How a file of documented exchanges is read, and everything that may be wrong with it."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import attrs
import cattrs

from tryon_core.codec import explain, make_converter
from tryon_core.errors import InputError, MissingExtra
from tryon_core.installed import install_command
from tryon_testing.exchanges.entries import (
    OPERATIONS,
    POLL,
    SUBMIT,
    Exchange,
    ExchangeAnswer,
    ExchangeRequest,
    finished,
    leaves,
    state_place,
    value_at,
)
from tryon_testing.exchanges.placeholders import CODE, ID, OF_ANSWERS, STATE
from tryon_testing.pages import EXCHANGES

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


_REMEDY = f"The format is in {EXCHANGES}."
_NO_CODE = "where failed jobs have no code, write `fails: true`"
_EMPTY: Mapping[str, str] = {
    "states": "name the words for a job on its way",
    "fails": f"name the code of the failed job; {_NO_CODE}",
    "refuses": "name the code of the refusal; where it has none, write the status: `refuses: 401`",
}
_FAILED_WORD = re.compile("fail|error|abort", re.IGNORECASE)


@lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int, _size_bytes: int) -> tuple[Exchange, ...]:
    given = _parsed(path)
    if not isinstance(given, list) or not given:
        _refuse(path, [f"expected a list of entries, got {_kind(given)}"])
    problems: list[str] = []
    made: list[Exchange] = []
    wrong: set[object] = set()
    for number, entry in enumerate(given, start=1):
        place = f"entry {number}"
        empty = [*_empty_words(entry)]
        problems += [f"{place}: {text}" for text in empty]
        try:
            exchange = _converter().structure(_listed(entry), Exchange)
        except Exception as error:  # noqa: BLE001  (collected, then raised together)
            problems += [_in_words(line, place) for line in explain(error, place)]
            wrong.add(_operation(entry))
            continue
        exchange = _with_request(exchange, made)
        # What only follows from another problem is not told.
        is_known = exchange.operation not in wrong and None not in wrong
        found = () if empty else _problems(exchange, is_request_known=is_known)
        problems += [f"{place}: {text}" for text in found]
        made.append(exchange)
    problems += [] if problems else _problems_of_all(made)
    if problems:
        _refuse(path, problems)
    return tuple(made)


def _refuse(path: Path, problems: Sequence[str]) -> None:
    text = " ".join(f"{path.name}, {problem}." for problem in problems)
    raise InputError(text, remedy=_REMEDY)


def _operation(entry: Any) -> object:
    """Return the operation of an entry that is wrong, None where it has none."""
    found = entry.get("operation") if isinstance(entry, Mapping) else None
    return found if isinstance(found, str) else None


def _empty_words(entry: Any) -> Iterator[str]:
    for key, told in _EMPTY.items() if isinstance(entry, Mapping) else ():
        value = entry.get(key, key)
        words = [*value] if isinstance(value, (list, dict)) else [value]
        if not words or any(word is None or not str(word).strip() for word in words):
            yield f"{key} is empty: {told}"


def _listed(entry: Any) -> Any:
    """Return an entry with a list of one where a list may be written as its only value."""
    if not isinstance(entry, Mapping):
        return entry
    kept = {key: value for key, value in entry.items() if key not in _EMPTY or value}
    if isinstance(kept.get("states"), (str, int)):
        kept["states"] = [kept["states"]]
    request = kept.get("request")
    if isinstance(request, Mapping) and isinstance(request.get("images"), str):
        kept["request"] = {**request, "images": [request["images"]]}
    return kept


def _converter() -> cattrs.Converter:
    converter = make_converter()
    converter.forbid_extra_keys = True
    return converter


def _in_words(line: str, place: str) -> str:
    """Return `entry 2: what is wrong @ request.path` for a line that ends in the whole path."""
    text, _, path = line.rpartition(" @ ")
    inner = path.removeprefix(place).lstrip(".")
    text = text.replace("extra fields found", "unknown keys")
    expected, got, value = text.partition(", got ")
    expected = _TYPE.sub(lambda it: _WORDS[it[1].rpartition(".")[2]], expected)
    text = f"{expected}{got}{_WORDS.get(value, value)}"
    return f"{place}: {text} @ {inner}" if inner else f"{place}: {text}"


_WORDS = {
    **dict.fromkeys(("list", "tuple", "set"), "list"),
    **dict.fromkeys(("dict", "Mapping", "object"), "keys with values"),
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "null": "nothing",
    "None": "nothing",
    "True": "true",
    "False": "false",
}
"""What a reader of YAML calls a type of Python, and some values."""
_TYPE = re.compile(
    r"\b((?:\w+\.)*(?:list|tuple|set|dict|Mapping|object|str|int|float|bool))\b(\[[^\]]*\])?"
)


def _kind(value: Any) -> str:
    name = "None" if value is None else type(value).__name__
    return _WORDS.get(name, name)


def _with_request(exchange: Exchange, above: Sequence[Exchange]) -> Exchange:
    request = exchange.request
    if request is None:
        found = [it.request for it in above if it.operation == exchange.operation and it.request]
        return attrs.evolve(exchange, request=found[-1]) if found else exchange
    usual = "POST" if exchange.operation in _POSTED else "GET"
    method = (request.method or usual).upper()
    return attrs.evolve(exchange, request=attrs.evolve(request, method=method))


def _problems(exchange: Exchange, *, is_request_known: bool) -> Iterator[str]:
    request, operation = exchange.request, exchange.operation
    near = difflib.get_close_matches(operation, OPERATIONS, n=1, cutoff=0.75)
    if not re.fullmatch("[a-z_]+", operation):
        yield f"operation is {operation!r}: use small letters, such as submit or poll"
    elif near and operation not in OPERATIONS:
        yield f"operation is {operation!r}: did you mean {near[0]}?"
    if operation != POLL and (exchange.states or exchange.is_failed or exchange.cancelled):
        yield "states, fails and cancelled belong to entries with the operation poll"
    if request is not None:
        yield from _problems_of_request(request, operation)
    elif not exchange.refusals and is_request_known:
        usual = "" if operation in OPERATIONS else f". Operations are {', '.join(OPERATIONS)}"
        yield f"request is missing, and no entry above has one for {operation!r}{usual}"
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
    statuses = [code for code, refusal in exchange.refused if str(code) == str(refusal.status)]
    if CODE in answer.names or len(statuses) == len(codes):
        pass
    elif len(codes) > 1:
        yield "several codes need $code in the answer"
    elif codes and not _is_told(codes[0], answer):
        instead = _NO_CODE if exchange.failures else "where it has no code, write the status"
        yield f"the code {codes[0]!r} is not in the answer: write $code where it stands; {instead}"
    if exchange.operation == SUBMIT and not (codes or ID in answer.names or answer.has_image):
        yield "the answer to a submission has neither $id, for the job's id, nor an image"


def _is_told(code: object, answer: ExchangeAnswer) -> bool:
    said = json.dumps([answer.headers, answer.json, answer.text], ensure_ascii=False)
    return str(code).lower() in said.lower()


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
    elif not any(entry.gives_result for entry in good):
        yield "no entry: none of the operations submit and poll has $image in its answer"
    for number, entry in enumerate(made, start=1):
        names = {name for one in made for name in one.names} | OF_ANSWERS
        for name in sorted({*entry.answer.names} - names):
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean ${near[0]}?" if near else ""
            yield f"entry {number}: ${name} in the answer is no placeholder{hint}"
    polls = [(number, it) for number, it in enumerate(made, 1) if it.operation == POLL]
    for request in dict.fromkeys(it.request.path for _, it in polls if it.request):
        same = [(number, it) for number, it in polls if it.request and it.request.path == request]
        yield from _problems_of_polls(request, same)
    routes: dict[tuple[str, str], str] = {}
    for entry in made:
        if entry.request is not None:
            key = (entry.request.method, entry.request.route)
            if routes.setdefault(key, entry.operation) != entry.operation:
                yield f"{' '.join(key)}: two operations, {routes[key]} and {entry.operation}"


def _problems_of_polls(path: str, polls: Sequence[tuple[int, Exchange]]) -> Iterator[str]:
    """Yield what is wrong with entries about one way to poll."""
    entries = [entry for _, entry in polls]
    done, place = finished(entries), state_place(entries)
    if not done or done[-1].states:
        yield f"GET {path}: no poll entry shows the finished job, which has no states"
    last = max((number for number, entry in polls if entry in done), default=0)
    for number, entry in polls:
        word, is_plain = value_at(entry.answer.json, place), not entry.is_special
        if is_plain and not entry.answer.has_image and _FAILED_WORD.search(word):
            yield (
                f"entry {number}: {word!r} seems to be the state of a failed job: give it "
                f"`fails: CODE`; {_NO_CODE}"
            )
        elif is_plain and not entry.states and entry not in done and number > last:
            yield (
                f"entry {number}: it has no image, and stands below the finished job. Put a job on "
                f"its way above it; give a failed one `fails: CODE`; {_NO_CODE}"
            )
        codes = [f"${CODE}", *map(str, entry.failures)]
        if entry.failures and word in codes and not _is_told_elsewhere(entry, place, codes):
            yield (
                f"entry {number}: the code {entry.failures[0]!r} stands where other polls have the "
                f"state ({place}). A state is no code: write the word; {_NO_CODE}"
            )


def _is_told_elsewhere(entry: Exchange, place: str, codes: Sequence[str]) -> bool:
    values = (str(value) for at, value in leaves(entry.answer.json) if at != place)
    return any(code in value for value in values for code in codes)


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
