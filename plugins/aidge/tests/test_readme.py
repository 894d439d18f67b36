"""What the README says of options and settings is what there is."""

import re
from pathlib import Path

import attrs

from tryon_aidge.declaration import INFO, Options

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _rows(title):
    section = README.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {name: row for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_every_option_is_described():
    assert set(_rows("Options")) == {field.name for field in attrs.fields(Options)}


def test_every_setting_is_described_with_its_default():
    rows = _rows("Settings")
    assert list(rows) == [spec.name for spec in INFO.settings]
    for spec in INFO.settings:
        assert f"`{spec.default or spec.env[0]}`" in rows[spec.name]
        for value in ("false", "true") if spec.kind is bool else spec.choices:
            assert f"`{value}`" in rows[spec.name]
