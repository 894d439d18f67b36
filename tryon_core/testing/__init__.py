"""What authors of providers test with; nothing here is loaded by using the library.

Names are imported on first use: Hypothesis is only needed by those who draw values.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tryon_core.testing.clocks import FakeClock
    from tryon_core.testing.contract import ProviderContract
    from tryon_core.testing.exchanges import Exchange

__all__ = [
    "Exchange",
    "FakeClock",
    "ProviderContract",
]

_HOME = MappingProxyType(
    {
        "Exchange": "tryon_core.testing.exchanges",
        "FakeClock": "tryon_core.testing.clocks",
        "ProviderContract": "tryon_core.testing.contract",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
