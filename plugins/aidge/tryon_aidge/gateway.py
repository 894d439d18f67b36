"""One call of AIDGE's gateway: signed, sent, and what its answer holds."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tryon_aidge.error_table import TABLE, code_of
from tryon_core import CallContext, HttpResponse

# What the clients of the vendor's own samples call themselves; the gateway knows them.
_V2_PARTNER, _IOP_PARTNER = "aidge", "iop-sdk-java-20181207"


def _hmac_hex(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest().upper()


def sign_v2(secret: str, timestamp_ms: str) -> str:
    """Return the v2 signature: of the time alone (Unix, in milliseconds), not of path or body."""
    return _hmac_hex(secret, secret + timestamp_ms)


def sign_iop(secret: str, api_path: str, params: Mapping[str, str]) -> str:
    """Return the IOP signature: of the path and of all parameters, system and business.

    They are not URL-encoded; blank ones are left out, and so is `sign`.
    """
    named = sorted((name, value) for name, value in params.items() if name != "sign")
    signed = (name + value for name, value in named if name.strip() and value.strip())
    return _hmac_hex(secret, api_path + "".join(signed))


def v2_query(app_key: str, secret: str, timestamp_ms: str) -> dict[str, str]:
    """Return the query of a v2 call, signed."""
    return {
        "partner_id": _V2_PARTNER,
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
        "partner_id": _IOP_PARTNER,
        "sign_method": "sha256",
        "timestamp": timestamp_ms,
    }
    return system | {"sign": sign_iop(secret, api_path, {**system, **business})}


def call(
    ctx: CallContext, api_path: str, business: Mapping[str, str], *, idempotent: bool
) -> HttpResponse:
    """Send one call, with the interface's own parameters; return its answer, whatever it says."""
    is_iop = ctx.settings.text("signing") == "iop"

    def query() -> dict[str, str]:
        timestamp_ms = str(int(ctx.clock.now().timestamp() * 1000))
        keys = ctx.settings.text("app_key"), ctx.settings.text("app_secret"), timestamp_ms
        return iop_query(*keys, api_path=api_path, business=business) if is_iop else v2_query(*keys)

    body: dict[str, Any] = {"form": business} if is_iop else {"json": dict(business)}
    return ctx.http.post(f"rest{api_path}", params=query, idempotent=idempotent, **body)


def refuse(answer: HttpResponse) -> None:
    """Raise what an answer refuses."""
    if not answer.is_success or code_of(answer) is not None:
        raise TABLE.refusal(answer)


def at(value: Any, *keys: str) -> Any:
    """Return what is at a place of JSON, None for nothing.

    The vendor's documents show objects and lists as such in some places and as text in others, at
    every level: texts that hold JSON are opened on the way and at its end. A blank text is nothing,
    one that only looks like JSON stays as it is.
    """
    value = _opened(value)
    for key in keys:
        value = _opened(value.get(key)) if isinstance(value, dict) else None
    return value


def _opened(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value[:1] not in {"{", "["}:
        return value if value.strip() else None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def word(value: Any) -> str:
    """Return a text or a number as text, empty for all else."""
    if type(value) not in {str, int, float}:
        return ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def speaks_of_task(answer: HttpResponse) -> bool:
    """Whether an answer has the state of a task; a code beside that decides nothing."""
    data = at(answer.json_object(), "data")
    return isinstance(data, dict) and "taskStatus" in data
