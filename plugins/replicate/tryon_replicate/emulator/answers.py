"""The vendor's answers to what goes wrong."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Response, current_app, jsonify, request

from tryon_testing.emulation import BadField, Refused

INVALID, THROTTLED = "Input validation failed", "Request was throttled"
NO_VERSION, NOT_FOUND = "Invalid version or not permitted", "not found"
TOO_FAST = "Request was throttled. Your rate limit resets in ~30s."
LOW_CREDIT = (
    "Request was throttled. Your rate limit is reduced to 6 requests per minute with a burst of 1 "
    "requests while you have less than $5.0 in credit. Your rate limit resets in ~10s."
)
_REFUSALS = {
    "Unauthenticated": (401, "You did not pass a valid authentication token"),
    "Insufficient credit": (402, "You have insufficient credit to run this model."),
    NOT_FOUND: (404, "The requested resource could not be found."),
    "too large": (413, "The file is larger than the limit of 100 MB."),
    NO_VERSION: (422, "The specified version does not exist (or perhaps you may not use it?)"),
    INVALID: (422, "- input: prompt is required\n"),
    THROTTLED: (429, TOO_FAST),
}
"""Status and text by title; no published answer shows the titles that are in small letters here."""
_BY_STATUS = {str(status): title for title, (status, _) in _REFUSALS.items()}
_CODES = ("E1000", "E1001", "E4875", "E6716", "E8367", "E8765", "E9243", "E9825", "E9828")
FAILURES = {
    **{code: f"Director: unexpected error handling prediction ({code})" for code in _CODES},
    "PA": "Prediction interrupted; please retry (code: PA)",
    "E005": "The input or output was flagged as sensitive. Please try again. (E005)",
    "moderation": "NSFW content detected. Try running it again, or try a different prompt.",
    "exception": "list index out of range",
}
"""Texts of failed predictions by the code in them; a few have none, and the provider's own name."""
ABORTED = "aborted"
FAILED = [*(code for code in FAILURES if code != "E005"), ABORTED]
"""Names of these failures, as the provider has them: E005 is its `moderation`, too."""
_FAULTS = {"missing": "required", "unknown": "additional_property_not_allowed", "type": "type"}


def invalid(faults: Iterable[BadField]) -> Response:
    """Return the refusal of a model's inputs."""
    fields = []
    for bad in faults:
        kind = _FAULTS.get(bad.fault) or ("number_lte" if "or less" in bad.text else "enum")
        field = f"input.{bad.name}" if bad.fault in {"type", "value"} else "input"
        fields.append({"type": kind, "field": field, "description": bad.text})
    detail = "".join(f"- {each['field']}: {each['description']}\n" for each in fields)
    return refusal(Refused(INVALID, detail), invalid_fields=fields)


def refusal(error: Refused, **more: Any) -> Response:
    """Return the answer with a problem document of that title."""
    status, text = _REFUSALS[error.code]
    detail = error.text or text
    wait = re.search(r"~([0-9]+)s", detail)
    more |= {"retry_after": int(wait[1])} if wait else {}
    more |= {} if error.code.islower() else {"title": error.code}
    answer = jsonify(detail=detail, status=status, **more)
    answer.status_code = status
    answer.headers.update({"Retry-After": wait[1]} if wait else {})
    return answer


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for an HTTP status or a code, None when there is none.

    The codes of failed predictions are a failed prediction when one was asked for.
    """
    if code in FAILURES and request.endpoint == "poll":
        body: Any = current_app.view_functions["poll"](**(request.view_args or {}))
        return jsonify({**body, "status": "failed", "output": None, "error": FAILURES[code]})
    title = _BY_STATUS.get(code, code)
    return refusal(Refused(title)) if title in _REFUSALS else None
