"""An emulator of AIDGE's try-on: `tryon emulate aidge`, or `tryon_testing.emulation.start()`.

A strict reading of the vendor's pages "Virtual Try-On Submit API", "Virtual Try-On Query API" and
"Check API Quota", of its sample programs, and of the clients of its gateway.
"""

from flask import Response

from tryon_aidge.emulator.answers import GATEWAY_WORDS, SERVICE_WORDS, reply
from tryon_aidge.emulator.application import KEYS, build
from tryon_aidge.emulator.knobs import Knobs
from tryon_testing.emulation import Emulator

__all__ = ["Knobs", "emulator"]


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for one of its codes; HTTP says 200 all the same."""
    if code in SERVICE_WORDS:
        body = {
            "code": "0",
            "success": "false",
            "resCode": code,
            "resMessage": SERVICE_WORDS[code],
            "requestId": "212cd83017085872506144758e3fca",
            "request_id": "0ba2887315178178017221014",
        }
        return reply(body)
    if code in GATEWAY_WORDS:
        message = GATEWAY_WORDS[code].format("sign")
        request_id = "0ba2887315178178017221014"
        return reply({"type": "ISV", "code": code, "message": message, "request_id": request_id})
    return None


_KEY, _SECRET = next(iter(KEYS.items()))
emulator = Emulator(
    provider="aidge",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings={"app_key": _KEY, "app_secret": _SECRET},
    failures=["701", "703", "707", "801", "1000", "1002"],
)
