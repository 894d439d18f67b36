"""What is sent, and what an answer to a submission means."""

import json

import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core import Client, errors

PERSON, GARMENT = "https://shop.example/person.jpg", "https://shop.example/garment.jpg"
ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"
FASHN = "fal-ai/fashn/tryon/v1.6"
FASHN_15 = "fal-ai/fashn/tryon/v1.5"
KOLORS = "fal-ai/kling/v1-5/kolors-virtual-try-on"
LEFFA = "fal-ai/leffa/virtual-tryon"
CAT = "fal-ai/cat-vton"
APPS = "fal-ai/image-apps-v2/virtual-try-on"
FLUX = "fal-ai/flux-2-lora-gallery/virtual-tryon"
ACCEPTED = json_answer({"request_id": ID})
_HUMAN = {"human_image_url": PERSON, "garment_image_url": GARMENT}
_MODEL = {"model_image": PERSON, "garment_image": GARMENT}
_PAIR = {"image_urls": [PERSON, GARMENT]}


def sent(vendor, category="top", **options):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, options=options, **{category: GARMENT})
    (request,) = server.requests
    return request


def test_the_model_is_the_path_and_its_input_the_whole_body(vendor, key):
    """Fact 1: POST /{endpoint id}, the input as the body, `Key` before the key."""
    request = sent(vendor)
    assert (request.method, request.target) == ("POST", f"/{FASHN}")
    assert json.loads(request.body) == {**_MODEL, "category": "tops"}
    assert request.headers["authorization"] == f"Key {key}"
    assert request.headers["content-type"] == "application/json"


def test_fal_is_told_not_to_run_a_job_twice_nor_elsewhere(vendor):
    """Fact 12, and the lifecycle of results: the headers of every submission."""
    headers = sent(vendor).headers
    assert headers["x-fal-no-retry"] == "1"
    assert headers["x-app-fal-disable-fallback"] == "1"
    life = json.loads(headers["x-fal-object-lifecycle-preference"])
    assert life == {"expiration_duration_seconds": 7 * 24 * 3600}
    assert "x-fal-store-io" not in headers
    assert "x-fal-request-timeout" not in headers


@pytest.mark.parametrize(
    ("model", "category", "body"),
    [
        (FASHN, "bottom", {**_MODEL, "category": "bottoms"}),
        (FASHN_15, "dress", {**_MODEL, "category": "one-pieces"}),
        (KOLORS, "top", _HUMAN),
        (LEFFA, "top", {**_HUMAN, "garment_type": "upper_body"}),
        (LEFFA, "bottom", {**_HUMAN, "garment_type": "lower_body"}),
        (LEFFA, "dress", {**_HUMAN, "garment_type": "dresses"}),
        (CAT, "top", {**_HUMAN, "cloth_type": "upper"}),
        (CAT, "bottom", {**_HUMAN, "cloth_type": "lower"}),
        (CAT, "dress", {**_HUMAN, "cloth_type": "overall"}),
        (APPS, "top", {"person_image_url": PERSON, "clothing_image_url": GARMENT}),
    ],
)
def test_each_model_has_its_fields_and_words(vendor, model, category, body):
    """Section 9: field names and category words are the vendor's generated types."""
    request = sent(vendor, category, model=model)
    assert (request.target, json.loads(request.body)) == (f"/{model}", body)


@pytest.mark.parametrize(
    ("options", "added"),
    [
        (
            {"mode": "quality", "garment_photo_type": "flat-lay", "moderation_level": "none"},
            {"mode": "quality", "garment_photo_type": "flat-lay", "moderation_level": "none"},
        ),
        (
            {"num_samples": 4, "segmentation_free": False, "output_format": "jpeg", "seed": 0},
            {"num_samples": 4, "segmentation_free": False, "output_format": "jpeg", "seed": 0},
        ),
    ],
)
def test_options_of_fashn_are_sent_under_their_names(vendor, options, added):
    body = json.loads(sent(vendor, **options).body)
    assert body == {**_MODEL, "category": "tops", **added}


def test_options_of_other_models_are_sent_too(vendor):
    steps = {"num_inference_steps": 30, "guidance_scale": 2.5, "seed": 7}
    leffa = {**steps, "enable_safety_checker": False, "output_format": "png"}
    body = json.loads(sent(vendor, model=LEFFA, **leffa).body)
    assert body == {**_HUMAN, "garment_type": "upper_body", **leffa}
    body = json.loads(sent(vendor, model=CAT, **steps).body)
    assert body == {**_HUMAN, "cloth_type": "upper", **steps}


def test_a_ratio_is_an_object(vendor):
    body = json.loads(sent(vendor, model=APPS, aspect_ratio="3:4", preserve_pose=False).body)
    assert body["aspect_ratio"] == {"ratio": "3:4"}
    assert body["preserve_pose"] is False


def test_the_flux_gallery_gets_both_images_in_a_list(vendor):
    body = json.loads(sent(vendor, model=FLUX, prompt="A shirt", num_images=2).body)
    assert body == {**_PAIR, "prompt": "A shirt", "num_images": 2}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"model": FLUX}, "options.prompt"),
        ({"model": KOLORS, "seed": 1}, "options.seed"),
        ({"model": LEFFA, "mode": "quality"}, "options.mode"),
        ({"prompt": "x"}, "options.prompt"),
        ({"model": APPS, "num_samples": 2}, "options.num_samples"),
    ],
)
def test_options_that_a_model_does_not_take_or_lacks_are_never_sent(vendor, options, field):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.ValidationFailed) as caught:
        client.submit(PERSON, top=GARMENT, options=options)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert server.connections == 0


@pytest.mark.parametrize(
    "options",
    [
        {"model": "fal-ai/fashn/tryon"},
        {"model": "easel-ai/fashion-tryon"},
        {"model": "fal-ai/idm-vton"},
        {"num_samples": 0},
        {"num_samples": 5},
        {"mode": "fast"},
        {"model": LEFFA, "num_inference_steps": 0},
    ],
)
def test_retired_models_and_wrong_values_are_never_sent(vendor, options):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.InputError):
        client.submit(PERSON, top=GARMENT, options=options)
    assert server.connections == 0


def test_top_and_bottom_are_two_jobs(vendor):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.ValidationFailed):
        client.submit(PERSON, top=GARMENT, bottom=GARMENT)
    assert server.connections == 0


def test_kolors_wants_300_px(vendor, image):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.ValidationFailed, match="300"):
        client.submit(image((299, 400)), top=image(), options={"model": KOLORS}, fit=False)
    assert server.connections == 0


def test_the_key_comes_from_the_variable_of_the_vendors_client(monkeypatch):
    monkeypatch.setenv("FAL_KEY", "id:secret")
    with Client("fal", config={}) as client:
        assert client.session.settings.text("api_key") == "id:secret"


@pytest.mark.parametrize(("model", "usd"), [(FASHN, "0.075"), (LEFFA, "0.10"), (KOLORS, "0.07")])
def test_each_image_of_a_job_has_the_models_price(vendor, model, usd):
    client, _ = vendor(ACCEPTED)
    price = client.info.models[model].price
    assert (str(price.amount), price.currency) == (usd, "USD")
    request = client.request(PERSON, top=GARMENT, options={"num_samples": 3})
    assert client.info.count_outputs(request) == 3


def test_prices_that_nobody_knows_are_not_made_up(vendor):
    client, _ = vendor(ACCEPTED)
    assert [model for model, own in client.info.models.items() if own.price is None] == [CAT, FLUX]


# Answers


def test_an_accepted_job_has_the_vendors_id(vendor):
    """Fact 2; `status` and `gateway_request_id` beside it decide nothing."""
    body = {"request_id": ID, "status": "IN_QUEUE", "gateway_request_id": "other"}
    client, _ = vendor(json_answer(body, x_fal_request_id="call-7"))
    job = client.submit(PERSON, top=GARMENT)
    assert (job.id, job.request_id, job.data["model"]) == (ID, "call-7", FASHN)
    assert job.expires_at is None  # nobody says how long the queue knows it


def test_a_lost_answer_is_never_sent_again(vendor):
    """Fact 8: no idempotency key, and no look-up."""
    client, server = vendor(drop_after_body, ACCEPTED)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, len(server.requests)) == ("unknown", 1)
    assert client.info.look_up is None


def test_an_exhausted_balance_is_named(vendor):
    """Fact 13, as measured by many."""
    said = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai."
    client, server = vendor(json_answer({"detail": said}, 403))
    with pytest.raises(errors.CreditsExhausted, match="Exhausted balance") as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, caught.value.retry) == ("no", "after_change")
    assert caught.value.message.count("Exhausted balance") == 1
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "status", "error", "billed"),
    [
        ({"detail": "invalid key credentials"}, 401, errors.AuthenticationFailed, "no"),
        ({"detail": 'Cannot access application "x"'}, 401, errors.AuthenticationFailed, "no"),
        ({"detail": "Not for you"}, 403, errors.AccessDenied, "no"),
        ({"detail": 'Application "x" not found'}, 404, errors.InputRefused, "unknown"),
        ({"detail": "gone"}, 410, errors.InputRefused, "unknown"),
        ({"detail": "too large"}, 413, errors.InputRefused, "unknown"),
        ({"detail": [{"type": "missing"}]}, 422, errors.InputRefused, "unknown"),
        ({"detail": "malformed", "error_type": "bad_request"}, 400, errors.InputRefused, "unknown"),
        ({"detail": [{"type": "concurrent_requests_limit"}]}, 429, errors.RateLimited, "no"),
        ({"detail": "x", "error_type": "internal_error"}, 500, errors.VendorUnavailable, "no"),
    ],
)
def test_a_refusal_goes_by_its_type_and_then_by_its_status(vendor, body, status, error, billed):
    """Section 7: both shapes, and the bodies that nobody has recorded by their status."""
    client, _ = vendor(json_answer(body, status))
    with pytest.raises(error) as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, caught.value.http_status) == (billed, status)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_page_of_the_front_door_leaves_the_outcome_open(vendor, status):
    """`nginx` in HTML is not the model's word."""
    client, server = vendor(answer(status, "<html>nginx</html>"))
    with pytest.raises(errors.TryOnError) as caught:
        client.submit(PERSON, top=GARMENT)
    assert (caught.value.billed, caught.value.retryable) == ("unknown", False)
    assert len(server.requests) == 1


def test_what_an_error_echoes_is_in_no_text(vendor):
    """`input` repeats the caller's data, photos included."""
    entry = {"loc": ["body", "seed"], "msg": "Bad", "type": "value_error", "input": "my-photo"}
    client, _ = vendor(json_answer({"detail": [entry]}, 422))
    with pytest.raises(errors.InputRefused) as caught:
        client.submit(PERSON, top=GARMENT)
    assert "my-photo" not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.message == "fal: HTTP 422 value_error: Bad."
