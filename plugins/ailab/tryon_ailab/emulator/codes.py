"""The vendor's codes with their statuses and texts.

Source: https://www.ailabtools.com/docs/response-description, and its edition before 2026-01-08. The
texts of codes that ask to try again later are our own.
"""

from collections.abc import Mapping
from types import MappingProxyType

import attrs


@attrs.frozen
class VendorCode:
    """One code.

    Attributes:
        status: the HTTP status that it comes with.
        old_status: the one before 2026-01-08.
        text: its fixed text, `code_message`.
    """

    status: int
    old_status: int
    text: str


_LATER = "please try again later."
CODES: Mapping[str, VendorCode] = MappingProxyType(
    {
        "ERROR_PARAMETERS": VendorCode(400, 400, "Invalid parameters."),
        "MISSING_PARAMETERS": VendorCode(400, 400, "Missing parameters."),
        "ERROR_INVALID_PARAMETER": VendorCode(400, 400, "Invalid parameter."),
        "PARAMETERS_CANNOT_EMPTY": VendorCode(400, 400, "Parameters cannot be empty."),
        "UNSUPPORTED_PARAMETER_VALUES": VendorCode(400, 422, "Invalid parameter values."),
        "ERROR_INVALID_PARAMETER_FORMAT": VendorCode(400, 422, "Invalid parameter format."),
        "ERROR_USER_NOT_EXISTS": VendorCode(401, 401, "The user does not exist."),
        "ERROR_APPLICATIONS_NOT_EXISTS": VendorCode(401, 401, "The application does not exist."),
        "ERROR_USER_LOCKED": VendorCode(403, 403, "The user is locked."),
        "ERROR_ILLEGAL_OPERATION": VendorCode(403, 405, "Illegal operation."),
        "ERROR_AI_NOT_EXISTS": VendorCode(
            404,
            404,
            "AI does not exist or has been deactivated, please contact the platform.",
        ),
        "ERROR_RESOURCE_NOT_FOUND": VendorCode(404, 404, "Resource not found."),
        "ERROR_FILE_NOT_FOUND": VendorCode(404, 404, "File not found."),
        "ERROR_CONTENT_NOT_FOUND": VendorCode(404, 404, "Content not found."),
        "ERROR_INVALID_RESPONSE_FORMAT": VendorCode(406, 406, "Invalid response format."),
        "ERROR_TASK_STOPPED_PROCESSING": VendorCode(409, 422, "Task has been stopped processing."),
        "ERROR_TASK_REVOKED": VendorCode(410, 409, "Task has already been revoked."),
        "ERROR_RESOURCE_RECLAIMED": VendorCode(410, 410, "Resource has been reclaimed."),
        "FILE_SIZE_EXCEEDS_LIMIT": VendorCode(413, 413, "File size exceeds limit."),
        "FILE_RESOLUTION_EXCEEDS_LIMITS": VendorCode(413, 422, "File resolution exceeds limits."),
        "ERROR_HIGH_RESOLUTION": VendorCode(413, 422, "File resolution too high."),
        "ERROR_REQUEST_BODY_TOO_LARGE": VendorCode(413, 413, "Request body size exceeds limit."),
        "ERROR_TOO_MANY_FILES": VendorCode(413, 413, "Too many files."),
        "UNSUPPORTED_FILE_TYPES": VendorCode(415, 415, "Unsupported file types."),
        "ERROR_UNSUPPORTED_GRAYSCALE_IMAGE": VendorCode(415, 415, "Grayscale image not supported."),
        "FILE_DECODING_FAILURE": VendorCode(422, 400, "File decoding failed."),
        "ERROR_ILLEGAL_FILE": VendorCode(422, 403, "Illegal file."),
        "ERROR_INVALID_FILE": VendorCode(422, 422, "Invalid file."),
        "ERROR_LOW_RESOLUTION": VendorCode(422, 422, "File resolution too low."),
        "FILE_CONTENT_NON_COMPLIANCE": VendorCode(
            422, 422, "File content does not meet requirements."
        ),
        "ERROR_CONTENT_NON_COMPLIANCE": VendorCode(422, 422, "Content does not meet requirements."),
        "ERROR_NO_FACE_IN_FILE": VendorCode(422, 422, "No face detected in the file."),
        "ERROR_NO_RECOGNITION_TARGET_DETECTED": VendorCode(
            422, 422, "No recognition target detected in the image."
        ),
        "ERROR_POSE_NOT_ENOUGH_KEYPOINTS": VendorCode(
            422, 422, "Pose detection failed: Not enough keypoints were detected."
        ),
        "ERROR_FACE_COUNT_INVALID": VendorCode(
            422,
            422,
            "Face detection failed: The number of detected faces does not meet the requirements.",
        ),
        "ERROR_NOT_ENOUGH_CREDITS": VendorCode(429, 429, "Insufficient credits."),
        "EXCEEDING_LIMITS": VendorCode(429, 422, "Exceeds limit."),
        "ERROR_FACE_TRACE_LIMIT_EXCEEDED": VendorCode(429, 429, "Face limit exceeded."),
        "ERROR_DATABASE_LIMIT_EXCEEDED": VendorCode(429, 429, "Database limit exceeded."),
        "ERROR_BATCH_TASK_LIMIT_EXCEEDED": VendorCode(429, 429, "Batch task limit exceeded."),
        "PROCESSING_FAILURE": VendorCode(500, 400, "Processing failed."),
        "UNKNOWN_ERROR": VendorCode(500, 500, f"Unknown error, {_LATER}"),
        "SERVICE_INTERNAL_ERROR": VendorCode(500, 500, f"Service internal error, {_LATER}"),
        "ERROR_IMAGE_STORAGE_NOT_SUPPORTED": VendorCode(501, 501, "Image storage not supported."),
        "FILE_SERVICE_ERROR": VendorCode(502, 500, f"File service error, {_LATER}"),
        "AI_SERVICE_ERROR": VendorCode(502, 500, f"AI service error, {_LATER}"),
        "AI_SERVICE_INTERNAL_ERROR": VendorCode(502, 500, f"AI service internal error, {_LATER}"),
        "AI_SERVICE_UNAUTHORIZED": VendorCode(502, 403, f"AI service unauthorized, {_LATER}"),
        "AI_SERVICE_NOT_FOUND": VendorCode(502, 404, f"AI service not found, {_LATER}"),
        "ERROR_GATEWAY": VendorCode(502, 502, f"Gateway error, {_LATER}"),
        "ERROR_INSUFFICIENT_RESOURCES": VendorCode(503, 400, f"Insufficient resources, {_LATER}"),
        "ERROR_RESOURCE_UNAVAILABLE": VendorCode(503, 400, f"Resource unavailable, {_LATER}"),
        "AI_SERVICE_FLOW_RESTRICTION": VendorCode(503, 503, f"AI service flow limit, {_LATER}"),
        "ERROR_CLEANING_USER_GROUP_DATA": VendorCode(503, 503, "Cleaning user group data."),
        "ERROR_RESOURCE_IN_TRANSIT": VendorCode(503, 503, "Resource is in transit."),
        "AI_SERVICE_TIMEOUT": VendorCode(504, 504, f"AI service timeout, {_LATER}"),
        "ERROR_FILE_DOWNLOAD_TIMEOUT": VendorCode(504, 504, "File download timeout."),
    }
)
FAILED_STATUS = "task_status 3"
"""The provider's name for a task that failed without a code."""
_NO_TASK = ("ERROR_REQUEST_BODY_TOO_LARGE", "ERROR_TOO_MANY_FILES")
_OF_TASKS = ("ERROR_TASK_STOPPED_PROCESSING", "ERROR_TASK_REVOKED", "PROCESSING_FAILURE")
FAILURES = [FAILED_STATUS] + [
    code
    for code, known in CODES.items()
    if code in _OF_TASKS or (known.status in {413, 415, 422} and code not in _NO_TASK)
]
"""Codes of failed tasks: those of images, which are looked at late, and of the work."""
CODES_BY_STATUS: Mapping[int, str] = MappingProxyType(
    {
        400: "UNSUPPORTED_PARAMETER_VALUES",
        401: "ERROR_APPLICATIONS_NOT_EXISTS",
        403: "ERROR_USER_LOCKED",
        404: "ERROR_RESOURCE_NOT_FOUND",
        406: "ERROR_INVALID_RESPONSE_FORMAT",
        409: "ERROR_TASK_STOPPED_PROCESSING",
        410: "ERROR_RESOURCE_RECLAIMED",
        413: "FILE_SIZE_EXCEEDS_LIMIT",
        415: "UNSUPPORTED_FILE_TYPES",
        422: "FILE_CONTENT_NON_COMPLIANCE",
        429: "EXCEEDING_LIMITS",
        500: "SERVICE_INTERNAL_ERROR",
        501: "ERROR_IMAGE_STORAGE_NOT_SUPPORTED",
        502: "AI_SERVICE_ERROR",
        503: "AI_SERVICE_FLOW_RESTRICTION",
        504: "AI_SERVICE_TIMEOUT",
    }
)
"""What a fault such as `submit:429` is: one code for each status."""
COARSE: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        (
            "ERROR_NO_FACE_IN_FILE",
            "ERROR_NO_RECOGNITION_TARGET_DETECTED",
            "ERROR_POSE_NOT_ENOUGH_KEYPOINTS",
            "ERROR_FACE_COUNT_INVALID",
        ),
        "FILE_CONTENT_NON_COMPLIANCE",
    )
)
"""The older, coarser code of the field `error_code_str`, where it is another one."""
