"""What authors of providers test with; nothing here is loaded by using the library.

Names are imported on first use: Hypothesis is only needed by those who draw values.
"""

from typing import TYPE_CHECKING, Any

from tryon_core.lazy_names import lazy_names

if TYPE_CHECKING:
    from tryon_testing.clocks import FakeClock as FakeClock
    from tryon_testing.contract import ProviderContract as ProviderContract
    from tryon_testing.profiles import register_profiles as register_profiles
    from tryon_testing.properties import ProviderProperties as ProviderProperties
    from tryon_testing.strategies.answers import (
        vendor_bodies as vendor_bodies,
        vendor_json as vendor_json,
    )
    from tryon_testing.strategies.requests import (
        InvalidRequest as InvalidRequest,
        invalid_parse_requests as invalid_parse_requests,
        invalid_requests as invalid_requests,
        valid_parse_requests as valid_parse_requests,
        valid_requests as valid_requests,
    )

    __version__: str

__all__, _get, __dir__ = lazy_names(
    __name__,
    {
        "tryon_testing.clocks": "FakeClock",
        "tryon_testing.contract": "ProviderContract",
        "tryon_testing.profiles": "register_profiles",
        "tryon_testing.properties": "ProviderProperties",
        "tryon_testing.strategies.answers": "vendor_bodies vendor_json",
        "tryon_testing.strategies.requests": (
            "InvalidRequest invalid_parse_requests invalid_requests valid_parse_requests "
            "valid_requests"
        ),
    },
)


def __getattr__(name: str) -> Any:
    try:
        return _get(name)
    except ModuleNotFoundError as error:
        if error.name not in {"hypothesis", "pytest", "vcr", "yaml"}:
            raise
        from tryon_core.errors import MissingExtra  # noqa: PLC0415  (rarely)
        from tryon_core.installed import install_command  # noqa: PLC0415

        raise MissingExtra(
            f"{name} needs {error.name}, which is not installed.",
            remedy=f"Install it with: {install_command('tryon-testing', 'kit')}",
        ) from error
