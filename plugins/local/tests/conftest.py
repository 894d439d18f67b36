"""Fixtures of the local provider's tests."""

import io
import os
from pathlib import Path

import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import Client

SIZE = (384, 512)


@pytest.fixture(scope="session")
def person():
    """A drawn person in top and bottom, with ground truth."""
    return draw_person(_wearing_two_pieces(), SIZE)


@pytest.fixture(scope="session")
def top():
    """A drawn top on a plain background."""
    return draw_garment(_style_of("top"), SIZE)


@pytest.fixture(scope="session")
def bottom():
    """A drawn bottom on a plain background."""
    return draw_garment(_style_of("bottom"), SIZE)


def _wearing_two_pieces():
    drawn = ((style, draw_person(style, (96, 128))) for style in PERSON_STYLES.values())
    return next(style for style, small in drawn if small.bboxes["top"] and small.bboxes["bottom"])


def _style_of(category):
    drawn = ((style, draw_garment(style, (96, 128))) for style in GARMENT_STYLES.values())
    return next(style for style, small in drawn if small.category == category)


@pytest.fixture(scope="session")
def as_png():
    """Return an image as the bytes of a PNG file."""

    def convert(image):
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()

    return convert


@pytest.fixture
def client(tmp_path):
    """A client whose jobs are kept in a folder of its own."""
    with Client("local", spool_dir=str(tmp_path / "spool")) as client:
        yield client


@pytest.fixture(scope="session")
def eval_people(eval_images):
    """Real photos of one standing person each; others that are put beside them do not count."""
    return [_photo(eval_images / "person" / f"{number:02}.jpg") for number in range(1, 9)]


def _photo(path):
    if not path.is_file():
        pytest.skip(f"{path.name} is not among the real photos")
    return path


@pytest.fixture(scope="session")
def eval_images():
    """The folder of real photos, which is not part of the repository."""
    default = Path(__file__).parents[3].parent / "shared" / "images"
    folder = Path(os.environ.get("TRYON_EVAL_IMAGES", default))
    if not folder.is_dir():
        pytest.skip("no folder of real photos; name one with TRYON_EVAL_IMAGES")
    return folder
