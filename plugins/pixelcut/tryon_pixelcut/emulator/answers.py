"""The vendor's answers to what goes wrong."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, current_app, jsonify, request

SERVER_ERROR = 500
_REFUSALS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "invalid_request_body": (400, "Request body is empty or invalid"),
        "missing_parameter": (400, "Missing parameter"),
        "invalid_parameter": (400, "Invalid parameter"),
        "unsupported_content_type": (400, "Unsupported content type"),
        "malformed_image": (400, "Image could not be decoded"),
        "unsupported_image_format": (400, "Image format is not supported"),
        "file_size_too_large": (400, "File size too large"),
        "resolution_too_high": (400, "Image resolution is too high"),
        "unknown_foreground": (400, "Foreground could not be detected"),
        "invalid_auth_token": (401, "API Token not found"),
        "insufficient_api_credits": (403, "Insufficient credits available"),
        "not_found": (404, "Job not found"),
        "job_finished": (409, "Job has already finished and cannot be canceled"),
        "rate_limit_exceeded": (429, "Too many requests"),
    }
)
_BY_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "400": "invalid_parameter",
        "401": "invalid_auth_token",
        "403": "insufficient_api_credits",
        "404": "not_found",
        "409": "job_finished",
        "429": "rate_limit_exceeded",
    }
)
FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "invalid_parameter": "Invalid parameter",
        "content_filter_error": "Content was flagged",
        "request_timeout": "Processing timed out",
        "job_expired": "Job is no longer available",
        "job_cancelled": "Job was cancelled",
        "unexpected_error": "Job processing failed",
        "service_unavailable": "Service is temporarily unavailable",
    }
)
"""Texts of failed jobs, by code."""
ABOUT_THE_INPUT = frozenset({"invalid_parameter", "content_filter_error"})


class Refused(Exception):
    """The request is answered with one of the vendor's codes.

    Args:
        code: the code.
        detail: what is wrong, to follow the vendor's text.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def refusal(error: Refused) -> Response:
    """Return the vendor's answer for a code."""
    status, text = _REFUSALS[error.code]
    return _error(error.code, f"{text}: {error.detail}" if error.detail else text, status)


def waiting_failure(code: str, how: str) -> Response:
    """Return the answer to a submission that waited for a job that failed."""
    if how == "empty" or code not in ABOUT_THE_INPUT:
        return Response(status=SERVER_ERROR)
    return _error(code, failure_text(code), 400)


def failed_job(job_id: str, code: str) -> Response:
    """Return the status of a job that failed."""
    shape = current_app.config["KNOBS"].job_error_shape
    body = _shaped(code, failure_text(code), shape)
    return jsonify({"job_id": job_id, "status": "failed", **body})


def failure_text(code: str) -> str:
    """Return the text of a failed job."""
    return FAILURES.get(code, "Job processing failed")


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for an HTTP status or a code, None when there is none.

    The codes of failed jobs are a failed job when a job was asked for.
    """
    known = _BY_STATUS.get(code, code)
    if code in FAILURES and request.endpoint == "poll":
        return failed_job(str((request.view_args or {})["job_id"]), code)
    if known in _REFUSALS:
        return refusal(Refused(known))
    if known in FAILURES:
        return _error(known, failure_text(known), SERVER_ERROR)
    return Response(status=SERVER_ERROR) if known == str(SERVER_ERROR) else None


def _error(code: str, text: str, status: int) -> Response:
    answer = jsonify(_shaped(code, text, current_app.config["KNOBS"].error_shape))
    answer.status_code = status
    return answer


def _shaped(code: str, text: str, shape: str) -> dict[str, object]:
    if shape == "nested":
        return {"error": {"message": text, "error_code": code}}
    return {"error": text, "error_code": code}
