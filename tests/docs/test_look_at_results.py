"""The code of the page about looking at results runs as it stands there."""

import re
from pathlib import Path

import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import judging

PAGE = (Path(__file__).parents[2] / "docs/how-to/look-at-results.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(<!-- .* -->\n)?```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def after(tmp_path_factory):
    """The names that the code has made, and what it printed by block."""
    folder = tmp_path_factory.mktemp("look")
    person = draw_person(PERSON_STYLES["ada"]).image.convert("RGB").resize((240, 320))
    person.save(folder / "person.jpg")
    draw_garment(GARMENT_STYLES["emblem tee"], (240, 240)).image.save(folder / "tee.png")
    names = {"__name__": "look"}
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for remark, block in BLOCKS:
            if "opens a window" not in remark:
                exec(compile(block, "look-at-results.md", "exec"), names)  # noqa: S102  (the page)
        names["images"] = sorted(path.name for path in folder.glob("run/*.*g"))
    return names


def test_the_result_is_an_image_that_passes(after):
    assert after["result"].image.size == (240, 320)
    assert after["result"].verdict == "passed"
    assert after["images"] == ["anna.png"]
    assert after["doubtful"] == []


def test_a_notebook_would_show_the_garment(after):
    assert "<img" in after["worn"]._repr_html_()


def test_the_page_lists_every_code_of_the_judge_and_its_limits():
    codes = {getattr(judging, name) for name in ("DAMAGED", "BLANK", "UNCHANGED", "SIZE", "SHAPE")}
    assert set(re.findall(r"^\| `(result_\w+)`", PAGE, re.MULTILINE)) == codes
    assert f"within {judging.MOST_BLANK_LEVELS} of 255 levels" in PAGE
    assert f"within {judging.MOST_SAME_LEVELS} levels of the photo" in PAGE
