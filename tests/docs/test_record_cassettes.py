"""The code of the page about cassettes runs as it stands there."""

import re
from pathlib import Path

import pytest

import tryon_core
import tryon_testing.emulation
from acme import provider
from acme_emulator import emulator
from no_network import no_network
from tryon_testing.cassettes import read_provenance

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "record-cassettes.md"


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tryon_testing.emulation, "load_emulator", {"acme": emulator}.__getitem__)
    tryon_core.register(provider)
    namespace = {"__name__": "test_cassettes"}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), namespace)  # noqa: S102  (that is the test)
    yield namespace
    tryon_core.unregister("acme")


def test_what_the_page_records_is_played(page):
    suite = page["SUITE"]
    assert [read_provenance(suite.path(case)).kind for case in suite.cases] == ["emulated"] * 4
    with no_network():
        for case in suite.cases:
            page["test_its_cassette"](case)
