"""Whatever JSON a declared vendor answers, at whatever stage: no paid job is lost."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from loom import TABLE, Options, provider as loom
from loom_emulator import emulator as loom_emulator
from tryon_core import Job, JobState, JobUpdate, TryOnError, TryOnRequest
from tryon_testing import ProviderProperties
from tryon_testing.fuzzing import world_of
from tryon_testing.wire import Answer

KEYS = ("data", "run", "state", "images", "image", "url", "status_url", "result_url", "errors")
WORDS = ("over", "broken", "stopped", "waiting", "r-1", "no_credits", "gone", "http://x", "", " ")
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from((*KEYS, "type", "text")) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)
NEAR = st.fixed_dictionaries(
    {"data": JSON | st.fixed_dictionaries({"run": JSON, "state": JSON, "images": JSON})},
    optional={"errors": JSON | st.fixed_dictionaries({"type": st.sampled_from(WORDS)})},
)
STATUSES = st.sampled_from((200, 200, 201, 202, 204, 400, 401, 402, 404, 409, 422, 429, 500, 503))
REFUSALS = {entry.code for entry in TABLE.entries}


class Loom(ProviderProperties):
    provider = loom
    emulator = loom_emulator
    __test__ = False


@pytest.fixture(scope="module")
def world():
    with world_of(Loom()) as made:
        yield made


@pytest.fixture(scope="module")
def sockets(world):
    return world.harness.answered_by(world.client, {})


def _answers(operation, *bodies):
    return [
        Answer(operation=operation, method="GET", status=status, body=json.dumps(body).encode())
        for status, body in bodies
    ]


def _request(model="quick"):
    image = "https://shop.example/1.jpg"
    return TryOnRequest(person=image, top=image, options=Options(model=model))


def _id_in(body):
    data = body.get("data") if isinstance(body, dict) else None
    run = data.get("run") if isinstance(data, dict) else None
    is_text = isinstance(run, str) and run.strip() and run.isprintable()
    return str(run) if type(run) is int or is_text else None


def _outcome(call):
    try:
        return call()
    except TryOnError as error:
        return error


fuzzed = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzzed
@given(status=STATUSES, body=NEAR | JSON)
def test_a_job_that_is_named_is_kept_and_what_may_be_paid_says_so(world, sockets, status, body):
    sockets.script, sockets.sent = _answers("submit", (status, body)), []
    outcome = _outcome(lambda: world.client.submit(_request()))
    named = _id_in(body)
    if named is not None and status not in range(400, 500):
        kept = outcome if isinstance(outcome, Job) else outcome.job
        assert (kept is not None and kept.id == named) or named in str(outcome)
    if isinstance(outcome, TryOnError):
        assert sockets.sent == ["POST submit"] or outcome.retryable
        is_refused = status in range(400, 500) or outcome.vendor_code in REFUSALS
        assert is_refused or (outcome.billed != "no" and not outcome.retryable)


@fuzzed
@given(model=st.sampled_from(["quick", "fine"]), said=st.tuples(STATUSES, NEAR | JSON), later=JSON)
def test_no_answer_to_a_poll_loses_the_job(world, sockets, model, said, later):
    sockets.script = _answers("submit", (200, {"data": {"run": "r-1"}}))
    job = world.client.submit(_request(model))
    over = (200, {"data": {"run": "r-1", "state": "over"}})
    sockets.script = _answers("poll", *((over, (said[0], later)) if later else (said,)))
    outcome = _outcome(lambda: world.client.poll(job))
    if isinstance(outcome, JobUpdate):
        assert (outcome.result is not None) == (outcome.state is JobState.SUCCEEDED)
        assert outcome.state is not JobState.FAILED or outcome.failure is not None
        return
    assert outcome.job == job
    assert outcome.billed != "no"
