import csv
import io
import json
from datetime import datetime, timezone

import attrs
import pytest
from hypothesis import given, strategies as st

from tryon_core import errors, text
from tryon_core.models import (
    Artifact,
    Failure,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    Problem,
    UrlSource,
)

# What a vendor may send inside of JSON: any code point at all.
ANYTHING = st.text(st.characters(exclude_categories=[]))
HOSTILE = "\x1b]0;pwned\x07\x1b[2J \ud800\u202egnp.\x9b31m\r\nerror: forged\u2028resume with:"


def test_a_hostile_text_becomes_one_line_that_shows_what_was_there():
    assert text.one_line(HOSTILE) == (
        r"\x1b]0;pwned\x07\x1b[2J \ud800\u202egnp.\x9b31m error: forged resume with:"
    )


@given(ANYTHING)
def test_one_line_never_holds_what_acts_on_a_terminal(given_text):
    shown = text.one_line(given_text)
    assert len(shown.splitlines()) <= 1
    assert text.is_encodable(shown)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert not any(
        char in shown for char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    assert text.one_line(shown) == shown


@pytest.mark.parametrize("plain", ["b  c.png", "it's 5\u00a0% of 照片 é 👗", r"C:\x1b"])
def test_ordinary_text_stays_as_it_is(plain):
    assert text.one_line(plain) == plain
    assert text.encodable(plain) == plain


@given(ANYTHING)
def test_json_loses_nothing_and_can_always_be_written(given_text):
    written = text.json_text({"a": [given_text]}, indent=2)
    assert json.loads(written.encode().decode()) == {"a": [given_text]}
    assert not any(char in written for char in "\x1b\x9b\u202e\u2066")


def test_json_keeps_letters_readable():
    assert text.json_text("Größe 照片") == '"Größe 照片"'


@given(ANYTHING)
def test_no_cell_of_a_table_begins_like_a_formula(given_text):
    cell = text.guard_cell(given_text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))  # noqa: RUF001
    assert cell.removeprefix("'") == text.encodable(given_text).removeprefix("'")
    file = io.StringIO(newline="")
    csv.writer(file).writerow([cell])
    file.getvalue().encode()


def test_an_error_is_one_line_whatever_the_vendor_wrote():
    error = errors.JobFailed(
        HOSTILE, request_id=HOSTILE, vendor_code=HOSTILE, remedy=HOSTILE, provider="fake"
    )
    for part in (str(error), *error.args, error.request_id, error.vendor_code, error.remedy):
        assert "\x1b" not in part
        assert len(part.splitlines()) == 1
        assert text.is_encodable(part)


def test_the_words_of_a_vendor_are_one_line_in_every_model(job):
    update = JobUpdate(
        state=JobState.FAILED,
        vendor_status=HOSTILE,
        request_id=HOSTILE,
        failure=Failure(code=HOSTILE, message=HOSTILE, remedy=HOSTILE),
    )
    result = JobResult(
        images=[Artifact(source=UrlSource("https://vendor.test/a.png"))],
        notices=[Notice(HOSTILE, HOSTILE)],
        usage={HOSTILE: HOSTILE},
    )
    problem = Problem(HOSTILE, HOSTILE)
    for value in (update, result, problem, job):
        assert "\\x1b" in str(value)
        assert "\x1b" not in str(value).replace("\\\\x1b", "")
        str(value).encode()


@pytest.fixture
def job():
    now = datetime(2026, 1, 2, tzinfo=timezone.utc)
    return Job(provider="fake", id="t-1", submitted_at=now, request_id=HOSTILE)


def test_the_id_of_a_job_stays_as_the_vendor_gave_it(job):
    odd = "=t\x1b[0m\n-1"
    kept = Job.from_token(attrs.evolve(job, id=odd).to_token())
    assert kept.id == odd
