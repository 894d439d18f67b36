"""Fixtures of the tests of runs."""

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    """Keep the list of runs out of the user's folders."""
    monkeypatch.setenv("TRYON_DATA_DIR", str(tmp_path / "data"))
