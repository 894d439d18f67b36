"""The vendor's own client, `dashscope`, against the emulator of DashScope."""

import asyncio
import time

import dashscope
import pytest
from dashscope import ImageSynthesis
from dashscope.aigc.image_synthesis import AioImageSynthesis
from dashscope.api_entities.aio_session import close_shared_aio_session
from dashscope.client.base_api import BaseApi, BaseAsyncApi
from dashscope.common.error import InvalidTask, UploadFileException
from dashscope.utils.oss_utils import OssUtils

RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
TRY_ON = {"task_group": "aigc", "task": "image2image", "function": "image-synthesis"}
PARSING = {"task_group": "vision", "task": "image-process", "function": "process"}


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("dashscope", "--job-seconds=0") as service:
        yield service


@pytest.fixture
def use(monkeypatch):
    """Point the client at an emulator."""

    def point(service, key=None):
        monkeypatch.setattr(dashscope, "base_http_api_url", service.base_url)
        monkeypatch.setattr(dashscope, "api_key", key or service.settings["api_key"])

    return point


@pytest.fixture(autouse=True)
def _pointed(use, service):
    use(service)


@pytest.fixture
def wear(address):
    """Body of a try-on: `wear("top", "bottom")`."""

    def build(*garments, person="person.jpg"):
        places = {"top": "top", "dress": "top", "bottom": "bottom"}
        urls = {f"{places[each]}_garment_url": address(f"{each}.png") for each in garments}
        return {"person_image_url": address(person), **urls}

    return build


def start(images, *, model="aitryon-plus", **options):
    """Submit, less often than the ten times a second that the vendor allows."""
    time.sleep(0.12)
    return ImageSynthesis.async_call(
        model=model, prompt=" ", task="image2image", extra_input=images, **options
    )


def finish(images, **options):
    return ImageSynthesis.wait(start(images, **options), wait_timeout=20)


@pytest.mark.parametrize("garments", [["top"], ["bottom"], ["dress"], ["top", "bottom"]])
def test_every_garment_combination_gives_a_picture(wear, download, garments):
    done = finish(wear(*garments))
    assert (done.status_code, done.output.task_status) == (200, "SUCCEEDED")
    assert done.usage.image_count == 1
    assert download(done.output.image_url).size == (768, 1024)


def test_an_empty_garment_address_counts_as_none(wear):
    done = finish(wear("dress") | {"bottom_garment_url": ""})
    assert done.output.task_status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("resolution", "size"), [(-1, (768, 1024)), (1024, (576, 1024)), (1280, (720, 1280))]
)
def test_the_picture_has_the_size_asked_for(wear, download, resolution, size):
    done = finish(wear("top"), resolution=resolution, restore_face=False)
    assert download(done.output.image_url).size == size


def test_the_generic_class_sends_the_documented_body(wear, download):
    done = BaseAsyncApi.call(model="aitryon-plus", input=wear("top"), wait_timeout=20, **TRY_ON)
    assert done.output["task_status"] == "SUCCEEDED"
    assert download(done.output["image_url"]).size == (768, 1024)


def test_a_result_can_be_refined(wear, download):
    images = wear("top")
    coarse = finish(images, resolution=-1, restore_face=True).output.image_url
    refined = finish(images | {"coarse_image_url": coarse}, model="aitryon-refiner", gender="man")
    assert download(refined.output.image_url).size == (768, 1024)


def test_the_asyncio_class_works_too(wear, download):
    async def dress():
        try:
            task = await AioImageSynthesis.async_call(
                model="aitryon-plus", prompt=" ", task="image2image", extra_input=wear("top")
            )
            done = await AioImageSynthesis.wait(task, wait_timeout=20)
            return done, await AioImageSynthesis.cancel(task)
        finally:
            await close_shared_aio_session()

    done, cancelled = asyncio.run(dress())
    assert download(done.output.image_url).size == (768, 1024)
    assert (cancelled.status_code, cancelled.code) == (400, "UnsupportedOperation")


def test_parsing_gives_lists_in_the_order_asked(address, download):
    answer = BaseApi.call(
        model="aitryon-parsing-v1",
        input={"image_url": address("person.jpg")},
        clothes_type=["upper", "lower"],
        **PARSING,
    )
    assert answer.status_code == 200, answer
    assert answer.usage == {"image_count": 1}
    upper, lower = answer.output["bbox"]
    assert upper[1] < lower[1]
    masks = [download(url) for url in answer.output["parsing_img_url"]]
    assert [mask.mode for mask in masks] == ["RGBA", "RGBA"]
    assert len(answer.output["crop_img_url"]) == 2


def test_parsing_leaves_a_gap_for_what_it_does_not_find(use, emulate, address):
    with emulate("dashscope", "--knob=worn=top") as service:
        use(service)
        answer = BaseApi.call(
            model="aitryon-parsing-v1",
            input={"image_url": address("person.jpg")},
            clothes_type=["upper", "lower"],
            **PARSING,
        )
    assert answer.usage == {"image_count": 1}
    for name in ("parsing_img_url", "crop_img_url", "bbox"):
        found, missing = answer.output[name]
        assert (bool(found), missing) == (True, None)


def test_a_crop_of_the_parsing_can_be_worn(address, wear, download):
    person = address("person.jpg")
    answer = BaseApi.call(
        model="aitryon-parsing-v1", input={"image_url": person}, clothes_type=["lower"], **PARSING
    )
    (kept,) = answer.output["crop_img_url"]
    done = finish(wear("top") | {"bottom_garment_url": kept})
    assert download(done.output.image_url).size == (768, 1024)


def test_parsing_refuses_an_unknown_kind_of_clothes(address):
    answer = BaseApi.call(
        model="aitryon-parsing-v1",
        input={"image_url": address("person.jpg")},
        clothes_type=["jumpsuit"],
        **PARSING,
    )
    assert (answer.status_code, answer.code) == (400, "InvalidParameter.ClothesType")


def test_uploaded_files_can_be_worn(pictures, download):
    person, _ = OssUtils.upload(model="aitryon-plus", file_path=str(pictures / "person.jpg"))
    top, _ = OssUtils.upload(model="aitryon-plus", file_path=str(pictures / "top.png"))
    assert person.startswith("oss://")
    images = {"person_image_url": person, "top_garment_url": top}
    done = finish(images, headers=RESOLVE)
    assert download(done.output.image_url).size == (768, 1024)


def test_one_certificate_serves_several_files(pictures):
    first, certificate = OssUtils.upload(
        model="aitryon-plus", file_path=str(pictures / "person.jpg")
    )
    second, _ = OssUtils.upload(
        model="aitryon-plus",
        file_path=str(pictures / "top.png"),
        upload_certificate=certificate,
    )
    assert first.rpartition("/")[0] == second.rpartition("/")[0]
    with pytest.raises(UploadFileException, match="to oss failed"):
        OssUtils.upload(
            model="aitryon-plus",
            file_path=str(pictures / "top.png"),
            upload_certificate=certificate,
        )


@pytest.mark.parametrize(
    ("uploaded_for", "headers"), [("aitryon-plus", {}), ("aitryon-parsing-v1", RESOLVE)]
)
def test_an_uploaded_file_needs_the_header_and_its_own_model(wear, pictures, uploaded_for, headers):
    person, _ = OssUtils.upload(model=uploaded_for, file_path=str(pictures / "person.jpg"))
    done = finish(wear("top") | {"person_image_url": person}, headers=headers)
    assert done.output.task_status == "FAILED"
    assert done.output.code == "InvalidParameter.DataInspection"


def test_an_upload_after_its_policy_has_run_out_is_refused(use, emulate, pictures):
    with emulate("dashscope", "--knob=policy_s=0") as service:
        use(service)
        with pytest.raises(UploadFileException, match="Policy expired"):
            OssUtils.upload(model="aitryon-plus", file_path=str(pictures / "top.png"))


def test_another_account_sees_neither_tasks_nor_files(use, emulate, wear, pictures):
    with emulate("dashscope", "--job-seconds=0", "--knob=second_key=sk-of-others") as service:
        use(service)
        task = start(wear("top"))
        person, _ = OssUtils.upload(model="aitryon-plus", file_path=str(pictures / "person.jpg"))
        use(service, key="sk-of-others")
        assert ImageSynthesis.fetch(task).output.task_status == "UNKNOWN"
        done = finish(wear("top") | {"person_image_url": person}, headers=RESOLVE)
        assert done.output.code == "InvalidParameter.DataInspection"


def test_the_workspace_is_told(use, emulate, wear):
    with emulate("dashscope", "--job-seconds=0", "--knob=workspace=ws-1") as service:
        use(service)
        assert start(wear("top"), workspace="ws-1").status_code == 200
        answer = start(wear("top"), workspace="ws-2")
        assert (answer.status_code, answer.code) == (404, "WorkSpaceNotFound")


def test_a_wrong_key_is_refused_everywhere(use, service, wear, address, pictures):
    use(service, key="sk-of-somebody-else")
    tried = start(wear("top"))
    assert (tried.status_code, tried.code) == (401, "InvalidApiKey")
    parsed = BaseApi.call(
        model="aitryon-parsing-v1", input={"image_url": address("person.jpg")}, **PARSING
    )
    assert (parsed.status_code, parsed.code) == (401, "InvalidApiKey")
    with pytest.raises(InvalidTask, match="InvalidApiKey"):
        BaseAsyncApi.call(model="aitryon-plus", input=wear("top"), **TRY_ON)
    with pytest.raises(UploadFileException, match="InvalidApiKey"):
        OssUtils.upload(model="aitryon-plus", file_path=str(pictures / "top.png"))


@pytest.mark.parametrize(
    ("person", "code"),
    [("tiny.png", "InvalidInputLength"), ("text.jpg", "InvalidURL"), ("gone.jpg", "InvalidURL")],
)
def test_a_bad_picture_fails_the_task_with_the_vendors_code(wear, person, code):
    done = finish(wear("top", person=person))
    assert (done.status_code, done.output.task_status) == (200, "FAILED")
    assert done.output.code == code
    assert done.output.message


@pytest.mark.parametrize("place", ["submit", "task"])
def test_refusals_are_read_in_both_places(use, emulate, wear, place):
    knobs = (f"--knob=image_errors={place}", f"--knob=field_errors={place}")
    with emulate("dashscope", "--job-seconds=0", *knobs) as service:
        use(service)
        for images, code in (
            (wear("top", person="tiny.png"), "InvalidInputLength"),
            (wear(), "InvalidGarment"),
        ):
            answer = start(images)
            if place == "task":
                answer = ImageSynthesis.wait(answer).output
            assert answer.code == code


@pytest.mark.parametrize("states", ["long", "short", "suspended"])
def test_call_waits_through_the_states(use, emulate, wear, states):
    with emulate("dashscope", "--job-seconds=1.5", f"--knob=states={states}") as service:
        use(service)
        done = ImageSynthesis.call(
            model="aitryon", prompt=" ", task="image2image", extra_input=wear("top")
        )
        assert done.output.task_status == "SUCCEEDED"
        assert len(service.received("poll")) >= 2


def test_this_client_needs_unknown_fields_to_be_ignored(use, emulate, wear):
    """It always sends a `prompt`, which no document of these models knows."""
    with emulate("dashscope", "--job-seconds=0", "--knob=unknown_fields=refuse") as service:
        use(service)
        assert start(wear("top")).status_code == 400
        plain = BaseAsyncApi.async_call(model="aitryon-plus", input=wear("top"), **TRY_ON)
        assert plain.status_code == 200


def test_no_garment_is_refused(wear):
    answer = start(wear())
    assert (answer.status_code, answer.code) == (400, "InvalidGarment")


def test_the_path_that_the_client_takes_unasked_is_refused(wear):
    answer = ImageSynthesis.async_call(model="aitryon-plus", prompt=" ", extra_input=wear("top"))
    assert (answer.status_code, answer.code) == (400, "InvalidParameter")


def test_an_unknown_task_is_an_answer(use, service):
    use(service)
    answer = ImageSynthesis.fetch("11111111-1111-4111-8111-111111111111")
    assert (answer.status_code, answer.output.task_status) == (200, "UNKNOWN")


def test_a_pending_task_can_be_cancelled_and_listed(use, emulate, wear):
    with emulate("dashscope", "--job-seconds=60") as slow:
        use(slow)
        task = start(wear("top"))
        assert ImageSynthesis.cancel(task).status_code == 200
        assert ImageSynthesis.fetch(task).output.task_status == "CANCELED"
        assert ImageSynthesis.cancel(task).code == "UnsupportedOperation"
        listed = ImageSynthesis.list().output
        assert [each["task_id"] for each in listed["data"]] == [task.output.task_id]


def test_a_busy_poll_is_repeated(use, emulate, wear):
    with emulate("dashscope", "--job-seconds=0", "--fault=poll:503*1") as busy:
        use(busy)
        assert finish(wear("top")).output.task_status == "SUCCEEDED"
        assert len(busy.received("poll")) >= 2


def test_a_lost_answer_makes_this_client_pay_twice(use, emulate, wear):
    """It repeats a submission; that is why ours never does."""
    with emulate("dashscope", "--job-seconds=0", "--fault=submit:drop*1") as lossy:
        use(lossy)
        assert start(wear("top")).status_code == 200
        assert len(lossy.received("submit")) == 2
        assert len(lossy.log()["jobs"]) == 2
