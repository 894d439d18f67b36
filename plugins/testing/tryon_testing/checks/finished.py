"""Checks of the finished answers that a vendor documents: each of them gives its images."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from tryon_core.declared import DeclaredProvider
from tryon_core.errors import TryOnError, UnexpectedResponse
from tryon_core.filling import outputs_at
from tryon_core.hookspecs import Provider
from tryon_core.http import HttpResponse, places_in
from tryon_testing.checks.base import ProviderUnderTest, fail, require_no_bug, since
from tryon_testing.exchanges import Exchange
from tryon_testing.exchanges.entries import finished
from tryon_testing.exchanges.placeholders import IMAGES, STATE, filled, placeholders
from tryon_testing.harness import Harness, vendor_harness
from tryon_testing.unchecked import tell_unchecked
from tryon_testing.wire import Answer, AnswerChange

_TIMEOUT_S = 24 * 3600.0
_ADVICE = (
    "It is paid for: name every place of the vendor's document as `outputs`, or read the answer "
    "with `result_at`, for which the first place that has an image counts."
)


class FinishedChecks(ProviderUnderTest):
    """A paid image is read wherever the vendor puts it."""

    @since("0.1")
    def test_each_finished_answer_gives_its_images(self) -> None:
        """Of several documented answers each is read, also with empty values beside its image."""
        if not self.documented:
            pytest.skip("it is about documented exchanges")
        for sentence in _unshown(self.loaded.provider, self.documented):
            tell_unchecked(sentence)
        several = [same for same in _by_request(self.documented) if len(same) > 1]
        if not several:
            return
        with vendor_harness(self) as at:
            for same in several:
                for beside in (None, "", "null"):
                    change = _with_empty_places(same, beside)
                    for _ in same:
                        _check_images(at, same[0].operation, change, beside)


def _by_request(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Return the finished answers that have an image, those of one request together."""
    kinds = dict.fromkeys((it.operation, str(it.request)) for it in exchanges)
    of_kinds = [
        [it for it in exchanges if (it.operation, str(it.request)) == kind] for kind in kinds
    ]
    return [[it for it in finished(same) if it.gives_result] for same in of_kinds]


def _with_empty_places(same: Sequence[Exchange], beside: str | None) -> AnswerChange:
    """Return a change that adds the places of the other answers, with nothing in them."""

    def change(answer: Answer) -> Answer:
        changed = answer.json
        for entry in same if beside is not None else ():
            changed = _merged(changed, entry.answer.json, None if beside == "null" else beside)
        return answer if changed == answer.json else answer.with_json(changed)

    return change


def _merged(answer: Any, other: Any, empty: str | None) -> Any:
    if not isinstance(answer, Mapping) or not isinstance(other, Mapping):
        return answer
    made = dict(answer)
    for key, value in other.items():
        if key in answer:
            made[key] = _merged(answer[key], value, empty)
        elif not IMAGES.isdisjoint(placeholders(value)):
            made[key] = _emptied(value, empty)
    return made


def _emptied(value: Any, empty: str | None) -> Any:
    if isinstance(value, Mapping):
        return {key: _emptied(entry, empty) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_emptied(entry, empty) for entry in value]
    return value if IMAGES.isdisjoint(placeholders(value)) else empty


def _check_images(at: Harness, operation: str, change: AnswerChange, beside: str | None) -> None:
    with at.changed_answers(operation, change):
        try:
            at.client().try_on(at.request(), timeout_s=_TIMEOUT_S)
        except TryOnError as error:
            require_no_bug(error, "a documented answer with an image came")
            empty = "" if beside is None else f", beside places with {beside or 'an empty text'}"
            fail(
                f"an image stood where the exchanges show it{empty}, and it was not read: "
                f"{type(error).__name__}: {error.message} {_ADVICE}"
            )


def _unshown(provider: Provider, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Yield what a vendor that is declared as data reads, and no exchange shows."""
    if not isinstance(provider, DeclaredProvider):
        return
    rows = provider.submit_route
    given = rows.values() if isinstance(rows, Mapping) else [rows]
    own = [row.poll_route for row in given if row and row.poll_route]
    for route in (provider.poll_route, *own):
        words = {answer.text_at(route.state) for answer in _answers(exchanges)}
        for word in [word for word in route.states if word not in words]:
            yield f"no poll shows the state {word!r}: add one"
        for place in places_in(route.outputs):
            if not any(_has_image(answer, place) for answer in _answers(exchanges)):
                yield f"no answer shows an image at {place}: add one with `$image` there"


def _answers(exchanges: Sequence[Exchange]) -> Iterator[HttpResponse]:
    for entry in exchanges:
        for state in entry.states or ("",):
            body = json.dumps(filled(entry.answer.json, partial(_shown, state=str(state))))
            yield HttpResponse(
                status=entry.answer.status, headers={}, body=body.encode(), url=entry.source
            )


def _shown(name: str, *, state: str) -> str:
    return state if name == STATE else f"${name}"


def _has_image(answer: HttpResponse, place: str) -> bool:
    try:
        found = outputs_at(answer, place)
    except UnexpectedResponse:
        return False
    return any(not IMAGES.isdisjoint(placeholders(value)) for value in found)
