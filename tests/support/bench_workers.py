"""Starts processes of `bench_client.py` and reads their figures."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person

TESTS = Path(__file__).parents[1]


def begin(tmp_path, work, **order):
    """Start a process; return it."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTS / "support"), *filter(None, sys.path)]),
        "TRYON_DATA_DIR": str(tmp_path / "data"),
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.Popen(
        [
            sys.executable,
            str(TESTS / "scripts" / "bench_client.py"),
            json.dumps({"work": work, **order}),
        ],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def figures_of(process, *, timeout_s=300):
    """Wait for a process and return its figures."""
    out, _ = process.communicate(timeout=timeout_s)
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


def measure(tmp_path, work, **order):
    """Return the figures of one process."""
    return figures_of(begin(tmp_path, work, **order))


def jpeg(image):
    """Return an image as a file."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def pictures(tmp_path, *, size=(768, 1024), garments=5):
    """Write a drawn person and some tops; return their paths, the person first."""
    person = draw_person(next(iter(PERSON_STYLES.values())), size).image
    styles = [style for style in GARMENT_STYLES.values() if style.category == "top"]
    drawn = [draw_garment(style, size).image for style in styles[:garments]]
    paths = [tmp_path / f"picture-{number}.jpg" for number in range(len(drawn) + 1)]
    for path, image in zip(paths, [person, *drawn], strict=True):
        path.write_bytes(jpeg(image))
    return [str(path) for path in paths]


def blank(size=(256, 256)):
    """Return a small picture as a file."""
    return jpeg(Image.new("RGB", size, (90, 120, 200)))
