"""One call of AIDGE's gateway: signed, sent, and its verdict read."""

from collections.abc import Mapping
from typing import Any

import attrs

from tryon_aidge.error_table import EXHAUSTED, PAUSES_S, TABLE
from tryon_aidge.settings import choice
from tryon_aidge.signing import iop_query, v2_query
from tryon_aidge.unpacking import word
from tryon_core import CallContext, HttpResponse, TryOnError, decode, make_converter, rename_keys
from tryon_core.errors import UnexpectedResponse

CONVERTER = make_converter()
DELIVERED = "0"
SUCCESS = "200"
TRIAL_HEADER = "x-iop-trial"


@attrs.frozen(kw_only=True)
class Reply:
    """The envelope of every answer, whose fields are of any type.

    The vendor's table leaves `code` out and has numbers and booleans where its sample has texts.
    What is no word at all says nothing, and never hides a task.

    Attributes:
        code: the gateway's verdict, `0` when the service was reached.
        res_code: the service's verdict, `200` or absent when it is content.
        success: the service's verdict again.
        kind: whom a gateway error is blamed on.
        data: what was asked for.
    """

    code: Any = None
    res_code: Any = None
    success: Any = None
    res_message: Any = None
    message: Any = None
    kind: Any = None
    service_request_id: Any = None
    gateway_request_id: Any = None
    data: Any = None

    @property
    def request_id(self) -> str | None:
        """The id that the service's support asks for, else the gateway's."""
        return word(self.service_request_id) or word(self.gateway_request_id) or None

    @property
    def was_delivered(self) -> bool:
        """Whether the gateway let the call pass, so that the service speaks."""
        return word(self.code) in {"", DELIVERED, SUCCESS}

    @property
    def error_code(self) -> str | None:
        """The code of whoever refused, empty when there is none; None when nobody refused."""
        if not self.was_delivered:
            return word(self.code)
        res_code = word(self.res_code)
        if res_code not in {"", SUCCESS}:
            return res_code
        return "" if word(self.success).lower() == "false" else None

    @property
    def words(self) -> str:
        """What the vendor says, in its words."""
        return word(self.res_message) or word(self.message)


rename_keys(
    CONVERTER,
    Reply,
    res_code="resCode",
    res_message="resMessage",
    kind="type",
    service_request_id="requestId",
    gateway_request_id="request_id",
)


def call(
    ctx: CallContext, api_path: str, business: Mapping[str, str], *, idempotent: bool
) -> HttpResponse:
    """Send one call and return its answer, whatever it says.

    Args:
        ctx: the call's context.
        api_path: such as `/ai/virtual/tryon-pro`.
        business: the interface's own parameters.
        idempotent: it costs nothing and may be repeated.
    """
    url = f"{ctx.settings.text('base_url')}/rest{api_path}"
    headers = {TRIAL_HEADER: "true"} if choice(ctx, "trial") == "true" else {}
    if choice(ctx, "signing") == "iop":
        return ctx.http.post(
            url,
            headers=headers,
            params=lambda: iop_query(*_identity(ctx), api_path=api_path, business=business),
            form=business,
            idempotent=idempotent,
        )
    return ctx.http.post(
        url,
        headers=headers,
        params=lambda: v2_query(*_identity(ctx)),
        json=dict(business),
        idempotent=idempotent,
    )


def read(answer: HttpResponse) -> Reply:
    """Return the envelope of an answer, whatever the verdict of the service.

    Raises:
        UnexpectedResponse: it is none.
        TryOnError: HTTP says that the call was refused.
    """
    if answer.status < 400:  # noqa: PLR2004  (where HTTP's errors begin)
        return decode(CONVERTER, answer.json(), Reply)
    # Whoever stands before the gateway answers as it likes: then only the status says something.
    raise refusal(answer, envelope(answer))


def read_accepted(answer: HttpResponse) -> Reply:
    """Return the envelope of an answer with which everybody is content.

    Raises:
        UnexpectedResponse: it is none.
        TryOnError: the call was refused.
    """
    reply = read(answer)
    if reply.error_code is not None:
        raise refusal(answer, reply)
    return reply


def task_id_of(answer: HttpResponse) -> str:
    """Return the id of the task that a submission has made.

    Raises:
        UnexpectedResponse: there is none.
        TryOnError: the call was refused.
    """
    found = answer.id_at("data.result.taskId", "data.taskId")
    if found is None:
        reply = read_accepted(answer)
        raise UnexpectedResponse(
            "the answer breaks its contract: there is no task id @ response.data.result.taskId.",
            request_id=reply.request_id,
            http_status=answer.status,
        )
    return found


def envelope(answer: HttpResponse) -> Reply:
    """Return what can be read of the envelope, however odd the answer is."""
    return decode(CONVERTER, answer.json_object(), Reply)


def refusal(answer: HttpResponse, reply: Reply) -> TryOnError:
    """Return the error that a refused call is.

    Args:
        answer: the whole answer.
        reply: its envelope, in which somebody refused.
    """
    code = reply.error_code or ""
    known = _known_code(code, reply)
    message = reply.words if known == code else f"{code}: {reply.words}"
    error = TABLE.refusal(answer, code=known, message=message, request_id=reply.request_id)
    error.vendor_code = code or None
    if error.retry_after_s is None:
        error.retry_after_s = PAUSES_S.get(code)
    return error


def _known_code(code: str, reply: Reply) -> str:
    """Return the code under which the table knows an error: its own, else that of its kind."""
    if reply.words.startswith(EXHAUSTED):
        return "NoResource"
    kind = word(reply.kind)
    if TABLE.find(code) is None and kind and TABLE.find(kind) is not None:
        return kind
    return code


def _identity(ctx: CallContext) -> tuple[str, str, str]:
    timestamp_ms = str(int(ctx.clock.now().timestamp() * 1000))
    return ctx.settings.text("app_key"), ctx.settings.text("app_secret"), timestamp_ms
