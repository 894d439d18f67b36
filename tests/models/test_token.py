import base64
import json
import re
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from tryon_core.errors import InputError
from tryon_core.models import (
    Artifact,
    BytesSource,
    Job,
    JobResult,
    Notice,
    PathSource,
    UrlSource,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
JOB = Job(
    provider="acme",
    id="t/1 ä",
    submitted_at=WHEN,
    expires_at=WHEN + timedelta(days=1),
    fingerprint="ab12",
    request_id="r-1",
    data={"region": "cn", "a b": "c\nd"},
)


def _with_image(source, **facts):
    image = Artifact(source=source, expires_at=WHEN)
    result = JobResult(images=[image], notices=[Notice("dim", "It is dark.")], **facts)
    return Job(provider="acme", id="1", submitted_at=WHEN, result=result)


def _token_of(data) -> str:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return "tryon1." + base64.urlsafe_b64encode(_sum_of(text) + text).decode().rstrip("=")


def _sum_of(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(4, "big")


def _data_of(token: str):
    body = token.removeprefix("tryon1.")
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))[4:])


def _refusal(token: str) -> InputError:
    with pytest.raises(InputError) as caught:
        Job.from_token(token)
    assert caught.value.message.startswith("token: ")
    assert caught.value.remedy
    return caught.value


names = st.text(min_size=1, max_size=20)
texts = st.text(max_size=20)
zones = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
times = st.datetimes(timezones=zones)
sources = st.builds(UrlSource, texts) | st.builds(PathSource, st.builds(Path, texts))
results = st.builds(
    JobResult,
    images=st.lists(
        st.builds(Artifact, source=sources, expires_at=st.none() | times), min_size=1, max_size=3
    ),
    notices=st.lists(st.builds(Notice, texts, texts), max_size=2),
    usage=st.dictionaries(texts, texts, max_size=2),
)
jobs = st.builds(
    Job,
    provider=names,
    id=names,
    submitted_at=times,
    expires_at=st.none() | times,
    fingerprint=st.none() | texts,
    request_id=st.none() | texts,
    data=st.dictionaries(texts, texts, max_size=3),
    result=st.none() | results,
    account=st.none() | texts,
    base_url=st.none() | texts,
)


@given(jobs)
@settings(deadline=None, max_examples=150)
def test_a_job_comes_back_from_its_token_as_it_was(job):
    assert Job.from_token(job.to_token()) == job


@given(jobs)
@settings(deadline=None, max_examples=100)
def test_a_token_is_one_word_in_any_shell_file_name_or_address(job):
    assert re.fullmatch(r"tryon1\.[A-Za-z0-9_-]+", job.to_token())


@given(jobs)
@settings(deadline=None, max_examples=50)
def test_equal_jobs_have_equal_tokens(job):
    assert Job.from_token(job.to_token()).to_token() == job.to_token()


@given(jobs, st.data())
@settings(deadline=None, max_examples=150)
def test_any_part_of_a_token_is_refused_with_the_one_error(job, data):
    token = job.to_token()
    cut = token[: data.draw(st.integers(0, len(token) - 1))]
    _refusal(cut)


@given(jobs, st.data())
@settings(deadline=None, max_examples=200)
def test_a_damaged_token_never_becomes_another_job(job, data):
    token = job.to_token()
    start = data.draw(st.integers(0, len(token)))
    length = data.draw(st.integers(0, 5))
    damaged = token[:start] + data.draw(st.text(max_size=4)) + token[start + length :]
    try:
        again = Job.from_token(damaged)
    except InputError as error:
        assert error.remedy  # noqa: PT017  (either outcome is allowed)
        return
    assert again == job


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), st.lists))
@settings(deadline=None, max_examples=100)
def test_any_json_in_a_token_is_refused(data):
    _refusal(_token_of(data))


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=100)
def test_any_bytes_in_a_token_are_refused(data):
    _refusal(_token_of(data))


def test_line_breaks_that_a_mail_program_put_in_do_no_harm():
    token = JOB.to_token()
    wrapped = "\n".join(token[i : i + 30] for i in range(0, len(token), 30))
    assert Job.from_token(f"  {wrapped}\r\n") == JOB


@pytest.mark.parametrize(
    "source", [UrlSource("https://cdn/x.png?sig=1"), PathSource("/srv/a b.png")]
)
def test_a_finished_job_keeps_the_addresses_of_its_images(source):
    job = _with_image(source, usage={"image_count": "1"})
    assert Job.from_token(job.to_token()) == job


def test_images_in_memory_are_left_out_so_that_the_job_is_asked_again():
    job = _with_image(BytesSource(b"\x89PNG" * 1000))
    again = Job.from_token(job.to_token())
    assert again.result is None
    assert (again.id, again.provider, again.submitted_at) == (job.id, job.provider, WHEN)
    assert len(job.to_token()) < 500


def test_a_token_holds_the_facts_of_the_job_and_nothing_else():
    assert set(_data_of(JOB.to_token())) == {
        "provider",
        "id",
        "submitted_at",
        "expires_at",
        "fingerprint",
        "request_id",
        "data",
        "result",
        "account",
        "base_url",
    }


def test_a_token_of_before_accounts_and_addresses_were_kept_is_read():
    data = _data_of(JOB.to_token())
    del data["account"], data["base_url"]
    assert Job.from_token(_token_of(data)) == JOB


def test_another_version_is_named_with_the_way_out():
    error = _refusal("tryon2." + JOB.to_token().removeprefix("tryon1."))
    assert "it has version 2, and this tryon-core reads version 1" in error.message
    assert "newer" in error.remedy


@pytest.mark.parametrize("text", ["", " ", "tryon", "tryon1", "tryon run a.png", "eyJhIjoxfQ", "?"])
def test_what_is_no_token_is_said_to_be_none(text):
    error = _refusal(text)
    assert "is not a job token" in error.message
    assert "'tryon1.'" in error.remedy


def test_a_long_text_given_for_a_token_is_not_repeated_whole():
    assert len(str(_refusal("a secret that was pasted by mistake " * 50))) < 200


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("id", None, "expected str, got null @ token.id"),
        ("id", 5, "expected str, got int @ token.id"),
        ("id", "", "Length of 'id' must be >= 1"),
        ("submitted_at", "yesterday", "@ token.submitted_at"),
        ("submitted_at", "2026-01-02T03:04:05", "expected a time with zone @ token.submitted_at"),
        ("submitted_at", 5, "expected a time, got int @ token.submitted_at"),
        ("data", {"a": 1}, "expected str, got int @ token.data['a']"),
        ("result", {"images": []}, "token.result"),
        ("result", {"images": [{"source": {"kind": "ftp"}}]}, "token.result.images[0].source"),
        (
            "result",
            {"images": [{"source": {"kind": "path", "path": 5}}]},
            "expected a path, got int @ token.result.images[0].source.path",
        ),
    ],
)
def test_a_token_with_a_wrong_field_names_it(field, value, fault):
    error = _refusal(_token_of({**_data_of(JOB.to_token()), field: value}))
    assert fault in error.message


def test_a_token_nested_without_end_is_refused():
    _refusal(_token_of(b"[" * 100_000))


@pytest.mark.parametrize("body", ["", "A", "AAAA", "AAAAA", "ä", "////"])
def test_a_body_that_is_no_packed_text_is_called_damaged(body):
    assert "it is damaged" in _refusal(f"tryon1.{body}").message


def test_fields_that_a_later_version_adds_are_ignored():
    assert Job.from_token(_token_of({**_data_of(JOB.to_token()), "colour": "red"})) == JOB


# Written by the first version of tokens: what it holds must stay readable, to the letter.
FIRST_TOKEN = (
    "tryon1.DlMq0nsiYWNjb3VudCI6ImExIiwiYmFzZV91cmwiOiJodHRwczovL2FwaS5hY21lLmV4YW1wbGUvdjEiL"
    "CJkYXRhIjp7InJlZ2lvbiI6ImNuIn0sImV4cGlyZXNfYXQiOiIyMDI2LTAxLTAzVDAzOjA0OjA1LjAwMDAwNiswM"
    "DowMCIsImZpbmdlcnByaW50IjoiYWIxMiIsImlkIjoidC8xIFx1MDBlNCIsInByb3ZpZGVyIjoiYWNtZSIsInJlc"
    "XVlc3RfaWQiOiJyLTEiLCJyZXN1bHQiOnsiaW1hZ2VzIjpbeyJleHBpcmVzX2F0IjoiMjAyNi0wMS0wMlQwMzowN"
    "DowNS4wMDAwMDYrMDA6MDAiLCJzb3VyY2UiOnsiZXhwaXJlc19hdCI6IjIwMjYtMDEtMDJUMDM6MDQ6MDUuMDAwM"
    "DA2KzAwOjAwIiwia2luZCI6InVybCIsInVybCI6Imh0dHBzOi8vY2RuLmV4YW1wbGUveC5wbmc_c2lnPTEifX0se"
    "yJleHBpcmVzX2F0IjpudWxsLCJzb3VyY2UiOnsia2luZCI6InBhdGgiLCJwYXRoIjoiL3Nydi9hIGIucG5nIn19X"
    "Swibm90aWNlcyI6W3siY29kZSI6ImRpbSIsIm1lc3NhZ2UiOiJJdCBpcyBkYXJrLiJ9XSwidXNhZ2UiOnsiaW1hZ"
    "2VfY291bnQiOiIyIn19LCJzdWJtaXR0ZWRfYXQiOiIyMDI2LTAxLTAyVDAzOjA0OjA1LjAwMDAwNiswMDowMCJ9"
)
FIRST_JOB = Job(
    provider="acme",
    id="t/1 ä",
    submitted_at=WHEN,
    expires_at=WHEN + timedelta(days=1),
    fingerprint="ab12",
    request_id="r-1",
    data={"region": "cn"},
    account="a1",
    base_url="https://api.acme.example/v1",
    result=JobResult(
        images=[
            Artifact(
                source=UrlSource("https://cdn.example/x.png?sig=1", expires_at=WHEN),
                expires_at=WHEN,
            ),
            Artifact(source=PathSource("/srv/a b.png")),
        ],
        notices=[Notice("dim", "It is dark.")],
        usage={"image_count": "2"},
    ),
)


def test_the_token_of_an_earlier_process_is_read_and_written_to_the_letter():
    job = Job.from_token(FIRST_TOKEN)
    assert job == FIRST_JOB
    assert job.result.images[0].source.expires_at == WHEN
    assert FIRST_JOB.to_token() == FIRST_TOKEN
