"""Submissions whose answer was lost: found again by an id of our own, or known not to be there."""

import pytest

from servers import answer, json_answer
from tryon_core import Attempt, Found, NotAccepted, Undecided, errors
from tryon_core.errors import UnexpectedResponse

V1_5, V3 = "kolors-virtual-try-on-v1-5", "virtual-try-on-3.0"
MODELS = pytest.mark.parametrize("model", [V1_5, V3])


@pytest.fixture
def given(image, host):
    """Images by address, which both interfaces can be given."""
    return {"person": host(image()), "top": host(image())}


@MODELS
@pytest.mark.parametrize("fault", ["drop", "cut", "empty", "truncated"])
def test_an_answer_that_was_lost_is_found_again(emulate, given, fault, model):
    """The id of our own is sent with the task, and can be asked for: one request, one task."""
    client, running = emulate(f"submit:{fault}*1")
    result = client.try_on(given["person"], top=given["top"], options={"model": model})
    assert result.images[0].format == "PNG"
    assert running.log.count("submit") == 1
    assert [job.id for job in running.ctx.jobs.all()] == [result.job.id]
    assert sum(running.ctx.billed.values()) == 1


@MODELS
@pytest.mark.parametrize("code", ["5000", "5001", "5002"])
def test_an_outage_after_the_task_was_made_loses_nothing(emulate, given, code, model):
    client, running = emulate(late_code=code)
    job = client.submit(given["person"], top=given["top"], options={"model": model})
    assert [made.id for made in running.ctx.jobs.all()] == [job.id]
    assert job.data == {"model": model}


@MODELS
@pytest.mark.parametrize("unknown", ["404", "failed"])
@pytest.mark.parametrize("fault", ["drop-before", "html", "5000"])
def test_what_never_arrived_is_known_not_to_be_there(emulate, given, fault, unknown, model):
    client, running = emulate(f"submit:{fault}*1", unknown_id=unknown)
    with pytest.raises(errors.NotSent, match="accepted nothing") as caught:
        client.submit(given["person"], top=given["top"], options={"model": model})
    assert (caught.value.billed, caught.value.retryable) == ("no", True)
    assert running.log.count("submit") == 1
    assert client.submit(given["person"], top=given["top"], options={"model": model}).id


def test_a_task_that_shows_late_is_found_late(emulate, given):
    client, running = emulate("submit:drop*1", "poll:lag=20*4")
    assert client.submit(given["person"], top=given["top"]).id
    assert running.log.count("poll") >= 3
    assert running.log.count("submit") == 1


@pytest.mark.parametrize("fault", ["5000", "html", "drop", "1302", "foreign"])
def test_a_look_that_fails_proves_nothing(emulate, given, fault):
    client, running = emulate("submit:drop*1", f"poll:{fault}")
    with pytest.raises(errors.OutcomeUnknown) as caught:
        client.submit(given["person"], top=given["top"])
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")
    assert running.log.count("submit") == 1


ATTEMPT_KEY = "0123456789abcdef" * 2
OWN_ID = f"tryon-{ATTEMPT_KEY}"


@pytest.fixture
def look(vendor, clock):
    """Return a function that looks once, and plays the vendor's answer."""

    def ask(reply, model=V1_5):
        client, server = vendor(reply)
        session = client._session
        attempt = Attempt(
            provider="kling", key=ATTEMPT_KEY, sent_at=clock.now(), options={"model": model}
        )
        return session.bound.find_submission(attempt, session.context()), server.requests[0].target

    return ask


def classic(**more):
    data = {"task_id": "t-1", "task_status": "submitted", **more}
    return json_answer({"code": 0, "message": "SUCCEED", "request_id": "r", "data": data})


def test_the_classic_interface_is_asked_by_our_own_id(look):
    found, target = look(classic(task_info={"external_task_id": OWN_ID}))
    assert (type(found), found.job.id, target) == (
        Found,
        "t-1",
        f"/v1/images/kolors-virtual-try-on/{OWN_ID}",
    )


def test_the_later_interface_is_asked_by_our_own_id(look):
    data = [{"id": "t-2", "status": "processing", "external_id": OWN_ID}]
    found, target = look(json_answer({"code": 0, "data": data}), V3)
    assert (found.job.id, target) == ("t-2", f"/solutions?external_task_ids={OWN_ID}")
    assert found.job.data == {"model": V3}


@pytest.mark.parametrize("named", [{}, {"task_info": {"external_task_id": "of another"}}])
def test_a_task_that_is_not_named_as_ours_is_only_a_candidate(look, named):
    found, _ = look(classic(**named))
    assert isinstance(found, Undecided)
    assert found.candidates == ("t-1",)


@pytest.mark.parametrize(
    ("reply", "model"),
    [
        (json_answer({"code": 1203, "message": "no"}, 404), V1_5),
        (json_answer({"code": 1203, "message": "no"}, 404), V3),
        (json_answer({"code": 0, "data": []}), V3),
        (classic(task_status="failed", task_status_msg="task not found"), V1_5),
    ],
)
def test_what_says_that_there_is_no_task(look, reply, model):
    """How an unknown id is answered is not documented: all forms of which anybody tells."""
    assert isinstance(look(reply, model)[0], NotAccepted)


@pytest.mark.parametrize(
    "reply",
    [
        answer(404, "<html>not here</html>"),
        answer(200, "<html>login</html>"),
        json_answer({"data": []}),
        json_answer({"code": 0}),
        json_answer({"code": 0, "data": {}}),
        json_answer({"code": 1002, "message": "no"}, 401),
        json_answer({"code": 1202, "message": "no"}, 404),
    ],
)
def test_what_says_nothing_of_the_task(look, reply):
    with pytest.raises(errors.TryOnError) as caught:
        look(reply)
    assert isinstance(
        caught.value, (UnexpectedResponse, errors.AccountError, errors.VendorUnavailable)
    )
