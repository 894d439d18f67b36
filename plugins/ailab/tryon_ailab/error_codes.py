"""The vendor's error codes in our words.

Codes, statuses and texts are those of https://www.ailabtools.com/docs/response-description. On
2026-01-08 many codes moved to another status, so an entry goes by the code alone wherever there is
one; entries without a code speak for all codes that are not listed.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tryon_core import ErrorCode, ErrorTable, errors

_FIELD = "The vendor's text names the field: correct it."
_PICTURE = (
    "Use another picture: one person from the front, whole, well lit; one garment, laid flat."
)
_SMALLER = "Make the picture smaller, or let fit=True do it."
_SIZE = (
    "One code covers pictures that are too small, too large or of a wrong shape: compare them with "
    "the limits of the model, or let fit=True do it."
)
_ENCODE = "Save the picture again as JPEG or PNG in RGB colours."
_KEY = "Check that the key is whole, and that its application still exists in the console."
_CREDITS = "Buy credits; `tryon balance -p ailab` says what is left."
_SUPPORT = "Write to the vendor's support, and name the request id."
_CHANGED = "Look for a newer version of the plugin: the vendor may have moved this model."
AGAIN = "Submit the work again if it is still wanted."
_OPEN = (
    "Look at the credits before you submit the same work again: it may already be running and "
    "billed."
)
FAILED_STATUS = "task_status 3"
"""Our name for a task that failed without any code: only the vendor's programs know this number."""


def _codes(
    error: type[errors.TryOnError], remedy: str, meanings: Mapping[str, str], **answers: Any
) -> list[ErrorCode]:
    """Return entries of one class for codes with their meanings."""
    return [
        ErrorCode(code=code, error=error, meaning=meaning, remedy=remedy, **answers)
        for code, meaning in meanings.items()
    ]


def _statuses(
    error: type[errors.TryOnError], remedy: str, meanings: Mapping[int, str], **answers: Any
) -> list[ErrorCode]:
    """Return entries for codes that are not listed, and for answers without a code."""
    return [
        ErrorCode(
            code="", http_status=status, error=error, meaning=meaning, remedy=remedy, **answers
        )
        for status, meaning in meanings.items()
    ]


_ENDED: Mapping[str, Any] = MappingProxyType(
    {"fault": "vendor", "retry": "never_automatically", "billed": "no"}
)
_PARAMETERS = _codes(
    errors.InputRefused,
    _FIELD,
    {
        "ERROR_PARAMETERS": "Invalid parameters.",
        "MISSING_PARAMETERS": "Missing parameters.",
        "ERROR_INVALID_PARAMETER": "Invalid parameter.",
        "PARAMETERS_CANNOT_EMPTY": "Parameters cannot be empty.",
        "UNSUPPORTED_PARAMETER_VALUES": "Invalid parameter values.",
        "ERROR_INVALID_PARAMETER_FORMAT": "Invalid parameter format.",
    },
)
_SIZES = [
    *_codes(
        errors.InputRefused,
        _SIZE,
        {
            "FILE_SIZE_EXCEEDS_LIMIT": "File size or resolution outside the limits.",
            "FILE_RESOLUTION_EXCEEDS_LIMITS": "File resolution exceeds limits.",
        },
    ),
    *_codes(
        errors.InputRefused,
        _SMALLER,
        {
            "ERROR_HIGH_RESOLUTION": "File resolution too high.",
            "ERROR_REQUEST_BODY_TOO_LARGE": "Request body size exceeds limit.",
        },
    ),
    *_codes(
        errors.InputRefused,
        "Use a larger picture.",
        {"ERROR_LOW_RESOLUTION": "File resolution too low."},
    ),
    *_codes(errors.InputRefused, _CHANGED, {"ERROR_TOO_MANY_FILES": "Too many files."}),
]
_FORMATS = _codes(
    errors.InputRefused,
    _ENCODE,
    {
        "UNSUPPORTED_FILE_TYPES": "Unsupported file types.",
        "ERROR_UNSUPPORTED_GRAYSCALE_IMAGE": "Grayscale image not supported.",
        "FILE_DECODING_FAILURE": "File decoding failed.",
        "ERROR_INVALID_FILE": "Invalid file.",
    },
)
_CONTENTS = _codes(
    errors.InputRefused,
    _PICTURE,
    {
        "ERROR_ILLEGAL_FILE": "Illegal file.",
        "FILE_CONTENT_NON_COMPLIANCE": "File content does not meet requirements.",
        "ERROR_CONTENT_NON_COMPLIANCE": "Content does not meet requirements.",
        "ERROR_NO_FACE_IN_FILE": "No face detected in the file.",
        "ERROR_NO_RECOGNITION_TARGET_DETECTED": "No recognition target detected in the image.",
        "ERROR_POSE_NOT_ENOUGH_KEYPOINTS": "Too few key points of the pose were detected.",
        "ERROR_FACE_COUNT_INVALID": "The number of faces does not meet the requirements.",
    },
)
_ACCOUNT = [
    *_codes(
        errors.AuthenticationFailed,
        _KEY,
        {
            "ERROR_USER_NOT_EXISTS": "The user does not exist.",
            "ERROR_APPLICATIONS_NOT_EXISTS": "The application does not exist.",
        },
    ),
    *_codes(
        errors.AccessDenied,
        _SUPPORT,
        {
            "ERROR_USER_LOCKED": "The user is locked.",
            "ERROR_ILLEGAL_OPERATION": "Illegal operation.",
        },
    ),
    *_codes(
        errors.CreditsExhausted, _CREDITS, {"ERROR_NOT_ENOUGH_CREDITS": "Insufficient credits."}
    ),
]
_LIMITS = [
    *_codes(
        errors.RateLimited,
        "",
        {
            "EXCEEDING_LIMITS": "Exceeds limit.",
            "ERROR_BATCH_TASK_LIMIT_EXCEEDED": "Too many tasks at once.",
        },
    ),
    *_codes(
        errors.LimitError,
        "",
        {
            "ERROR_FACE_TRACE_LIMIT_EXCEEDED": "A limit of the vendor's face groups.",
            "ERROR_DATABASE_LIMIT_EXCEEDED": "A limit of the vendor's face groups.",
        },
    ),
]
_JOBS = [
    *_codes(
        errors.JobExpired,
        "",
        {
            "ERROR_RESOURCE_NOT_FOUND": "Resource not found: no such task, or no longer.",
            "ERROR_RESOURCE_RECLAIMED": "Resource has been reclaimed: the task has expired.",
            "ERROR_FILE_NOT_FOUND": "File not found.",
            "ERROR_CONTENT_NOT_FOUND": "Content not found.",
        },
        billed="no",
    ),
    *_codes(
        errors.JobFailed,
        AGAIN,
        {
            "ERROR_TASK_STOPPED_PROCESSING": "Task has been stopped.",
            "ERROR_TASK_REVOKED": "Task has been revoked.",
        },
        **_ENDED,
    ),
    *_codes(
        errors.JobFailed,
        f"{_PICTURE} {_SUPPORT}",
        {FAILED_STATUS: "The task failed, and the vendor does not say why."},
        **_ENDED,
    ),
]
_VENDOR = [
    *_codes(
        errors.VendorUnavailable,
        f"{_CHANGED} Another model of this provider may still work.",
        {"ERROR_AI_NOT_EXISTS": "The model does not exist or has been switched off."},
        retry="no",
    ),
    *_codes(
        errors.UnexpectedResponse,
        "",
        {"ERROR_INVALID_RESPONSE_FORMAT": "The vendor cannot answer in the asked format."},
    ),
]
# Nobody knows whether work began before one of these. That the codes of 503 come before any work is
# advice of the vendor's, not a promise.
_OUTAGES = _codes(
    errors.OutcomeUnknown,
    _OPEN,
    {
        "PROCESSING_FAILURE": "Processing failed.",
        "UNKNOWN_ERROR": "Unknown error.",
        "SERVICE_INTERNAL_ERROR": "Internal error of the service.",
        "FILE_SERVICE_ERROR": "Error of the file service.",
        "AI_SERVICE_ERROR": "Error of the model's service.",
        "AI_SERVICE_INTERNAL_ERROR": "Internal error of the model's service.",
        "AI_SERVICE_UNAUTHORIZED": "The vendor may not use its own model's service.",
        "AI_SERVICE_NOT_FOUND": "The vendor does not find its own model's service.",
        "ERROR_GATEWAY": "Error of the gateway.",
        "AI_SERVICE_TIMEOUT": "The model's service took too long.",
        "ERROR_FILE_DOWNLOAD_TIMEOUT": "Fetching a file took too long.",
        "ERROR_IMAGE_STORAGE_NOT_SUPPORTED": "The vendor cannot store the picture.",
        "ERROR_INSUFFICIENT_RESOURCES": "Too few resources.",
        "ERROR_RESOURCE_UNAVAILABLE": "Resource unavailable.",
        "AI_SERVICE_FLOW_RESTRICTION": "The model's service is at its limit of calls.",
        "ERROR_CLEANING_USER_GROUP_DATA": "Data of the account is being cleaned up.",
        "ERROR_RESOURCE_IN_TRANSIT": "Resource is being moved.",
    },
    fault="vendor",
)
_BY_STATUS = [
    *_statuses(errors.InputRefused, _FIELD, {400: "A parameter is missing or wrong."}),
    *_statuses(errors.AuthenticationFailed, "", {401: "The key is not accepted."}),
    *_statuses(errors.AccessDenied, "", {403: "The account may not do this."}),
    *_statuses(
        errors.VendorUnavailable,
        f"Check base_url. {_CHANGED}",
        {404: "There is nothing at this address."},
        retry="no",
    ),
    *_statuses(
        errors.UnexpectedResponse, "", {406: "The vendor cannot answer in the asked format."}
    ),
    *_statuses(errors.JobFailed, AGAIN, {409: "The task is in conflict with something."}, **_ENDED),
    *_statuses(errors.JobExpired, "", {410: "The task or its result is gone."}, billed="no"),
    *_statuses(errors.InputRefused, _SIZE, {413: "Pictures are too large or too small."}),
    *_statuses(errors.InputRefused, _ENCODE, {415: "A picture's format is not accepted."}),
    *_statuses(errors.InputRefused, _PICTURE, {422: "A picture's content is not accepted."}),
    *_statuses(errors.RateLimited, "", {429: "A limit of calls."}),
    *_statuses(
        errors.OutcomeUnknown,
        _OPEN,
        {
            **dict.fromkeys((500, 501, 502, 504), "The service failed."),
            503: "The service, or a gateway before it, cannot serve now.",
        },
        fault="vendor",
    ),
]
ABOUT_QUESTION = frozenset(
    {
        *(entry.code for entry in _PARAMETERS),
        "ERROR_AI_NOT_EXISTS",
        "ERROR_INVALID_RESPONSE_FORMAT",
        "ERROR_REQUEST_BODY_TOO_LARGE",
        "ERROR_TOO_MANY_FILES",
    }
)
"""Codes that can only mean the question when they answer one: a task has no parameters any more."""
MAY_PASS = frozenset({"PROCESSING_FAILURE"})
"""Codes of failed tasks that are worth another question, says the vendor's SDK."""
TABLE = ErrorTable(
    "AILabTools",
    [
        *_PARAMETERS,
        *_SIZES,
        *_FORMATS,
        *_CONTENTS,
        *_ACCOUNT,
        *_LIMITS,
        *_JOBS,
        *_VENDOR,
        *_OUTAGES,
        *_BY_STATUS,
    ],
)
