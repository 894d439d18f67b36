"""The tables about other clients are those that were measured."""

import importlib.util
from pathlib import Path

PLACE = Path(__file__).parents[1] / "peers" / "table.py"


def test_the_readme_and_the_page_have_what_was_measured():
    spec = importlib.util.spec_from_file_location("peers_table", PLACE)
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    assert table.summary() in table.README.read_text(encoding="utf-8")
    assert table.whole() in table.PAGE.read_text(encoding="utf-8")
    # What the library promises, with whatever vendor.
    for entry in table.MEASURED.values():
        assert {said["paid"] for said in entry["tryon"].values()} == {1}
        assert all(said["image"] for name, said in entry["tryon"].items() if name != "lost")
