"""The vendor's own client, `fashn`, against the emulator of FASHN."""

import asyncio
import base64
import types

import httpx
import pydantic
import pytest
from fashn import (
    APIConnectionError,
    AsyncFashn,
    AuthenticationError,
    BadRequestError,
    Fashn,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    _base_client,
)

PROMPTLY = 10
"""Milliseconds between the client's polls."""


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("fashn", "--job-seconds=0") as service:
        yield service


@pytest.fixture
def waits(monkeypatch):
    """What the client would wait before it repeats a request; it does not wait here."""
    waited = []
    fast = types.SimpleNamespace(
        **{name: getattr(_base_client.time, name) for name in ("time", "monotonic")},
        sleep=waited.append,
    )
    monkeypatch.setattr(_base_client, "time", fast)
    return waited


@pytest.fixture
def client(service):
    """Return a function that makes a client of a service."""
    opened = []

    def make(at=service, **given):
        settings = {"api_key": at.settings["api_key"], "base_url": at.origin, **given}
        opened.append(Fashn(**settings))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def inputs(address):
    return {"model_image": address("person.jpg"), "garment_image": address("top.png")}


def finish(client, inputs, model="tryon-v1.6", **given):
    return client.predictions.subscribe(
        model_name=model, inputs=inputs, **{"poll_interval": PROMPTLY, **given}
    )


def balance_of(client):
    return client.get("/v1/credits", cast_to=httpx.Response).json()["credits"]


@pytest.mark.parametrize(
    ("garment", "category"),
    [("top", "tops"), ("bottom", "bottoms"), ("dress", "one-pieces"), ("top", "auto")],
)
def test_every_garment_gives_an_image_and_says_what_it_cost(
    client, address, download, garment, category
):
    asked = {
        "model_image": address("person.jpg"),
        "garment_image": address(f"{garment}.png"),
        "category": category,
    }
    done = finish(client(), asked)
    assert (done.status, done.error, done.credits_used) == ("completed", None, 1)
    assert download(done.output[0]).width > 100


def test_every_field_of_v1_6_is_taken(client, inputs, download):
    own = {
        "category": "tops",
        "mode": "quality",
        "garment_photo_type": "flat-lay",
        "segmentation_free": False,
        "moderation_level": "none",
        "num_samples": 3,
        "output_format": "jpeg",
        "return_base64": False,
        "seed": 7,
    }
    done = finish(client(), inputs | own)
    assert (len(done.output), done.credits_used) == (3, 3)
    assert {download(url).format for url in done.output} == {"JPEG"}


def test_every_field_of_max_is_taken(client, inputs, download):
    own = {
        "prompt": "tuck in shirt",
        "resolution": "2k",
        "generation_mode": "quality",
        "aspect_ratio": "2:3",
        "num_images": 3,
        "seed": 7,
        "output_format": "png",
    }
    garment = inputs.pop("garment_image")
    done = finish(client(), inputs | own | {"product_image": garment}, "tryon-max")
    assert (len(done.output), done.credits_used) == (3, 12)
    assert download(done.output[2]).format == "PNG"


def test_images_may_be_data_uris_in_both_directions(client, inputs, pictures):
    for name, kind in (("model_image", "person.jpg"), ("garment_image", "top.png")):
        text = base64.b64encode((pictures / kind).read_bytes()).decode()
        inputs[name] = f"data:image/{kind[-3:]};base64,{text}"
    (output,) = finish(client(), inputs | {"return_base64": True}).output
    head, _, text = output.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(text, validate=True).startswith(b"\x89PNG")


def test_images_inside_the_answer_expire_with_the_job_still_completed(emulate, client, inputs):
    with emulate("fashn", "--job-seconds=0", "--knob=base64_lifetime_s=0") as at:
        done = finish(client(at), inputs | {"return_base64": True})
    assert (done.status, done.output) == ("completed", ["<base64>_expired"])


def test_the_asyncio_client_works_too(service, inputs):
    async def work():
        settings = {"api_key": service.settings["api_key"], "base_url": service.origin}
        async with AsyncFashn(**settings) as client:
            return await client.predictions.subscribe(
                model_name="tryon-v1.6", inputs=inputs, poll_interval=PROMPTLY
            )

    assert asyncio.run(work()).status == "completed"


def test_the_client_sees_every_state_on_the_way(emulate, client, inputs):
    with emulate("fashn", "--job-seconds=2") as at:
        seen = []
        keep = lambda update: seen.append(update.status)  # noqa: E731
        finish(client(at), inputs, on_queue_update=keep, poll_interval=150)
    order = ["starting", "in_queue", "processing", "completed"]
    first_seen = [word for place, word in enumerate(seen) if word not in seen[:place]]
    assert first_seen == [word for word in order if word in seen]
    assert {"processing", "completed"} <= set(seen)


def test_the_bytes_of_a_request_are_those_that_were_recorded(emulate, client, inputs):
    with emulate("fashn", "--job-seconds=0") as at:
        client(at).predictions.run(model_name="tryon-v1.6", inputs=inputs | {"seed": 42})
        (run,) = at.received("submit")
    assert (run["method"], run["path"]) == ("POST", "/v1/run")
    assert run["headers"]["content-type"] == "application/json"
    assert run["headers"]["user-agent"].startswith("Fashn/Python")
    assert run["headers"]["x-stainless-retry-count"] == "0"
    assert run["json"]["inputs"]["seed"] == 42


def test_a_webhook_is_named_in_the_query(service, client, inputs):
    url = "https://hooks.test/cb?job=7&k=a b"
    client().predictions.run(model_name="tryon-v1.6", inputs=inputs, webhook_url=url)
    last = service.received("submit")[-1]
    assert last["query"] == {"webhook_url": url}
    assert "webhook_url" not in last["json"]


def test_the_balance_has_three_numbers(emulate, client, inputs):
    with emulate("fashn", "--job-seconds=0") as at:
        finish(client(at), inputs | {"num_samples": 4})
        left = balance_of(client(at))
    assert left == {"total": 996, "subscription": 96, "on_demand": 900}


def refused(kind, call):
    with pytest.raises(kind) as caught:
        call()
    body = caught.value.body
    assert set(body) == {"error", "message"}
    return caught.value.status_code, body["error"]


def test_a_wrong_key_is_refused_on_every_route(client, inputs):
    other = client(api_key="fa-other000-000")
    run = lambda: other.predictions.run(model_name="tryon-v1.6", inputs=inputs)  # noqa: E731
    expected = (401, "UnauthorizedAccess")
    assert refused(AuthenticationError, run) == expected
    assert refused(AuthenticationError, lambda: other.predictions.status("x")) == expected
    assert refused(AuthenticationError, lambda: balance_of(other)) == expected


@pytest.mark.parametrize(
    ("model", "change"),
    [
        ("tryon-v1.6", {"category": "upper"}),
        ("tryon-v1.6", {"num_images": 1}),
        ("tryon-v1.6", {"seed": 4294967296}),
        ("tryon-max", {}),
        ("tryon-v9", {}),
    ],
)
def test_a_bad_request_is_refused_at_once(service, client, inputs, model, change):
    before = len(service.received("submit"))
    run = client().predictions.run
    call = lambda: run(model_name=model, inputs=inputs | change)  # noqa: E731
    assert refused(BadRequestError, call) == (400, "BadRequest")
    assert len(service.received("submit")) == before + 1


@pytest.mark.parametrize("job_id", ["x", "a/b", "a?b"])
def test_an_unknown_job_is_not_found(client, job_id):
    call = lambda: client().predictions.status(job_id)  # noqa: E731
    assert refused(NotFoundError, call) == (404, "NotFound")


def test_an_address_with_v1_makes_the_client_ask_for_v1_twice(service, client, inputs):
    with pytest.raises(NotFoundError):
        finish(client(base_url=f"{service.origin}/v1"), inputs)


@pytest.mark.parametrize("name", ["text.jpg", "nothing.jpg"])
def test_a_bad_image_is_a_failed_job_that_costs_nothing(client, inputs, address, name):
    before = balance_of(client())
    done = finish(client(), inputs | {"garment_image": address(name)})
    assert (done.status, done.error.name, done.credits_used) == ("failed", "ImageLoadError", None)
    assert balance_of(client()) == before


@pytest.mark.parametrize("name", ["PoseError", "UnavailableError", "3rdPartyProviderError"])
def test_every_name_of_a_failure_is_passed_on(emulate, client, inputs, name):
    with emulate("fashn", "--job-seconds=0", f"--knob=job_failure={name}") as at:
        done = finish(client(at), inputs)
    assert (done.status, done.error.name) == ("failed", name)


def test_a_missing_balance_is_asked_for_four_times(emulate, client, inputs, waits):
    with emulate("fashn", "--knob=subscription=0", "--knob=on_demand=0") as at:
        call = lambda: finish(client(at), inputs)  # noqa: E731
        assert refused(RateLimitError, call) == (429, "OutOfCredits")
        received = at.received("submit")
    counts = [entry["headers"]["x-stainless-retry-count"] for entry in received]
    assert counts == ["0", "1", "2", "3"]
    assert len({str(entry["json"]) for entry in received}) == 1
    assert len(waits) == 3


def test_the_client_keeps_the_wait_that_it_is_asked_for(emulate, client, inputs, waits):
    options = ("--knob=retry_after_s=7", "--fault=submit:RateLimitExceeded*1")
    with emulate("fashn", "--job-seconds=0", *options) as at:
        assert finish(client(at), inputs).status == "completed"
    assert waits == [7]


@pytest.mark.parametrize(("knob", "settings"), [("false", {}), ("", {"max_retries": 0})])
def test_a_refusal_may_be_final(  # noqa: PLR0917  (fixtures and parameters)
    emulate, client, inputs, waits, knob, settings
):
    options = (f"--knob=should_retry={knob}", "--fault=submit:OutOfCredits")
    with emulate("fashn", *options) as at:
        call = lambda: finish(client(at, **settings), inputs)  # noqa: E731
        assert refused(RateLimitError, call) == (429, "OutOfCredits")
        assert len(at.received("submit")) == 1
    assert waits == []


def test_two_lost_answers_are_three_paid_jobs(emulate, client, inputs, waits):
    with emulate("fashn", "--job-seconds=0", "--fault=submit:drop*2") as at:
        assert finish(client(at), inputs).status == "completed"
        assert len(at.received("submit")) == 3
        assert sum(at.log()["billed"].values()) == 3
    assert len(waits) == 2


def test_a_body_that_is_too_long_is_a_500_without_a_code(emulate, client, inputs, waits):
    with emulate("fashn", "--knob=max_body_bytes=10") as at:
        with pytest.raises(InternalServerError) as caught:
            client(at).predictions.run(model_name="tryon-v1.6", inputs=inputs)
        assert not isinstance(caught.value.body, dict)
    assert len(waits) == 3


def test_a_job_goes_on_when_the_client_gives_up(emulate, client, inputs):
    with emulate("fashn", "--job-seconds=600") as at:
        done = finish(client(at), inputs, timeout=5)
        assert (done.status, done.error.name) == ("time_out", "PollingTimeout")
        assert client(at).predictions.status(done.id).status in {"starting", "in_queue"}


@pytest.mark.parametrize(
    "knob", ["output_form=object", "failed_status=melted", "running_status=warming"]
)
def test_what_no_page_has_stops_the_client_but_not_its_single_poll(emulate, client, inputs, knob):
    failure = ["--knob=job_failure=PoseError"] if "failed" in knob else []
    seconds = "--job-seconds=600" if "running" in knob else "--job-seconds=0"
    with emulate("fashn", seconds, f"--knob={knob}", *failure) as at:
        job = client(at).predictions.run(model_name="tryon-v1.6", inputs=inputs)
        assert client(at).predictions.status(job.id).id == job.id
        if "running" not in knob:
            with pytest.raises(pydantic.ValidationError):
                finish(client(at), inputs)


def test_an_error_beside_an_id_is_ignored(emulate, client, inputs):
    with emulate("fashn", "--job-seconds=0", "--knob=submit_error=odd") as at:
        assert finish(client(at), inputs).status == "completed"


def test_an_id_without_its_suffix_and_a_null_output_are_read(emulate, client, inputs):
    knobs = ("--knob=id_suffix=", "--knob=unfinished_output=null")
    with emulate("fashn", "--job-seconds=0.2", *knobs) as at:
        done = finish(client(at), inputs)
    assert (done.status, len(done.id)) == ("completed", 36)


def test_a_service_that_hangs_up_is_a_lost_connection(emulate, client, inputs, waits):
    with emulate("fashn", "--fault=submit:drop-before") as at:
        with pytest.raises(APIConnectionError):
            finish(client(at), inputs)
        assert at.log()["billed"] == {}
    assert len(waits) == 3
