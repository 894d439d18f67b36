"""The properties hold for a well-behaved provider."""

from hypothesis import strategies as st

from acme import provider as acme
from acme_emulator import emulator
from tryon_core.testing.properties import ProviderProperties


class TestAcme(ProviderProperties):
    provider = acme
    emulator = emulator
    options = {"seed": st.none() | st.integers(0, 2**31)}  # noqa: RUF012  (as the class declares it)
