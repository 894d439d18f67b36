"""The public fields of all three generations."""

import json

import pytest

from tryon_ailab.error_codes import TABLE, is_refusal
from tryon_ailab.replies import with_own_status
from tryon_core import HttpResponse

E1_REFUSAL = {
    "error_code": 413,
    "error_code_str": "FILE_SIZE_EXCEEDS_LIMIT",
    "error_detail": {
        "status_code": 413,
        "code": "FILE_SIZE_EXCEEDS_LIMIT",
        "code_message": "File size exceeds limit.",
        "message": "The image resolution is invalid",
    },
    "error_msg": "File size exceeds limit. - InvalidInputLength - The image resolution is invalid",
    "log_id": "5877c371",
    "request_id": "5877c371",
}
E3_REFUSAL = {
    "request_id": "r-3",
    "log_id": "l-3",
    "error_detail": {
        "code": "ERROR_NO_FACE_IN_FILE",
        "code_message": "No face detected in the file.",
        "message": "pic not has face",
    },
}


def _read(body, status=200):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = "http://v.example"
    return with_own_status(HttpResponse(status=status, headers={}, body=data, url=url))


@pytest.mark.parametrize(
    "body",
    [
        {"task_id": "1"},
        {"error_code": 0, "error_code_str": "", "error_msg": ""},
        {"error_code": 0, "error_detail": {"status_code": 200, "code": ""}},
        {"error_detail": {"code": "", "code_message": "", "message": ""}},
        {"error_code": None, "error_detail": None},
        {"error_code": 0, "error_detail": {"code": "LEFT_OVER"}},
    ],
)
def test_a_200_without_error_is_a_success_in_every_generation(body):
    reply = _read(body)
    assert not is_refusal(reply)
    assert TABLE.code_in(reply) == ""


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (E1_REFUSAL, 413, "FILE_SIZE_EXCEEDS_LIMIT"),
        (E3_REFUSAL, 422, "ERROR_NO_FACE_IN_FILE"),
        ({"error_code": 429, "error_detail": {}}, 429, "429"),
        ({"error_code_str": "FILE_CONTENT_NON_COMPLIANCE"}, 422, "FILE_CONTENT_NON_COMPLIANCE"),
        ({}, 500, ""),
        ([], 404, ""),
        (b"<html>", 502, ""),
    ],
)
def test_another_status_than_200_is_a_refusal_with_the_best_code_there_is(body, status, code):
    reply = _read(body, status)
    assert is_refusal(reply)
    assert (reply.status, TABLE.code_in(reply)) == (status, code)


def test_the_precise_code_counts_before_the_coarse_one():
    both = {
        "error_code_str": "FILE_CONTENT_NON_COMPLIANCE",
        "error_detail": {"code": "ERROR_NO_FACE_IN_FILE"},
    }
    assert TABLE.code_in(_read(both, 422)) == "ERROR_NO_FACE_IN_FILE"


def test_an_error_in_a_200_has_the_status_of_the_body():
    reply = _read(E1_REFUSAL)
    assert is_refusal(reply)
    assert reply.status == 413


@pytest.mark.parametrize("body", [{"error_code": 7}, {"error_code": "E"}, E3_REFUSAL])
def test_an_error_in_a_200_without_a_status_keeps_the_200(body):
    reply = _read(body)
    assert is_refusal(reply)
    assert reply.status == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (E1_REFUSAL, "File size exceeds limit. The image resolution is invalid"),
        (E3_REFUSAL, "No face detected in the file. pic not has face"),
        (
            {"error_detail": {"code_message": "Bad.", "message": "Bad. - person_image: empty"}},
            "Bad. - person_image: empty",
        ),
        ({"error_detail": {"code_message": "Bad."}}, "Bad."),
        ({"error_msg": "old text", "error_detail": {}}, "old text"),
        ({"error_msg": 5, "error_detail": "text"}, ""),
    ],
)
def test_the_message_is_whole_and_says_nothing_twice(body, message):
    assert TABLE.message_in(_read(body, 400)) == message


@pytest.mark.parametrize(
    ("body", "request_id"),
    [
        ({"request_id": "r", "log_id": "l"}, "r"),
        ({"log_id": "l"}, "l"),
        ({"request_id": ""}, None),
        ({"request_id": 5}, None),
        ({}, None),
    ],
)
def test_the_request_id_is_kept_or_the_log_id_instead(body, request_id):
    assert TABLE.request_id_in(_read(body)) == request_id
