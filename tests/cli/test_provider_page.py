import json
from pathlib import Path

import pytest

from new_providers import new_provider, tutorial_exchanges
from tryon_core import Quota
from tryon_core.registry import REGISTRY

ROOT = Path(__file__).parents[2]
COMMAND = ("provider-page", "fashn")


def test_it_prints_what_the_page_of_this_repository_says(tryon):
    said = tryon(*COMMAND).out
    page = (ROOT / "docs/reference/providers/fashn.md").read_text(encoding="utf-8")
    docs = "https://github.com/tryon-py/tryon/blob/main/docs/"
    note, _, rest = said.partition("\n")
    assert note == "<!-- Written by `tryon provider-page fashn` from the code. Do not edit. -->"
    # What the README of an installed distribution says is of the day of its installation.
    end = "## What the documents leave open"
    ours = page.partition("\n")[2].replace("](../../", f"]({docs}")
    assert rest.partition(end)[0] == ours.partition(end)[0]
    assert end in rest


def test_a_page_is_written_and_compared(tryon, folder):
    page = folder / "fashn.md"
    checked = (*COMMAND, "--out", "fashn.md", "--check")
    assert tryon(*checked).code == 1
    assert not page.exists()
    assert tryon(*COMMAND, "--out", "fashn.md").out == "fashn.md\n"
    assert tryon(*checked).code == 0
    page.write_text(page.read_text(encoding="utf-8") + "\nedited", encoding="utf-8")
    ended = tryon(*checked)
    assert ended.code == 1
    assert ended.out == (
        "fashn.md is not what the code says: tryon provider-page fashn --out fashn.md\n"
    )
    assert page.read_text(encoding="utf-8").endswith("edited")
    assert tryon(*COMMAND, "--out", "fashn.md", "--json").json == {
        "provider": "fashn", "page": "fashn.md", "is_current": False
    }  # fmt: skip


def test_what_an_editable_installation_says_of_open_points_is_what_its_readme_says_now(
    tryon, folder, monkeypatch
):
    place = new_provider("edited", folder, exchanges=tutorial_exchanges(folder))
    (metadata,) = place.glob("*.dist-info")
    origin = {"url": place.resolve().as_uri(), "dir_info": {"editable": True}}
    (metadata / "direct_url.json").write_text(json.dumps(origin))
    readme = place / "README.md"
    heading, end = "## What the documents leave open\n", "## Work on it"
    text = readme.read_text(encoding="utf-8")
    before, after = text.partition(heading)[0], text.partition(end)[2]
    readme.write_text(f"{before}{heading}\nHow long a job takes.\n\n{end}{after}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(place))
    REGISTRY.refresh()
    try:
        said = tryon("provider-page", "edited").out
    finally:
        monkeypatch.undo()
        REGISTRY.refresh()
    assert said.endswith(f"{heading}\nHow long a job takes.\n")


def test_what_is_assumed_is_not_shown_as_a_fact_of_the_vendor(tryon, offer):
    offer(typical_job_s=10.0, delivery={"upload"}, quota=Quota())
    said = tryon("provider-page", "fake").out
    assert "| usual time of a job | 10 s (assumed) |" in said
    assert "a poll every 3 s (assumed)" in said
    assert "| addresses of images begin with | no addresses are taken |" in said


def test_nothing_to_compare_is_named(tryon):
    ended = tryon(*COMMAND, "--check")
    assert ended.code == 2
    assert "Give --out FILE." in ended.err


@pytest.mark.parametrize("part", ["## Error codes", "## Emulator"])
def test_a_provider_of_a_script_without_table_or_emulator_has_a_shorter_page(tryon, offer, part):
    offer()
    ended = tryon("provider-page", "fake")
    assert "# Provider `fake`" in ended.out
    assert part not in ended.out
