"""The generated pages are those that the code gives now."""

import generate
import pytest
from PIL import Image

PAGES = generate.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_page_says_what_the_code_says(path):
    assert path.read_text(encoding="utf-8") == PAGES[path], "run python docs/generate.py"


def test_every_hook_stands_on_its_page_with_its_signature():
    text = generate.hooks_page()
    for name in (*generate.REQUIRED_HOOKS, *generate.OPTIONAL_HOOKS):
        assert f"### {name}\n\n    {name}(" in text


def test_the_image_of_the_readme_is_small_and_carries_no_data_about_a_photo():
    assert generate.DEMO_IMAGE.stat().st_size <= 150_000
    with Image.open(generate.DEMO_IMAGE) as image:
        assert (image.format, len(image.getexif())) == ("JPEG", 0)


def test_sheets_are_two_in_a_row_at_one_height():
    sheets = [Image.new("RGB", size, "teal") for size in ((720, 720), (360, 360), (100, 50))]
    image = generate.two_in_a_row(sheets)
    assert image.size == (720, 720)
    assert [image.getpixel(at) for at in ((1, 1), (719, 1), (360, 719))] == [(0, 128, 128)] * 3
