"""How a check says what is wrong."""

from typing import NoReturn

import pytest

from tryon_core.errors import ProviderBug, TryOnError

Breach = pytest.fail.Exception
"""What a check raises when the provider breaks the contract."""


def breach(message: str) -> NoReturn:
    """Fail the check with what is wrong and what to do about it, without a traceback of the kit."""
    raise Breach(message, pytrace=False) from None


def require(condition: object, message: str) -> None:
    """Fail the check unless the condition holds."""
    if not condition:
        breach(message)


_READING = (
    "Read answers through decode(), which names the path of every fault, and raise a TryOnError "
    "for what cannot be used."
)


def refuse_bug(error: TryOnError, situation: str, advice: str = _READING) -> None:
    """Fail the check when an error is a fault of the plugin's code.

    Args:
        error: what came out of a call.
        situation: what happened before, as the beginning of a sentence.
        advice: what to do about it.
    """
    if isinstance(error, ProviderBug):
        breach(f"{situation}: {error.message} {advice}")
