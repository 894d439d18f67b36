"""The gateway's two signatures, as pure functions."""

import hashlib
import hmac
from collections.abc import Mapping

V2_PARTNER = "aidge"
IOP_PARTNER = "iop-sdk-java-20181207"
"""What the client of the vendor's own samples calls itself; the gateway knows it."""


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
