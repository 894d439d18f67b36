"""The vendor's error codes in our words.

Codes, statuses and texts are those of https://www.ailabtools.com/docs/response-description. On
2026-01-08 many codes moved to another status, so an entry goes by the code alone wherever there is
one; entries without a code speak for all codes that are not listed.
"""

from collections.abc import Iterable, Iterator

from tryon_core import ErrorCode, ErrorTable, errors

_PICTURE = (
    "Use another picture: one person from the front, whole, well lit; one garment, laid flat."
)
_SMALLER = "Make the picture smaller, or let fit=True (--fit) do it."
_SIZE = (
    "One code covers pictures that are too small, too large or of a wrong shape: compare them with "
    "the limits of the model, or let fit=True (--fit) do it."
)
_ENCODE = "Save the picture again as JPEG or PNG in RGB colours."
_SUPPORT = "Write to the vendor's support, and name the request id."
_CHANGED = "Look for a newer version of the plugin: the vendor may have moved this model."
_OPEN = (
    "Look at the credits before you submit the same work again: it may already be running and "
    "billed."
)


def _refused(
    codes: Iterable[tuple[str, str]], remedy: str = "", *, error: type[errors.TryOnError]
) -> Iterator[ErrorCode]:
    for code, meaning in codes:
        yield ErrorCode(code=code, error=error, meaning=meaning, remedy=remedy)


def _parameters() -> Iterator[ErrorCode]:
    yield from _refused(
        [
            ("ERROR_PARAMETERS", "Invalid parameters."),
            ("MISSING_PARAMETERS", "Missing parameters."),
            ("ERROR_INVALID_PARAMETER", "Invalid parameter."),
            ("PARAMETERS_CANNOT_EMPTY", "Parameters cannot be empty."),
            ("UNSUPPORTED_PARAMETER_VALUES", "Invalid parameter values."),
            ("ERROR_INVALID_PARAMETER_FORMAT", "Invalid parameter format."),
        ],
        "The vendor's text names the field.",
        error=errors.InputRefused,
    )


def _pictures() -> Iterator[ErrorCode]:
    kind = errors.InputRefused
    sizes = [
        ("FILE_SIZE_EXCEEDS_LIMIT", "File size or resolution outside the limits."),
        ("FILE_RESOLUTION_EXCEEDS_LIMITS", "File resolution exceeds limits."),
    ]
    large = [
        ("ERROR_HIGH_RESOLUTION", "File resolution too high."),
        ("ERROR_REQUEST_BODY_TOO_LARGE", "Request body size exceeds limit."),
    ]
    low = [("ERROR_LOW_RESOLUTION", "File resolution too low.")]
    many = [("ERROR_TOO_MANY_FILES", "Too many files.")]
    formats = [
        ("UNSUPPORTED_FILE_TYPES", "Unsupported file types."),
        ("ERROR_UNSUPPORTED_GRAYSCALE_IMAGE", "Grayscale image not supported."),
        ("FILE_DECODING_FAILURE", "File decoding failed."),
        ("ERROR_INVALID_FILE", "Invalid file."),
    ]
    yield from _refused(sizes, _SIZE, error=kind)
    yield from _refused(large, _SMALLER, error=kind)
    yield from _refused(low, "Use a larger picture.", error=kind)
    yield from _refused(many, _CHANGED, error=kind)
    yield from _refused(formats, _ENCODE, error=kind)
    yield from _refused(_CONTENTS, _PICTURE, error=kind)


_CONTENTS = (
    ("ERROR_ILLEGAL_FILE", "Illegal file."),
    ("FILE_CONTENT_NON_COMPLIANCE", "File content does not meet requirements."),
    ("ERROR_CONTENT_NON_COMPLIANCE", "Content does not meet requirements."),
    ("ERROR_NO_FACE_IN_FILE", "No face detected in the file."),
    ("ERROR_NO_RECOGNITION_TARGET_DETECTED", "No recognition target detected in the image."),
    ("ERROR_POSE_NOT_ENOUGH_KEYPOINTS", "Too few key points of the pose were detected."),
    ("ERROR_FACE_COUNT_INVALID", "The number of faces does not meet the requirements."),
)


def _account() -> Iterator[ErrorCode]:
    yield from _refused(
        [
            ("ERROR_USER_NOT_EXISTS", "The user does not exist."),
            ("ERROR_APPLICATIONS_NOT_EXISTS", "The application does not exist."),
        ],
        "Check that the key is whole, and that its application still exists in the console.",
        error=errors.AuthenticationFailed,
    )
    yield from _refused(
        [
            ("ERROR_USER_LOCKED", "The user is locked."),
            ("ERROR_ILLEGAL_OPERATION", "Illegal operation."),
        ],
        _SUPPORT,
        error=errors.AccessDenied,
    )
    yield ErrorCode(
        code="ERROR_NOT_ENOUGH_CREDITS",
        error=errors.CreditsExhausted,
        meaning="Insufficient credits.",
        remedy="Buy credits; `tryon balance -p ailab` says what is left.",
    )


def _limits() -> Iterator[ErrorCode]:
    yield from _refused(
        [
            ("EXCEEDING_LIMITS", "Exceeds limit."),
            ("ERROR_BATCH_TASK_LIMIT_EXCEEDED", "Too many tasks at once."),
        ],
        error=errors.RateLimited,
    )
    yield from _refused(
        [
            ("ERROR_FACE_TRACE_LIMIT_EXCEEDED", "A limit of the vendor's face groups."),
            ("ERROR_DATABASE_LIMIT_EXCEEDED", "A limit of the vendor's face groups."),
        ],
        error=errors.LimitError,
    )


def _missing() -> Iterator[ErrorCode]:
    yield ErrorCode(
        code="ERROR_AI_NOT_EXISTS",
        error=errors.VendorUnavailable,
        meaning="The model does not exist or has been switched off.",
        retry="no",
        remedy=f"{_CHANGED} Another model of this provider may still work.",
    )
    gone = (
        ("ERROR_RESOURCE_NOT_FOUND", "Resource not found: no such task, or no longer."),
        ("ERROR_RESOURCE_RECLAIMED", "Resource has been reclaimed: the task has expired."),
        ("ERROR_FILE_NOT_FOUND", "File not found."),
        ("ERROR_CONTENT_NOT_FOUND", "Content not found."),
    )
    for code, meaning in gone:
        yield ErrorCode(code=code, error=errors.JobExpired, meaning=meaning, billed="no")
    stopped = (
        ("ERROR_TASK_STOPPED_PROCESSING", "Task has been stopped."),
        ("ERROR_TASK_REVOKED", "Task has been revoked."),
    )
    for code, meaning in stopped:
        yield ErrorCode(
            code=code,
            error=errors.JobFailed,
            meaning=meaning,
            fault="vendor",
            retry="never_automatically",
            billed="no",
            remedy="Submit the work again if it is still wanted.",
        )
    yield ErrorCode(
        code="ERROR_INVALID_RESPONSE_FORMAT",
        error=errors.UnexpectedResponse,
        meaning="The vendor cannot answer in the asked format.",
    )


def _outages() -> Iterator[ErrorCode]:
    """Yield what fails on the vendor's side; after most of it nobody knows whether work began."""
    began = (
        ("PROCESSING_FAILURE", "Processing failed."),
        ("UNKNOWN_ERROR", "Unknown error."),
        ("SERVICE_INTERNAL_ERROR", "Internal error of the service."),
        ("FILE_SERVICE_ERROR", "Error of the file service."),
        ("AI_SERVICE_ERROR", "Error of the model's service."),
        ("AI_SERVICE_INTERNAL_ERROR", "Internal error of the model's service."),
        ("AI_SERVICE_UNAUTHORIZED", "The vendor may not use its own model's service."),
        ("AI_SERVICE_NOT_FOUND", "The vendor does not find its own model's service."),
        ("ERROR_GATEWAY", "Error of the gateway."),
        ("AI_SERVICE_TIMEOUT", "The model's service took too long."),
        ("ERROR_FILE_DOWNLOAD_TIMEOUT", "Fetching a file took too long."),
    )
    for code, meaning in began:
        yield ErrorCode(
            code=code,
            error=errors.OutcomeUnknown,
            meaning=meaning,
            fault="vendor",
            remedy=_OPEN,
        )
    yield from _refused(
        [
            ("ERROR_INSUFFICIENT_RESOURCES", "Too few resources."),
            ("ERROR_RESOURCE_UNAVAILABLE", "Resource unavailable."),
            ("AI_SERVICE_FLOW_RESTRICTION", "The model's service is at its limit of calls."),
            ("ERROR_CLEANING_USER_GROUP_DATA", "Data of the account is being cleaned up."),
            ("ERROR_RESOURCE_IN_TRANSIT", "Resource is being moved."),
        ],
        error=errors.VendorUnavailable,
    )


def _by_status() -> Iterator[ErrorCode]:
    """Yield what holds for codes that are not listed, and for answers without a code."""
    known: tuple[tuple[int, type[errors.TryOnError], str], ...] = (
        (400, errors.InputRefused, "A parameter is missing or wrong."),
        (401, errors.AuthenticationFailed, "The key is not accepted."),
        (403, errors.AccessDenied, "The account may not do this."),
        (406, errors.UnexpectedResponse, "The vendor cannot answer in the asked format."),
        (413, errors.InputRefused, "A picture, or all of them together, is too large or small."),
        (415, errors.InputRefused, "The format of a picture is not accepted."),
        (422, errors.InputRefused, "The content of a picture is not accepted."),
        (429, errors.RateLimited, "A limit of calls."),
        (503, errors.VendorUnavailable, "The service cannot serve now."),
    )
    for status, error, meaning in known:
        yield ErrorCode(code="", http_status=status, error=error, meaning=meaning)
    yield ErrorCode(
        code="",
        http_status=404,
        error=errors.VendorUnavailable,
        meaning="There is nothing at this address.",
        retry="no",
        remedy=f"Check base_url. {_CHANGED}",
    )
    yield ErrorCode(
        code="",
        http_status=409,
        error=errors.JobFailed,
        meaning="The task is in conflict with something.",
        fault="vendor",
        retry="never_automatically",
        billed="no",
    )
    yield ErrorCode(
        code="",
        http_status=410,
        error=errors.JobExpired,
        meaning="The task or its result is gone.",
        billed="no",
    )
    for status in (500, 501, 502, 504):
        yield ErrorCode(
            code="",
            http_status=status,
            error=errors.OutcomeUnknown,
            meaning="The service failed.",
            fault="vendor",
            remedy=_OPEN,
        )


FAILED_STATUS = "task_status 3"
"""Our name for a task that failed without any code: only the vendor's programs know this number."""
TABLE = ErrorTable(
    "AILabTools",
    [
        *_parameters(),
        *_pictures(),
        *_account(),
        *_limits(),
        *_missing(),
        *_outages(),
        *_by_status(),
        ErrorCode(
            code=FAILED_STATUS,
            error=errors.JobFailed,
            meaning="The task failed, and the vendor does not say why.",
            fault="vendor",
            retry="never_automatically",
            billed="no",
            remedy=f"{_PICTURE} {_SUPPORT}",
        ),
    ],
)
