"""The routes, asked by a program that knows nothing of our client."""

import io
import re

import pytest
from PIL import Image

from tryon_ailab.emulator import KEY
from tryon_ailab.models import PATHS

TASK_ID = re.compile(r"[0-9]{13}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _detail(answer):
    return answer.json()["error_detail"]


def _code(answer):
    return answer.status_code, _detail(answer)["code"]


def test_a_good_submission_gives_a_task(emulation, words, files):
    answer = emulation().submit(words, files)
    body = answer.json()
    assert (answer.status_code, body["error_code"], body["task_type"]) == (200, 0, "async")
    assert TASK_ID.fullmatch(body["task_id"])
    assert body["request_id"] == body["log_id"] != ""


def test_the_states_follow_the_time_and_the_result_stays(emulation, words, files, clock):
    wire = emulation()
    task_id = wire.submit(words, files).json()["task_id"]
    seen = []
    for _ in range(4):
        seen.append(wire.poll(task_id).json())
        clock.advance(4)
    assert [body["task_status"] for body in seen] == [0, 1, 1, 2]
    assert [body["data"]["image"] for body in seen[:3]] == ["", "", ""]
    url = seen[3]["data"]["image"]
    assert re.search(r"/[0-9a-f-]{36}_[0-9]{10}\.png$", url)
    assert wire.poll(task_id).json()["data"]["image"] == url
    answer = wire.get(url)
    assert answer.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (240, 320)


def test_result_and_task_live_for_a_day(emulation, words, files, clock):
    wire = emulation()
    task_id = wire.submit(words, files).json()["task_id"]
    clock.advance(10)
    url = wire.poll(task_id).json()["data"]["image"]
    clock.advance(86_389)
    assert wire.get(url).status_code == 200
    assert wire.poll(task_id).status_code == 200
    clock.advance(11)
    assert wire.get(url).status_code == 403
    assert _code(wire.poll(task_id)) == (410, "ERROR_RESOURCE_RECLAIMED")


def test_a_result_that_is_asked_for_late_lives_no_longer(emulation, words, files, clock):
    wire = emulation(result_lifetime_s=100)
    task_id = wire.submit(words, files).json()["task_id"]
    clock.advance(10 + 99)
    url = wire.poll(task_id).json()["data"]["image"]
    assert wire.get(url).status_code == 200
    clock.advance(1)
    assert wire.get(url).status_code == 403


@pytest.mark.parametrize("key", [None, "", KEY[:-1], "ключ"])
def test_another_key_is_refused_on_every_route(emulation, words, files, key):
    wire = emulation()
    headers = {} if key is None else {"ailabapi-api-key": key.encode()}
    for answer in (
        wire.submit(words, files, headers=headers),
        wire.poll("1", headers=headers),
        wire.balance(headers=headers),
    ):
        assert _code(answer) == (401, "ERROR_APPLICATIONS_NOT_EXISTS")


def test_which_of_the_two_401_is_a_knob_and_headers_have_no_case(emulation):
    wire = emulation(key_code="ERROR_USER_NOT_EXISTS")
    assert _code(wire.balance(headers={})) == (401, "ERROR_USER_NOT_EXISTS")
    assert wire.balance(headers={"AILABAPI-API-KEY": KEY}).status_code == 200


def test_an_unknown_task_is_not_found(emulation):
    assert _code(emulation().poll("17")) == (404, "ERROR_RESOURCE_NOT_FOUND")
    wire = emulation(unknown_task="ERROR_PARAMETERS")
    assert _code(wire.poll("17")) == (400, "ERROR_PARAMETERS")


def test_a_query_without_a_task_is_refused(emulation):
    answer = emulation().poll("")
    assert _code(answer) == (400, "UNSUPPORTED_PARAMETER_VALUES")
    assert "task_id: Cannot be empty." in _detail(answer)["message"]


def test_a_bad_image_is_reported_at_the_query_and_not_billed(emulation, words, files, clock):
    wire = emulation()
    files["clothes_image"] = ("a.png", b"no image at all", "image/png")
    submitted = wire.submit(words, files)
    assert submitted.status_code == 200
    task_id = submitted.json()["task_id"]
    clock.advance(10)
    assert _code(wire.poll(task_id)) == (422, "FILE_DECODING_FAILURE")
    assert wire.running.ctx.billed == {}


def test_a_bad_image_is_reported_at_once_where_told(emulation, words, files):
    wire = emulation(image_checks="submit")
    files["person_image"] = ("a.png", b"no image at all", "image/png")
    assert _code(wire.submit(words, files)) == (422, "FILE_DECODING_FAILURE")
    assert wire.running.ctx.jobs.all() == []


@pytest.mark.parametrize("case", [("A", 422, 422, None), ("B", 200, 422, None), ("C", 200, 0, 3)])
def test_a_failed_task_shows_in_one_of_three_ways(emulation, words, files, case):
    mode, *expected = case
    wire = emulation(failure_mode=mode, job_failure="ERROR_NO_FACE_IN_FILE", job_s=0)
    answer = wire.poll(wire.submit(words, files).json()["task_id"])
    body = answer.json()
    assert [answer.status_code, body["error_code"], body.get("task_status")] == expected


def test_the_other_models_answer_elsewhere(emulation, photo, tee, jeans, clock):
    wire = emulation()
    images = {"person_image": photo, "top_garment": tee, "bottom_garment": jeans}
    refined = {"coarse_image": photo, "gender": "woman"}
    for model in ("pro", "premium", "refiner"):
        files = {name: ("upload", data) for name, data in images.items()}
        words = {"task_type": "async"}
        if model == "refiner":
            files["coarse_image"] = ("upload", refined["coarse_image"])
            words["gender"] = refined["gender"]
        task_id = wire.submit(words, files, model=model).json()["task_id"]
        assert "data" not in wire.poll(task_id).json()
        clock.advance(10)
        body = wire.poll(task_id).json()
        assert body["usage"] == {"image_count": 1}
        assert wire.get(body["output"]["image_url"]).status_code == 200
    assert list(wire.running.ctx.billed.values()) == [30, 50, 25]


@pytest.mark.parametrize(
    ("resolution", "size"), [("-1", (240, 320)), ("1024", (576, 1024)), ("1280", (720, 1280))]
)
def test_the_result_has_the_asked_size(emulation, photo, resolution, size):
    wire = emulation(job_s=0, result_format="JPEG")
    words = {"task_type": "async", "resolution": resolution, "restore_face": "True"}
    files = {"person_image": ("upload", photo), "top_garment": ("upload", photo)}
    task_id = wire.submit(words, files, model="pro").json()["task_id"]
    answer = wire.get(wire.poll(task_id).json()["output"]["image_url"])
    image = Image.open(io.BytesIO(answer.content))
    assert (image.size, image.format) == (size, "JPEG")


def test_credits_are_counted_and_run_out(emulation, words, files):
    wire = emulation(credit_count=25)

    def left():
        return {pool["unique_sign"]: pool["balance"] for pool in wire.balance().json()["data"]}

    assert left() == {"common": 25, "portrait_try_on_clothes": 40}
    assert wire.submit(words, files).status_code == 200
    assert wire.submit(words, files).status_code == 200
    assert left()["common"] == 5
    assert _code(wire.submit(words, files)) == (429, "ERROR_NOT_ENOUGH_CREDITS")
    assert left()["common"] == 5


def test_the_credits_have_all_documented_fields(emulation):
    body = emulation().balance().json()
    assert body["error_code"] == 0
    assert set(body["data"][0]) == {
        "unique_sign",
        "name",
        "balance",
        "total",
        "last_recharge_balance",
        "balance_warning",
        "first_buy_time",
        "last_update_time",
    }
    assert isinstance(body["data"][0]["first_buy_time"], int)


def test_submissions_are_limited_in_a_moving_window(emulation, words, files, clock):
    wire = emulation(submissions=3, window_s=60, retry_after_s=20)
    for _ in range(3):
        assert wire.submit(words, files).status_code == 200
    refused = wire.submit(words, files)
    assert _code(refused) == (429, "EXCEEDING_LIMITS")
    assert refused.headers["Retry-After"] == "20"
    clock.advance(60)
    assert wire.submit(words, files).status_code == 200


def test_tasks_at_once_are_limited(emulation, words, files, clock):
    wire = emulation(running_jobs=1)
    assert wire.submit(words, files).status_code == 200
    assert _code(wire.submit(words, files)) == (429, "EXCEEDING_LIMITS")
    clock.advance(10)
    assert wire.submit(words, files).status_code == 200


@pytest.mark.parametrize(
    ("early", "data"),
    [("missing", "absent"), ("empty", {}), ("blank", {"image": ""}), ("null", None)],
)
def test_the_data_of_an_unfinished_task_is_a_knob(emulation, words, files, early, data):
    wire = emulation(early_data=early)
    body = wire.poll(wire.submit(words, files).json()["task_id"]).json()
    assert body.get("data", "absent") == data


def test_answers_to_the_query_may_lack_ids_and_refuse_at_first(emulation, words, files):
    wire = emulation(poll_ids=False, transient_422=2)
    task_id = wire.submit(words, files).json()["task_id"]
    assert [wire.poll(task_id).status_code for _ in range(3)] == [422, 422, 200]
    assert "request_id" not in wire.poll(task_id).json()


def test_any_status_can_be_told(emulation, words, files):
    wire = emulation(status=9)
    assert wire.poll(wire.submit(words, files).json()["task_id"]).json()["task_status"] == 9


def test_an_outage_may_leave_a_billed_task_behind(emulation, words, files):
    wire = emulation(work_behind_5xx=True, faults=["submit:504*1", "submit:429*1"])
    assert _code(wire.submit(words, files)) == (504, "AI_SERVICE_TIMEOUT")
    assert list(wire.running.ctx.billed.values()) == [10]
    assert wire.submit(words, files).status_code == 429
    assert len(wire.running.ctx.billed) == 1


def test_an_outage_leaves_nothing_behind_by_default(emulation, words, files):
    wire = emulation(faults=["submit:504"])
    assert wire.submit(words, files).status_code == 504
    assert wire.running.ctx.billed == {}


def test_the_store_of_results_answers_in_its_own_way(emulation, words, files):
    wire = emulation(job_s=0, faults=["result:403"])
    task_id = wire.submit(words, files).json()["task_id"]
    answer = wire.get(wire.poll(task_id).json()["data"]["image"])
    assert answer.status_code == 403
    assert "json" not in answer.headers["Content-Type"]


def test_what_is_not_there_answers_as_retired_models_do(emulation):
    wire = emulation()
    assert _code(wire.get(f"{wire.running.base_url}/api/other")) == (404, "ERROR_AI_NOT_EXISTS")
    assert _code(wire.get(wire.running.base_url + PATHS["base"])) == (
        403,
        "ERROR_ILLEGAL_OPERATION",
    )


def test_pro_may_be_at_its_older_address(emulation):
    old = "/api/portrait/enhance/try-on-clothes-pro"
    wire = emulation(pro_path=old)
    assert wire.post(old).status_code == 401
    assert wire.post(PATHS["pro"]).status_code == 404


def test_a_fault_of_our_own_is_not_told_as_a_missing_route(emulation, words, files, monkeypatch):
    wire = emulation(job_s=0)
    monkeypatch.setattr(wire.running.ctx, "draw_result", None)
    task_id = wire.submit(words, files).json()["task_id"]
    assert _code(wire.poll(task_id)) == (500, "SERVICE_INTERNAL_ERROR")


def test_the_log_shows_what_came_and_no_key(emulation, words, files):
    wire = emulation()
    wire.submit(words, files)
    text = wire.get(f"{wire.running.base_url}/_tryon/log").text
    assert "upper_body" in text
    assert KEY not in text
