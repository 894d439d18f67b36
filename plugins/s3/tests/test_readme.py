"""The page of the distribution has the settings that there are, with their defaults."""

import re
from pathlib import Path

import attrs

from tryon_s3 import S3

TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_each_setting_has_a_row_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", TEXT, re.MULTILINE))
    fields = [field for field in attrs.fields(S3) if field.init]
    assert [*rows] == [field.name for field in fields]
    for field in fields:
        if isinstance(field.default, str):
            assert rows[field.name] == f"`{field.default}`"
