"""The service's answers as values, and headers and checks that several calls have in common."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs

from tryon_core import (
    CallContext,
    HttpResponse,
    ImageSource,
    NonEmpty,
    UrlSource,
    decode,
    errors,
    make_converter,
)
from tryon_dashscope.codes import TABLE

T = TypeVar("T")
_NONE = re.compile(rb"(?<=[\[,:\s])None(?=[\],}\s])")
CONVERTER = make_converter()
ABSENT = object()
"""In place of a field that an answer does not have."""


@attrs.frozen
class TaskOutput:
    """The state of a task.

    One page of the vendor calls `image_url` a list, all samples show a text. A paid result must not
    be lost for the sake of fields that decide nothing, so that anything is taken for those.
    """

    task_status: str
    image_url: Any = None
    task_id: Any = None
    code: Any = None
    message: Any = None


@attrs.frozen
class Task:
    """The answer to a poll."""

    output: TaskOutput
    usage: Any = None


@attrs.frozen
class ParsedClothes:
    """Three lists in the order in which the kinds of clothes were asked for; each entry may be odd.

    None means a list in which nothing was found, `ABSENT` for a list that is not there.
    """

    parsing_img_url: Any = ABSENT
    crop_img_url: Any = ABSENT
    bbox: Any = ABSENT


@attrs.frozen
class UploadPolicy:
    """What the store of temporary files wants to see in a form."""

    policy: str
    signature: str
    upload_dir: NonEmpty
    upload_host: str
    oss_access_key_id: str
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str | bool


def reading_headers(ctx: CallContext, images: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a call that makes the service read images.

    Args:
        ctx: the call.
        images: the addresses that are sent.
    """
    found = []
    if any(address.startswith("oss://") for address in images.values()):
        found.append("X-DashScope-OssResourceResolve")
    if ctx.settings.text("data_inspection") == "enable":
        found.append("X-DashScope-DataInspection")
    return dict.fromkeys(found, "enable")


def address(image: ImageSource) -> str:
    """Return the address of an image; the core has published the local ones."""
    return cast("UrlSource", image).url


def succeeded(answer: HttpResponse) -> bool:
    """Whether the status is one of success."""
    return 200 <= answer.status < 300  # noqa: PLR2004  (the family of statuses)


def read(answer: HttpResponse, kind: type[T], *, at: str = "") -> tuple[T, str | None]:
    """Return what an answer says, as a whole or at a key of it, and the service's id of the call.

    Raises:
        TryOnError: it refuses the call, or breaks its contract.
    """
    _refuse(answer)
    request_id = TABLE.request_id_in(answer)
    try:
        return decode(CONVERTER, answer.json(), kind, at=at), request_id
    except errors.UnexpectedResponse as error:
        error.request_id, error.http_status = request_id, answer.status
        raise


def without_none(answer: HttpResponse) -> HttpResponse:
    """Return an answer with JSON's `null` for Python's `None`, which a page of the vendor has."""
    try:
        answer.json()
    except errors.UnexpectedResponse:
        return attrs.evolve(answer, body=_NONE.sub(b"null", answer.body))
    return answer


def task_id_of(answer: HttpResponse) -> str:
    """Return the id of the task that a submission has made.

    Raises:
        TryOnError: it refuses the call, or breaks its contract.
    """
    found = answer.id_at("output.task_id")
    if found is None:
        _refuse(answer)
        raise answer.no_job("output.task_id", request_id=TABLE.request_id_in(answer))
    return found


def _refuse(answer: HttpResponse) -> None:
    """Raise what an answer refuses.

    Where `output` says more than a code and a message, it is what was asked for: the code of a
    failed task is there too, and one beside it decides nothing.
    """
    output = answer.json_object().get("output")
    is_bare = not isinstance(output, dict) or set(output) <= {"code", "message"}
    if not succeeded(answer) or (is_bare and TABLE.code_in(answer)):
        raise TABLE.refusal(answer)


def text(value: object) -> str:
    """Return a text or number of an answer as text, empty for all else."""
    return str(value).strip() if type(value) in {str, int, float} else ""
