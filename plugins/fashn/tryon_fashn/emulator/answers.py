"""The vendor's answers to what goes wrong."""

from flask import Response, current_app, jsonify, request

from tryon_testing.emulation import Refused

REFUSALS = {
    "BadRequest": (400, "Invalid request body"),
    "UnauthorizedAccess": (401, "Unauthorized: Invalid token"),
    "NotFound": (404, "Prediction not found"),
    "RateLimitExceeded": (429, "Too many requests"),
    "ConcurrencyLimitExceeded": (429, "Too many predictions are in work"),
    "OutOfCredits": (429, "No credits are left"),
    "InternalServerError": (500, "Server error"),
}
_BY_STATUS = {str(status): code for code, (status, _) in reversed(REFUSALS.items())}
"""The first code of each status."""
_NAMES = "ImageLoadError ContentModerationError PoseError InputValidationError PipelineError "
_NAMES += "ThirdPartyError 3rdPartyProviderError UnavailableError LoRALoadError InternalServerError"
FAILURES = frozenset(_NAMES.split())


def refusal(error: Refused) -> Response:
    """Return the vendor's answer for a code."""
    knobs = current_app.config["KNOBS"]
    status, usual = REFUSALS.get(error.code, (400, "Invalid request"))
    answer = jsonify(error=error.code, message=error.text or usual)
    answer.status_code = status
    if knobs.retry_after_s and status == 429:  # noqa: PLR2004  (an HTTP status)
        answer.headers["Retry-After"] = str(knobs.retry_after_s)
    if knobs.should_retry:
        answer.headers["x-should-retry"] = knobs.should_retry
    return answer


def failed_job(job_id: str, name: str, text: str = "") -> Response:
    """Return the status of a job that failed."""
    knobs = current_app.config["KNOBS"]
    text = text or "Error while the prediction was made"
    error = {"name": name, "message": text} if knobs.error_form == "object" else text
    return jsonify(id=job_id, status=knobs.failed_status, error=error)


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for an HTTP status or a code, None when there is none.

    The names of failed jobs alone are a failed job when a job was asked for.
    """
    known = _BY_STATUS.get(code, code)
    if known in FAILURES - {*REFUSALS} and request.endpoint == "poll":
        return failed_job(str((request.view_args or {})["job_id"]), known)
    is_known = known in REFUSALS or known in FAILURES
    return refusal(Refused(known)) if is_known else None
