"""What the replies hold: above all the pictures of finished tasks, in whichever shape."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from tryon_aidge.unpacking import unpacked, word
from tryon_core import decode, make_converter, rename_keys
from tryon_core.errors import UnexpectedResponse

CONVERTER = make_converter()
_FAILED = "failed"
_UNDER_WAY = ("submitted", "running")
# Where the list of pictures stands: shape A, shape B, and both without what is around them.
_LISTS: tuple[tuple[str, ...], ...] = (
    ("result", "imageList"),
    ("data", "structData", "data"),
    ("imageList",),
    ("structData", "data"),
    ("result",),
    ("data",),
    (),
)
_SCHEMES = ("https://", "http://")
_VERDICTS: tuple[tuple[str, ...], ...] = (("data", "structData"), ("structData",))


@attrs.frozen(kw_only=True)
class Reason:
    """Why a sub-task gave no pictures: a code and words, each empty when it is not said."""

    code: str = ""
    words: str = ""


@attrs.frozen(kw_only=True)
class SubTask:
    """One part of a task, which stands for itself: what is odd in it is lost alone.

    Attributes:
        status: the vendor's word for its state, in lower case.
        urls: addresses of its pictures.
        without_address: entries among its pictures that hold no address.
        reason: why it has no pictures, None when it does not say.
    """

    status: str
    urls: Sequence[str] = ()
    without_address: int = 0
    reason: Reason | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether its pictures are still to come."""
        return self.status in _UNDER_WAY and not self.urls


@attrs.frozen(kw_only=True)
class Task:
    """The `data` of a status reply.

    Attributes:
        task_status: the vendor's word for its state.
        task_id: the task that it speaks of.
        task_result: the sub-tasks, a list by the documents.
        usage: what was charged, in a unit that is documented nowhere.
    """

    task_status: str
    task_id: Any = None
    task_result: Any = None
    usage: Any = None

    @property
    def sub_tasks(self) -> Sequence[SubTask]:
        """Its parts, none when the reply has no such list."""
        given = self.task_result
        entries = given if isinstance(given, list) else [] if given is None else [given]
        return [_sub_task(entry, self.task_status) for entry in entries]


@attrs.frozen(kw_only=True)
class Left:
    """The `data` of an answer about the quota."""

    balance: int | float | str


rename_keys(CONVERTER, Task, task_status="taskStatus", task_id="taskId", task_result="taskResult")


def read_task(data: Any) -> Task:
    """Return a task from the opened `data` of a status reply.

    Raises:
        UnexpectedResponse: names the path of what is missing or has a wrong type.
    """
    return decode(CONVERTER, data, Task, path="response.data")


def read_amount(data: Any) -> Decimal:
    """Return what is left of a quota, from `data` of its reply.

    Raises:
        UnexpectedResponse: there is no number.
    """
    text = str(decode(CONVERTER, unpacked(data), Left, path="response.data").balance)
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise UnexpectedResponse(
            f"the answer breaks its contract: {text!r} is no number @ response.data.balance."
        )
    return amount


def _sub_task(entry: Any, task_status: str) -> SubTask:
    given = entry if isinstance(entry, dict) else {"taskResult": entry}
    status = (word(given.get("taskStatus")) or task_status).lower()
    result = given.get("taskResult", given)
    listed = [] if status == _FAILED else list(_addresses(result))
    return SubTask(
        status=status,
        urls=[url for url in listed if url],
        without_address=listed.count(""),
        reason=_reason(result),
    )


def _addresses(result: Any) -> Iterator[str]:
    """Yield the address of each picture, empty for an entry that holds none."""
    lists = (_as_list(_at(result, place)) for place in _LISTS)
    for entry in next((found for found in lists if found is not None), ()):
        yield word(entry.get("imageUrl") if isinstance(entry, dict) else entry, kinds=(str,))


def _as_list(found: Any) -> Sequence[Any] | None:
    is_one = isinstance(found, dict) and "imageUrl" in found
    if is_one or (isinstance(found, str) and found.startswith(_SCHEMES)):
        return [found]
    return found if isinstance(found, list) else None


def _reason(result: Any) -> Reason | None:
    if isinstance(result, str):
        return Reason(words=result)
    verdicts = (_at(result, place) for place in _VERDICTS)
    verdict = next((found for found in verdicts if isinstance(found, dict)), {})
    code = word(verdict.get("code"))
    if not verdict or code == "200":
        return None
    return Reason(code=code, words=word(verdict.get("message"), kinds=(str,)))


def _at(value: Any, place: Sequence[str]) -> Any:
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value
