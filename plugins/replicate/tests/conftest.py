"""Fixtures of Replicate's tests."""

import vendor_fixtures as shared
from tryon_replicate.emulator import emulator

KEY = "r8_canary_0123456789abcdef"  # must not be found anywhere but in the header

clock, image = shared.clock, shared.image
emulate = shared.emulating("replicate", emulator)
vendor = shared.playing("replicate", KEY)
