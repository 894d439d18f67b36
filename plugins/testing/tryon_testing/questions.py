"""All that can be asked of a provider, with what the vendor answers when all is well."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from tryon_core.errors import CancelRefused, TryOnError
from tryon_core.models import Job
from tryon_testing.bench import SHORT_PAUSE_S, Bench
from tryon_testing.breach import breach
from tryon_testing.twists import places
from tryon_testing.wire import Answer

_TIMEOUT_S = 120.0


@attrs.frozen
class Question:
    """One thing that a client asks, again and again.

    Attributes:
        name: the method of `Client`, for messages.
        ask: asks it with a new client.
        answers: the vendor's JSON answers meanwhile, one of each operation and shape, without
            operations that an earlier question asks for already.
        paid: paid requests that were sent meanwhile.
    """

    name: str
    ask: Callable[[], Any]
    answers: tuple[Answer, ...] = attrs.field(kw_only=True)
    paid: int = attrs.field(kw_only=True)

    @property
    def operations(self) -> tuple[str, ...]:
        """What the vendor was asked for."""
        return tuple(dict.fromkeys(answer.operation for answer in self.answers))


def questions(at: Bench) -> Iterator[Question]:
    """Yield every question that this provider can be asked."""
    known: set[str] = set()
    for name, ask in _all(at):
        question = _asked_well(at, name, ask)
        own = [answer for answer in question.answers if answer.operation not in known]
        known.update(question.operations)
        yield attrs.evolve(question, answers=tuple(own))


def samples(answers: list[Answer]) -> tuple[Answer, ...]:
    """Return one answer of each operation and shape."""
    seen = {(answer.operation, str(list(places(answer.json)))): answer for answer in answers}
    return tuple(seen.values())


def _all(at: Bench) -> Iterator[tuple[str, Callable[[], Any]]]:
    request = at.request()
    yield "submit", lambda: at.client().submit(request)
    job = at.finished_job()
    if job.result is None:
        yield "wait", lambda: _waited(at, job)
    with contextlib.suppress(pytest.skip.Exception):
        parsing = at.parse_request()
        yield "parse_garment", lambda: at.client().parse_garment(parsing)
    if at.offers("cancel"):
        yield "cancel", lambda: _cancelled(at)
    if at.offers("read_balance"):
        yield "read_balance", lambda: at.client().read_balance()


def _waited(at: Bench, job: Job) -> Any:
    return at.client(pause_s=SHORT_PAUSE_S).wait(job, timeout_s=_TIMEOUT_S)


def _cancelled(at: Bench) -> Any:
    client = at.client()
    return client.cancel(client.submit(at.request()))


def _asked_well(at: Bench, name: str, ask: Callable[[], Any]) -> Question:
    before, paid = len(at.wire.answers), at.paid_requests()
    try:
        ask()
    except CancelRefused:
        pass
    except TryOnError as error:
        breach(f"{name} failed with a vendor that answers well: {type(error).__name__}: {error}")
    given = [answer for answer in at.wire.answers[before:] if answer.json is not None]
    return Question(name, ask, answers=samples(given), paid=at.paid_requests() - paid)
