"""The page about the network names what there is."""

import re
from pathlib import Path

import attrs

from tryon_core.transport.connections import Exchange

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/network.md").read_text(encoding="utf-8")


def test_the_page_names_every_module_of_the_transport_and_no_other():
    modules = {path.name for path in (ROOT / "tryon_core/transport").glob("[!_]*.py")}
    assert set(re.findall(r"^\| [^|]+ \| `(\w+\.py)` \|$", PAGE, re.MULTILINE)) == modules


def test_the_facts_on_the_page_are_fields_of_an_exchange():
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    facts = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert len(facts) > 7
    assert facts <= set(attrs.fields_dict(Exchange))
