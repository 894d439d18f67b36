"""Fixtures of Pixelcut's tests."""

import pytest

import vendor_fixtures as shared
from tryon_pixelcut.emulator import emulator

KEY = "sk_canary_0123456789abcdef"  # must not be found anywhere but in the header


@pytest.fixture
def key():
    """The key that must not be found anywhere."""
    return KEY


clock, host, image = shared.clock, shared.host, shared.image
emulate = shared.emulating("pixelcut", emulator)
vendor = shared.playing("pixelcut", KEY)
