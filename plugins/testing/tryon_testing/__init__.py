"""What authors of providers test with; nothing here is loaded by using the library.

Names are imported on first use: Hypothesis is only needed by those who draw values.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tryon_testing.clocks import FakeClock
    from tryon_testing.contract import ProviderContract
    from tryon_testing.emulation.documented import DocumentedAnswer
    from tryon_testing.profiles import register_profiles
    from tryon_testing.properties import ProviderProperties
    from tryon_testing.strategies.answers import vendor_bodies, vendor_json
    from tryon_testing.strategies.requests import (
        InvalidRequest,
        invalid_parse_requests,
        invalid_requests,
        valid_parse_requests,
        valid_requests,
    )

__all__ = [
    "DocumentedAnswer",
    "FakeClock",
    "InvalidRequest",
    "ProviderContract",
    "ProviderProperties",
    "invalid_parse_requests",
    "invalid_requests",
    "register_profiles",
    "valid_parse_requests",
    "valid_requests",
    "vendor_bodies",
    "vendor_json",
]

_HOME = MappingProxyType(
    {
        "DocumentedAnswer": "tryon_testing.emulation.documented",
        "FakeClock": "tryon_testing.clocks",
        "InvalidRequest": "tryon_testing.strategies.requests",
        "ProviderContract": "tryon_testing.contract",
        "ProviderProperties": "tryon_testing.properties",
        "invalid_parse_requests": "tryon_testing.strategies.requests",
        "invalid_requests": "tryon_testing.strategies.requests",
        "register_profiles": "tryon_testing.profiles",
        "valid_parse_requests": "tryon_testing.strategies.requests",
        "valid_requests": "tryon_testing.strategies.requests",
        "vendor_bodies": "tryon_testing.strategies.answers",
        "vendor_json": "tryon_testing.strategies.answers",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
