"""The bodies that AIDGE answers with: envelopes of the service, flat errors of the gateway."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Response

from tryon_aidge.emulator.knobs import Knobs
from tryon_testing.emulation import EmulatorContext

SERVICE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "500": "system error",
        "501": "rate limit exceed",
        "700": "invalid input",
        "701": "Clothing image dowloading failed, please try another input",
        "703": "Input clothes image resoulution low, please try other image",
        "707": "Input clothing image is not a complete flat lay. Please try another image.",
        "801": "model failed",
        "900": "tpp url error",
        "1000": "content has sensitive data, please try other input",
        "1001": "content control failed, please retry",
        "1002": "content risk filter failed, please contact us",
    }
)
"""The service's codes with its words, spelt as in its documents."""

GATEWAY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "InvalidAppKey": "The specified App Key is invalid",
        "IncompleteSignature": "The request signature does not conform to platform standards",
        "MissingParameter": 'the input parameter "{}" that is mandatory for processing this '
        "request is not supplied",
        "IllegalTimestamp": "The specified timestamp is invalid or too old",
        "InvalidApiPath": "The specified API path is invalid",
        "ApiCallLimit": "Api access frequency exceeds the limit. this ban will last 1 seconds",
        "AppCallLimit": "App access frequency exceeds the limit",
        "AppWhiteIpLimit": "The IP of the caller is not in the white list of the app",
        "IllegalAccessToken": "The specified access token is invalid or expired",
        "NoResource": "Sorry, your calling resources have been exhausted",
    }
)
"""The gateway's codes with its words; where its own are not known, with plausible ones."""


class Refusal(Exception):
    """A call is refused.

    Args:
        code: of the service or of the gateway.
        detail: what to say further.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Answers:
    """Makes answers.

    Args:
        ctx: gives time and ids.
        knobs: say which types and codes they have.
    """

    def __init__(self, ctx: EmulatorContext, knobs: Knobs) -> None:
        self._ctx = ctx
        self._knobs = knobs

    def success(self, data: Any, *, code: str = "200", words: str = "success") -> Response:
        """Return an envelope of the service with what was asked for."""
        is_fine = code == "200"
        native = self._knobs.verdict_types == "native"
        body = {
            "code": "0" if is_fine or self._knobs.business_code == "zero" else code,
            "data": data,
            "requestId": self._service_id(),
            "success": is_fine if native else str(is_fine).lower(),
            "resCode": int(code) if native and code.isdecimal() else code,
            "resMessage": words,
            "request_id": self._gateway_id(),
        }
        hidden = () if self._knobs.gateway_fields else ("code", "request_id")
        shown = {name: value for name, value in body.items() if name not in hidden}
        return reply({name: value for name, value in shown.items() if value is not None})

    def balance(self, left: int) -> Response:
        """Return what is left of a quota."""
        return reply(
            {
                "data": {"balance": left},
                "success": True,
                "code": "0",
                "request_id": self._gateway_id(),
                "_trace_id_": self._service_id(),
            }
        )

    def refused(self, refusal: Refusal) -> Response:
        """Return what a refused call is answered with."""
        if refusal.code in SERVICE_WORDS:
            words = ": ".join(
                part for part in (SERVICE_WORDS[refusal.code], refusal.detail) if part
            )
            return self.success(None, code=refusal.code, words=words)
        body = {
            "type": "ISV",
            "code": refusal.code,
            "message": GATEWAY_WORDS[refusal.code].format(refusal.detail or "sign"),
            "request_id": self._gateway_id(),
        }
        return reply(body, self._knobs.gateway_status)

    def _service_id(self) -> str:
        return f"212cd830{self._now_ms()}{self._digits()}{self._ctx.new_id()[:5]}"

    def _gateway_id(self) -> str:
        return f"0ba28873{self._now_ms()}{self._digits()}"

    def _now_ms(self) -> str:
        return f"{int(self._ctx.clock.now().timestamp() * 1000):013d}"

    def _digits(self) -> str:
        return f"{int(self._ctx.new_id()[:8], 16) % 10_000:04d}"


def reply(body: Any, status: int = 200) -> Response:
    """Return JSON as the gateway sends it."""
    return Response(json.dumps(body), status, content_type="application/json;charset=UTF-8")
