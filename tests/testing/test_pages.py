"""Messages of the kit name pages by their titles and public addresses."""

import re
from pathlib import Path

import pytest

from tryon_testing import pages

ROOT = Path(__file__).parents[2]
KIT = ROOT / "plugins/testing"


@pytest.mark.parametrize("named", [pages.EMULATORS, pages.EXCHANGES])
def test_a_page_that_messages_name_is_there_with_its_title_and_place(named):
    title, path, anchor = re.fullmatch(rf'"(.+)" \({pages.DOCS}/([^#)]+)#?(.*)\)', named).groups()
    text = (ROOT / "docs" / path).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert headings[0] == title
    assert not anchor or anchor in {it.lower().replace(" ", "-") for it in headings}


def test_the_address_is_that_of_the_distribution():
    text = (KIT / "pyproject.toml").read_text(encoding="utf-8")
    (address,) = re.findall(r'^Documentation = "(.*)"', text, re.MULTILINE)
    assert address.replace("/tree/", "/blob/") == pages.DOCS


def test_nothing_else_in_the_kit_names_a_file_of_the_repository():
    sources = (KIT / "tryon_testing").rglob("*.py")
    found = [path.name for path in sources if re.search(r"docs/[\w-]+/", path.read_text())]
    assert found == []
