"""Collect measurements and print them as one table at the end."""

import pytest

ROWS = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[ROWS] = []


@pytest.fixture
def record(request):
    """Add a row: what, figure, target."""
    return lambda *row: request.config.stash[ROWS].append(row)


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[ROWS]
    if rows:
        terminalreporter.write_line("\n| what | measured | target |\n| --- | --- | --- |")
        for row in rows:
            terminalreporter.write_line(f"| {' | '.join(row)} |")
