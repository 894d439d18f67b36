"""Emulators give results that nobody can use, and all the way to the user they are noticed."""

import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core import Client
from tryon_core.errors import InputError
from tryon_testing import FakeClock
from tryon_testing.emulation import load_emulator, start


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    person = draw_person(PERSON_STYLES["ada"]).image.convert("RGB").resize((384, 512))
    person.save(folder / "person.jpg", quality=95)
    draw_garment(GARMENT_STYLES["emblem tee"], (384, 384)).image.save(folder / "tee.png")
    return folder


def _codes(result):
    return [problem.code for problem in result.problems]


@pytest.mark.parametrize("provider", ["ailab", "dashscope", "fashn", "kling", "pixelcut"])
def test_one_result_is_blank_one_unchanged_and_one_is_sound(provider, images):
    clock, faults = FakeClock(), ["draw:blank*1", "draw:unchanged*1"]
    with start(load_emulator(provider), faults=faults, clock=clock) as running:
        client = Client(provider, clock=clock, remember=False, **running.settings)
        results = [
            client.try_on(images / "person.jpg", top=images / "tee.png", fit=True) for _ in range(3)
        ]
    assert list(map(_codes, results)) == [["result_blank"], ["result_unchanged"], []]
    assert [result.verdict for result in results] == ["doubtful", "doubtful", "passed"]


@pytest.mark.parametrize(
    ("provider", "options", "sides"),
    [
        ("dashscope", {"resolution": 1024}, (576, 1024)),
        ("ailab", {"model": "pro", "resolution": 1280}, (720, 1280)),
        ("fashn", {"model": "tryon-max", "aspect_ratio": "1:1"}, (384, 384)),
    ],
)
def test_a_result_of_the_size_that_was_asked_for_passes(provider, options, sides, images):
    clock = FakeClock()
    with start(load_emulator(provider), clock=clock) as running:
        client = Client(provider, clock=clock, remember=False, **running.settings)
        person, top = images / "person.jpg", images / "tee.png"
        result = client.try_on(person, top=top, options=options, fit=True)
    assert (result.images[0].width_px, result.images[0].height_px) == sides
    assert result.problems == ()


def test_a_size_that_is_sent_instead_of_the_option_is_no_reason_for_doubt(images):
    clock = FakeClock()
    with start(load_emulator("dashscope"), clock=clock, knobs={"resolutions": "any"}) as running:
        settings = {**running.settings, "resolution_override": "640"}
        client = Client("dashscope", clock=clock, remember=False, **settings)
        result = client.try_on(images / "person.jpg", top=images / "tee.png", fit=True)
    assert (result.images[0].width_px, result.images[0].height_px) == (360, 640)
    assert result.verdict == "passed"


@pytest.mark.parametrize("fault", ["draw:429", "submit:blank", "*:unchanged", "draw:drop"])
def test_only_what_can_be_drawn_wrong_is_a_fault_of_drawing(fault):
    emulator = load_emulator("fashn")
    with pytest.raises(InputError, match="names"), start(emulator, faults=[fault]):
        pass


def test_a_fault_of_all_requests_is_none_of_drawing(images):
    clock = FakeClock()
    with start(load_emulator("fashn"), faults=["*:slow=0.1"], clock=clock) as running:
        client = Client("fashn", clock=clock, remember=False, **running.settings)
        result = client.try_on(images / "person.jpg", top=images / "tee.png", fit=True)
    assert result.verdict == "passed"
