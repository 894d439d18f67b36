"""Which requests of ours the documented exchanges are about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from tryon_core.codec import option_specs
from tryon_core.models import LibraryModel, ProviderInfo, TryOnRequest
from tryon_testing.exchanges.entries import POLL, SUBMIT, Exchange, finished
from tryon_testing.exchanges.placeholders import (
    ALL_GARMENTS,
    CATEGORY,
    GARMENT,
    GARMENTS,
    MODEL,
    OUTPUTS,
    PERSON,
    only_name,
    table_of,
)


def not_shown(exchanges: Sequence[Exchange], what: str) -> str:
    """Say what the exchanges lack for a check, and what to add; empty when they lack nothing.

    Args:
        exchanges: all of them; none where an emulator is used.
        what: a hook, or another key of the table below, such as `a refusal`.
    """
    is_shown, sentence = _NEEDED.get(what, (bool, ""))
    return "" if not exchanges or is_shown(exchanges) else sentence


def is_way_shown(exchanges: Sequence[Exchange]) -> bool:
    """Return whether an entry shows a job on its way."""
    polls = [entry for entry in exchanges if entry.operation == POLL and not entry.is_special]
    of_requests = [[one for one in polls if one.request == it.request] for it in polls]
    return any(len(finished(same)) < len(same) for same in of_requests)


def _has_operation(name: str) -> Callable[[Sequence[Exchange]], bool]:
    return lambda exchanges: any(entry.operation == name for entry in exchanges)


def _is_unknown_job_shown(exchanges: Sequence[Exchange]) -> bool:
    polls = [entry for entry in exchanges if entry.operation == POLL]
    refused = [answer for entry in polls for _, answer in entry.refused]
    return any(answer.status == HTTPStatus.NOT_FOUND for answer in refused)


_NEEDED: Mapping[str, tuple[Callable[[Sequence[Exchange]], bool], str]] = {
    **{
        hook: (_has_operation(name), f"{hook}(): no entry has the operation {name}: add one")
        for hook, name in {
            "cancel": "cancel",
            "read_balance": "balance",
            "publish_image": "upload",
            "parse_garment": "parse",
        }.items()
    },
    "find_submission": (
        lambda _: False,
        "find_submission(), for which a vendor must remember requests: give an emulator",
    ),
    "a mask of its own": (
        lambda _: False,
        "whether a box and its mask belong together: give an emulator that finds garments",
    ),
    "a job on its way": (
        is_way_shown,
        "no poll shows a job on its way: add one with `states:`",
    ),
    "an unknown job": (
        _is_unknown_job_shown,
        "no entry shows the poll of an unknown job: add one with `status: 404` and `refuses:`",
    ),
    "a cancelled job": (
        lambda exchanges: any(entry.cancelled for entry in exchanges),
        "no poll shows a job that was cancelled: add one with `cancelled: true`",
    ),
    "a failed job": (
        lambda exchanges: any(entry.is_failed for entry in exchanges),
        "no poll shows a failed job: add one with `fails: CODE`, or with `fails: true` for no code",
    ),
    "a refusal": (
        lambda exchanges: any(entry.refusals for entry in exchanges),
        "no entry shows a refusal: add a submit with `refuses: CODE`",
    ),
}


def model_of(exchange: Exchange, info: ProviderInfo) -> str:
    """Return the model that an exchange is about, empty when it may be any.

    It is `model`, or the one of the provider's models that is in the request.
    """
    if exchange.model or exchange.request is None:
        return exchange.model
    texts = {exchange.request.route, *_texts(exchange.request.body)}
    named = [name for name in info.models if any(name == text.strip("/") for text in texts)]
    return named[0] if len(named) == 1 else ""


def uncovered(
    info: ProviderInfo, exchanges: Sequence[Exchange], request: TryOnRequest
) -> str | None:
    """Say why no exchange is about a request; None when one is."""
    about = _submits(exchanges)
    garments = " and ".join(f"a {category}" for category in request.garments)
    model = getattr(request.options, MODEL, "")
    own = [entry for entry in about if _fits_model(entry, info, model)]
    if not own:
        return f"no entry is about the model {model!r}: add a submit, or `model:` to one"
    fitting = [entry for entry in own if _fits_images(entry, request)]
    if not fitting:
        of_model = f" with the model {model!r}" if model else ""
        return f"no entry submits {garments}{of_model}: add one"
    given = set(_given_options(info, request.options)) - {MODEL}
    lacking = min((sorted(given - options_of(entry)) for entry in fitting), key=len)
    if lacking:
        return f"no entry of {garments} has ${lacking[0]} in its request: write it where it is sent"
    return None


def covers(info: ProviderInfo, exchanges: Sequence[Exchange], request: TryOnRequest) -> bool:
    """Return whether an exchange is about a request."""
    return uncovered(info, exchanges, request) is None


def shown_options(
    info: ProviderInfo, exchanges: Sequence[Exchange], request: TryOnRequest
) -> frozenset[str]:
    """Return the options for which the exchanges about a request have a place."""
    model = getattr(request.options, MODEL, "")
    about = [entry for entry in _submits(exchanges) if _fits_images(entry, request)]
    fitting = [options_of(entry) for entry in about if _fits_model(entry, info, model)]
    return frozenset().union(*fitting)


def options_of(entry: Exchange) -> frozenset[str]:
    """Return the names that may be options in the request of an exchange.

    `$outputs` is the option that is named like its field.
    """
    body = entry.request.body if entry.request else None
    return frozenset({*entry.names, *_keys_of_outputs(body)})


def _keys_of_outputs(value: Any) -> Iterator[str]:
    entries = value if isinstance(value, (list, tuple)) else ()
    if isinstance(value, Mapping):
        yield from (key for key, entry in value.items() if only_name(entry) == OUTPUTS)
        entries = tuple(value.values())
    for entry in entries:
        yield from _keys_of_outputs(entry)


def _submits(exchanges: Sequence[Exchange]) -> list[Exchange]:
    return [entry for entry in exchanges if entry.operation == SUBMIT and not entry.refusals]


def _fits_images(entry: Exchange, request: TryOnRequest) -> bool:
    names = set(entry.names)
    if isinstance(request.person, LibraryModel) == (PERSON in names):
        return False
    if ALL_GARMENTS in names:
        return True
    if GARMENT in names:
        words = _tables(entry).get(CATEGORY)
        return len(request.garments) == 1 and (words is None or set(request.garments) <= set(words))
    return names & set(GARMENTS) == set(request.garments)


def _fits_model(entry: Exchange, info: ProviderInfo, model: str) -> bool:
    words = _tables(entry).get(MODEL)
    if words is not None:
        return model in words
    return model_of(entry, info) in {"", model}


def _given_options(info: ProviderInfo, options: Any) -> Iterator[str]:
    """Yield the options that have another value than their default."""
    for spec in option_specs(info.options):
        if getattr(options, spec.name) != spec.made_default:
            yield spec.name


def _tables(entry: Exchange) -> dict[str, Mapping[Any, Any]]:
    return dict(_found_tables(entry.request.body if entry.request else None))


def _found_tables(value: Any) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    table = table_of(value)
    if table is not None:
        yield table
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _found_tables(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _found_tables(entry)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _texts(entry)
