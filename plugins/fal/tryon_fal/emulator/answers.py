"""The vendor's answers to what goes wrong, in its four shapes."""

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify

_BARE = {
    "401": "invalid key credentials",
    "403": "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai.",
    "404": 'Application "x" not found',
    "410": "Endpoint is no longer available",
    "413": "Request body is too large",
}
_TYPES = """400 platform bad_request
499 platform client_disconnected client_cancelled
500 platform runner_server_error internal_error
502 platform runner_incomplete_response
503 platform runner_scheduling_failure runner_disconnected runner_connection_timeout
503 platform runner_connection_refused runner_connection_error
504 platform request_timeout startup_timeout
400 model downstream_service_error
422 model missing string_type value_error one_of literal_error greater_than greater_than_equal
422 model less_than less_than_equal multiple_of sequence_too_short sequence_too_long
422 model image_load_error image_too_small image_too_large unsupported_image_format file_too_large
422 model file_download_error face_detection_error content_policy_violation no_media_generated
422 model feature_not_supported invalid_request extra_forbidden
429 model concurrent_requests_limit
500 model downstream_service_unavailable internal_server_error
504 model generation_timeout
404 queue NOT_FOUND
400 queue ALREADY_COMPLETED"""
_ROWS = [line.split() for line in _TYPES.splitlines()]
_BY_TYPE = {code: (int(row[0]), row[1]) for row in _ROWS for code in row[2:]}
_NO_JOB = ("400 platform", "499 platform", "429 model", "404 queue", "400 queue")
FAILURES = [code for row in _ROWS if " ".join(row[:2]) not in _NO_JOB for code in row[2:]]
"""Types that a job may fail with."""
_BY_STATUS = {"400": "bad_request", "422": "value_error", "429": "concurrent_requests_limit"}


def answer(code: str, said: Any = None) -> Response:
    """Return the answer for a status or a type; `said` replaces its text or its details."""
    status, shape = _BY_TYPE.get(code) or ((int(code), "") if code.isdecimal() else (422, "model"))
    body: Any = {"detail": said or _BARE.get(code, code.replace("_", " "))}
    if shape == "model":
        body = {"detail": said or [detail(code, "", body["detail"], input={})]}
    elif shape == "platform":
        body["error_type"] = code
    made = jsonify({"status": code} if shape == "queue" else body)
    made.status_code = status
    made.headers["X-Fal-Needs-Retry"] = "1" if status in {429, 503, 504} else "0"
    return made


def is_fault(code: str) -> bool:
    """Return whether a type comes with a status of 500 and above, for which nothing is charged."""
    status, _ = _BY_TYPE.get(code, (0, ""))
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def detail(kind: str, field: str, text: str, **more: Any) -> dict[str, Any]:
    """Return one entry of `detail`."""
    url = f"https://docs.fal.ai/errors#{kind}"
    return {"loc": ["body", field], "msg": text, "type": kind, "url": url, **more}


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for a status or a type, None when there is none."""
    code = _BY_STATUS.get(code, code)
    return answer(code) if code in {*_BY_TYPE, *_BARE} else None
