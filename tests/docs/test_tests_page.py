"""The page about the time of the tests names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/tests.md").read_text(encoding="utf-8")


def test_each_test_on_the_page_is_there_under_its_name():
    named = re.findall(r"^\| `(\S+)::(\w+)` \| (?:\S.*) \|$", PAGE, re.MULTILINE)
    assert len(named) == 40
    for path, name in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^ *(def|class) {name}\(", source, re.MULTILINE), f"{path}::{name}"
