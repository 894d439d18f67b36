"""The contract of the provider that `pytest --tryon-provider ID` names."""

import pytest

from tryon_testing.contract import ProviderContract
from tryon_testing.pytest_plugin import OPTION

pytestmark = pytest.mark.tryon_contract


@pytest.fixture(autouse=True, scope="class")
def _named_provider(request: pytest.FixtureRequest) -> None:
    contract = request.cls
    contract.provider = request.config.getoption(OPTION)


class TestInstalledProvider(ProviderContract):
    """Uses the emulator that the provider's distribution ships."""
