"""The drawn images that distributions ship are those that the drawings give."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image, ImageChops

SCRIPT = Path(__file__).parents[1] / "scripts" / "draw.py"
_spec = importlib.util.spec_from_file_location("draw", SCRIPT)
draw = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(draw)


@pytest.mark.parametrize(
    ("path", "image"), [pytest.param(*each, id=each[0].stem) for each in draw.drawn()]
)
def test_a_shipped_image_is_what_is_drawn(path, image):
    with Image.open(path) as shipped:
        assert (
            ImageChops.difference(shipped.convert("RGBA"), image.convert("RGBA")).getbbox() is None
        )


def test_nothing_else_is_shipped():
    written = {path for path, _ in draw.drawn()}
    assert {*draw.DEMO.iterdir(), *draw.KIT.iterdir()} == written
