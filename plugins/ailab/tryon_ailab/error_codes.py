"""The vendor's error codes in our words, and where its answers have them.

Codes, statuses and texts are those of https://www.ailabtools.com/docs/response-description. On
2026-01-08 many codes moved to another status, so an entry goes by the code alone wherever there is
one; a number stands for all codes that are not listed.
"""

from http import HTTPStatus

from tryon_core import ErrorTable, HttpResponse, Meanings, codes, errors

_NO_ERROR = (None, 0, "0", "")


def is_refusal(answer: HttpResponse) -> bool:
    """Whether an answer says that something failed, whichever of the three generations it is of.

    Success is a 200 whose `error_code` is 0, or absent together with the precise code: the current
    edition of the documents has no `error_code` any more.
    """
    number = answer.json_object().get("error_code")
    is_fine = number in _NO_ERROR and (number is not None or not _word(answer))
    return answer.status != HTTPStatus.OK or not is_fine


def _word(answer: HttpResponse) -> str:
    return answer.text_at("error_detail.code", "error_code_str")  # precise, else coarse


def _code(answer: HttpResponse) -> str:
    number = answer.json_object().get("error_code")
    code = _word(answer) or (str(number) if type(number) is int and number else "")
    return code if is_refusal(answer) else ""


def _message(answer: HttpResponse) -> str:
    fixed, free = (answer.text_at(f"error_detail.{key}") for key in ("code_message", "message"))
    if not free:
        return answer.text_at("error_msg") or fixed
    return free if free.startswith(fixed) else f"{fixed} {free}"


FAILED_STATUS = "task_status 3"
"""Our name for a task that failed without any code: only the vendor's programs know this number."""
AGAIN = "Submit the work again if it is still wanted."
_FIELD = "The vendor's text names the field: correct it."
_IMAGE = "Use another image: one person from the front, whole, well lit; one garment, laid flat."
_SMALLER = "Make the image smaller, or let fit=True do it."
_SIZE = (
    "One code covers images that are too small, too large or of a wrong shape: compare them with "
    "the limits of the model, or let fit=True do it."
)
_ENCODE = "Save the image again as JPEG or PNG in RGB colours."
_KEY = "Check that the key is whole, and that its application still exists in the console."
_CREDITS = "Buy credits; `tryon balance -p ailab` says what is left."
_SUPPORT = "Write to the vendor's support, and name the request id."
_CHANGED = "Look for a newer version of the plugin: the vendor may have moved this model."
_OTHER = f"{_CHANGED} Another model of this provider may still work."
_OPEN = (
    "Look at the credits before you submit the same work again: it may already be running and "
    "billed."
)

_PARAMETERS: Meanings = {
    "ERROR_PARAMETERS": "Invalid parameters.",
    "MISSING_PARAMETERS": "Missing parameters.",
    "ERROR_INVALID_PARAMETER": "Invalid parameter.",
    "PARAMETERS_CANNOT_EMPTY": "Parameters cannot be empty.",
    "UNSUPPORTED_PARAMETER_VALUES": "Invalid parameter values.",
    "ERROR_INVALID_PARAMETER_FORMAT": "Invalid parameter format.",
}
_IMAGES: Meanings = {
    "FILE_SIZE_EXCEEDS_LIMIT": ("File size or resolution outside the limits.", _SIZE),
    "FILE_RESOLUTION_EXCEEDS_LIMITS": ("File resolution exceeds limits.", _SIZE),
    "ERROR_HIGH_RESOLUTION": ("File resolution too high.", _SMALLER),
    "ERROR_REQUEST_BODY_TOO_LARGE": ("Request body size exceeds limit.", _SMALLER),
    "ERROR_LOW_RESOLUTION": ("File resolution too low.", "Use a larger image."),
    "ERROR_TOO_MANY_FILES": ("Too many files.", _CHANGED),
    "UNSUPPORTED_FILE_TYPES": ("Unsupported file types.", _ENCODE),
    "ERROR_UNSUPPORTED_GRAYSCALE_IMAGE": ("Grayscale image not supported.", _ENCODE),
    "FILE_DECODING_FAILURE": ("File decoding failed.", _ENCODE),
    "ERROR_INVALID_FILE": ("Invalid file.", _ENCODE),
    "ERROR_ILLEGAL_FILE": "Illegal file.",
    "FILE_CONTENT_NON_COMPLIANCE": "File content does not meet requirements.",
    "ERROR_CONTENT_NON_COMPLIANCE": "Content does not meet requirements.",
    "ERROR_NO_FACE_IN_FILE": "No face detected in the file.",
    "ERROR_NO_RECOGNITION_TARGET_DETECTED": "No recognition target detected in the image.",
    "ERROR_POSE_NOT_ENOUGH_KEYPOINTS": "Too few key points of the pose were detected.",
    "ERROR_FACE_COUNT_INVALID": "The number of faces does not meet the requirements.",
    400: ("A parameter is missing or wrong.", _FIELD),
    413: ("Images are too large or too small.", _SIZE),
    415: ("An image's format is not accepted.", _ENCODE),
    422: "An image's content is not accepted.",
}
_KEYS: Meanings = {
    "ERROR_USER_NOT_EXISTS": "The user does not exist.",
    "ERROR_APPLICATIONS_NOT_EXISTS": "The application does not exist.",
    401: ("The key is not accepted.", ""),
}
_ACCESS: Meanings = {
    "ERROR_USER_LOCKED": "The user is locked.",
    "ERROR_ILLEGAL_OPERATION": "Illegal operation.",
    403: ("The account may not do this.", ""),
}
_CREDIT: Meanings = {"ERROR_NOT_ENOUGH_CREDITS": "Insufficient credits."}
_RATES: Meanings = {
    "EXCEEDING_LIMITS": "Exceeds limit.",
    "ERROR_BATCH_TASK_LIMIT_EXCEEDED": "Too many tasks at once.",
    429: "A limit of calls.",
}
_FACES: Meanings = {
    "ERROR_FACE_TRACE_LIMIT_EXCEEDED": "A limit of the vendor's face groups.",
    "ERROR_DATABASE_LIMIT_EXCEEDED": "A limit of the vendor's face groups.",
}
_GONE: Meanings = {
    "ERROR_RESOURCE_NOT_FOUND": "Resource not found: no such task, or no longer.",
    "ERROR_RESOURCE_RECLAIMED": "Resource has been reclaimed: the task has expired.",
    "ERROR_FILE_NOT_FOUND": "File not found.",
    "ERROR_CONTENT_NOT_FOUND": "Content not found.",
    410: "The task or its result is gone.",
}
_ENDED: Meanings = {
    "ERROR_TASK_STOPPED_PROCESSING": "Task has been stopped.",
    "ERROR_TASK_REVOKED": "Task has been revoked.",
    FAILED_STATUS: ("The task failed, and the vendor does not say why.", f"{_IMAGE} {_SUPPORT}"),
    409: "The task is in conflict with something.",
}
_MODELS: Meanings = {
    "ERROR_AI_NOT_EXISTS": "The model does not exist or has been switched off.",
    404: ("There is nothing at this address.", f"Check base_url. {_CHANGED}"),
}
_FORMATS: Meanings = {
    "ERROR_INVALID_RESPONSE_FORMAT": "The vendor cannot answer in the asked format.",
    406: "The vendor cannot answer in the asked format.",
}
# Nobody knows whether work began before one of these. That the codes of 503 come before any work is
# advice of the vendor's, not a promise.
_OUTAGES: Meanings = {
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
    "ERROR_IMAGE_STORAGE_NOT_SUPPORTED": "The vendor cannot store the image.",
    "ERROR_INSUFFICIENT_RESOURCES": "Too few resources.",
    "ERROR_RESOURCE_UNAVAILABLE": "Resource unavailable.",
    "AI_SERVICE_FLOW_RESTRICTION": "The model's service is at its limit of calls.",
    "ERROR_CLEANING_USER_GROUP_DATA": "Data of the account is being cleaned up.",
    "ERROR_RESOURCE_IN_TRANSIT": "Resource is being moved.",
    **dict.fromkeys((500, 501, 502, 504), "The service failed."),
    503: "The service, or a gateway before it, cannot serve now.",
}

TABLE = ErrorTable(
    "AILabTools",
    (
        *codes(errors.InputRefused, _FIELD, _PARAMETERS),
        *codes(errors.InputRefused, _IMAGE, _IMAGES),
        *codes(errors.AuthenticationFailed, _KEY, _KEYS),
        *codes(errors.AccessDenied, _SUPPORT, _ACCESS),
        *codes(errors.CreditsExhausted, _CREDITS, _CREDIT),
        *codes(errors.RateLimited, "", _RATES),
        *codes(errors.LimitError, "", _FACES),
        *codes(errors.JobExpired, "", _GONE, billed="no"),
        *codes(
            errors.JobFailed,
            AGAIN,
            _ENDED,
            fault="vendor",
            retry="never_automatically",
            billed="no",
        ),
        *codes(errors.VendorUnavailable, _OTHER, _MODELS, retry="no"),
        *codes(errors.UnexpectedResponse, "", _FORMATS),
        *codes(errors.OutcomeUnknown, _OPEN, _OUTAGES, fault="vendor"),
    ),
    code=_code,
    message=_message,
    request_id=("request_id", "log_id"),
)
ABOUT_POLL = frozenset(
    {
        *_PARAMETERS,
        "ERROR_AI_NOT_EXISTS",
        "ERROR_INVALID_RESPONSE_FORMAT",
        "ERROR_REQUEST_BODY_TOO_LARGE",
        "ERROR_TOO_MANY_FILES",
    }
)
"""Codes that can only mean the poll when they answer one: a task has no parameters any more."""
MAY_PASS = frozenset({"PROCESSING_FAILURE"})
"""Codes of failed tasks that are worth another poll, says the vendor's SDK."""
