"""Hotspots by a vendor's service, over a real socket."""

import contextlib
import io
import json
import random

import pytest
from PIL import Image

from command_line import folder, tryon
from saved_runs import write_run
from tryon_testing.emulation import load_emulator, start

__all__ = ["folder", "tryon"]


def photo(size, *, turned=False):
    """Return a photo of its own, as large as the vendor wants it."""
    noise = random.Random(str(size)).randbytes(1800)  # noqa: S311  (a vendor refuses small files)
    image = Image.frombytes("RGB", (20, 30), noise).resize(size)
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6  # shown turned by 90 degrees
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


@pytest.fixture
def vendor(monkeypatch):
    def begin(**knobs):
        running = running_with.enter_context(start(load_emulator("dashscope"), **knobs))
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_DASHSCOPE_{name.upper()}", value)
        return running

    with contextlib.ExitStack() as running_with:
        yield begin


def boxes(place):
    found = json.loads((place / "hotspots.json").read_text(encoding="utf-8"))["hotspots"]
    return {
        row: [(spot["photo"], spot["percent"], len(spot["notices"])) for spot in spots]
        for row, spots in found.items()
    }


def test_boxes_are_those_of_the_image_as_it_is_shown(tryon, folder, vendor):
    running = vendor()
    images = {
        "plain": photo((300, 400)),
        "turned": photo((400, 300), turned=True),
        "too-large": photo((600, 8000)),
    }
    rows = {name: {"top": "tee.png", "images": [data]} for name, data in images.items()}
    write_run(folder / "results", rows, provider="dashscope")
    assert tryon("hotspots", "results").code == 0
    sizes = {"plain": (300, 400), "turned": (300, 400), "too-large": (600, 8000)}
    for name, ((shown, percent, _),) in boxes(folder / "results").items():
        assert (shown["width_px"], shown["height_px"]) == sizes[name]
        # The emulator looks for a top in the same place of every photo.
        assert [*percent.values()] == pytest.approx([20, 15, 60, 45], abs=0.5)
    assert sum(running.ctx.billed.values()) == 3


def test_a_box_that_leaves_the_image_is_cut_and_one_outside_was_paid_for(tryon, folder, vendor):
    write_run(
        folder / "results",
        {"a": {"top": "tee.png", "images": [photo((300, 400))]}},
        provider="dashscope",
    )
    vendor(knobs={"box": "outside"})
    ended = tryon("hotspots", "results", "--json")
    assert (ended.code, ended.json["counts"]["failed"], ended.json["spent"]) == (
        1, 1, {"CNY": "0.004"},
    )  # fmt: skip
    vendor(knobs={"box": "leaving"})
    ended = tryon("hotspots", "results", "--again", "--json")
    assert (ended.code, ended.json["spent"]) == (0, {"CNY": "0.008"})
    ((_, percent, notices),) = boxes(folder / "results")["a"]
    assert ([*percent.values()], notices) == ([0, 15, 80, 85], 1)
