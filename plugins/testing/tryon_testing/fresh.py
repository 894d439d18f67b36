"""Resume a job in a process of its own; run with `python -m`, asked and answering in JSON."""

import importlib
import json
import sys
from datetime import datetime
from typing import Any

from tryon_core.client import Client
from tryon_core.errors import TryOnError
from tryon_core.transport import TransportPolicy
from tryon_testing.clocks import FakeClock

_TIMEOUT_S = 60.0


def _provider(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name) if name else place


def _resume(asked: dict[str, Any]) -> dict[str, Any]:
    clock = FakeClock(datetime.fromisoformat(asked["now"]))
    client = Client(
        _provider(asked["provider"]),
        clock=clock,
        config={},
        remember=False,
        transport=TransportPolicy(retries=1, backoff_s=0, allow_private_addresses=True),
        **asked["settings"],
    )
    try:
        result = client.resume(asked["token"], timeout_s=_TIMEOUT_S)
    except TryOnError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"images": len(result.images)}


def _main() -> None:
    print(json.dumps(_resume(json.load(sys.stdin))))  # noqa: T201  (the answer)


if __name__ == "__main__":
    _main()
