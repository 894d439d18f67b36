"""The three generations of public fields, as bytes on the wire."""

import json

import pytest
from flask import Flask

from tryon_ailab.emulator import Knobs
from tryon_ailab.emulator.codes import CODES, CODES_BY_STATUS
from tryon_ailab.emulator.envelope import Envelope, Refusal, refuse

TOO_SMALL = Refusal("FILE_SIZE_EXCEEDS_LIMIT", "The image is too small.", "InvalidInputLength")


@pytest.fixture
def wrap():
    """Make an envelope within an application."""
    app = Flask("test")
    with app.test_request_context("/", method="POST"):

        def make(**knobs):
            envelope = Envelope(Knobs(**knobs), lambda: "call-1")
            app.config["ENVELOPE"] = envelope
            return envelope

        yield make


def test_e1_is_the_full_set_of_fields(wrap):
    assert wrap().success(task_id="1").get_json() == {
        "request_id": "call-1",
        "log_id": "call-1",
        "error_code": 0,
        "error_code_str": "",
        "error_msg": "",
        "error_detail": {"status_code": 200, "code": "", "code_message": "", "message": ""},
        "task_id": "1",
    }


def test_e1_composes_its_old_text_of_three_parts(wrap):
    answer = wrap().failure(TOO_SMALL)
    assert answer.status_code == 413
    body = answer.get_json()
    assert (body["error_code"], body["error_code_str"]) == (413, "FILE_SIZE_EXCEEDS_LIMIT")
    assert body["error_msg"] == (
        "File size exceeds limit. - InvalidInputLength - The image is too small."
    )
    assert body["error_detail"] == {
        "status_code": 413,
        "code": "FILE_SIZE_EXCEEDS_LIMIT",
        "code_message": "File size exceeds limit.",
        "message": "The image is too small.",
    }


def test_e1_has_a_coarse_code_beside_the_precise_one(wrap):
    refusal = Refusal("ERROR_NO_FACE_IN_FILE", "pic not has face", "222202")
    body = wrap().failure(refusal).get_json()
    assert body["error_code_str"] == "FILE_CONTENT_NON_COMPLIANCE"
    assert body["error_detail"]["code"] == "ERROR_NO_FACE_IN_FILE"
    assert body["error_msg"] == (
        "File content does not meet requirements. - 222202 - pic not has face"
    )


def test_a_check_of_parameters_says_the_same_in_both_texts(wrap):
    text = "Invalid parameter values. - person_image: Cannot be empty."
    body = wrap().failure(Refusal("UNSUPPORTED_PARAMETER_VALUES", text)).get_json()
    assert body["error_msg"] == body["error_detail"]["message"] == text


def test_e2_has_no_old_texts_and_e3_no_numbers_either(wrap):
    assert set(wrap(envelope="E2").failure(TOO_SMALL).get_json()) == {
        "request_id",
        "log_id",
        "error_code",
        "error_detail",
    }
    body = wrap(envelope="E3").failure(TOO_SMALL).get_json()
    assert set(body) == {"request_id", "log_id", "error_detail"}
    assert set(body["error_detail"]) == {"code", "code_message", "message"}


@pytest.mark.parametrize("generation", ["E1", "E2", "E3"])
def test_the_detail_is_always_an_object(wrap, generation):
    envelope = wrap(envelope=generation)
    for answer in (envelope.success(), envelope.failure(TOO_SMALL)):
        assert isinstance(answer.get_json()["error_detail"], dict)


def test_the_status_of_a_code_follows_its_edition(wrap):
    refusal = Refusal("PROCESSING_FAILURE")
    assert wrap().failure(refusal).status_code == 500
    assert wrap(statuses="before_2026").failure(refusal).status_code == 400


def test_a_code_that_is_in_no_table_is_a_422_without_a_text(wrap):
    answer = wrap().failure(Refusal("BRAND_NEW", "odd"))
    assert answer.status_code == 422
    assert answer.get_json()["error_detail"]["code_message"] == ""


def test_ids_may_be_left_out(wrap):
    assert "request_id" not in wrap().success(with_ids=False).get_json()


@pytest.mark.parametrize("status", CODES_BY_STATUS)
def test_a_fault_by_status_is_a_code_with_that_status(wrap, status):
    wrap()
    answer = refuse(str(status))
    assert answer.status_code == status
    assert CODES[json.loads(answer.data)["error_detail"]["code"]].status == status


@pytest.mark.parametrize("code", CODES)
def test_a_fault_by_code_is_that_code(wrap, code):
    wrap()
    answer = refuse(code)
    assert answer.status_code == CODES[code].status
    assert answer.get_json()["error_detail"]["code_message"] == CODES[code].text


@pytest.mark.parametrize("code", ["418", "BRAND_NEW", ""])
def test_what_the_vendor_does_not_know_is_none_of_its_answers(wrap, code):
    wrap()
    assert refuse(code) is None


def test_only_limits_carry_the_wish_to_wait(wrap):
    envelope = wrap(retry_after_s=7.5)
    assert envelope.failure(Refusal("EXCEEDING_LIMITS")).headers["Retry-After"] == "7.5"
    assert "Retry-After" not in envelope.failure(TOO_SMALL).headers
    assert "Retry-After" not in wrap().failure(Refusal("EXCEEDING_LIMITS")).headers
