"""The gateway: reads a call from wherever its parameters stand, and checks who signed it."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from flask import Request

from tryon_aidge.emulator.answers import Refusal
from tryon_aidge.emulator.knobs import Knobs
from tryon_core import Clock

BASE = "/rest"
_REQUIRED = ("app_key", "timestamp", "sign", "sign_method")
_SYSTEM = frozenset(
    {
        *_REQUIRED,
        "access_token",
        "debug",
        "format",
        "method",
        "partner_id",
        "session",
        "sign_ver",
        "simplify",
    }
)


@attrs.frozen(kw_only=True)
class Call:
    """A call whose signature was found to be right.

    Attributes:
        api_path: the interface, such as `/ai/virtual/tryon-pro`.
        business: its parameters, values of a JSON body as they came.
        app_key: whose it is.
        is_trial: whether it uses the free calls.
    """

    api_path: str
    business: Mapping[str, Any]
    app_key: str
    is_trial: bool


class Gate:
    """Lets calls pass.

    Args:
        keys: secrets by access key name.
        knobs: the tolerance of time, and further ways of signing.
        clock: the gateway's time.
    """

    def __init__(self, keys: Mapping[str, str], knobs: Knobs, clock: Clock) -> None:
        self._keys = keys
        self._knobs = knobs
        self._clock = clock

    def admit(self, request: Request) -> Call:
        """Return a call.

        Raises:
            Refusal: something is missing, or the signature is wrong.
        """
        signed = {**request.args.to_dict(), **request.form.to_dict()}
        for name in _REQUIRED:
            if not signed.get(name, "").strip():
                raise Refusal("MissingParameter", name)
        secret = self._keys.get(signed["app_key"])
        if secret is None:
            raise Refusal("InvalidAppKey")
        self._check_time(signed["timestamp"])
        api_path = self._api_path(request.path, signed)
        if signed["sign_method"] != "sha256" or not any(
            hmac.compare_digest(_hmac(secret, message).encode(), signed["sign"].encode())
            for message in self._messages(secret, api_path, signed)
        ):
            raise Refusal("IncompleteSignature")
        return Call(
            api_path=api_path,
            business=_business({**_json_fields(request), **signed}),
            app_key=signed["app_key"],
            is_trial=request.headers.get("x-iop-trial", "").lower() == "true",
        )

    def _check_time(self, timestamp: str) -> None:
        now_ms = self._clock.now().timestamp() * 1000
        window_ms = self._knobs.timestamp_window_s * 1000
        if not timestamp.isdecimal() or abs(int(timestamp[:20]) - now_ms) > window_ms:
            raise Refusal("IllegalTimestamp")

    def _api_path(self, path: str, signed: Mapping[str, str]) -> str:
        own = path.removeprefix(BASE).rstrip("/")
        return own or (signed.get("method", "") if self._knobs.bare_rest else "")

    def _messages(self, secret: str, api_path: str, signed: Mapping[str, str]) -> Iterable[str]:
        """Return the texts that may have been signed."""
        if signed.get("sign_ver") != "v2":
            # The vendor's clients differ in whether they sign parameters that are blank.
            yield api_path + _joined(signed, blanks=False)
            yield api_path + _joined(signed, blanks=True)
            return
        if not signed.get("partner_id"):
            raise Refusal("MissingParameter", "partner_id")
        if signed["partner_id"] != "aidge":
            return
        yield secret + signed["timestamp"]
        if self._knobs.hybrid_signature:
            known = {name: signed[name] for name in ("app_key", "sign_method", "timestamp")}
            yield api_path + _joined(known, blanks=False)


def _joined(params: Mapping[str, str], *, blanks: bool) -> str:
    return "".join(
        name + params[name]
        for name in sorted(params)
        if name != "sign" and (blanks or (name.strip() and params[name].strip()))
    )


def _hmac(secret: str, message: str) -> str:
    digest = hmac.new(secret.encode("utf-8"), message.encode("utf-8"), hashlib.sha256)
    return digest.hexdigest().upper()


def _json_fields(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        return {}
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _business(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in _SYSTEM}
