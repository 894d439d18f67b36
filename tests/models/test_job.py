from datetime import datetime, timezone

import pytest

from tryon_core.errors import InputRefused, RateLimited
from tryon_core.models import Artifact, Failure, Job, JobResult, JobState, JobUpdate, UrlSource

WHEN = datetime(2026, 1, 2, tzinfo=timezone.utc)
NAIVE = datetime(2026, 1, 2)  # noqa: DTZ001  (that is the point)
IMAGE = Artifact(source=UrlSource("https://x/a.png"))


def _job(**facts):
    return Job(**{"provider": "acme", "id": "1", "submitted_at": WHEN, **facts})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", ""),
        ("id", 5),
        ("provider", ""),
        ("data", {"a": None}),
        ("data", {1: "a"}),
        ("request_id", 5),
        ("fingerprint", b"x"),
        ("submitted_at", NAIVE),
        ("expires_at", NAIVE),
    ],
)
def test_a_job_that_no_token_could_carry_is_refused_when_it_is_made(field, value):
    with pytest.raises((TypeError, ValueError), match=field):
        _job(**{field: value})


def test_the_time_at_which_an_address_dies_has_a_zone():
    with pytest.raises(ValueError, match="expires_at must have a time zone"):
        Artifact(source=UrlSource("https://x/a.png"), expires_at=NAIVE)


@pytest.mark.parametrize("state", JobState)
def test_only_three_states_cannot_change_any_more(state):
    assert state.is_final == (state.value in {"succeeded", "failed", "cancelled"})


def test_a_result_has_at_least_one_image():
    with pytest.raises(ValueError, match="images"):
        JobResult(images=[])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Artifact(source="https://x/a.png"), "source"),
        (lambda: JobResult(images=["https://x/a.png"]), "images"),
        (lambda: JobUpdate(state="succeeded"), "state"),
        (lambda: JobUpdate(state=JobState.SUCCEEDED, result=[IMAGE]), "result"),
        (lambda: JobUpdate(state=JobState.FAILED, failure="no person"), "failure"),
    ],
)
def test_an_answer_that_the_core_could_not_read_is_refused_where_it_is_made(make, field):
    with pytest.raises(TypeError, match=f"'{field}'"):
        make()


def test_what_was_used_is_text_as_it_came():
    assert JobResult(images=[IMAGE], usage={"image_count": 1}).usage == {"image_count": "1"}


def test_jobs_and_results_can_be_keys():
    result = JobResult(images=[IMAGE], usage={"n": "1"})
    assert len({_job(data={"a": "b"}, result=result), _job(data={"a": "b"}, result=result)}) == 1
    assert _job(data={"a": "b"}) != _job(data={"a": "c"})


@pytest.mark.parametrize("error", [InputRefused, InputRefused("bad")], ids=["class", "instance"])
def test_a_failure_may_answer_like_an_error(error):
    failure = Failure.like(error, code="NoPerson", message="nobody there", billed="no")
    assert failure == Failure(
        code="NoPerson", message="nobody there", fault="input", retry="after_change", billed="no"
    )
    refused = RateLimited("slow", remedy="Wait a minute.")
    assert Failure.like(refused, code="", message="").remedy == "Wait a minute."
    assert Failure.like(refused, code="", message="").billed == "unknown"


@pytest.mark.parametrize(
    ("code", "message", "shown"),
    [("bad", "Too dark.", "Too dark (bad)"), ("", "Too dark", "Too dark"), ("No.", "No.", "No")],
)
def test_a_failure_shows_its_code_where_that_says_more(code, message, shown):
    assert Failure(code=code, message=message).shown == shown
