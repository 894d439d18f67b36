"""One call of AIDGE's gateway: signed, sent, and its verdict read."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import attrs

from tryon_aidge.error_table import EXHAUSTED, PAUSES_S, TABLE
from tryon_core import CallContext, HttpResponse, TryOnError, decode, make_converter

CONVERTER = make_converter()
V2_PARTNER = "aidge"
IOP_PARTNER = "iop-sdk-java-20181207"
"""What the client of the vendor's own samples calls itself; the gateway knows it."""
_SUCCESS = "200"
_CONTENT = ("", _SUCCESS)
_DELIVERED = ("", "0", _SUCCESS)
# The deepest documented image lies eight levels down.
_DEEPEST = 16


def _hmac_hex(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest().upper()


def sign_v2(secret: str, timestamp_ms: str) -> str:
    """Return the v2 signature: of the time alone, neither of path nor of body.

    Args:
        secret: the access key secret.
        timestamp_ms: Unix time in milliseconds, decimal.
    """
    return _hmac_hex(secret, secret + timestamp_ms)


def sign_iop(secret: str, api_path: str, params: Mapping[str, str]) -> str:
    """Return the IOP signature: of the path and of every parameter that is not blank.

    Args:
        secret: the access key secret.
        api_path: such as `/ai/virtual/tryon-pro`, without `/rest`.
        params: system and business parameters, not URL-encoded; a `sign` among them is left out.
    """
    signed = sorted(
        (name, value)
        for name, value in params.items()
        if name != "sign" and name.strip() and value.strip()
    )
    return _hmac_hex(secret, api_path + "".join(name + value for name, value in signed))


def v2_query(app_key: str, secret: str, timestamp_ms: str) -> dict[str, str]:
    """Return the query of a v2 call, signed."""
    return {
        "partner_id": V2_PARTNER,
        "sign_method": "sha256",
        "sign_ver": "v2",
        "app_key": app_key,
        "timestamp": timestamp_ms,
        "sign": sign_v2(secret, timestamp_ms),
    }


def iop_query(
    app_key: str, secret: str, timestamp_ms: str, *, api_path: str, business: Mapping[str, str]
) -> dict[str, str]:
    """Return the query of an IOP call, signed together with the business parameters."""
    system = {
        "app_key": app_key,
        "partner_id": IOP_PARTNER,
        "sign_method": "sha256",
        "timestamp": timestamp_ms,
    }
    return system | {"sign": sign_iop(secret, api_path, {**system, **business})}


def _identity(ctx: CallContext) -> tuple[str, str, str]:
    timestamp_ms = str(int(ctx.clock.now().timestamp() * 1000))
    return ctx.settings.text("app_key"), ctx.settings.text("app_secret"), timestamp_ms


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
    is_iop = ctx.settings.text("signing") == "iop"

    def query() -> dict[str, str]:
        if is_iop:
            return iop_query(*_identity(ctx), api_path=api_path, business=business)
        return v2_query(*_identity(ctx))

    body: dict[str, Any] = {"form": business} if is_iop else {"json": dict(business)}
    return ctx.http.post(f"rest{api_path}", params=query, idempotent=idempotent, **body)


def unpacked(value: Any, levels: int = _DEEPEST) -> Any:
    """Return JSON in which texts that hold JSON are opened, and blank texts are absent.

    The vendor's documents show objects and lists as such in some places and as text in others, at
    every level. A text that only looks like JSON stays as it is.

    Args:
        value: parsed JSON.
        levels: how deep to look.
    """
    if isinstance(value, str):
        value = _opened(value)
    if levels > 0 and isinstance(value, dict):
        return {name: unpacked(entry, levels - 1) for name, entry in value.items()}
    if levels > 0 and isinstance(value, list):
        return [unpacked(entry, levels - 1) for entry in value]
    return value


def _opened(text: str) -> Any:
    if not text.strip():
        return None
    if text[0] not in "{[":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def word(value: Any, *, kinds: tuple[type, ...] = (str, bool, int, float)) -> str:
    """Return a text, number or verdict of these types as text, empty for all else."""
    if type(value) not in kinds:
        return ""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return str(whole).strip()


@attrs.frozen
class Reply:
    """The envelope of every answer, whose fields are of any type.

    The vendor's table leaves `code` out and has numbers and booleans where its sample has texts.
    What is no word at all says nothing, and never hides a task.
    """

    body: Mapping[str, Any]

    def _said(self, *fields: str) -> str:
        return next(filter(None, (word(self.body.get(field)) for field in fields)), "")

    @property
    def data(self) -> Any:
        """What was asked for, with all that is text in it opened."""
        return unpacked(self.body.get("data"))

    @property
    def request_id(self) -> str | None:
        """The id that the service's support asks for, else the gateway's."""
        return self._said("requestId", "request_id") or None

    @property
    def error_code(self) -> str | None:
        """The code of the refusal, empty when it has none; None when the call was not refused.

        The gateway speaks with `code`; once it has let the call pass, the service does with
        `resCode` and `success`.
        """
        if self._said("code") not in _DELIVERED:
            return self._said("code")
        if self._said("resCode") not in _CONTENT:
            return self._said("resCode")
        return "" if self._said("success").lower() == "false" else None

    @property
    def words(self) -> str:
        """What the vendor says, in its words."""
        return self._said("resMessage", "message")

    @property
    def known_code(self) -> str:
        """The code under which the table knows an error: its own, else that of its kind."""
        code, kind = self.error_code or "", self._said("type")
        if self.words.startswith(EXHAUSTED):
            return "NoResource"
        return kind if kind and TABLE.find(kind) and not TABLE.find(code) else code


def read(answer: HttpResponse) -> Reply:
    """Return the envelope of an answer, whatever the verdict of the service.

    Raises:
        UnexpectedResponse: it is none.
        TryOnError: HTTP says that the call was refused.
    """
    if answer.status < 400:  # noqa: PLR2004  (where HTTP's errors begin)
        return Reply(decode(CONVERTER, answer.json(), Mapping[str, Any]))  # type: ignore[type-abstract]
    # A proxy before the gateway answers as it likes: then only the status says something.
    raise refusal(answer)


def read_accepted(answer: HttpResponse) -> Reply:
    """Return the envelope of an answer with which everybody is content.

    Raises:
        UnexpectedResponse: it is none.
        TryOnError: the call was refused.
    """
    reply = read(answer)
    if reply.error_code is not None:
        raise refusal(answer)
    return reply


def envelope(answer: HttpResponse) -> Reply:
    """Return what can be read of the envelope, however odd the answer is."""
    return Reply(answer.json_object())


def task_id_of(answer: HttpResponse) -> str:
    """Return the id of the task that a submission has made.

    Raises:
        UnexpectedResponse: there is none.
        TryOnError: the call was refused.
    """
    found = answer.id_at("data.result.taskId", "data.taskId")
    if found is None:
        request_id = read_accepted(answer).request_id
        raise answer.no_job("data.result.taskId", request_id=request_id)
    return found


def refusal(answer: HttpResponse) -> TryOnError:
    """Return the error that a refused call is."""
    reply = envelope(answer)
    code, known = reply.error_code or "", reply.known_code
    message = reply.words if known == code else f"{code}: {reply.words}"
    error = TABLE.refusal(answer, code=known, message=message, request_id=reply.request_id)
    error.vendor_code = code or None
    if error.retry_after_s is None:
        error.retry_after_s = PAUSES_S.get(code)
    return error
