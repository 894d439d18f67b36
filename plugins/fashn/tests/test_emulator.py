"""The emulator is as strict as the vendor's pages, whatever client calls it."""

import io
import re
import threading

import pytest
import requests
from PIL import Image

from servers import answer, serving
from tryon_fashn.emulator import emulator

RED_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0"
    "FDAAAAAElFTkSuQmCC"
)


@pytest.fixture
def inputs(data_uri):
    return {"model_image": data_uri(), "garment_image": data_uri(), "category": "tops"}


@pytest.fixture
def submit():
    """Return a function that submits to a service; gives the answer."""

    def go(call, inputs, *, model="tryon-v1.6", **query):
        body = {"model_name": model, "inputs": inputs}
        return call("POST", "/v1/run", json=body, params=query)

    return go


@pytest.fixture
def run(service, submit, clock):
    """Return a function that submits and gives the last status, with its headers."""

    def go(inputs, *, model="tryon-v1.6", call=None, wait_s=11, **knobs):
        call = call or service(**knobs)
        accepted = submit(call, inputs, model=model)
        assert accepted.status_code == 200, accepted.text
        clock.advance(wait_s)
        return call("GET", f"/v1/status/{accepted.json()['id']}")

    return go


def refused(answer, http_status, code):
    assert answer.status_code == http_status, answer.text
    assert list(answer.json()) == ["error", "message"]
    assert answer.json()["error"] == code
    return answer


@pytest.mark.parametrize("key", [None, "", "Bearer fa-other", "Basic x"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/run"), ("GET", "/v1/status/x"), ("GET", "/v1/credits")]
)
def test_the_key_is_looked_at_first_on_every_route(service, method, path, key):
    refused(service()(method, path, headers={"Authorization": key}), 401, "UnauthorizedAccess")


@pytest.mark.parametrize("path", ["/v1/v1/run", "/run", "/v1/subscribe", "/v1/cancel/x"])
def test_there_are_no_other_routes(service, path):
    assert service()("POST", path, json={}).status_code == 404


def test_the_answer_of_a_submission_is_id_and_error(service, submit, inputs):
    accepted = submit(service(), inputs)
    assert set(accepted.json()) == {"id", "error"}
    assert accepted.json()["error"] is None
    assert accepted.json()["id"].endswith("-u1")
    assert not submit(service(id_suffix=""), inputs).json()["id"].endswith("-u1")
    assert submit(service(submit_error="odd"), inputs).json()["error"] == "odd"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b'{"model_name": "tryon-v1.6"}', b'{"inputs": {}}']
)
def test_a_body_that_is_no_such_object_is_refused(service, body):
    headers = {"Content-Type": "application/json"}
    refused(service()("POST", "/v1/run", data=body, headers=headers), 400, "BadRequest")


def test_only_json_is_read(service, inputs):
    refused(service()("POST", "/v1/run", data=inputs), 400, "BadRequest")


@pytest.mark.parametrize("model", ["fashn/tryon", "tryon-v1.5", "TRYON-MAX", 7, ""])
def test_a_model_that_is_not_on_the_list_is_refused(service, submit, inputs, model):
    refused(submit(service(), inputs, model=model), 400, "BadRequest")


WRONG = [
    ("tryon-v1.6", {"category": "upper"}),
    ("tryon-v1.6", {"category": None}),
    ("tryon-v1.6", {"mode": "fast"}),
    ("tryon-v1.6", {"garment_photo_type": "flat"}),
    ("tryon-v1.6", {"moderation_level": "strict"}),
    ("tryon-v1.6", {"segmentation_free": "true"}),
    ("tryon-v1.6", {"num_samples": 0}),
    ("tryon-v1.6", {"num_samples": 5}),
    ("tryon-v1.6", {"num_samples": "1"}),
    ("tryon-v1.6", {"num_samples": True}),
    ("tryon-v1.6", {"num_images": 1}),
    ("tryon-v1.6", {"product_image": RED_DOT}),
    ("tryon-v1.6", {"prompt": "open jacket"}),
    ("tryon-v1.6", {"seed": -1}),
    ("tryon-v1.6", {"seed": 4294967296}),
    ("tryon-v1.6", {"seed": 4.5}),
    ("tryon-v1.6", {"output_format": "webp"}),
    ("tryon-v1.6", {"return_base64": 1}),
    ("tryon-v1.6", {"model_image": ""}),
    ("tryon-v1.6", {"garment_image": ["x"]}),
    ("tryon-max", {"num_samples": 1}),
    ("tryon-max", {"category": "tops"}),
    ("tryon-max", {"garment_image": RED_DOT}),
    ("tryon-max", {"resolution": "8k"}),
    ("tryon-max", {"generation_mode": "fast"}),
    ("tryon-max", {"aspect_ratio": "7:5"}),
    ("tryon-max", {"prompt": 7}),
]


def of_model(model, inputs):
    person, garment = inputs["model_image"], inputs["garment_image"]
    if model == "tryon-max":
        return {"model_image": person, "product_image": garment}
    return inputs


@pytest.mark.parametrize(("model", "change"), WRONG)
def test_wrong_names_types_and_values_are_refused(service, submit, inputs, model, change):
    call = service()
    answer = submit(call, {**of_model(model, inputs), **change}, model=model)
    refused(answer, 400, "BadRequest")
    assert next(iter(change)) in answer.json()["message"]
    assert call.running.ctx.jobs.all() == []


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("tryon-v1.6", {"category": "auto", "mode": "performance", "seed": 4294967295}),
        ("tryon-v1.6", {"garment_photo_type": "model", "moderation_level": "none"}),
        ("tryon-v1.6", {"segmentation_free": False, "return_base64": False, "seed": 0}),
        ("tryon-max", {"prompt": "tuck in shirt", "resolution": "2k", "aspect_ratio": "9:16"}),
        ("tryon-max", {"generation_mode": "quality", "num_images": 2, "output_format": "jpeg"}),
    ],
)
def test_everything_that_the_pages_name_is_taken(run, inputs, model, options):
    done = run({**of_model(model, inputs), **options}, model=model).json()
    assert done["status"] == "completed"


def test_inputs_may_stand_before_the_model(service, inputs):
    body = {"inputs": inputs, "model_name": "tryon-v1.6"}
    assert service()("POST", "/v1/run", json=body).status_code == 200


def test_unknown_fields_may_be_ignored_and_bad_values_may_fail_the_job(service, run, inputs):
    assert run({**inputs, "sead": 1}, unknown_fields="ignore").json()["status"] == "completed"
    call = service(bad_value="failed")
    done = run({**inputs, "mode": "fast"}, call=call).json()
    assert (done["status"], done["error"]["name"]) == ("failed", "InputValidationError")
    assert call("GET", "/v1/credits").json()["credits"]["total"] == 1000


def test_the_states_come_in_their_order_without_output(service, submit, inputs, clock):
    call = service(job_s=10)
    job_id = submit(call, inputs).json()["id"]
    seen = []
    for seconds in (0, 1.5, 1, 10):
        clock.advance(seconds)
        seen.append(call("GET", f"/v1/status/{job_id}"))
    words = [reply.json()["status"] for reply in seen]
    assert words == ["starting", "in_queue", "processing", "completed"]
    assert ["output" in reply.json() for reply in seen] == [False, False, False, True]
    assert ["x-fashn-credits-used" in reply.headers for reply in seen] == [False] * 3 + [True]
    assert {reply.json()["id"] for reply in seen} == {job_id}


def test_the_output_of_an_unfinished_job_may_be_null_and_its_word_another(run, inputs):
    body = run(inputs, wait_s=5, unfinished_output="null", running_status="warming").json()
    assert (body["output"], body["status"]) == (None, "warming")


def test_outputs_are_numbered_files_that_the_seed_makes_the_same(run, inputs):
    first, again, other = (
        run({**inputs, "num_samples": 2, **seed}).json()["output"]
        for seed in ({}, {"seed": 42}, {"seed": 7})
    )
    assert [url.rsplit("/")[-1] for url in first] == ["output_0.png", "output_1.png"]
    files = [
        [requests.get(url, timeout=10).content for url in urls] for urls in (first, again, other)
    ]
    assert files[0] == files[1] != files[2]
    assert files[0][0] != files[0][1]
    with Image.open(io.BytesIO(files[0][0])) as found:
        assert (found.format, found.size) == ("PNG", (300, 400))


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize("return_base64", [False, True])
def test_the_format_is_the_one_that_was_asked_for(run, inputs, kind, return_base64):
    asked = {"output_format": kind, "return_base64": return_base64}
    (output,) = run({**inputs, **asked}).json()["output"]
    if return_base64:
        assert output.startswith(f"data:image/{kind};base64,")
    else:
        assert output.endswith(f"/output_0.{kind}")
        assert requests.get(output, timeout=10).headers["content-type"] == f"image/{kind}"


def test_base64_lives_an_hour_an_address_72_hours_and_so_does_the_job(service, run, inputs, clock):
    call = service()
    inline = run({**inputs, "return_base64": True}, call=call).json()
    linked = run(inputs, call=call).json()
    path = "/v1/status/{}".format
    clock.advance(3600)
    assert call("GET", path(inline["id"])).json()["output"] == ["<base64>_expired"]
    assert call("GET", path(inline["id"])).json()["status"] == "completed"
    assert requests.get(linked["output"][0], timeout=10).status_code == 200
    clock.advance(71 * 3600)
    assert requests.get(linked["output"][0], timeout=10).status_code == 403
    refused(call("GET", path(linked["id"])), 404, "NotFound")


@pytest.mark.parametrize("form", ["list", "object", "text", "empty"])
def test_the_output_may_have_another_form(run, inputs, form):
    output = run(inputs, output_form=form).json()["output"]
    kinds = {"list": list, "object": dict, "text": str, "empty": list}
    assert (type(output), bool(output)) == (kinds[form], form != "empty")


@pytest.mark.parametrize("job_id", ["x", "a/b", "%2e%2e", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
def test_a_job_that_nobody_knows_is_not_found(service, job_id):
    refused(service()("GET", f"/v1/status/{job_id}"), 404, "NotFound")


BAD_IMAGES = [
    (RED_DOT, "too small|15"),
    (RED_DOT.partition(",")[2], "url"),
    ("data:image/png;base64,AAAA", "."),
    ("data:text/plain;base64,AAAA", "Content-Type"),
    ("data:image/png;base64,!", "Base64"),
    ("saved:eva", "."),
    ("ftp://127.0.0.1/x.png", "."),
    ("https://shop.example/x.png", "."),
]


@pytest.mark.parametrize(("value", "text"), BAD_IMAGES)
@pytest.mark.parametrize("field", ["model_image", "garment_image"])
def test_a_bad_image_is_a_failed_job_that_costs_nothing(  # noqa: PLR0917  (parameters)
    service, run, inputs, field, value, text
):
    call = service()
    reply = run({**inputs, field: value}, call=call)
    body = reply.json()
    assert (reply.status_code, body["status"]) == (200, "failed")
    assert body["error"]["name"] == "ImageLoadError"
    assert re.search(text, body["error"]["message"])
    assert "output" not in body
    assert "x-fashn-credits-used" not in reply.headers
    assert call("GET", "/v1/credits").json()["credits"]["total"] == 1000


def test_an_address_must_say_that_it_is_an_image(run, inputs, host, image):
    for media_type, word in (("image/jpeg", "completed"), ("text/plain;charset=UTF-8", "failed")):
        address = host(image(), media_type)
        assert run({**inputs, "model_image": address}).json()["status"] == word


@pytest.mark.parametrize("media_type", ["image/jpg", "image/jpeg"])
def test_both_words_for_jpeg_are_taken(run, inputs, data_uri, media_type):
    assert run({**inputs, "model_image": data_uri(media_type)}).json()["status"] == "completed"


def test_webp_may_be_taken_or_not(run, inputs, data_uri):
    given = {**inputs, "model_image": data_uri("image/webp", kind="WEBP")}
    assert run(given).json()["status"] == "completed"
    assert run(given, formats="JPEG,PNG").json()["status"] == "failed"


@pytest.mark.parametrize(
    ("model", "options", "credit_count"),
    [
        ("tryon-v1.6", {}, 1),
        ("tryon-v1.6", {"num_samples": 4, "mode": "quality"}, 4),
        ("tryon-max", {}, 2),
        ("tryon-max", {"resolution": "4k"}, 4),
        ("tryon-max", {"resolution": "2k", "generation_mode": "quality", "num_images": 3}, 12),
    ],
)
def test_the_price_is_taken_and_said_when_the_job_is_done(  # noqa: PLR0917  (parameters)
    service, run, inputs, model, options, credit_count
):
    call = service()
    done = run({**of_model(model, inputs), **options}, model=model, call=call)
    assert done.headers["x-fashn-credits-used"] == str(credit_count)
    left = call("GET", "/v1/credits").json()["credits"]
    expected = {"total": 1000 - credit_count, "subscription": 100 - credit_count, "on_demand": 900}
    assert left == expected


def test_the_header_with_the_cost_may_be_absent(run, inputs):
    assert "x-fashn-credits-used" not in run(inputs, credits_header=False).headers


def test_without_money_nothing_is_queued(service, submit, inputs):
    call = service(subscription=1, on_demand=2)
    assert submit(call, {**inputs, "num_samples": 2}).status_code == 200
    assert call("GET", "/v1/credits").json() == {
        "credits": {"total": 1, "subscription": 0, "on_demand": 1}
    }
    refused(submit(call, {**inputs, "num_samples": 2}), 429, "OutOfCredits")
    assert len(call.running.ctx.jobs.all()) == 1


def test_six_jobs_at_once_and_not_more(service, submit, inputs, clock):
    call = service()
    assert {submit(call, inputs).status_code for _ in range(6)} == {200}
    refused(submit(call, inputs), 429, "ConcurrencyLimitExceeded")
    clock.advance(11)
    assert submit(call, inputs).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "limit", "window_s"),
    [
        ("POST", "/v1/run", 50, 60),
        ("GET", "/v1/status/x", 50, 10),
        ("GET", "/v1/credits", 30, 10),
    ],
)
def test_each_route_has_its_window(  # noqa: PLR0917  (parameters)
    service, clock, method, path, limit, window_s
):
    call = service(retry_after_s=9)
    assert 429 not in {call(method, path).status_code for _ in range(limit)}
    assert refused(call(method, path), 429, "RateLimitExceeded").headers["Retry-After"] == "9"
    clock.advance(window_s)
    assert call(method, path).status_code != 429


def test_a_body_that_is_too_long_meets_a_page_before_the_service(service, submit, inputs):
    call = service(max_body_bytes=500)
    answer = submit(call, inputs)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (500, "text/html")


def test_a_webhook_of_the_query_gets_the_status_again_until_it_is_taken(service, submit, inputs):
    with serving(answer(500), answer(204)) as hooks:
        call = service()
        url = f"{hooks.url('/cb')}?job=7&k=a b"
        job_id = submit(call, inputs, webhook_url=url).json()["id"]
        for thread in threading.enumerate():
            if thread.name == "webhook":
                thread.join(10)
    first, second = hooks.requests
    assert first.target == "/cb?job=7&k=a%20b"
    assert first.body == second.body
    assert job_id.encode() in first.body
    assert b'"completed"' in first.body
    assert "signature" not in str(first.headers).lower()


def test_a_webhook_of_the_body_is_an_unknown_field_of_the_request(service, inputs):
    body = {"model_name": "tryon-v1.6", "inputs": inputs, "webhook_url": "https://hooks.test"}
    refused(service()("POST", "/v1/run", json=body), 400, "BadRequest")


@pytest.mark.parametrize("form", ["object", "text"])
@pytest.mark.parametrize("word", ["failed", "time_out"])
def test_every_job_may_fail_as_told(run, inputs, form, word):
    knobs = {"job_failure": "PoseError", "error_form": form, "failed_status": word}
    body = run(inputs, **knobs).json()
    assert body["status"] == word
    assert isinstance(body["error"], dict) == (form == "object")


def test_a_refusal_may_say_whether_to_call_again(service):
    call = service(should_retry="false")
    assert call("GET", "/v1/status/x").headers["x-should-retry"] == "false"


def test_it_is_declared_for_its_provider():
    assert (emulator.provider, emulator.path) == ("fashn", "")
    assert emulator.settings["api_key"].startswith("fa-emulated")
