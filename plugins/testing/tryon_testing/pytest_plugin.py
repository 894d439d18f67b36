"""The pytest plugin: the contract of an installed provider, without a test file.

Every pytest of an environment with tryon-core loads this module, so it imports nothing, and does
nothing until `--tryon-provider` is given.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OPTION = "--tryon-provider"
MARKER = "tryon_contract: a check of the contract that every tryon provider keeps"
INSTALLED = Path(__file__).with_name("installed.py")


def pytest_addoption(parser: "pytest.Parser") -> None:
    """Add the option that asks for it."""
    parser.getgroup("tryon", "tryon providers").addoption(
        OPTION,
        metavar="ID",
        help="check the installed provider ID against the contract; needs no test file. Together "
        "with paths, its checks come beside the tests there.",
    )


def pytest_configure(config: "pytest.Config") -> None:
    """Collect the contract when it was asked for."""
    config.addinivalue_line("markers", MARKER)
    if config.getoption(OPTION) is None:
        return
    from_command_line = config.args_source.name == "ARGS"
    config.args = [*(config.args if from_command_line else ()), str(INSTALLED)]
