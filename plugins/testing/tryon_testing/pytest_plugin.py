"""The pytest plugin: the contract of an installed provider, and the list of what was not checked.

Every pytest of an environment with tryon-testing loads this module, so it imports nothing,
and does nothing until `--tryon-provider` is given, or a contract says what it could not check.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from _pytest.terminal import TerminalReporter

OPTION = "--tryon-provider"
MARKER = "tryon_contract: a check of the contract that every tryon provider keeps"
UNCHECKED = "tryon_unchecked"
"""Name of the property of a report that has a sentence about what was not checked."""
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


def pytest_runtest_makereport(item: "pytest.Item") -> None:
    """Put what a check could not check into its report, which workers send to the main process.

    It is asked before pytest's own, which makes the report.
    """
    told = sys.modules.get("tryon_testing.unchecked")
    for sentence in told.take_unchecked() if told else ():
        item.user_properties.append((UNCHECKED, sentence))


def pytest_terminal_summary(terminalreporter: "TerminalReporter") -> None:
    """List what was not checked, by test class."""
    by_class: dict[str, dict[str, None]] = {}
    for name, sentence in _unchecked(terminalreporter):
        by_class.setdefault(name, {})[sentence] = None
    if not by_class:
        return
    terminalreporter.section("not checked by the contract of tryon providers")
    for name, sentences in by_class.items():
        terminalreporter.line(name)
        for sentence in sentences:
            terminalreporter.line(f"  - {sentence}")


def _unchecked(reporter: "TerminalReporter") -> Iterator[tuple[str, str]]:
    """Yield the class of a check, and a sentence of it."""
    for reports in reporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == UNCHECKED:
                    yield report.nodeid.rpartition("::")[0], str(value)
