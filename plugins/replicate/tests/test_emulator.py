"""What the emulator refuses and shows, beside what the vendor's own client asks of it."""

import pytest
import requests

from tryon_core import BytesSource

VERSION = "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985"
P_IMAGE = "prunaai/p-image-try-on"
IDM = {"model": "cuuupid/idm-vton"}


@pytest.fixture
def ask(emulate):
    """Run the emulator, and ask it; gives the answers."""

    def run(*faults, **knobs):
        _, running = emulate(*faults, **knobs)
        headers = {"Authorization": f"Bearer {running.settings['api_key']}"}

        def call(method, path, **more):
            more["headers"] = {**headers, **more.get("headers", {})}
            url = path if path.startswith("http") else f"{running.base_url}/v1/{path}"
            return requests.request(method, url, timeout=5, **more)

        return call, running

    return run


@pytest.fixture
def inputs(image):
    """Upload two files, and give the inputs of p-image-try-on."""

    def upload(call):
        urls = [
            call("POST", "files", files={"content": ("a.jpg", image(), "image/jpeg")}).json()
            for _ in range(2)
        ]
        person, garment = (each["urls"]["get"] for each in urls)
        return {"person_image": person, "garment_images": [garment]}

    return upload


def create(call, given, **more):
    body = {"version": P_IMAGE, "input": given}
    return call("POST", "predictions", json=body, **more)


def test_a_prediction_goes_its_way_and_loses_its_data_after_an_hour(ask, inputs, clock):
    call, _ = ask()
    made = create(call, inputs(call))
    body = made.json()
    assert (made.status_code, body["status"], body["metrics"]) == (202, "starting", {})
    assert body["version"] == "hidden"
    path = f"predictions/{body['id']}"
    assert len(body["id"]) == 26
    clock.sleep(5)
    assert call("GET", path).json()["status"] == "processing"
    clock.sleep(6)
    done = call("GET", path).json()
    assert (done["status"], done["data_removed"]) == ("succeeded", False)
    assert done["metrics"] == {"predict_time": 8.0}
    assert requests.get(done["output"], timeout=5).ok
    clock.sleep(3600)
    gone = call("GET", path).json()
    assert (gone["status"], gone["output"], gone["input"]) == ("succeeded", None, {})
    assert gone["data_removed"] is True
    assert not requests.get(done["output"], timeout=5).ok


def test_it_may_be_forgotten_instead(ask, inputs, clock):
    call, _ = ask(removed="not_found")
    path = f"predictions/{create(call, inputs(call)).json()['id']}"
    clock.sleep(3700)
    assert call("GET", path).status_code == 404


def test_the_client_may_wait_for_the_image(ask, inputs):
    call, _ = ask()
    given = inputs(call)
    assert create(call, given, headers={"Prefer": "wait=5"}).json()["status"] == "processing"
    done = create(call, given, headers={"Prefer": "wait"})
    assert (done.status_code, done.json()["status"]) == (201, "succeeded")


@pytest.mark.parametrize(
    ("deadline", "word"),
    [("1s", "aborted"), ("5s", "canceled"), ("1m", "succeeded")],
)
def test_a_deadline_is_kept(ask, inputs, clock, deadline, word):
    call, running = ask()
    made = create(call, inputs(call), headers={"Cancel-After": deadline}).json()
    clock.sleep(60)
    done = call("GET", f"predictions/{made['id']}").json()
    assert (done["status"], bool(done["output"])) == (word, word == "succeeded")
    assert bool(done["metrics"]) == (word != "aborted")
    assert bool(running.ctx.billed) == (word != "aborted")


def test_a_deadline_that_cannot_be_read_is_refused(ask, inputs):
    call, _ = ask()
    assert create(call, inputs(call), headers={"Cancel-After": "soon"}).status_code == 422


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"person_image": ""}, "required"),
        ({"mode": "fast"}, "additional_property_not_allowed"),
        ({"output_format": "gif"}, "enum"),
        ({"output_quality": 101}, "number_lte"),
        ({"seed": "1"}, "type"),
    ],
)
def test_wrong_inputs_are_named(ask, inputs, change, kind):
    call, running = ask()
    refused = create(call, {**inputs(call), **change})
    assert (refused.status_code, refused.json()["title"]) == (422, "Input validation failed")
    (field,) = refused.json()["invalid_fields"]
    assert field["type"] == kind
    assert running.ctx.jobs.all() == []


def test_unknown_inputs_may_be_ignored(ask, inputs):
    call, _ = ask(unknown_inputs="ignore")
    assert create(call, {**inputs(call), "mode": "fast"}).ok


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("predictions", {"version": P_IMAGE, "input": {}, "model": "x"}, 422),
        ("predictions", {"version": P_IMAGE}, 422),
        ("predictions", {"version": "cuuupid/idm-vton", "input": {}}, 422),
        ("predictions", {"version": f"{P_IMAGE}:latest", "input": {}}, 422),
        ("models/cuuupid/idm-vton/predictions", {"input": {}}, 404),
        (f"models/{P_IMAGE}/predictions", {"input": {}, "version": VERSION}, 422),
    ],
)
def test_routes_and_versions_are_strict(ask, path, body, status):
    call, _ = ask()
    assert call("POST", path, json=body).status_code == status


def test_a_file_dies_after_a_day_and_a_prediction_that_needs_it_fails(ask, inputs, clock):
    call, _ = ask()
    given = inputs(call)
    clock.sleep(86400)
    assert call("GET", given["person_image"]).status_code == 404
    made = create(call, given).json()
    clock.sleep(60)
    done = call("GET", f"predictions/{made['id']}").json()
    assert (done["status"], done["output"]) == ("failed", None)
    assert "cannot identify image" in done["error"]


def test_the_list_has_the_newest_first_by_pages_and_by_time(ask, inputs, clock):
    call, _ = ask(page_size=2)
    given = inputs(call)
    made = []
    for _ in range(3):
        made.append(create(call, given).json())
        clock.sleep(60)
    page = call("GET", "predictions").json()
    assert [each["id"] for each in page["results"]] == [made[2]["id"], made[1]["id"]]
    last = call("GET", page["next"]).json()
    assert ([each["id"] for each in last["results"]], last["next"]) == ([made[0]["id"]], None)
    second = made[1]["created_at"]
    for name, count in (("created_after", 2), ("created_before", 1)):
        found = call("GET", "predictions", params={name: second}).json()
        assert len(found["results"]) == count


def test_a_cancelled_prediction_says_so_and_a_finished_one_stays(ask, inputs, clock):
    call, _ = ask()
    given = inputs(call)
    path = f"predictions/{create(call, given).json()['id']}"
    clock.sleep(4)
    stopped = call("POST", f"{path}/cancel").json()
    assert (stopped["status"], stopped["metrics"]) == ("canceled", {"predict_time": 2.0})
    path = f"predictions/{create(call, given).json()['id']}"
    clock.sleep(60)
    assert call("POST", f"{path}/cancel").json()["status"] == "succeeded"


def test_600_submissions_a_minute_are_served(ask):
    call, running = ask()
    take = running.ctx.quota.take
    assert all(take("paid True", limit=600, window_s=60) for _ in range(600))
    refused = create(call, {})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert refused.json()["retry_after"] == 30


def test_both_models_dress(emulate, image):
    client, _ = emulate()
    for model in ("cuuupid/idm-vton", P_IMAGE):
        result = client.try_on(
            BytesSource(image()), top=BytesSource(image(colour=(9, 9, 9))), options={"model": model}
        )
        assert result.images[0].format == "JPEG"


def test_a_list_as_output_is_read_too(emulate, image):
    client, _ = emulate(output="list")
    result = client.try_on(BytesSource(image()), top=BytesSource(image()), options=IDM)
    assert len(result.images) == 1
