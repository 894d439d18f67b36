"""Addresses, headers and answers that all calls have in common."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs

from tryon_core import CallContext, HttpResponse, ImageSource, UrlSource, decode, errors
from tryon_dashscope.codes import TABLE
from tryon_dashscope.replies import CONVERTER

T = TypeVar("T")
_NONE = re.compile(rb"(?<=[\[,:\s])None(?=[\],}\s])")
_WORKSPACE = "{workspace_id}"


def url(ctx: CallContext, path: str) -> str:
    """Return the address of a path below the service's base.

    Raises:
        SettingsError: the base needs a workspace, and none is set.
    """
    base = ctx.settings.text("base_url")
    if _WORKSPACE in base:
        if "workspace" not in ctx.settings:
            raise errors.SettingsError(
                f"dashscope: base_url is {base}, and the setting workspace has no value.",
                provider=ctx.provider,
                remedy="Set DASHSCOPE_WORKSPACE_ID, or write the id into base_url.",
            )
        base = base.replace(_WORKSPACE, ctx.settings.text("workspace"))
    return f"{base}/{path}"


def headers(ctx: CallContext, *more: str) -> dict[str, str]:
    """Return the headers of a call to the service; those in `more` are sent as `enable`."""
    found = {"Authorization": f"Bearer {ctx.settings.text('api_key')}"}
    if "workspace" in ctx.settings:
        found["X-DashScope-WorkSpace"] = ctx.settings.text("workspace")
    return found | dict.fromkeys(more, "enable")


def reading_headers(ctx: CallContext, images: Mapping[str, str]) -> list[str]:
    """Return the headers to enable for a call that makes the service read images.

    Args:
        ctx: the call.
        images: the addresses that are sent.
    """
    found = []
    if any(address.startswith("oss://") for address in images.values()):
        found.append("X-DashScope-OssResourceResolve")
    if ctx.settings.text("data_inspection") == "enable":
        found.append("X-DashScope-DataInspection")
    return found


def address(image: ImageSource) -> str:
    """Return the address of an image; the core has published the local ones."""
    return cast("UrlSource", image).url


def succeeded(answer: HttpResponse) -> bool:
    """Whether the status is one of success."""
    return 200 <= answer.status < 300  # noqa: PLR2004  (the family of statuses)


def read(answer: HttpResponse, kind: type[T]) -> tuple[T, str | None]:
    """Return what an answer says, and the service's id of the call.

    Raises:
        TryOnError: it refuses the call, or breaks its contract.
    """
    _refuse(answer)
    request_id = request_id_of(answer)
    try:
        return decode(CONVERTER, answer.json(), kind), request_id
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
        answer.json()
        raise errors.UnexpectedResponse(
            "the answer breaks its contract: there is no task id @ response.output.task_id.",
            request_id=request_id_of(answer),
            http_status=answer.status,
        )
    return found


def request_id_of(answer: HttpResponse) -> str | None:
    """Return the service's id of a call."""
    found = answer.json_object().get("request_id")
    return found if isinstance(found, str) and found else answer.headers.get("x-request-id")


def _refuse(answer: HttpResponse) -> None:
    told = _refusal(answer.json_object(), succeeded=succeeded(answer))
    if told or not succeeded(answer):
        raise TABLE.refusal(
            answer,
            code=text(told.get("code")),
            message=text(told.get("message")),
            request_id=request_id_of(answer),
        )


def _refusal(data: Mapping[str, Any], *, succeeded: bool) -> Mapping[str, Any]:
    """Return the part with the error: at the top or, on an older page, inside `output`.

    Where `output` says more than a code and a message, it is what was asked for: the code of a
    failed task stands there too, and one beside it decides nothing.
    """
    output = data.get("output")
    inside = output if isinstance(output, dict) else {}
    if succeeded and set(inside) - {"code", "message"}:
        return {}
    return data if data.get("code") else inside if inside.get("code") else {}


def text(value: object) -> str:
    """Return a text or number of an answer as text, empty for all else."""
    is_word = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return str(value).strip() if is_word else ""
