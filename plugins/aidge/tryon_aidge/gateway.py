"""One call of AIDGE's gateway: signed, sent, and its verdict read."""

from collections.abc import Mapping
from typing import Any

import attrs

from tryon_aidge.error_table import EXHAUSTED, PAUSES_S, TABLE
from tryon_aidge.settings import choice
from tryon_aidge.signing import iop_query, v2_query
from tryon_core import CallContext, HttpResponse, TryOnError, decode, make_converter, rename_keys
from tryon_core.errors import UnexpectedResponse

CONVERTER = make_converter()
DELIVERED = "0"
SUCCESS = "200"
TRIAL_HEADER = "x-iop-trial"


@attrs.frozen(kw_only=True)
class Reply:
    """The envelope of every answer; the vendor sends numbers and booleans as text at times.

    Attributes:
        code: the gateway's verdict, `0` when the service was reached.
        res_code: the service's verdict, `200` or absent when it is content.
        success: the service's verdict again.
        kind: whom a gateway error is blamed on.
        data: what was asked for.
    """

    code: str | int
    res_code: str | int | None = None
    success: bool | str | None = None
    res_message: str | None = None
    message: str | None = None
    kind: str | None = None
    service_request_id: str | None = None
    gateway_request_id: str | None = None
    data: Any = None

    @property
    def request_id(self) -> str | None:
        """The id that the service's support asks for, else the gateway's."""
        return self.service_request_id or self.gateway_request_id

    @property
    def was_delivered(self) -> bool:
        """Whether the gateway let the call pass, so that the service speaks."""
        return str(self.code) == DELIVERED

    @property
    def error_code(self) -> str | None:
        """The code of whoever refused, empty when there is none; None when nobody refused."""
        if not self.was_delivered:
            return str(self.code)
        res_code = SUCCESS if self.res_code in (None, "") else str(self.res_code)
        if res_code != SUCCESS:
            return res_code
        return "" if str(self.success).lower() == "false" else None

    @property
    def words(self) -> str:
        """What the vendor says, in its words."""
        return self.res_message or self.message or ""


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
) -> tuple[HttpResponse, Reply]:
    """Send one call and return its answer, whatever the verdict of the service.

    Args:
        ctx: the call's context.
        api_path: such as `/ai/virtual/tryon-pro`.
        business: the interface's own parameters.
        idempotent: it costs nothing and may be repeated.

    Raises:
        UnexpectedResponse: the answer is no envelope.
        TryOnError: HTTP says that the call was refused.
    """
    url = f"{ctx.settings.text('base_url')}/rest{api_path}"
    headers = {TRIAL_HEADER: "true"} if choice(ctx, "trial") == "true" else {}
    if choice(ctx, "signing") == "iop":
        answer = ctx.http.post(
            url,
            headers=headers,
            params=lambda: iop_query(*_identity(ctx), api_path=api_path, business=business),
            form=business,
            idempotent=idempotent,
        )
    else:
        answer = ctx.http.post(
            url,
            headers=headers,
            params=lambda: v2_query(*_identity(ctx)),
            json=dict(business),
            idempotent=idempotent,
        )
    return answer, _read(answer)


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
    if TABLE.find(code) is None and reply.kind and TABLE.find(reply.kind) is not None:
        return reply.kind
    return code


def _identity(ctx: CallContext) -> tuple[str, str, str]:
    timestamp_ms = str(int(ctx.clock.now().timestamp() * 1000))
    return ctx.settings.text("app_key"), ctx.settings.text("app_secret"), timestamp_ms


def _read(answer: HttpResponse) -> Reply:
    if answer.status < 400:  # noqa: PLR2004  (where HTTP's errors begin)
        return decode(CONVERTER, answer.json(), Reply)
    # Whoever stands before the gateway answers as it likes: then only the status says something.
    try:
        reply = decode(CONVERTER, answer.json_object(), Reply)
    except UnexpectedResponse:
        raise TABLE.refusal(answer, code="", message="") from None
    raise refusal(answer, reply)
