"""Images are really looked at."""

import io

import pytest
from PIL import Image

from tryon_ailab.emulator import Knobs
from tryon_ailab.emulator.images import check_image
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import EmulatorContext

LIMIT = "FILE_SIZE_EXCEEDS_LIMIT"


@pytest.fixture
def look():
    """Say with which code an image is refused."""
    ctx = EmulatorContext(clock=FakeClock(), job_s=1, seed="")

    def check(data, model="base", **knobs):
        refusal = check_image(data, ctx, Knobs(**knobs), model=model)
        return refusal and refusal.code

    return check


def _plain(size, kind="PNG"):
    buffer = io.BytesIO()
    Image.new("L", size, 7).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "base", "pro"),
    [
        ("JPEG", None, None),
        ("PNG", None, None),
        ("BMP", "UNSUPPORTED_FILE_TYPES", None),
        ("WEBP", "UNSUPPORTED_FILE_TYPES", "UNSUPPORTED_FILE_TYPES"),
        ("GIF", "UNSUPPORTED_FILE_TYPES", "UNSUPPORTED_FILE_TYPES"),
    ],
)
def test_formats_go_by_the_content(look, draw, kind, base, pro):
    data = draw(kind=kind)
    assert (look(data), look(data, "pro")) == (base, pro)


def test_the_code_for_a_format_is_a_knob_and_its_text_names_the_formats(look, draw):
    data = draw(kind="WEBP")
    assert look(data, format_code="ERROR_INVALID_FILE") == "ERROR_INVALID_FILE"
    ctx = EmulatorContext(clock=FakeClock(), job_s=1, seed="")
    refusal = check_image(data, ctx, Knobs(), model="base")
    assert refusal.message == "Only JPG, JPEG, PNG are supported."


@pytest.mark.parametrize("cut", [0, 3, 2000])
def test_what_is_no_whole_image_cannot_be_decoded(look, draw, cut):
    assert look(draw()[:cut]) == "FILE_DECODING_FAILURE"


@pytest.mark.parametrize(("model", "mb"), [("base", 3), ("pro", 5)])
def test_the_largest_file_has_exactly_that_many_megabytes(look, draw, model, mb):
    data = draw()
    padded = data + bytes(mb * 1_000_000 - len(data))
    assert look(padded, model) is None
    assert look(padded + b"x", model) == LIMIT
    assert look(padded + b"x", model, megabyte_bytes=1_048_576) is None


@pytest.mark.parametrize(("px", "code"), [(4095, None), (4096, LIMIT)])
def test_each_side_must_be_less_than_4096(look, px, code):
    assert look(_plain((px, 200))) == code
    assert look(_plain((200, px))) == code


def test_how_the_largest_side_is_meant_is_a_knob(look):
    assert look(_plain((5000, 200)), resolution_limit="both") is None
    assert look(_plain((4096, 200)), accept_4096=True) is None
    assert look(_plain((4097, 200)), accept_4096=True) == LIMIT


@pytest.mark.parametrize(("px", "code"), [(150, LIMIT), (151, None)])
def test_all_but_the_base_model_have_a_least_side(look, draw, px, code):
    data = draw((px, 400))
    assert look(data, "pro") == code
    assert look(data) is None
    assert look(data, base_minimum=True) == code


def test_all_but_the_base_model_have_a_least_size(look):
    tiny = _plain((300, 300))
    assert look(tiny, "premium") == LIMIT
    assert look(tiny) is None


def test_precise_codes_are_a_knob(look, draw):
    assert look(draw((100, 400)), "pro", size_codes="precise") == "ERROR_LOW_RESOLUTION"
    large = _plain((4096, 200))
    assert look(large, size_codes="precise") == "FILE_RESOLUTION_EXCEEDS_LIMITS"
