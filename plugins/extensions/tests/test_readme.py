"""The page of the distribution names what it brings, and the settings of each."""

import re
from pathlib import Path

import attrs

from tryon_core.extensions.named import installed, load

TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _settings(name):
    return [field.name for field in attrs.fields(load(name)) if field.init]


def test_each_extension_has_a_row_with_its_settings():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", TEXT, re.MULTILINE)
    named = {name: re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", cell)) for name, cell in rows}
    offered = [
        name for name, (point,) in installed().items() if point.dist.name == "tryon-extensions"
    ]
    assert sorted(named) == sorted(offered)
    for name, settings in named.items():
        # A registry is an object, which no file can hold.
        assert settings == [one for one in _settings(name) if one != "registry"]
