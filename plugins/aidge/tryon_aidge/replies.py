"""What the replies hold: above all the pictures of finished tasks in either shape."""

from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from tryon_aidge.unpacking import unpacked
from tryon_core import decode, make_converter, rename_keys
from tryon_core.errors import UnexpectedResponse

CONVERTER = make_converter()


@attrs.frozen(kw_only=True)
class ListedImage:
    """One picture of shape A."""

    image_url: str


@attrs.frozen(kw_only=True)
class ImageList:
    """The pictures of shape A."""

    image_list: tuple[ListedImage, ...] | None = None


@attrs.frozen(kw_only=True)
class Struct:
    """The pictures of shape B, with a verdict of their own."""

    data: tuple[str, ...] | None = None
    code: str | int | None = None
    message: Any = None


@attrs.frozen(kw_only=True)
class StructData:
    """What is around shape B."""

    struct_data: Struct | None = None


@attrs.frozen(kw_only=True)
class Pictures:
    """What a finished sub-task gave: shape A in `result`, or shape B in `data`."""

    result: ImageList | None = None
    data: StructData | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of the pictures."""
        if self.result is not None and self.result.image_list is not None:
            return tuple(image.image_url for image in self.result.image_list)
        return (self.struct.data if self.struct else None) or ()

    @property
    def struct(self) -> Struct | None:
        """Shape B, None when it is not there."""
        return self.data.struct_data if self.data else None


@attrs.frozen(kw_only=True)
class SubTask:
    """One part of a task, which may fail alone.

    Attributes:
        task_status: the vendor's word for its state.
        task_result: the pictures, or for a failed one whatever the vendor put there.
    """

    task_status: str | None = None
    task_result: Any = None


@attrs.frozen(kw_only=True)
class Reason:
    """Why a sub-task gave no pictures: a code and words, each empty when it is not said."""

    code: str = ""
    words: str = ""


@attrs.frozen(kw_only=True)
class Task:
    """The `data` of a status reply."""

    task_status: str
    task_result: tuple[SubTask, ...] | None = None
    usage: Any = None


@attrs.frozen(kw_only=True)
class Left:
    """The `data` of an answer about the quota."""

    balance: int | float | str


rename_keys(CONVERTER, ListedImage, image_url="imageUrl")
rename_keys(CONVERTER, ImageList, image_list="imageList")
rename_keys(CONVERTER, StructData, struct_data="structData")
for _kind in (SubTask, Task):
    rename_keys(CONVERTER, _kind, task_status="taskStatus", task_result="taskResult")


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


def read_pictures(sub_task: SubTask, index: int) -> Pictures:
    """Return what a finished sub-task gave.

    Args:
        sub_task: the sub-task.
        index: its place in the list, for messages.

    Raises:
        UnexpectedResponse: names the path of what has a wrong type.
    """
    path = f"response.data.taskResult[{index}].taskResult"
    given = sub_task.task_result
    return Pictures() if given is None else decode(CONVERTER, given, Pictures, path=path)


def read_reason(sub_task: SubTask) -> Reason | None:
    """Return why a sub-task gave no pictures, None when it does not say.

    Args:
        sub_task: the sub-task; what it holds instead of pictures is documented nowhere.
    """
    if isinstance(sub_task.task_result, str):
        return Reason(words=sub_task.task_result)
    try:
        struct = read_pictures(sub_task, 0).struct
    except UnexpectedResponse:
        return None
    if struct is None or str(struct.code) == "200":
        return None
    words = struct.message if isinstance(struct.message, str) else ""
    return Reason(code="" if struct.code is None else str(struct.code), words=words)
