"""What is sent: fields, types and order of https://docs.fashn.ai/api-reference."""

import json

import pytest

from servers import json_answer
from tryon_core import Client, errors

PERSON, GARMENT = "https://a.test/p.jpg", "https://a.test/g.jpg"
JOB = "123a87r9-4129-4bb3-be18-9c9fb5bd7fc1-u1"
ACCEPTED = json_answer({"id": JOB, "error": None})


@pytest.fixture
def sent(vendor, key):
    """Return a function that submits; gives the request that came."""

    def submit(person=PERSON, *, options=None, settings=None, **garment):
        client, server = vendor(ACCEPTED, **(settings or {}))
        job = client.submit(person, options=options, **(garment or {"top": GARMENT}))
        assert job.id == JOB
        (request,) = server.requests
        assert key not in request.target + request.body.decode()
        return request

    return submit


def test_a_submission_is_one_post_of_json_with_a_bearer_key(sent, key):
    request = sent()
    assert (request.method, request.target) == ("POST", "/v1/run")
    assert request.headers["authorization"] == f"Bearer {key}"
    assert request.headers["content-type"] == "application/json"


def test_model_and_inputs_are_those_of_a_published_request(sent):
    options = {"seed": 7, "num_samples": 1, "output_format": "png"}
    body = json.loads(sent(options=options).body)
    assert list(body) == ["model_name", "inputs"]
    compact = json.dumps(body, separators=(",", ":"))
    assert body == {
        "model_name": "tryon-v1.6",
        "inputs": {
            "model_image": PERSON,
            "garment_image": GARMENT,
            "category": "tops",
            "seed": 7,
            "num_samples": 1,
            "output_format": "png",
        },
    }
    assert len(compact) == 179


@pytest.mark.parametrize(
    ("garment", "word"), [("top", "tops"), ("bottom", "bottoms"), ("dress", "one-pieces")]
)
def test_v1_6_gets_the_kind_of_garment_and_max_has_no_field_for_it(sent, garment, word):
    inputs = json.loads(sent(**{garment: GARMENT}).body)["inputs"]
    assert inputs == {"model_image": PERSON, "garment_image": GARMENT, "category": word}
    body = json.loads(sent(options={"model": "tryon-max"}, **{garment: GARMENT}).body)
    assert body == {
        "model_name": "tryon-max",
        "inputs": {"model_image": PERSON, "product_image": GARMENT},
    }


OF_V1_6 = {
    "mode": "quality",
    "garment_photo_type": "flat-lay",
    "segmentation_free": False,
    "moderation_level": "none",
    "num_samples": 4,
}
OF_MAX = {
    "prompt": "tuck in shirt",
    "resolution": "4k",
    "generation_mode": "quality",
    "num_images": 4,
    "aspect_ratio": "2:3",
}
OF_BOTH = {"seed": 0, "output_format": "jpeg", "return_base64": True}


@pytest.mark.parametrize(("model", "own"), [("tryon-v1.6", OF_V1_6), ("tryon-max", OF_MAX)])
def test_every_option_is_a_field_of_its_model_with_its_type(sent, model, own):
    options = {**own, **OF_BOTH}
    inputs = json.loads(sent(options={"model": model, **options}).body)["inputs"]
    assert {name: inputs[name] for name in options} == options
    assert {type(inputs["seed"]), type(inputs["return_base64"])} == {int, bool}


@pytest.mark.parametrize(("model", "others"), [("tryon-v1.6", OF_MAX), ("tryon-max", OF_V1_6)])
def test_an_option_of_the_other_model_is_refused_before_anything_is_sent(vendor, model, others):
    client, server = vendor(ACCEPTED)
    for name, value in others.items():
        with pytest.raises(errors.InputError, match=name):
            client.submit(PERSON, top=GARMENT, options={"model": model, name: value})
    assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", -1),
        ("seed", 4294967296),
        ("num_samples", 0),
        ("num_samples", 5),
        ("mode", "fast"),
        ("model", "product-to-model"),
        ("generation_mode", "fast"),
        ("segmentation_free", "perhaps"),
        ("category", "auto"),
        ("sead", 7),
    ],
)
def test_a_value_that_the_pages_do_not_have_is_refused_before_anything_is_sent(vendor, name, value):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.InputError, match=name):
        client.submit(PERSON, top=GARMENT, options={name: value})
    assert server.connections == 0


@pytest.mark.parametrize("seed", [0, 4294967295])
def test_the_ends_of_the_seeds_are_sent(sent, seed):
    assert json.loads(sent(options={"seed": seed}).body)["inputs"]["seed"] == seed


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_local_image_is_a_data_uri_and_an_address_stays_one(sent, image, data_uri, kind):
    inputs = json.loads(sent(image(kind=kind)).body)["inputs"]
    assert inputs["model_image"] == data_uri(f"image/{kind.lower()}", kind=kind)
    assert inputs["garment_image"] == GARMENT


@pytest.mark.parametrize("base_url", ["", "/", "/v1", "/v1/"])
@pytest.mark.parametrize("variable", ["FASHN_BASE_URL", "FASHN_ENDPOINT_URL"])
def test_the_vendors_variables_name_the_address_with_and_without_v1(
    vendor, monkeypatch, variable, base_url
):
    _, server = vendor(ACCEPTED)
    monkeypatch.setenv(variable, server.url(base_url))
    monkeypatch.setenv("FASHN_API_KEY", "fa-from-the-environment")
    with Client("fashn") as client:
        client.submit(PERSON, top=GARMENT)
    (request,) = server.requests
    assert request.target == "/v1/run"


def test_top_and_bottom_are_refused_with_the_way_of_two_calls(vendor):
    client, server = vendor(ACCEPTED)
    with pytest.raises(errors.ValidationFailed, match="in two steps, which cost twice"):
        client.submit(PERSON, top=GARMENT, bottom=GARMENT)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("size", "model", "word"),
    [
        ((14, 200), "tryon-v1.6", "15"),
        ((2001, 20), "tryon-v1.6", "2000"),
        ((6001, 20), "tryon-max", "6000"),
    ],
)
def test_images_beyond_what_the_vendor_advises_are_named(vendor, image, size, model, word):
    client, server = vendor(ACCEPTED)
    (problem,) = client.validate(image(size), top=GARMENT, options={"model": model})
    assert (problem.field, problem.severity) == ("person", "error")
    assert word in problem.message
    assert not client.validate(image(size), top=GARMENT, options={"model": model}, fit=True) or (
        size[0] < 15
    )
    assert server.connections == 0


@pytest.mark.parametrize(
    ("options", "images", "credit_count"),
    [
        ({}, 1, 1),
        ({"num_samples": 4}, 4, 1),
        ({"model": "tryon-max"}, 1, 2),
        ({"model": "tryon-max", "resolution": "2k", "generation_mode": "quality"}, 1, 4),
        (
            {
                "model": "tryon-max",
                "resolution": "2k",
                "generation_mode": "quality",
                "num_images": 3,
            },
            3,
            4,
        ),
        ({"model": "tryon-max", "resolution": "4k"}, 1, 4),
        ({"model": "tryon-max", "resolution": "4k", "generation_mode": "quality"}, 1, 5),
    ],
)
def test_the_price_follows_model_resolution_mode_and_number(vendor, options, images, credit_count):
    client, _ = vendor(ACCEPTED)
    request = client.request(PERSON, top=GARMENT, options=options)
    assert client.info.count_outputs(request) == images
    price = client.info.price_for(request)
    assert (int(price.amount), price.currency) == (credit_count, "credits")
