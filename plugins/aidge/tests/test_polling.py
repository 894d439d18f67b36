"""What the answers to status questions mean."""

import json

import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core import JobState, LibraryModel, UrlSource, errors

URL = "https://shop.example/a.jpg"
ONE, TWO = "https://results.example/1.png", "https://results.example/2.png"


@pytest.fixture
def ask(vendor, client, accepted):
    """Submit, then ask once and get this answer."""

    def ask(body, *, count=1):
        vendor.says(accepted)
        job = client.submit(LibraryModel(), top=URL, options={"generate_count": count})
        vendor.says(body)
        ask.again = lambda: client.poll(job)
        return ask.again()

    return ask


def shape_b(*urls, status="finished", code="200", message="success"):
    struct = {"code": code, "data": list(urls), "message": message}
    inner = {"data": {"message": [], "structData": struct}, "success": True, "requestId": "x"}
    return {
        "usage": len(urls),
        "requestBizId": "",
        "taskStatus": status,
        "usageMap": '{"usage":4}',
        "taskResult": json.dumps(inner),
    }


def _urls(update):
    return [image.source.url for image in update.result.images]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("submitted", JobState.PENDING),
        ("running", JobState.RUNNING),
        ("RUNNING", JobState.RUNNING),
        ("paused", JobState.UNKNOWN),
    ],
)
def test_a_task_that_is_not_over_has_a_state(ask, stands, status, state):
    update = ask(stands(status))
    assert (update.state, update.vendor_status, update.request_id) == (state, status, "r-2")


@pytest.mark.parametrize("empty", [[], [""], [{"imageUrl": " "}]], ids=repr)
def test_an_empty_list_of_images_hides_none_that_stands_elsewhere(ask, stands, empty):
    part = {"taskResult": {"result": {"imageList": empty}, "structData": {"data": [ONE]}}}
    assert _urls(ask(stands("finished", part))) == [ONE]


@pytest.mark.parametrize("results", ["", None, "[]", []], ids=repr)
def test_a_running_task_may_have_no_list_of_results(ask, stands, results):
    body = stands("running")
    body["data"]["taskResult"] = results
    assert ask(body).state is JobState.RUNNING


def test_shape_a_is_read(ask, stands, gives):
    update = ask(stands("finished", gives(ONE, TWO)), count=2)
    assert update.state is JobState.SUCCEEDED
    assert _urls(update) == [ONE, TWO]
    assert update.result.notices == ()


def test_shape_b_is_read(ask, stands):
    body = stands("finished", shape_b(ONE, TWO))
    body["data"]["usage"] = 2
    update = ask(body, count=2)
    assert _urls(update) == [ONE, TWO]
    assert update.result.usage == {"usage": "2"}


@pytest.mark.parametrize("level", ["data", "list", "sub-task", "all"])
def test_either_shape_is_read_when_any_level_of_it_is_text(ask, stands, gives, level):
    body = stands("finished", gives(ONE), shape_b(TWO))
    data = body["data"]
    if level in {"sub-task", "all"}:
        (first, _) = data["taskResult"]
        first["taskResult"] = json.dumps(first["taskResult"])
    if level in {"list", "all"}:
        data["taskResult"] = json.dumps(data["taskResult"])
    if level in {"data", "all"}:
        body["data"] = json.dumps(data)
    assert _urls(ask(body, count=2)) == [ONE, TWO]


def test_a_sub_task_without_status_counts_as_its_task(ask, stands, gives):
    sub = gives(ONE)
    del sub["taskStatus"]
    assert _urls(ask(stands("finished", sub))) == [ONE]


@pytest.mark.parametrize("status", ["finished", "failed"])
@pytest.mark.parametrize("left", [None, "", "the model failed", {"reason": 3}], ids=repr)
def test_a_failed_sub_task_costs_its_images_only(ask, stands, gives, status, left):
    failed = {"taskStatus": "failed", "taskResult": left}
    update = ask(stands(status, gives(ONE), failed), count=2)
    assert update.state is JobState.SUCCEEDED
    assert _urls(update) == [ONE]
    (notice,) = update.result.notices
    assert notice.code == "images_missing"
    assert "1 of 2 images are missing: 1 of 2 sub-tasks gave none" in notice.message


def test_a_finished_sub_task_without_images_counts_as_failed(ask, stands):
    update = ask(stands("finished", shape_b(ONE), shape_b(code="801", message="")), count=2)
    (notice,) = update.result.notices
    assert "1 of 2 images are missing: 1 of 2 sub-tasks gave none" in notice.message


def test_fewer_images_than_asked_for_are_noticed_without_any_reason(ask, stands, gives):
    (notice,) = ask(stands("finished", gives(ONE)), count=4).result.notices
    assert "3 of 4 images are missing: the service does not say why" in notice.message


def test_more_images_than_expected_are_no_fault(ask, stands, gives):
    assert ask(stands("finished", gives(ONE, TWO))).result.notices == ()


def test_each_own_photo_gives_an_image(vendor, client, accepted, stands, gives):
    vendor.says(accepted, stands("finished", gives(ONE, TWO)))
    job = client.submit(URL, top=URL, options={"more_photos": [URL, URL]})
    (notice,) = client.poll(job).result.notices
    assert "1 of 3 images are missing" in notice.message


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"resCode": "801", "resMessage": "model failed"}, "801", "model failed"),
        ({"resMessage": "no person in the photo"}, "failed", "no person in the photo"),
        ({}, "failed", "the service gave no reason"),
    ],
    ids=str,
)
def test_a_failed_task_gives_the_reason_of_its_reply(ask, stands, change, code, words):
    update = ask(stands("failed", **change))
    assert update.state is JobState.FAILED
    assert (update.failure.code, update.failure.message) == (code, words)
    assert update.failure.billed == "unknown"


def test_a_failed_task_gives_the_words_of_a_sub_task(ask, stands):
    failed = {"taskStatus": "failed", "taskResult": "garment is not visible"}
    assert ask(stands("failed", failed)).failure.message == "garment is not visible"


@pytest.mark.parametrize("status", ["finished", "failed"])
@pytest.mark.parametrize("own", ["finished", "failed"])
def test_a_task_without_images_gives_the_code_of_its_sub_task(ask, stands, status, own):
    sub = shape_b(code=1000, message="content has sensitive data", status=own)
    update = ask(stands(status, sub))
    assert update.state is JobState.FAILED
    assert (update.failure.code, update.failure.fault) == ("1000", "input")
    assert update.failure.message == "content has sensitive data"


@pytest.mark.parametrize(
    "left", [None, {"data": 3}, {"data": {"structData": {"code": "200"}}}], ids=str
)
@pytest.mark.parametrize("status", ["finished", "failed"])
def test_a_failed_sub_task_may_say_nothing(ask, stands, status, left):
    update = ask(stands(status, {"taskStatus": "failed", "taskResult": left}))
    assert update.state is JobState.FAILED
    assert (update.failure.code, update.failure.message) == ("failed", "the service gave no reason")


def test_words_that_are_no_text_are_left_out(ask, stands):
    update = ask(stands("finished", shape_b(code="801", message=["x"])))
    assert update.failure.message == "the service gave no reason"


@pytest.mark.parametrize("code", ["701", "703", "707", "801", "1000", "1002"])
def test_a_verdict_on_the_task_alone_is_a_failure(ask, code):
    update = ask({"code": "0", "success": "false", "resCode": code, "resMessage": "so"})
    assert update.state is JobState.FAILED
    assert (update.failure.code, update.failure.message) == (code, "so")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"code": "0", "resCode": 500, "resMessage": "system error"}, errors.VendorUnavailable),
        ({"code": "0", "resCode": 501, "resMessage": "rate limit exceed"}, errors.RateLimited),
        ({"code": "0", "resCode": 900, "resMessage": "tpp url error"}, errors.VendorUnavailable),
        ({"code": "0", "success": "false"}, errors.UnexpectedResponse),
        ({"code": "IncompleteSignature", "message": "no"}, errors.AuthenticationFailed),
        ({"code": "ApiCallLimit", "data": {}}, errors.RateLimited),
    ],
    ids=str,
)
def test_a_verdict_on_the_question_says_nothing_of_the_task(ask, body, error):
    with pytest.raises(error) as caught:
        ask(body)
    assert caught.value.job.id == "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"


@pytest.mark.parametrize("code", [5, 1.5, True, "x", "501", ["0"], {"a": 1}], ids=repr)
def test_a_code_beside_a_task_decides_nothing(ask, stands, gives, code):
    assert _urls(ask(stands("finished", gives(ONE), code=code))) == [ONE]


def test_a_poll_that_is_refused_as_invalid_is_sent_by_the_other_name_as_well(
    vendor, client, accepted, stands
):
    vendor.says(accepted)
    job = client.submit(URL, top=URL)
    refused = {"code": "0", "success": "false", "resCode": "700", "resMessage": "taskId is missing"}
    vendor.says(refused, stands("running"), stands("running"))
    assert client.poll(job).state is JobState.RUNNING
    assert client.poll(job).state is JobState.RUNNING
    names = [next(iter(vendor.body(index))) for index in (-3, -2, -1)]
    assert names == ["task_id", "taskId", "taskId"]


def test_a_poll_that_is_refused_by_both_names_says_nothing_of_the_task(vendor, client, accepted):
    vendor.says(accepted)
    job = client.submit(URL, top=URL)
    refused = {"code": "0", "success": "false", "resCode": "700"}
    vendor.says(
        {**refused, "resMessage": "taskId is missing"}, {**refused, "resMessage": "no such task."}
    )
    with pytest.raises(errors.InputRefused, match="700: taskId is missing") as caught:
        client.poll(job)
    error = caught.value
    assert "With taskId instead: no such task." in str(error)
    assert "query_field" in error.remedy
    assert "submit" not in str(error)
    assert (error.job, error.retry, error.billed) == (job, "later", "unknown")


def test_a_check_of_the_content_that_failed_is_asked_for_again(ask):
    with pytest.raises(errors.VendorUnavailable, match="please retry") as caught:
        ask({"code": "0", "resCode": "1001", "resMessage": "content control failed, please retry"})
    assert caught.value.job is not None


def test_a_status_of_another_task_is_never_taken(ask, stands, gives):
    body = stands("finished", gives(ONE))
    body["data"]["taskId"] = "other"
    with pytest.raises(errors.UnexpectedResponse, match="speaks of other"):
        ask(body)


_NO_ADDRESS = {"taskResult": {"result": {"imageList": [{"imageUrl": None}, {"imageUrl": TWO}]}}}


@pytest.mark.parametrize(
    ("odd", "urls"),
    [
        (None, [ONE]),
        ("the model is busy", [ONE]),
        (3, [ONE]),
        ([], [ONE]),
        ({}, [ONE]),
        ({"taskResult": 3}, [ONE]),
        ({"taskResult": {"result": {"imageList": [None]}}}, [ONE]),
        ({"taskResult": {"data": {"structData": {"data": [None, 5]}}}}, [ONE]),
        (_NO_ADDRESS, [TWO, ONE]),
        ({"taskResult": {"result": {"imageList": [TWO]}}}, [TWO, ONE]),
        ({"taskResult": {"result": {"imageList": {"imageUrl": TWO}}}}, [TWO, ONE]),
        ({"taskResult": {"imageList": [{"imageUrl": TWO}]}}, [TWO, ONE]),
        ({"taskResult": {"structData": {"data": [TWO]}}}, [TWO, ONE]),
        ({"taskResult": [TWO]}, [TWO, ONE]),
        ({"taskResult": TWO}, [TWO, ONE]),
        ({"imageList": [{"imageUrl": TWO}]}, [TWO, ONE]),
    ],
    ids=str,
)
def test_an_odd_sub_task_loses_no_other_image(ask, stands, gives, odd, urls):
    result = ask(stands("finished", odd, gives(ONE)), count=len(urls)).result
    assert [image.source.url for image in result.images] == urls
    if TWO not in urls or odd is _NO_ADDRESS:
        assert [notice.code for notice in result.notices] == ["images_missing"]


def test_a_sub_task_that_stands_alone_is_read(ask, stands, gives):
    body = stands("finished")
    body["data"]["taskResult"] = gives(ONE)
    assert _urls(ask(body)) == [ONE]


def test_a_finished_task_with_a_running_part_is_not_over_for_ten_minutes(ask, stands, gives, clock):
    body = stands("finished", gives(ONE), {"taskStatus": "running"})
    assert ask(body, count=2).state is JobState.RUNNING
    clock.advance(599)
    assert ask.again().state is JobState.RUNNING
    clock.advance(1)
    update = ask.again()
    assert _urls(update) == [ONE]
    assert "1 of 2 images are missing" in update.result.notices[0].message


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (None, "response.data"),
        ({}, "response.data.taskStatus"),
        ({"taskStatus": 3}, "response.data.taskStatus"),
        ({"taskStatus": "finished", "taskResult": {}}, "response.data.taskResult"),
        ({"taskStatus": "finished", "taskResult": []}, "response.data.taskResult"),
        ({"taskStatus": "finished"}, "response.data.taskResult"),
        (
            {"taskStatus": "finished", "taskResult": [{"taskResult": {"result": {}}}]},
            "response.data.taskResult",
        ),
        (
            {"taskStatus": "finished", "taskResult": [None, 3, "no JSON"]},
            "response.data.taskResult",
        ),
    ],
    ids=str,
)
def test_an_answer_that_breaks_the_contract_names_the_place(ask, data, path):
    with pytest.raises(errors.UnexpectedResponse, match=path) as caught:
        ask({"code": "0", "data": data})
    assert caught.value.job is not None
    assert caught.value.billed == "unknown"


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b'{"code":'])
def test_an_answer_that_is_no_envelope_keeps_the_job(vendor, client, accepted, body):
    vendor.says(accepted)
    job = client.submit(URL, top=URL)
    vendor.play(answer(200, body))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.poll(job)
    assert caught.value.job is job


def test_nested_text_without_end_is_left_alone(ask, stands):
    body = stands("running")
    deep = [1]
    for _ in range(40):
        deep = [deep]
    body["data"]["extra"] = [deep, "[" * 50_000, '{"a":']
    assert ask(body).state is JobState.RUNNING


def test_a_question_is_repeated_when_its_answer_is_lost(vendor, client, accepted, stands):
    vendor.says(accepted)
    job = client.submit(URL, top=URL)
    vendor.play(drop_after_body, json_answer(stands("running")))
    assert client.poll(job).state is JobState.RUNNING
    timestamps = {vendor.query(index)["timestamp"] for index in (1, 2)}
    assert len(timestamps) == 2


def test_a_token_without_the_expected_number_is_good_enough(
    vendor, client, accepted, stands, gives
):
    import attrs

    vendor.says(accepted)
    job = attrs.evolve(client.submit(URL, top=URL), data={"expected_images": "many"})
    vendor.says(stands("finished", gives(ONE)))
    update = client.poll(job)
    assert update.result.images[0].source == UrlSource(ONE)
    assert update.result.notices == ()
