"""Whole calls against the emulator, from the caller's image to the result."""

from datetime import timedelta

import pytest

from servers import json_answer, serving
from tryon_core import Client, Job, errors

FIELDS = {
    "top": ("top_garment_url",),
    "bottom": ("bottom_garment_url",),
    "dress": ("top_garment_url",),
    "top bottom": ("top_garment_url", "bottom_garment_url"),
}


def sent(running):
    return [entry for entry in running.log if entry.operation == "submit"]


def test_a_result_comes_as_the_service_made_it(open_emulator, person, top):
    _, client = open_emulator(job_s=20.0)

    result = client.try_on(person, top=top)

    shown = result.images[0].format, result.images[0].width_px, result.images[0].height_px
    assert shown == ("JPEG", 200, 260)
    assert result.usage == {"image_count": "1"}
    # The life of the address counts from the end of the task.
    assert result.images[0].expires_at == result.job.submitted_at + timedelta(days=1, seconds=20)


@pytest.mark.parametrize("garments", FIELDS)
def test_every_combination_of_garments(open_emulator, person, top, garments):
    running, client = open_emulator()

    client.try_on(person, **dict.fromkeys(garments.split(), top))

    given = sent(running)[0].json["input"]
    assert tuple(given) == ("person_image_url", *FIELDS[garments])
    assert running.ctx.billed == {running.ctx.jobs.all()[0].id: 1}


def test_images_may_be_paths_bytes_and_addresses(open_emulator, person, top, bottom, tmp_path):
    running, client = open_emulator()
    path = tmp_path / "me with ünusual name.png"
    path.write_bytes(person)
    address = running.ctx.publish(bottom)

    client.try_on(path, top=top, bottom=address)

    given = sent(running)[0].json["input"]
    assert given["bottom_garment_url"] == address
    assert given["person_image_url"].startswith("oss://dashscope-instant/")
    assert "me" not in given["person_image_url"].rpartition("/")[2]
    assert given["top_garment_url"].endswith(".jpg")
    assert running.log.count("upload") == 2


def test_only_temporary_files_need_the_resolving_header(open_emulator, person, top):
    running, client = open_emulator()
    addresses = [running.ctx.publish(image) for image in (person, top)]

    client.submit(addresses[0], top=addresses[1])
    client.submit(person, top=addresses[1])

    headers = [entry.headers.get("x-dashscope-ossresourceresolve") for entry in sent(running)]
    assert headers == [None, "enable"]


@pytest.mark.parametrize(
    ("resolution", "size"), [(-1, (200, 260)), (1024, (576, 1024)), (1280, (720, 1280))]
)
def test_each_resolution(open_emulator, person, top, resolution, size):
    running, client = open_emulator()

    result = client.try_on(person, top=top, options={"resolution": resolution})

    assert (result.images[0].width_px, result.images[0].height_px) == size
    assert sent(running)[0].json["parameters"]["resolution"] == resolution


@pytest.mark.parametrize("restore_face", [True, False])
@pytest.mark.parametrize("model", ["aitryon-plus", "aitryon"])
def test_models_and_faces(open_emulator, person, top, model, restore_face):
    running, client = open_emulator()

    client.submit(person, top=top, options={"model": model, "restore_face": restore_face})

    body = sent(running)[0].json
    assert body["model"] == model
    assert body["parameters"] == {"resolution": -1, "restore_face": restore_face}
    assert {entry.query["model"] for entry in running.log if entry.operation == "policy"} == {model}


@pytest.mark.parametrize("gender", ["woman", "man"])
def test_a_finished_result_is_refined(open_emulator, person, top, gender):
    running, client = open_emulator()
    coarse = client.try_on(person, top=top).images[0].data
    options = {"model": "aitryon-refiner", "coarse_image": coarse, "gender": gender}

    refined = client.try_on(person, top=top, options=options)

    body = sent(running)[1].json
    assert refined.images[0].format == "JPEG"
    assert body["parameters"] == {"gender": gender}
    assert set(body["input"]) == {"person_image_url", "top_garment_url", "coarse_image_url"}


def test_the_refiner_refuses_results_of_other_sizes(open_emulator, person, top, make_image):
    running, client = open_emulator()
    coarse = running.ctx.publish(make_image((210, 260)))
    options = {"model": "aitryon-refiner", "coarse_image": coarse, "gender": "man"}

    with pytest.raises(errors.JobFailed, match="not the same") as caught:
        client.try_on(person, top=top, options=options)
    assert caught.value.vendor_code == "InvalidParameter"
    assert caught.value.fault == "input"


def test_another_resolution_can_be_forced(open_emulator, person, top):
    _, client = open_emulator(settings={"resolution_override": "640"}, resolutions="any")

    result = client.try_on(person, top=top)

    assert (result.images[0].width_px, result.images[0].height_px) == (360, 640)


def test_settings_travel_as_headers(open_emulator, person, top):
    settings = {"workspace_id": "ws-1", "data_inspection": "enable"}
    running, client = open_emulator(settings=settings, workspace="ws-1")

    client.submit(person, top=top)

    assert sent(running)[0].headers["x-dashscope-workspace"] == "ws-1"
    assert sent(running)[0].headers["x-dashscope-datainspection"] == "enable"
    assert all(
        "x-dashscope-async" not in entry.headers
        for entry in running.log
        if entry.operation != "submit"
    )


def test_a_foreign_workspace_is_the_accounts_fault(open_emulator, person, top):
    _, client = open_emulator(settings={"workspace_id": "ws-2"}, workspace="ws-1")

    with pytest.raises(errors.AccessDenied, match="WorkSpaceNotFound") as caught:
        client.submit(person, top=top)
    assert caught.value.fault == "account"
    assert caught.value.request_id


def test_the_workspace_may_be_part_of_the_address(open_emulator, person, top):
    running, _ = open_emulator()
    where = {"base_url": running.ctx.address + "/{workspace_id}/v1", "workspace_id": "api"}

    with Client("dashscope", **{**running.settings, **where}) as client:
        job = client.submit(running.ctx.publish(person), top=running.ctx.publish(top))

    assert job.id


def test_an_address_that_lacks_its_workspace_is_a_wrong_setting(open_emulator):
    running, _ = open_emulator()
    where = {"base_url": running.ctx.address + "/{workspace_id}/v1"}

    with pytest.raises(errors.SettingsError, match="workspace_id has no value"):
        Client("dashscope", **{**running.settings, **where})


def test_a_job_is_resumed_from_its_token(open_emulator, clock, person, top):
    running, client = open_emulator()
    token = client.submit(person, top=top).to_token()

    with Client("dashscope", clock=clock, **running.settings) as other:
        assert other.resume(token).images
    assert running.log.count("submit") == 1


def test_a_job_that_is_forgotten_after_a_day_has_expired(open_emulator, clock, person, top):
    _, client = open_emulator()
    job = client.submit(person, top=top)

    clock.advance(24 * 3600)

    with pytest.raises(errors.JobExpired):
        client.wait(job)


def test_a_result_that_expired_is_not_lost_silently(open_emulator, person, top):
    running, client = open_emulator("result:403")
    job = client.submit(person, top=top)

    with pytest.raises(errors.DownloadFailed, match="403") as caught:
        client.wait(job)

    assert caught.value.job == job
    running.faults.clear()
    assert client.wait(job).images


def test_a_task_that_is_not_known_at_once_is_waited_for(open_emulator, person, top):
    running, client = open_emulator(lag=4)

    assert client.try_on(person, top=top).images
    assert running.log.count("submit") == 1


def test_a_task_of_another_account_is_not_judged(open_emulator, clock, person, top):
    running, client = open_emulator()
    job = client.submit(person, top=top)
    settings = {**running.settings, "api_key": "sk-emulated-other-account"}

    with (
        Client("dashscope", clock=clock, **settings) as other,
        pytest.raises(errors.SettingsError, match="with another key") as caught,
    ):
        other.wait(job)
    assert caught.value.job == job
    assert client.wait(job).images


def test_a_waiting_task_is_cancelled(open_emulator, person, top):
    running, client = open_emulator(job_s=100.0)
    job = client.submit(person, top=top)

    assert client.cancel(job).request_id
    assert client.poll(job).vendor_status == "CANCELED"
    with pytest.raises(errors.JobCancelled):
        client.wait(job)
    assert running.ctx.billed == {job.id: 0}


def test_a_running_task_cannot_be_cancelled(open_emulator, clock, person, top):
    _, client = open_emulator(job_s=100.0)
    job = client.submit(person, top=top)
    clock.advance(50)

    with pytest.raises(errors.CancelRefused, match="UnsupportedOperation") as caught:
        client.cancel(job)
    assert caught.value.job == job


def test_a_lost_answer_is_one_request(open_emulator, person, top):
    running, client = open_emulator("submit:drop")

    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(person, top=top)

    assert running.log.count("submit") == 1
    assert len(running.ctx.jobs.all()) == 1
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert caught.value.fingerprint


def test_the_task_of_a_broken_answer_is_waited_for(open_emulator, person, top):
    running, client = open_emulator("submit:truncated")

    assert client.try_on(person, top=top).images
    assert running.log.count("submit") == 1


def test_a_gateways_page_is_one_request(open_emulator, person, top):
    running, client = open_emulator("submit:html")

    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.submit(person, top=top)
    assert running.log.count("submit") == 1
    assert caught.value.billed == "unknown"


def test_submissions_that_come_too_fast_are_repeated(open_emulator, person, top):
    running, client = open_emulator("submit:Throttling.RateQuota*2")

    assert client.submit(person, top=top).id
    assert running.log.count("submit") == 3
    assert len(running.ctx.jobs.all()) == 1


def test_a_day_of_faults_while_waiting_passes(open_emulator, person, top):
    _, client = open_emulator("poll:503*2", "poll:Throttling*1", "poll:html*1")

    assert client.try_on(person, top=top).images


def test_a_sixth_task_waits_for_a_place(open_emulator, clock, person, top):
    _, client = open_emulator(job_s=20.0)
    jobs = [client.submit(person, top=top) for _ in range(6)]

    clock.advance(21)

    assert [client.poll(job).vendor_status for job in jobs] == ["SUCCEEDED"] * 5 + [
        "PRE-PROCESSING"
    ]


def test_an_upload_is_used_again_for_the_same_model_only(open_emulator, clock, person, top):
    running, client = open_emulator()
    client.submit(person, top=top)
    client.submit(person, top=top)
    assert running.log.count("upload") == 2

    client.submit(person, top=top, options={"model": "aitryon"})
    assert running.log.count("upload") == 4

    clock.advance(48 * 3600 - 3600)
    client.submit(person, top=top)
    assert running.log.count("upload") == 6


def test_an_upload_for_parsing_is_not_that_for_trying_on(open_emulator, person, top):
    running, client = open_emulator()

    client.parse_garment(person, ["top"])
    client.submit(person, top=top)

    models = [entry.query["model"] for entry in running.log if entry.operation == "policy"]
    assert models == ["aitryon-parsing-v1", "aitryon-plus", "aitryon-plus"]


def test_what_is_worn_can_be_kept(open_emulator, make_image, top):
    running, client = open_emulator()
    photo = make_image((400, 600))

    client.try_on(photo, top=top, keep="bottom")

    assert set(sent(running)[0].json["input"]) == {
        "person_image_url",
        "top_garment_url",
        "bottom_garment_url",
    }


@pytest.mark.parametrize("image_url", ["text", "list"])
@pytest.mark.parametrize("result_format", ["JPEG", "PNG"])
def test_either_form_of_a_result_is_read(open_emulator, person, top, image_url, result_format):
    _, client = open_emulator(image_url=image_url, result_format=result_format)

    assert client.try_on(person, top=top).images[0].format == result_format


def test_a_token_carries_the_whole_job_and_no_more(open_emulator, person, top):
    _, client = open_emulator()
    job = client.submit(person, top=top)

    assert job == Job.from_token(job.to_token())
    assert job.data == {}


@pytest.mark.parametrize("beside", ["200", "Success"])
def test_a_code_beside_an_answer_decides_nothing(open_emulator, person, top, beside):
    running, client = open_emulator(code_beside=beside)
    images = [running.ctx.publish(image) for image in (person, top)]

    assert client.try_on(images[0], top=images[1]).images


def test_the_status_of_another_task_is_not_taken(open_emulator, clock, person, top):
    running, client = open_emulator(foreign_polls=1)
    job = client.submit(running.ctx.publish(person), top=running.ctx.publish(top))
    clock.advance(60)

    with pytest.raises(errors.UnexpectedResponse, match="the answer speaks of"):
        client.poll(job)
    assert client.poll(job).result


@pytest.mark.parametrize("path", ["services/aigc/image2image/image-synthesis/", "/other"])
def test_the_path_of_submissions_is_a_setting(scripted, path):
    with serving(json_answer({"output": {"task_id": "t-1"}})) as server:
        scripted(server, submit_path=path).submit("https://x.example/p", top="https://x.example/t")
        assert server.requests[0].target == f"/api/v1/{path.lstrip('/')}"
