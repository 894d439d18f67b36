"""The drawn images that distributions ship are those that the drawings give."""

import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

SCRIPT = Path(__file__).parents[1] / "scripts" / "draw.py"
_spec = importlib.util.spec_from_file_location("draw", SCRIPT)
draw = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(draw)


def test_what_is_shipped_is_what_is_drawn_and_nothing_else():
    drawn = dict(draw.drawn())
    assert {*draw.DEMO.iterdir(), *draw.KIT.iterdir()} == set(drawn)
    assert [path for path, image in drawn.items() if _differs(path, image)] == []


def _differs(path, image):
    with Image.open(path) as shipped:
        pair = shipped.convert("RGBA"), image.convert("RGBA")
    # Releases of Pillow draw one in 5,000 pixels otherwise, along edges.
    changed = np.asarray(ImageChops.difference(*pair)).any(axis=2)
    return pair[0].size != pair[1].size or changed.mean() > 0.001
