"""The generated pages are those that the code gives now."""

import generate
import pytest
from PIL import Image, ImageChops, ImageStat

from tryon_core import Client
from tryon_local.demo import scenes

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


@pytest.mark.skipif(scenes.portrait() is None, reason="scikit-image is not installed")
def test_the_portrait_is_what_the_demo_makes_of_it(tmp_path):
    (scene,) = [scene for scene in scenes.SCENES if scene.person == scenes.PORTRAIT]
    images = scenes.draw_scene(scene, photo=None)
    with Client("local", spool_dir=str(tmp_path)) as client:
        result = client.try_on(**images)
    drawn = generate.portrait_row(images["top"], result.images[0].decoded())
    with Image.open(generate.PORTRAIT_IMAGE) as image:
        assert image.size == drawn.size
        difference = ImageStat.Stat(ImageChops.difference(image, drawn)).mean
    # The file is a JPEG, and rounding differs between processors.
    assert max(difference) < 4


def test_sheets_are_two_in_a_row_at_one_height():
    sheets = [Image.new("RGB", size, "teal") for size in ((720, 720), (360, 360), (100, 50))]
    image = generate.two_in_a_row(sheets)
    assert image.size == (720, 720)
    assert [image.getpixel(at) for at in ((1, 1), (719, 1), (360, 719))] == [(0, 128, 128)] * 3
