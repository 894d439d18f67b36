"""The poll, whose field for the id has two names in the documents."""

from collections.abc import Mapping, MutableMapping
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from tryon_aidge.gateway import call, envelope, refusal
from tryon_aidge.settings import CHOICES, choice
from tryon_aidge.unpacking import unpacked
from tryon_core import CallContext, HttpResponse, TryOnError

QUERY_PATH = "/ai/virtual/tryon-results"
_FIELD = "query_field"
_INVALID_INPUT = "700"

TakenFields: TypeAlias = MutableMapping[Any, str]
"""The name that the service took, by the settings of a client."""


def taken_fields() -> TakenFields:
    """Return a memory that lasts as long as the clients do."""
    return WeakKeyDictionary()


def ask(task_id: str, ctx: CallContext, taken: TakenFields) -> HttpResponse:
    """Return the answer to a poll; one that is refused as invalid is sent by the other name too.

    Raises:
        TryOnError: the service takes neither name, which says nothing of the task.
    """
    field = taken.get(ctx.settings) or choice(ctx, _FIELD)
    answer = call(ctx, QUERY_PATH, {field: task_id}, idempotent=True)
    if not _is_refused(answer):
        return answer
    (other,) = set(CHOICES[_FIELD]) - {field}
    second = call(ctx, QUERY_PATH, {other: task_id}, idempotent=True)
    if _is_refused(second):
        raise _refused_twice(answer, second, other)
    taken[ctx.settings] = other
    return second


def _is_refused(answer: HttpResponse) -> bool:
    reply = envelope(answer)
    data = unpacked(reply.data)
    speaks_of_task = isinstance(data, Mapping) and "taskStatus" in data
    return reply.error_code == _INVALID_INPUT and not speaks_of_task


def _refused_twice(answer: HttpResponse, second: HttpResponse, other: str) -> TryOnError:
    first, again = envelope(answer), envelope(second)
    error = refusal(answer, first)
    if again.words != first.words:
        error.message += f" With {other} instead: {again.words.rstrip('.')}."
    error.retry = "later"
    names = " and ".join(CHOICES[_FIELD])
    error.remedy = (
        "The poll was refused, which says nothing of the job: poll again, it costs nothing. Both "
        f"names of the field were tried, {names} (setting {_FIELD})."
    )
    return error
