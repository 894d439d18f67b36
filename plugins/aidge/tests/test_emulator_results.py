"""What the emulated service shows of a task."""

import io

import pytest
from PIL import Image

from tryon_aidge.emulator import emulator, refuse
from tryon_aidge.emulator.answers import GATEWAY_WORDS, SERVICE_WORDS
from tryon_aidge.emulator.images import fetch_images
from tryon_aidge.emulator.knobs import Knobs
from tryon_aidge.emulator.results import make_parts, task_data
from tryon_aidge.emulator.tasks import read_tasks
from tryon_aidge.error_table import TABLE
from tryon_core import LibraryModel
from tryon_testing.emulation import load_emulator


def _sizes(client, running, show, person, **options):
    result = client.try_on(person, top=show(running), options=options)
    return [Image.open(io.BytesIO(image.data)).size for image in result.images]


@pytest.mark.parametrize(
    ("view", "sizes"),
    [
        ("fullbody", [(320, 480)]),
        ("halfbody", [(320, 288)]),
    ],
)
def test_the_view_of_a_photo_is_kept(connect, emulate, show, view, sizes):
    running = emulate()
    client = connect(running.base_url)
    assert _sizes(client, running, show, show(running), view_type=view) == sizes


def test_a_mixed_view_alternates(connect, emulate, show):
    running = emulate()
    client = connect(running.base_url)
    options = {"view_type": "mixed", "generate_count": 3}
    heights = [size[1] for size in _sizes(client, running, show, LibraryModel(), **options)]
    assert heights == [512, 307, 512]


@pytest.mark.parametrize(("knob", "count"), [("one", 2), ("count", 4)])
def test_images_of_own_photos_are_a_knob(connect, emulate, show, knob, count):
    running = emulate(photo_images=knob)
    client = connect(running.base_url)
    more = {"more_photos": show(running), "generate_count": 2}
    assert len(_sizes(client, running, show, show(running), **more)) == count
    assert list(running.ctx.billed.values()) == [count]


def test_the_garment_of_an_image_is_named(connect, emulate, show, clock):
    running = emulate()
    client = connect(running.base_url)
    top = show(running)
    job = client.submit(LibraryModel(), top=top)
    clock.advance(30)
    client.poll(job)
    from tryon_aidge.emulator.knobs import Knobs

    (own,) = running.ctx.jobs.all()
    data = task_data(own, "finished", own.output, Knobs())
    assert data["taskResult"][0]["taskResult"]["result"]["imageList"][0]["clothes"] == top


def test_images_are_made_once(connect, emulate, show, clock):
    running = emulate()
    client = connect(running.base_url)
    job = client.submit(LibraryModel(), top=show(running))
    clock.advance(30)
    assert client.poll(job).result == client.poll(job).result


def test_each_task_of_a_submission_is_a_sub_task(show, emulate):
    running = emulate(most_tasks=2)
    element = {"clothesList": [{"imageUrl": show(running)}], "generateCount": 1}
    knobs = Knobs(most_tasks=2)
    tasks = read_tasks({"paramJson": [element, element]}, knobs)
    images = [fetch_images(task, running.ctx, knobs) for task in tasks]
    parts = make_parts(tasks, images, running.ctx, knobs)
    assert [len(part.images) for part in parts] == [1, 1]


@pytest.mark.parametrize("code", [*SERVICE_WORDS, *GATEWAY_WORDS])
def test_every_code_that_the_plugin_knows_can_be_told_as_a_fault(code):
    answer = refuse(code)
    assert answer.status_code == 200
    body = answer.get_json()
    assert code in {body["code"], body.get("resCode")}
    assert TABLE.find(code).code == code


def test_other_codes_are_no_words_of_the_vendor():
    assert refuse("429") is None
    assert refuse("Novelty") is None


def test_every_exact_code_of_the_table_can_be_told():
    kinds = {"ISV", "ISP", "SYSTEM", "failed"}
    exact = {entry.code for entry in TABLE.entries if not entry.code.endswith("*")} - kinds
    assert exact == {*SERVICE_WORDS, *GATEWAY_WORDS}


def test_the_emulator_is_found_by_its_entry_point():
    assert load_emulator("aidge") is emulator
