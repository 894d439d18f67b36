import io

import attrs
import pytest
import requests
from PIL import Image

from distributions import write_distribution
from providers import picture
from toy_emulator import KEY, emulator
from tryon_core import errors
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import load_emulator, start

PHOTO = picture()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def run(clock):
    def runs(*faults, **arguments):
        return start(emulator, clock=clock, job_s=10, faults=faults, **arguments)

    return runs


def _submit(toy, photo=PHOTO, key=KEY):
    return requests.post(
        f"{toy.ctx.address}/jobs", files={"photo": photo}, headers={"X-Key": key}, timeout=5
    )


def _poll(toy, job_id):
    return requests.get(f"{toy.ctx.address}/jobs/{job_id}", timeout=5).json()


def test_the_base_address_and_the_keys_are_those_of_a_client(run):
    with run() as toy:
        assert toy.settings == {"base_url": f"{toy.ctx.address}/v1", "api_key": KEY}
        assert toy.base_url.startswith("http://127.0.0.1:")


def test_the_address_of_another_host_of_the_vendor_is_filled_in():
    vendor = attrs.evolve(emulator, settings={"api_key": KEY, "files_url": "{address}/_files"})
    with start(vendor) as toy:
        assert toy.settings["files_url"] == f"{toy.ctx.address}/_files"


def test_a_job_walks_through_its_stages_and_gives_a_image_until_it_expires(run, clock):
    with run() as toy:
        job_id = _submit(toy).json()["id"]
        seen = []
        for seconds in (1, 2, 8):
            clock.advance(seconds)
            seen.append(_poll(toy, job_id)["stage"])
        url = _poll(toy, job_id)["url"]
        answer = requests.get(url, timeout=5)
        clock.advance(60)
        assert requests.get(url, timeout=5).status_code == 403
    assert seen == ["pending", "running", "done"]
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (64, 96)
    assert toy.ctx.billed == {job_id: 1}


def test_a_second_job_waits_for_the_only_place(run, clock):
    with run() as toy:
        first, second = (_submit(toy).json()["id"] for _ in range(2))
        clock.advance(10)
        assert [_poll(toy, job)["stage"] for job in (first, second)] == ["done", "running"]
        clock.advance(10)
        assert _poll(toy, second)["stage"] == "done"


def test_a_job_that_waits_can_be_taken_back(run, clock):
    with run() as toy:
        address = f"{toy.ctx.address}/jobs"
        job_id = _submit(toy).json()["id"]
        assert requests.delete(f"{address}/{job_id}", timeout=5).status_code == 204
        assert _poll(toy, job_id)["stage"] == "cancelled"
        other = _submit(toy).json()["id"]
        clock.advance(30)
        assert requests.delete(f"{address}/{other}", timeout=5).status_code == 409


def test_the_quota_is_a_moving_window(run, clock):
    with run() as toy:
        assert [_submit(toy).status_code for _ in range(4)] == [202, 202, 202, 429]
        clock.advance(61)
        assert _submit(toy).status_code == 202


@pytest.mark.parametrize("data", [b"", b"no image", PHOTO[:60]], ids=["empty", "text", "cut"])
def test_what_is_no_image_is_found_out(run, data):
    with run() as toy:
        assert _submit(toy, data).json()["code"] == "BadPhoto"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://10.0.0.1/a.png",
        "http://127.0.0.1.example.com/a.png",
        "ftp://127.0.0.1/a.png",
        "file:///etc/passwd",
        "http://[broken",
    ],
)
def test_only_addresses_of_this_machine_are_fetched(run, url):
    with run() as toy:
        answer = requests.post(
            f"{toy.ctx.address}/jobs", json={"photo": url}, headers={"X-Key": KEY}, timeout=5
        )
    assert answer.json()["why"] == f"{url}: an emulator asks no other machine than its own"


def test_a_image_of_this_machine_is_fetched(run):
    with run() as toy:
        for data, status in ((PHOTO, 202), (b"text", 400)):
            url = toy.ctx.publish(data)
            answer = requests.post(
                f"{toy.ctx.address}/jobs", json={"photo": url}, headers={"X-Key": KEY}, timeout=5
            )
            assert answer.status_code == status


def test_a_knob_changes_what_is_answered(run):
    with run(knobs={"status": "200"}) as toy:
        assert _submit(toy).status_code == 200


def test_an_unknown_knob_is_named_before_anything_listens(run):
    with pytest.raises(errors.UnknownOption, match=r"unknown option 'statsu'.*'status'"):
        run(knobs={"statsu": 200}).__enter__()


def test_the_log_shows_what_came_and_no_secrets(run):
    with run() as toy:
        _submit(toy, key="my-own-real-key-by-mistake")
        requests.post(
            f"{toy.ctx.address}/jobs?sign=abcdef&page=2",
            json={"photo": f"http://127.0.0.1:1/{KEY}", "nested": {"token": "hidden", "n": 1}},
            headers={"X-Key": KEY},
            timeout=5,
        )
        shown = requests.get(f"{toy.ctx.address}/_tryon/log", timeout=5)
    first, second = shown.json()["requests"]
    assert (first["operation"], first["status"]) == ("submit", 401)
    ((name, file),) = first["fields"]
    assert (name, file["bytes"], file["media_type"]) == ("photo", len(PHOTO), "")
    assert second["query"] == {"sign": "********", "page": "2"}
    assert second["json"] == {
        "photo": "http://127.0.0.1:1/********",
        "nested": {"token": "********", "n": 1},
    }
    for secret in (KEY, "by-mistake", "abcdef", "hidden"):
        assert secret not in shown.text
    assert shown.json()["billed"] == {}


def test_ids_are_the_same_in_every_run_of_one_seed(run):
    def first_id(**arguments):
        with run(**arguments) as toy:
            return _submit(toy).json()["id"]

    assert first_id() == first_id() != first_id(seed="other")


def test_an_emulator_is_found_by_its_entry_point(tmp_path, monkeypatch):
    module = "from toy_emulator import emulator"
    write_distribution(
        tmp_path,
        "tryon-toy",
        providers={"toy": "tryon_toy:emulator"},
        modules={"tryon_toy": module},
        group="tryon_core.emulators",
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert load_emulator("toy") is emulator


def test_a_missing_dependency_of_an_emulator_is_named_with_the_command(tmp_path, monkeypatch):
    write_distribution(
        tmp_path,
        "tryon-toy2",
        providers={"toy2": "tryon_toy2:emulator"},
        modules={"tryon_toy2": "import flask_of_another_name"},
        group="tryon_core.emulators",
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(errors.MissingExtra, match="needs flask_of_another_name") as caught:
        load_emulator("toy2")
    assert "pip install 'tryon-toy2[emulator]'" in caught.value.remedy


def test_an_unknown_emulator_is_named_with_those_that_there_are():
    with pytest.raises(errors.UnknownProvider, match="no installed plugin has an emulator for 'x'"):
        load_emulator("x")
