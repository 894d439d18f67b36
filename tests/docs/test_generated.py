import importlib.util
from pathlib import Path

import pytest
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


def _generator():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("path", GENERATOR.pages(), ids=lambda path: path.name)
def test_a_generated_page_says_what_the_code_says(path):
    expected = GENERATOR.pages()[path]
    assert path.read_text(encoding="utf-8") == expected, "run python docs/generate.py"


def test_every_hook_stands_on_its_page_with_its_signature():
    text = GENERATOR.hooks_page()
    for name in (*GENERATOR.REQUIRED_HOOKS, *GENERATOR.OPTIONAL_HOOKS):
        assert f"### {name}\n\n    {name}(" in text


def test_the_image_of_the_readme_is_small_and_carries_no_data_about_a_photo():
    assert GENERATOR.DEMO_IMAGE.stat().st_size <= 150_000
    with Image.open(GENERATOR.DEMO_IMAGE) as image:
        assert (image.format, len(image.getexif())) == ("JPEG", 0)


def test_sheets_are_two_in_a_row_at_one_height():
    sheets = [Image.new("RGB", size, "teal") for size in ((720, 720), (360, 360), (100, 50))]
    image = GENERATOR.two_in_a_row(sheets)
    assert image.size == (720, 720)
    assert [image.getpixel(at) for at in ((1, 1), (719, 1), (360, 719))] == [(0, 128, 128)] * 3


def test_links_between_pages_lead_somewhere():
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    for page in pages:
        for part in page.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
