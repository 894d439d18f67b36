"""The page about what is known of each vendor has all of them, and leads to what is open."""

import re
from pathlib import Path

from pages import Page
from tryon_core import list_providers
from tryon_core.registry import REGISTRY

PAGE = Page("explanation/fidelity.md")
ROOT = Path(__file__).parents[2]


def _sections():
    parts = re.split(r"^### (\w+)$", PAGE.text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_each_vendor_has_a_section_with_the_three_kinds():
    vendors = {
        checked.installed.id
        for checked in REGISTRY.check()
        if any(spec.name == "base_url" for spec in checked.info.settings)
    }
    assert len(vendors) < len(list_providers())
    assert set(_sections()) == vendors
    for text in _sections().values():
        kinds = re.findall(r"^\| (\w+) \| \S", text, re.MULTILINE)
        assert kinds == ["confirmed", "inferred", "open"]


def test_the_readme_of_each_vendor_says_what_its_documents_leave_open():
    for vendor, text in _sections().items():
        (link,) = re.findall(r"\[README\]\((.*?)\)", text)
        readme = (ROOT / "docs" / "explanation" / link).resolve()
        assert readme == ROOT / "plugins" / vendor / "README.md"
        assert "## What the documents leave open" in readme.read_text(encoding="utf-8")
