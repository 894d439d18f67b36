"""What the emulator takes, refuses and answers, without our client; and that mistakes in it show.

Each fact is a function. All hold for the emulator; and in copies of it, each with one deliberate
mistake, the fact that is about it does not hold.
"""

import importlib
import io
import json
import shutil
import socket
import sys
from pathlib import Path

import pytest
from PIL import Image

import tryon_kling.emulator
from tryon_kling.provider import signed_token

PATH, LATER = "/v1/images/kolors-virtual-try-on", "/solutions"
V1_5 = "kolors-virtual-try-on-v1-5"
FACTS = {}


def fact(function):
    FACTS[function.__name__] = function
    return function


class World:
    """A running emulator, and images for it."""

    def __init__(self, service, text, host, image, clock):
        self.service, self.text, self.host, self.image = service, text, host, image
        self.clock, self.call = clock, service()

    def with_knobs(self, *faults, **knobs):
        self.call = self.service(*faults, **knobs)
        return self

    def body(self, **more):
        images = {"human_image": self.text(), "cloth_image": self.text()}
        return {"model_name": V1_5, **images, **more}

    def later(self, **more):
        url = self.host(self.image())
        kinds = ("product_image", "person_image")
        return {"contents": [{"type": kind, "url": url} for kind in kinds], **more}

    def submit(self, body=None, path=PATH, **how):
        return self.call("POST", path, json=self.body() if body is None else body, **how)

    def accepted(self, **more):
        answer = self.submit(self.body(**more))
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["task_id"]

    def accepted_later(self, **more):
        answer = self.submit(self.later(**more), f"{LATER}/virtual_try_on")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["task_id"]

    def told(self, name, path=PATH):
        return self.call("GET", f"{path}/{name}").json()["data"]

    def told_later(self, **params):
        return self.call("GET", LATER, params=params).json()["data"]


@pytest.fixture
def world(service, text, host, image, clock):
    return World(service, text, host, image, clock)


def refused(answer, status, code, text=""):
    """An error has its status, its code, a text and a request id, and never `data`."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert sorted(body) == ["code", "message", "request_id"]
    assert text in body["message"]


# Keys


@fact
def every_route_looks_at_the_key_first(world):
    routes = [("POST", PATH), ("GET", f"{PATH}/1"), ("POST", f"{LATER}/virtual_try_on")]
    for method, path in [*routes, ("GET", LATER), ("GET", "/account/costs")]:
        refused(world.call(method, path, key=None), 401, 1001)
        refused(world.call(method, path, key="of somebody else"), 401, 1002, "create API key")


@fact
def a_token_is_signed_with_the_secret_and_lives_for_half_an_hour(world):
    task_id, token = world.accepted(), signed(world)
    assert world.call("GET", f"{PATH}/{task_id}", key=token).status_code == 200
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    refused(world.call("GET", f"{PATH}/{task_id}", key=forged), 401, 1002)
    refused(world.call("GET", LATER, params={"task_ids": "1"}, key=token), 401, 1002, "AK/SK")
    world.clock.advance(1800)
    refused(world.call("GET", f"{PATH}/{task_id}", key=token), 401, 1004)


# The classic interface


@fact
def a_submission_is_answered_with_a_task(world):
    answer = world.submit(world.body(external_task_id="own-1"))
    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "SUCCEED")
    data = body["data"]
    assert body["request_id"]
    assert (data["task_id"].isdecimal(), len(data["task_id"])) == (True, 18)
    assert data["task_status"] == "submitted"
    assert data["created_at"] == round(world.clock.now().timestamp() * 1000)
    assert data["task_info"] == {"external_task_id": "own-1"}
    assert "task_result" not in data


@fact
def a_task_goes_from_submitted_over_processing_to_succeed(world):
    task_id, seen = world.accepted(), []
    for seconds in (0, 5, 6):
        world.clock.advance(seconds)
        seen.append(world.told(task_id))
    assert [data["task_status"] for data in seen] == ["submitted", "processing", "succeed"]
    assert ["task_result" in data for data in seen] == [False, False, True]
    assert seen[2]["final_unit_deduction"] == "1"
    (image,) = seen[2]["task_result"]["images"]
    assert image["index"] == 0
    assert world.told(task_id)["task_result"]["images"][0] == image
    key = image["url"].split("/_tryon/results/")[1].split("/")[0]
    published = world.call.running.ctx.images.get(key)
    with Image.open(io.BytesIO(published.data)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (300, 400))
    assert 29.9 < (published.expires_at - world.clock.now()).days + 1 <= 30


@fact
def a_task_is_found_by_either_id(world):
    task_id = world.accepted(external_task_id="own-1")
    assert world.told("own-1")["task_id"] == world.told(task_id)["task_id"] == task_id


@fact
def two_slashes_are_as_good_as_one(world):
    task_id = world.accepted()
    assert world.told(f"/{task_id}")["task_id"] == task_id


@fact
def both_images_are_needed_and_are_bare_base64_or_addresses(world):
    for name in ("human_image", "cloth_image"):
        for value in (None, "", 7, f"data:image/jpeg;base64,{world.text()}", "no base64!", "YWJj"):
            refused(world.submit(world.body(**{name: value})), 400, 1201, name)
    url = world.host(world.image())
    assert world.submit(world.body(human_image=url, cloth_image=url)).status_code == 200


@fact
def images_have_300_px_a_known_format_and_10_mb(world):
    refused(world.submit(world.body(human_image=world.text((299, 400)))), 400, 1201, "299x400")
    refused(world.submit(world.body(cloth_image=world.text(kind="WEBP"))), 400, 1201, "WEBP")
    assert world.submit(world.body(human_image=world.text((300, 300)))).status_code == 200
    assert world.submit(world.body(human_image=world.text((301, 2049)))).status_code == 200
    small = world.with_knobs(max_bytes=500)
    refused(small.submit(), 400, 1201, "500")


@fact
def unknown_fields_are_ignored_and_models_are_not(world):
    """`model` in place of `model_name` is no error, and chooses nothing."""
    body = world.body(n=4, cloth_type="upper", model=V1_5, callback_url="", external_task_id="")
    del body["model_name"]
    assert world.submit(body).status_code == 200
    assert world.submit(body).status_code == 200  # an empty id is none
    refused(world.submit(world.body(model_name="kling-v9")), 404, 1203)
    refused(world.call("POST", PATH, data=b"{"), 400, 1200)


@fact
def an_address_with_a_bad_image_fails_the_task_or_is_refused(world):
    for address in (world.host(None), world.host(world.image((299, 400)))):
        task_id = world.accepted(cloth_image=address)
        world.clock.advance(11)
        data = world.told(task_id)
        assert (data["task_status"], data["final_unit_deduction"]) == ("failed", "0")
        assert "cloth_image" in data["task_status_msg"]
        assert "task_result" not in data
    assert world.call.running.ctx.billed == {}
    strict = world.with_knobs(image_faults="submit")
    refused(strict.submit(strict.body(human_image=world.host(None))), 400, 1201, "human_image")


@fact
def an_id_of_the_callers_own_is_for_one_task(world):
    world.accepted(external_task_id="own-1")
    refused(world.submit(world.body(external_task_id="own-1")), 400, 1201, "own-1")
    body = world.later(options={"external_task_id": "own-1"})
    refused(world.submit(body, f"{LATER}/virtual_try_on"), 400, 1201, "own-1")
    other = world.with_knobs(repeated_external_id="accept")
    assert other.accepted(external_task_id="own-1") != other.accepted(external_task_id="own-1")


@fact
def an_unknown_task_is_a_404_or_a_failed_one(world):
    refused(world.call("GET", f"{PATH}/815335657866002502"), 404, 1203)
    data = world.with_knobs(unknown_id="failed").told("815335657866002502")
    assert (data["task_status"], data["task_status_msg"]) == ("failed", "task not found")


# Slots, units, packs


@fact
def a_slot_is_held_to_the_end_and_a_refused_submission_makes_no_task(world):
    narrow = world.with_knobs(running_jobs=2)
    for _ in range(2):
        narrow.accepted()
    refused(narrow.submit(), 429, 1303, "parallel task over resource pack limit")
    world.clock.advance(9)
    refused(narrow.submit(), 429, 1303)
    assert len(narrow.call.running.ctx.jobs.all()) == 2
    world.clock.advance(2)
    assert narrow.accepted()


@fact
def units_are_taken_by_tasks_that_succeed(world):
    poor = world.with_knobs(units=1)
    poor.accepted()
    refused(poor.submit(), 429, 1102, "Account balance not enough")
    failing = world.with_knobs(units=1, job_failure="no human")
    assert failing.accepted() != failing.accepted()


@fact
def packs_are_chosen_by_when_they_were_bought(world):
    """The window is needed, and one of 30 days hides packs that are still good."""
    now_ms = round(world.clock.now().timestamp() * 1000)
    day_ms = 86_400_000

    def asked(**params):
        world.clock.advance(1)
        return world.call("GET", "/account/costs", params=params)

    data = asked(start_time=now_ms - 400 * day_ms, end_time=now_ms).json()["data"]
    assert (data["code"], bool(data["msg"])) == (0, True)
    packs = data["resource_pack_subscribe_infos"]
    assert {pack["status"] for pack in packs} == {"online", "expired"}
    few = asked(start_time=now_ms - 30 * day_ms, end_time=now_ms).json()["data"]
    assert few["resource_pack_subscribe_infos"] == []
    refused(asked(start_time=now_ms), 400, 1201, "end_time")
    refused(asked(start_time="x", end_time=now_ms), 400, 1201)


@fact
def packs_are_told_once_a_second(world):
    params = {"start_time": 0, "end_time": 1}
    world.call("GET", "/account/costs", params=params)
    refused(world.call("GET", "/account/costs", params=params), 429, 1302)


# The later interface


@fact
def the_later_interface_has_shapes_of_its_own(world):
    task_id = world.accepted_later(options={"external_task_id": "own-2"})
    (early,) = world.told_later(task_ids=task_id)
    assert (early["id"], early["status"], early["external_id"]) == (task_id, "submitted", "own-2")
    assert early["outputs"] == early["billing"] == []
    world.clock.advance(11)
    (late,) = world.told_later(external_task_ids="own-2")
    assert (late["status"], late["outputs"][0]["type"]) == ("succeed", "image")
    bill = {"charge_type": "unit", "amount": "1", "package_type": "image"}
    assert late["billing"] == [bill]
    # Neither interface knows the tasks of the other.
    refused(world.call("GET", f"{PATH}/{task_id}"), 404, 1203)
    assert world.told_later(task_ids=world.accepted()) == []


@fact
def the_later_interface_wants_one_image_of_each_kind_by_address(world):
    good = world.later()["contents"]
    for contents in ([], good[:1], [good[0], good[0]], [*good, good[0]], [good[0], "x"], None):
        refused(world.submit({"contents": contents}, f"{LATER}/virtual_try_on"), 400, 1201)
    for url in (world.text(), f"data:image/jpeg;base64,{world.text()}", 7, ""):
        contents = [{**good[0], "url": url}, good[1]]
        refused(world.submit({"contents": contents}, f"{LATER}/virtual_try_on"), 400, 1201)
    assert world.submit({"contents": good[::-1]}, f"{LATER}/virtual_try_on").status_code == 200


@fact
def the_later_interface_wants_real_switches(world):
    for settings in ({"keep_face": "true"}, {"keep_pose": 1}, {"keep_background": None}, []):
        body = world.later(settings=settings)
        refused(world.submit(body, f"{LATER}/virtual_try_on"), 400, 1201)
    assert world.accepted_later(settings={"keep_face": False})


@fact
def the_later_interface_takes_webp_and_at_most_2048_px(world):
    def ends(image):
        url = world.host(image)
        contents = [{**entry, "url": url} for entry in world.later()["contents"]]
        answer = world.submit({"contents": contents}, f"{LATER}/virtual_try_on")
        world.clock.advance(11)
        return world.told_later(task_ids=answer.json()["data"]["task_id"])[0]["status"]

    sizes = [ends(world.image(size)) for size in ((301, 2048), (301, 2049), (299, 400))]
    assert sizes == ["succeed", "failed", "failed"]
    assert ends(world.image(kind="WEBP")) == "succeed"


@fact
def the_later_interface_is_asked_for_at_most_20_tasks_of_one_kind(world):
    ids = ",".join(["1"] * 20)
    assert world.told_later(task_ids=ids) == []
    for params in ({}, {"task_ids": f"{ids},1"}, {"task_ids": "1", "external_task_ids": "1"}):
        refused(world.call("GET", LATER, params=params), 400, 1201)


# Requests of other programs, byte by byte


def exchanged(world, head, body=b""):
    """Send a request exactly as it was recorded, and return status and JSON of the answer."""
    running = world.call.running
    place = running.base_url.removeprefix("http://")
    text = head.replace("HOST", place).replace("LENGTH", str(len(body)))
    host, _, port = place.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n" + body)
        received = b""
        while data := connection.recv(65536):
            received += data
    first, _, content = received.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(content)


NODE_HEAD = f"""POST {PATH} HTTP/1.1
Host: HOST
Accept: */*
Accept-Encoding: gzip, deflate
Connection: close
User-Agent: python-httpx/0.28.1
Content-Type: application/json
Authorization: Bearer TOKEN
Content-Length: LENGTH
"""
NODE_POLL = f"""GET {PATH}//TASK HTTP/1.1
Host: HOST
Accept: */*
Accept-Encoding: gzip, deflate
Connection: close
User-Agent: python-httpx/0.28.1
Content-Type: application/json
Authorization: Bearer TOKEN
"""
OPENTRYON_HEAD = f"""POST {PATH} HTTP/1.1
Host: HOST
User-Agent: python-requests/2.32.3
Accept-Encoding: gzip, deflate
Accept: */*
Connection: close
Content-Type: application/json
Authorization: Bearer TOKEN
Content-Length: LENGTH
"""


def signed(world):
    """Return a token for the keys of the emulator."""
    keys = world.call.running.settings
    now_s = int(world.clock.now().timestamp())
    return signed_token(keys["access_key"], keys["secret_key"], now_s)


@fact
def the_vendors_own_program_runs(world):
    """github.com/KwaiVGI/ComfyUI-KLingAI-API af14fd1: compact JSON, polls with two slashes."""
    world = world.with_knobs(job_s=3)
    token = signed(world)
    fields = {"cloth_image": world.text(), "human_image": world.text(), "model_name": V1_5}
    body = json.dumps(fields, separators=(",", ":")).encode()
    status, answer = exchanged(world, NODE_HEAD.replace("TOKEN", token), body)
    assert status == 200
    assert "data" in answer
    task, words = answer["data"]["task_id"], []
    poll = NODE_POLL.replace("TASK", task).replace("TOKEN", token)
    # It takes any other word for the end.
    while not words or words[-1] in {"submitted", "processing"}:
        world.clock.advance(1)
        status, answer = exchanged(world, poll)
        assert status == 200
        words.append(answer["data"]["task_status"])
    assert words == ["processing", "processing", "succeed"]
    assert [image["url"] for image in answer["data"]["task_result"]["images"]]


@fact
def opentryon_runs(world):
    """github.com/tryonlabs/opentryon 829954f: `model` instead of `model_name`, one token."""
    token = signed(world)
    fields = {"human_image": world.text(), "cloth_image": world.text(), "model": V1_5}
    body = json.dumps(fields).encode()
    status, answer = exchanged(world, OPENTRYON_HEAD.replace("TOKEN", token), body)
    assert (status, answer["code"]) == (200, 0)
    world.clock.advance(11)
    head = NODE_POLL.replace("//TASK", f"/{answer['data']['task_id']}").replace("TOKEN", token)
    status, answer = exchanged(world, head)
    assert answer["data"]["task_status"] == "succeed"
    assert answer["data"]["task_result"]["images"][0]["url"]
    # It makes its token once, so that it stops working.
    world.clock.advance(1800)
    status, answer = exchanged(world, head)
    assert (status, answer["code"]) == (401, 1004)


@pytest.mark.parametrize("name", FACTS)
def test_the_emulator_does_what_the_documents_say(name, world):
    FACTS[name](world)


# By the fact that notices them: what stands in the emulator, and what stands in the copy.
MISTAKES = {
    every_route_looks_at_the_key_first: {
        "no key is a key": (
            '    if not key:\n        raise Refused("1001")',
            "    if not key:\n        return",
        ),
        "any key is as good": ("key != API_KEY", "False"),
        "errors have data": ("message=text, request_id", "message=text, data=None, request_id"),
        "codes are texts": ("code=int(error.code)", "code=error.code"),
    },
    a_token_is_signed_with_the_secret_and_lives_for_half_an_hour: {
        "signatures are not checked": ("is_ours = parts[-1] ==", "is_ours = True or parts[-1] =="),
        "tokens live for ever": ('claims["exp"] <=', '0 * claims["exp"] >'),
    },
    a_submission_is_answered_with_a_task: {"ids are words": ("job_id=str(number)", "job_id=None")},
    a_task_goes_from_submitted_over_processing_to_succeed: {
        "the index is missing": ('{"index": 0, "url": url}', '{"url": url}'),
        "results live for ever": ("lifetime_s=_RESULT_S", "lifetime_s=None"),
        "another word for the middle": ('"running": "processing"', '"running": "running"'),
    },
    a_task_is_found_by_either_id: {
        "an own id is not found": ('{job.id, job.data["own_id"]}', "{job.id}"),
    },
    both_images_are_needed_and_are_bare_base64_or_addresses: {
        "data URIs are taken": ('("url", "base64")', '("url", "base64", "data_uri")'),
        "the garment may be missing": ('("human_image", "cloth_image"), (', '("human_image",), ('),
    },
    images_have_300_px_a_known_format_and_10_mb: {
        "small images are taken": ("min_side_px=300)", "min_side_px=1)"),
        "any format is taken": ('formats=("JPEG", "PNG"), max', "max"),
        "any length is taken": ("max_bytes=knobs.max_bytes, min_side_px=300)", "min_side_px=300)"),
    },
    unknown_fields_are_ignored_and_models_are_not: {
        "unknown models are taken": ("Field(choices=_MODELS)", "Field()"),
    },
    an_address_with_a_bad_image_fails_the_task_or_is_refused: {
        "it is always refused": ('not text.startswith("http") or', "True or"),
    },
    an_id_of_the_callers_own_is_for_one_task: {
        "an own id may be used twice": ('repeated_external_id == "refuse"', 'units == "many"'),
    },
    an_unknown_task_is_a_404_or_a_failed_one: {
        "an unknown task is no error": ("if job is None and self", "if job and self"),
    },
    a_slot_is_held_to_the_end_and_a_refused_submission_makes_no_task: {
        "there are always slots": (".running() >=", ".running() < 0 and 0 >="),
        "another status": ('429: "1302 1303', '418: "1302 1303'),
    },
    units_are_taken_by_tasks_that_succeed: {
        "units are endless": ("self._units < 1", "False"),
        "failed tasks are charged": ("if job.failure else 1", "if False else 1"),
    },
    packs_are_chosen_by_when_they_were_bought: {
        "all packs are told": ("is_shown = start_ms", "is_shown = True or start_ms"),
    },
    packs_are_told_once_a_second: {
        "packs are told always": ('.take("costs", limit=1', '.take("costs", limit=9'),
    },
    the_later_interface_has_shapes_of_its_own: {
        "the interfaces share their tasks": ("== is_later()]", "is not None]"),
    },
    the_later_interface_wants_one_image_of_each_kind_by_address: {
        "base64 is taken": ('("url",) if is_later() else ("url", "base64")', '("url", "base64")'),
        "one image is enough": ('len(body["contents"]) != len(_ROLES) or', ""),
    },
    the_later_interface_wants_real_switches: {
        "switches may be texts": ("Field(kind=bool)", "Field()"),
    },
    the_later_interface_takes_webp_and_at_most_2048_px: {
        "there is no limit of px": (", max_side_px=2048", ""),
        "no WEBP is taken": ('("JPEG", "PNG", "WEBP")', '("JPEG", "PNG")'),
    },
    the_later_interface_is_asked_for_at_most_20_tasks_of_one_kind: {
        "any number of ids": (" or len(ids) > _MOST_IDS", ""),
        "both kinds of ids": ("len(kinds) != 1", "not kinds"),
    },
    the_vendors_own_program_runs: {
        "one slash only": (', f"{CLASSIC}//<name>"', ""),
        "slashes are merged": ("merge_slashes = False", "merge_slashes = True"),
        "another word for the end": ("else self._knobs.succeeded", 'else "done"'),
        "another name of the images": ('{"images": [{"index"', '{"image": [{"index"'),
    },
    opentryon_runs: {
        "unknown fields are refused": ("is_unknown_fine=True", "is_unknown_fine=False"),
    },
}
CHANGES = {name: (fact, change) for fact, made in MISTAKES.items() for name, change in made.items()}


@pytest.mark.parametrize("mistake", CHANGES)
def test_a_mistake_in_a_copy_of_it_is_noticed(mistake, tmp_path, monkeypatch, world):
    noticing, change = CHANGES[mistake]
    name = f"kling_copy_{[*CHANGES].index(mistake)}"
    copy = tmp_path / name
    shutil.copytree(Path(tryon_kling.emulator.__file__).parent, copy)
    found = 0
    for path in copy.glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("tryon_kling.emulator", name)
        found += text.count(change[0])
        path.write_text(text.replace(*change), encoding="utf-8")
    assert found == 1, "the mistake does not fit the emulator any more"
    monkeypatch.syspath_prepend(str(tmp_path))
    emulator, run = importlib.import_module(name).emulator, world.service
    world.service = lambda *faults, **how: run(*faults, emulator=emulator, **how)
    try:
        with pytest.raises((AssertionError, KeyError, TypeError, ValueError)):
            noticing(world.with_knobs())
    finally:
        for module in [each for each in sys.modules if each.startswith(name)]:
            del sys.modules[module]
