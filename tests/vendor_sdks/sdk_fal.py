"""The vendor's own client, `fal-client`, against the emulator of fal."""

import base64
import threading

import fal_client
import pytest
from fal_client import Completed, FalClientHTTPError, FalClientTimeoutError, InProgress, Queued

FASHN = "fal-ai/fashn/tryon/v1.6"
KOLORS = "fal-ai/kling/v1-5/kolors-virtual-try-on"
FASHN_15 = "fal-ai/fashn/tryon/v1.5"
LEFFA = "fal-ai/leffa/virtual-tryon"
CAT = "fal-ai/cat-vton"
APPS = "fal-ai/image-apps-v2/virtual-try-on"
FLUX = "fal-ai/flux-2-lora-gallery/virtual-tryon"
STRANGER = "99999999-9999-4999-8999-999999999999"


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("fal", "--job-seconds=0") as service:
        yield service


@pytest.fixture
def use(monkeypatch):
    """Point the client at an emulator, and return one."""

    def point(service, key=None):
        places = {
            "QUEUE_URL_FORMAT": f"{service.base_url}/",
            "RUN_URL_FORMAT": f"{service.base_url}/",
            "REST_URL": service.settings["storage_url"],
            "CDN_URL": f"{service.origin}/_cdn",
        }
        for name, place in places.items():
            monkeypatch.setattr(fal_client.client, name, place)
        return fal_client.SyncClient(key=key or service.settings["api_key"])

    return point


@pytest.fixture
def client(use, service):
    return use(service)


@pytest.fixture
def wear(address):
    """Inputs of a model: `wear(LEFFA, "top", garment_type="upper_body")`."""

    def build(model, garment="top", person="person.jpg", **more):
        names = {
            FASHN: ("model_image", "garment_image"),
            FASHN_15: ("model_image", "garment_image"),
            APPS: ("person_image_url", "clothing_image_url"),
        }.get(model, ("human_image_url", "garment_image_url"))
        urls = [address(person), address(f"{garment}.png")]
        if model == FLUX:
            return {"image_urls": urls} | more
        return dict(zip(names, urls, strict=True)) | more

    return build


@pytest.fixture
def dress(client, wear, download):
    """Wait for a model, and return its output and the images."""

    def run(model, garment, more):
        result = client.subscribe(model, wear(model, garment, **more))
        images = result["images"] if "images" in result else [result["image"]]
        return result, [download(image["url"]) for image in images]

    return run


@pytest.mark.parametrize(
    ("model", "garment", "more"),
    [
        (FASHN, "top", {"category": "tops", "mode": "quality", "seed": 1}),
        (FASHN, "bottom", {"category": "bottoms", "output_format": "jpeg"}),
        (FASHN, "dress", {"category": "one-pieces", "segmentation_free": False}),
        (FASHN_15, "top", {"moderation_level": "none"}),
        (KOLORS, "top", {}),
        (LEFFA, "top", {"garment_type": "upper_body", "num_inference_steps": 50}),
        (LEFFA, "bottom", {"garment_type": "lower_body", "enable_safety_checker": True}),
        (LEFFA, "dress", {"garment_type": "dresses", "output_format": "png"}),
        (CAT, "top", {"cloth_type": "upper", "image_size": "portrait_4_3"}),
        (CAT, "dress", {"cloth_type": "overall", "seed": 7}),
        (APPS, "top", {"preserve_pose": True, "aspect_ratio": {"ratio": "3:4"}}),
        (FLUX, "top", {"prompt": "A man in a shirt", "lora_scale": 1, "guidance_scale": 2.5}),
    ],
)
def test_every_model_gives_its_kind_of_result(dress, model, garment, more):
    result, images = dress(model, garment, more)
    assert ("image" in result) is (model in {KOLORS, LEFFA, CAT})
    assert [image.width > 100 for image in images] == [True]


def test_several_images_are_given_when_asked(dress):
    assert len(dress(FASHN, "top", {"num_samples": 3})[1]) == 3


def test_every_state_is_seen_and_logs_are_told(use, emulate, wear):
    seen = []
    with emulate("fal", "--job-seconds=1.5") as slow:
        use(slow).subscribe(
            FASHN, wear(FASHN), with_logs=True, on_queue_update=seen.append, interval=0.1
        )
    kinds = list(dict.fromkeys(type(update) for update in seen))
    assert kinds == [Queued, InProgress, Completed]
    assert seen[0].position == 0
    assert seen[-1].logs[0]["message"]
    assert seen[-1].metrics["inference_time"] == 1.5


def test_a_third_job_waits_behind_two(use, emulate, wear):
    with emulate("fal", "--job-seconds=10") as slow:
        client = use(slow)
        first, second, third, fourth = [client.submit(FASHN, wear(FASHN)) for _ in range(4)]
        assert [first.status().position, fourth.status().position] == [0, 3]
        while not isinstance(second.status(), InProgress):  # it waits for a fifth of its time
            threading.Event().wait(0.1)
        assert [third.status().position, fourth.status().position] == [0, 1]


def test_the_follow_up_addresses_have_owner_and_app_alone(client, service, wear):
    handle = client.submit(FASHN, wear(FASHN))
    base = f"{service.base_url}/fal-ai/fashn/requests/{handle.request_id}"
    assert handle.response_url == base
    assert (handle.status_url, handle.cancel_url) == (f"{base}/status", f"{base}/cancel")


def test_a_job_is_found_by_its_id(client, wear):
    job_id = client.submit(LEFFA, wear(LEFFA, garment_type="upper_body")).request_id
    assert isinstance(client.status(LEFFA, job_id), Completed)
    assert client.result(LEFFA, job_id)["image"]["url"]


@pytest.mark.parametrize("knob", ["full", "suffix"])
def test_every_form_of_the_addresses_is_served(use, emulate, wear, knob):
    with emulate("fal", "--job-seconds=0", f"--knob=addresses={knob}") as service:
        assert use(service).subscribe(FASHN, wear(FASHN))["images"]


def test_both_statuses_of_an_unfinished_job_are_read(use, emulate, wear):
    with emulate("fal", "--job-seconds=0.5", "--knob=unfinished_status=200") as service:
        assert use(service).subscribe(FASHN, wear(FASHN))["images"]


def refusal(call, *arguments, **named):
    with pytest.raises(FalClientHTTPError) as caught:
        call(*arguments, **named)
    return caught.value


def test_a_wrong_key_is_refused_everywhere(use, service, wear):
    stranger = use(service, key="id:secret")
    for call in (
        lambda: stranger.submit(FASHN, wear(FASHN)),
        lambda: stranger.status(FASHN, STRANGER),
        lambda: stranger.result(FASHN, STRANGER),
        lambda: stranger.cancel(FASHN, STRANGER),
        lambda: stranger.upload(b"x", "image/png", repository="fal", fallback_repository=[]),
    ):
        error = refusal(call)
        assert (error.status_code, error.message) == (401, "invalid key credentials")


def test_an_unknown_job_is_not_found(client):
    for call in (client.status, client.result, client.cancel):
        assert refusal(call, FASHN, STRANGER).status_code == 404


@pytest.mark.parametrize(
    ("model", "status"),
    [("fal-ai/nothing", 404), ("fal-ai/fashn/tryon", 410), ("easel-ai/fashion-tryon", 410)],
)
def test_unknown_and_retired_models_are_refused(client, wear, model, status):
    assert refusal(client.submit, model, wear(FASHN)).status_code == status


def test_an_exhausted_balance_locks_the_account(use, emulate, wear):
    with emulate("fal", "--job-seconds=0", "--knob=balance=0.08") as service:
        client = use(service)
        client.subscribe(FASHN, wear(FASHN))
        error = refusal(client.submit, FASHN, wear(FASHN))
        assert error.status_code == 403
        assert error.message.startswith("User is locked. Reason: Exhausted balance")
        assert len(service.log()["jobs"]) == 1


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"category": "shoes"}, "one_of"),
        ({"num_samples": 5}, "one_of"),
        ({"seed": "7"}, "value_error"),
        ({"human_image_url": "x"}, "extra_forbidden"),
        ({"model_image": ""}, "missing"),
        ({"model_image": "https://shop.example/x.png"}, "file_download_error"),
        ({"garment_image": "data:image/png;base64,AAAA"}, "image_load_error"),
    ],
)
def test_wrong_inputs_show_in_the_result_and_cost_nothing(client, wear, change, kind):
    handle = client.submit(FASHN, wear(FASHN) | change)
    assert handle.status().error is None
    error = refusal(handle.get)
    assert error.status_code == 422
    assert error.message[0]["type"] == kind
    assert error.response_headers["x-fal-billable-units"] == "0"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("startup_timeout", 504), ("runner_disconnected", 503), ("internal_error", 500)],
)
def test_a_failure_of_the_platform_has_its_type(use, emulate, wear, kind, status):
    knobs = (f"--knob=job_failure={kind}", "--knob=failure_told=true")
    with emulate("fal", "--job-seconds=0", *knobs) as service:
        handle = use(service).submit(FASHN, wear(FASHN))
        assert handle.status().error_type == kind
        error = refusal(handle.get)
        assert (error.status_code, error.error_type) == (status, kind)


def test_a_failure_of_the_model_is_a_list_of_typed_entries(use, emulate, wear):
    knobs = ("--knob=job_failure=no_media_generated", "--knob=failed_units=1")
    with emulate("fal", "--job-seconds=0", *knobs) as service:
        error = refusal(use(service).subscribe, FASHN, wear(FASHN))
        assert (error.status_code, error.error_type) == (422, None)
        (entry,) = error.message
        assert (entry["type"], entry["loc"][0]) == ("no_media_generated", "body")
        assert error.response_headers["x-fal-billable-units"] == "1"


def test_a_waiting_job_is_cancelled_and_a_finished_one_is_not(use, emulate, wear):
    with emulate("fal", "--job-seconds=60") as slow:
        client = use(slow)
        handle = client.submit(FASHN, wear(FASHN))
        handle.cancel()
        assert isinstance(handle.status(), Completed)
        error = refusal(handle.get)
        assert (error.status_code, error.error_type) == (499, "client_cancelled")
        assert refusal(handle.cancel).status_code == 400
        assert sum(slow.log()["billed"].values()) == 0


def test_a_client_that_gives_up_cancels(use, emulate, wear):
    with emulate("fal", "--job-seconds=4") as slow:
        client = use(slow)
        with pytest.raises(FalClientTimeoutError):
            client.subscribe(FASHN, wear(FASHN), client_timeout=1.5)
        assert len(slow.received("cancel")) == 1
        polling = [thread for thread in threading.enumerate() if "FAL_CLIENT" in thread.name]
        assert polling
        submitted = slow.received("submit")[0]
        assert submitted["headers"]["x-fal-request-timeout"] == "1.5"
        for _ in range(100):  # its thread goes on polling until the job is over
            if len(slow.received("response")) == 1:
                break
            threading.Event().wait(0.1)
        assert len(slow.received("response")) == 1


def test_uploaded_files_can_be_worn(client, pictures, download):
    person = client.upload_file(pictures / "person.jpg")
    top = client.upload((pictures / "top.png").read_bytes(), "image/png", "top.png")
    assert download(top).format == "PNG"
    assert client.subscribe(FASHN, {"model_image": person, "garment_image": top})["images"]


def test_the_older_storage_is_refused_unless_told_otherwise(use, emulate, service, pictures):
    photo = (pictures / "person.jpg").read_bytes()
    older = {"repository": "fal", "fallback_repository": []}
    refused = refusal(use(service).upload, photo, "image/jpeg", **older)
    assert (refused.status_code, refused.message) == (400, "Invalid storage type")
    with emulate("fal", "--job-seconds=0", "--knob=older_uploads=true") as lenient:
        client = use(lenient)
        address = client.upload(photo, "image/jpeg", "person.jpg", **older)
        assert client.subscribe(FASHN, {"model_image": address, "garment_image": address})
        assert "authorization" in lenient.received("store")[0]["headers"]


@pytest.mark.parametrize(("lifecycle", "is_there"), [("1h", True), (1, False)])
def test_an_upload_lives_as_long_as_was_asked(client, download, lifecycle, is_there):
    settings = fal_client.StorageSettings(expires_in=lifecycle)
    address = client.upload(b"GIF89a", "image/gif", lifecycle=settings)
    threading.Event().wait(1.2)
    with pytest.raises(Exception, match="cannot identify" if is_there else "404"):
        download(address)


def test_data_uris_go_in_and_come_out(client, pictures):
    def uri(name, kind):
        data = base64.b64encode((pictures / name).read_bytes()).decode()
        return f"data:image/{kind};base64,{data}"

    inputs = {"model_image": uri("person.jpg", "jpeg"), "garment_image": uri("top.png", "png")}
    result = client.subscribe(FASHN, inputs | {"sync_mode": True})
    assert result["images"][0]["url"].startswith("data:image/png;base64,iVBOR")


def test_a_lost_answer_makes_this_client_pay_twice(use, emulate, wear):
    """It repeats a submission; that is why ours never does."""
    with emulate("fal", "--job-seconds=0", "--fault=submit:drop*1") as lossy:
        assert use(lossy).submit(FASHN, wear(FASHN)).request_id
        assert len(lossy.received("submit")) == 2
        assert sum(lossy.log()["billed"].values()) == 2


def test_a_busy_queue_is_asked_again(use, emulate, wear):
    with emulate("fal", "--job-seconds=0", "--fault=submit:429*2") as busy:
        assert use(busy).submit(FASHN, wear(FASHN)).request_id
        assert len(busy.received("submit")) == 3
        assert len(busy.log()["jobs"]) == 1
