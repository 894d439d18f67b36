"""The vendor's own client, `ailabtools-sdk`, against the emulator of AILabTools."""

import asyncio
import io

import pytest
from ailabtools import AILabApiError, AILabClient


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("ailab", "--job-seconds=0.1") as service:
        yield service


@pytest.fixture
def run(service):
    """Run a coroutine with an open client: `run(lambda client: client.common…)`."""

    def go(work, *, key=None, at=None):
        settings = (at or service).settings

        async def session():
            client = AILabClient(api_key=key or settings["api_key"], base_url=settings["base_url"])
            try:
                return await work(client)
            finally:
                await client.aclose()

        return asyncio.run(session())

    return go


@pytest.fixture
def photo(pictures):
    return lambda name: (pictures / name).read_bytes()


@pytest.fixture
def images(photo):
    def build(garment="top", kind="upper_body", person="person.jpg"):
        return {
            "taskType": "async",
            "personImage": photo(person),
            "clothesImage": photo(f"{garment}.png"),
            "clothesType": kind,
        }

    return build


async def finish(client, submitted):
    return await client.wait_for_task(submitted["task_id"], interval=0.05, timeout=20)


def dress(params):
    async def work(client):
        return await finish(client, await client.portrait.portraitTryOnClothes(params))

    return work


@pytest.mark.parametrize(
    ("garment", "kind"),
    [("top", "upper_body"), ("bottom", "lower_body"), ("dress", "full_body")],
)
def test_every_garment_gives_a_picture(run, images, download, garment, kind):
    done = run(dress(images(garment, kind)))
    assert done["task_status"] == 2
    assert download(done["data"]["image"]).width >= 150


def test_a_file_without_name_and_type_is_taken(run, images, photo):
    params = images() | {"personImage": io.BytesIO(photo("person.jpg"))}
    assert run(dress(params))["task_status"] == 2


def test_the_wait_sees_the_states(run, images, emulate):
    with emulate("ailab", "--job-seconds=2") as service:
        run(dress(images()), at=service)
        assert len(service.received("poll")) >= 2


@pytest.mark.parametrize("method", ["portraitTryOnClothesPro", "portraitTryOnClothesPremium"])
@pytest.mark.parametrize("bottom", [True, False])
def test_the_larger_models_dress_both_halves(run, photo, download, method, bottom):
    params = {
        "taskType": "async",
        "personImage": photo("person.jpg"),
        "topGarment": photo("top.png"),
        "resolution": 1024,
        "restoreFace": True,
    }
    if bottom:
        params["bottomGarment"] = photo("bottom.png")

    async def work(client):
        return await finish(client, await getattr(client.portrait, method)(params))

    done = run(work)
    assert done["usage"]["image_count"] == 1
    assert download(done["output"]["image_url"]).size == (576, 1024)


def test_a_result_can_be_refined(run, photo, download):
    params = {
        "taskType": "async",
        "personImage": photo("person.jpg"),
        "topGarment": photo("top.png"),
        "coarseImage": photo("person.jpg"),
        "gender": "man",
    }

    async def work(client):
        return await finish(client, await client.portrait.portraitTryOnClothesRefiner(params))

    assert download(run(work)["output"]["image_url"]).width >= 150


def refusal(run, work, **options):
    with pytest.raises(AILabApiError) as caught:
        run(work, **options)
    error = caught.value
    assert error.request_id
    assert str(error)
    return error.detail.status_code, error.detail.code


def test_a_wrong_key_is_refused_everywhere(run, images):
    expected = (401, "ERROR_APPLICATIONS_NOT_EXISTS")
    assert refusal(run, dress(images()), key="k" * 64) == expected
    assert refusal(run, lambda client: client.common.commonQueryCredits({}), key="k") == expected
    poll = {"taskId": "1788109088348.1e968d25-86f6-cef9-9010-69b485b12ecd"}
    asked = refusal(run, lambda client: client.common.commonQueryAsyncTaskResult(poll), key="k")
    assert asked == expected


@pytest.mark.parametrize(
    "changed", [{"clothesType": "shoes"}, {"taskType": "sync"}, {"clothesType": ""}]
)
def test_wrong_values_are_refused(run, images, changed):
    answer = refusal(run, dress(images() | changed))
    assert answer == (400, "UNSUPPORTED_PARAMETER_VALUES")


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("wide.png", (413, "FILE_SIZE_EXCEEDS_LIMIT")),
        ("person.bmp", (415, "UNSUPPORTED_FILE_TYPES")),
        ("text.jpg", (422, "FILE_DECODING_FAILURE")),
    ],
)
def test_a_bad_picture_fails_at_the_poll(run, images, person, expected):
    async def work(client):
        submitted = await client.portrait.portraitTryOnClothes(images(person=person))
        with pytest.raises(AILabApiError) as caught:
            await finish(client, submitted)
        return caught.value.detail

    detail = run(work)
    assert (detail.status_code, detail.code) == expected


@pytest.mark.parametrize("envelope", ["E1", "E2", "E3"])
def test_every_generation_of_replies_is_read(run, images, emulate, envelope):
    with emulate("ailab", "--job-seconds=0", f"--knob=envelope={envelope}") as service:
        assert run(dress(images()), at=service)["task_status"] == 2
        answer = refusal(run, dress(images(kind="shoes")), at=service)
        assert answer == (400, "UNSUPPORTED_PARAMETER_VALUES")


@pytest.mark.parametrize(
    ("mode", "error"), [("A", AILabApiError), ("B", AILabApiError), ("C", RuntimeError)]
)
def test_every_way_of_failing_is_an_error(run, images, emulate, mode, error):
    options = (f"--knob=failure_mode={mode}", "--knob=job_failure=ERROR_NO_FACE_IN_FILE")
    with emulate("ailab", "--job-seconds=0", *options) as service, pytest.raises(error):
        run(dress(images()), at=service)


def test_an_unknown_task_is_refused(run):
    poll = {"taskId": "1788109088348.1e968d25-86f6-cef9-9010-69b485b12ecd"}
    answer = refusal(run, lambda client: client.common.commonQueryAsyncTaskResult(poll))
    assert answer == (404, "ERROR_RESOURCE_NOT_FOUND")


def test_credits_are_counted(run, images):
    async def credits_left(client):
        pools = (await client.common.commonQueryCredits({}))["data"]
        return sum(pool["balance"] for pool in pools)

    before = run(credits_left)
    run(dress(images()))
    assert run(credits_left) == before - 10


def test_a_faulty_server_is_told_from_a_refusal(run, images, emulate):
    with emulate("ailab", "--job-seconds=0", "--fault=submit:html*1") as broken:
        with pytest.raises(AILabApiError) as caught:
            run(dress(images()), at=broken)
        assert caught.value.detail.code is None
        assert run(dress(images()), at=broken)["task_status"] == 2


def test_empty_credits_have_the_vendors_code(run, images, emulate):
    fault = "--fault=submit:ERROR_NOT_ENOUGH_CREDITS*1"
    with emulate("ailab", "--job-seconds=0", fault) as broke:
        answer = refusal(run, dress(images()), at=broke)
        assert answer == (429, "ERROR_NOT_ENOUGH_CREDITS")
