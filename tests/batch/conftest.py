"""Fixtures of the tests of runs."""

import pytest

from tryon_batch import listeners


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """What other distributions do at a run is tested there."""
    monkeypatch.setattr(listeners, "GROUP", "tryon_batch.nobody")
