"""What Pixelcut's error codes mean, for refused requests and failed jobs alike."""

from tryon_core import ErrorTable, codes, errors

_REPORT = (
    "The request that was sent breaks the vendor's contract; report it to the plugin's author."
)
_OPEN = "It may have been charged: look at the credits before you submit the same work again."
_LIMITS = "fit=True makes images fit the documented limits."
_CREDITS = "Add API credits to the Pixelcut account."
_VALUES = f"Check the options and the addresses of images. {_LIMITS}"

# https://developer.pixelcut.ai/try-on
_REFUSALS = (
    *codes(
        errors.InputRefused,
        _LIMITS,
        {
            "invalid_request_body": ("The request's body is empty or cannot be read.", _REPORT),
            "missing_parameter": ("A parameter that is needed is absent.", _REPORT),
            "invalid_parameter": (
                "A parameter has a wrong value; an image that is too small has no other code.",
                _VALUES,
            ),
            "unsupported_content_type": ("Neither JSON nor a multipart form was sent.", _REPORT),
            "malformed_image": (
                "An image cannot be decoded.",
                "Export the image again, as JPEG or PNG.",
            ),
            "unsupported_image_format": (
                "An image has a format that is not taken.",
                "Give JPEG or PNG.",
            ),
            "file_size_too_large": "A file has more than 25 MB.",
            "resolution_too_high": "An image has too many pixels.",
            "unknown_foreground": (
                "No person or garment was found in an image.",
                "Give an image of one person, or of one garment, before a plain background.",
            ),
        },
        http_status=400,
    ),
    *codes(
        errors.AuthenticationFailed,
        "",
        {"invalid_auth_token": "The key is missing or unknown."},
        http_status=401,
    ),
    *codes(
        errors.CreditsExhausted,
        _CREDITS,
        {
            "insufficient_api_credits": "The account has too few credits left.",
            403: (
                "The vendor documents 403 for missing credits only, not for missing permission.",
                f"{_CREDITS} Where it has some, look for a proxy or firewall that refuses it.",
            ),
        },
        http_status=403,
    ),
    *codes(
        errors.RateLimited,
        "",
        {"rate_limit_exceeded": "Too many requests; commonly 5 per second and account are served."},
        http_status=429,
    ),
)

# https://www.pixelcut.ai/docs/api-reference/try-on-job-cancel.md
_OF_JOBS = (
    *codes(
        errors.JobExpired,
        "",
        {"not_found": "There is no such job, or no longer."},
        http_status=404,
        billed="no",
    ),
    *codes(
        errors.CancelRefused,
        "Resume the job to see what became of it.",
        {"job_finished": "The job has finished and cannot be cancelled any more."},
        http_status=409,
    ),
)

# https://developer.pixelcut.ai/try-on-job-status. What failures cost is in
# https://www.pixelcut.ai/docs/developer-guide/core-concepts/credits.md: usually not, and moderation
# may. "Usually" is no promise, so what was worked on is `unknown`.
_FAILURES = (
    *codes(
        errors.InputRefused, _VALUES, {"invalid_parameter": "The job's parameters are not valid."}
    ),
    *codes(
        errors.InputRefused,
        "Use other images.",
        {
            "content_filter_error": "An image or the result was held back by moderation, which may "
            "be charged."
        },
        billed="unknown",
    ),
    *codes(
        errors.JobExpired, "", {"job_expired": "The job is no longer available."}, billed="unknown"
    ),
    *codes(errors.JobCancelled, "", {"job_cancelled": "The job was cancelled."}, billed="unknown"),
)

# https://developer.pixelcut.ai/try-on documents 500 as "Internal service error", and no other 5xx;
# nobody says that work has not begun when one of them comes.
_OUTAGES = codes(
    errors.OutcomeUnknown,
    _OPEN,
    {
        "request_timeout": "The work took too long.",
        "unexpected_error": "The work failed at the vendor.",
        "service_unavailable": "The service is unavailable for the time being.",
        "service_*": "Not documented; read by its first word.",
        500: "Internal service error.",
        502: "Not documented; a gateway got no answer from the service.",
        503: "Not documented; the service, or a gateway before it, cannot serve now.",
        504: "Not documented; the service took too long for a gateway.",
    },
    fault="vendor",
)

_UNDOCUMENTED = "Not documented; read by its first word."
_OF_INPUT = ("content", "file", "invalid", "malformed", "missing", "resolution", "unsupported")
_FAMILIES = (
    *codes(
        errors.InputRefused,
        "Change what the vendor's text names; look for a newer version of the plugin too.",
        {f"{family}_*": _UNDOCUMENTED for family in _OF_INPUT},
    ),
    *codes(errors.CreditsExhausted, "", {"insufficient_*": _UNDOCUMENTED}),
    *codes(errors.RateLimited, "", {"rate_limit_*": _UNDOCUMENTED}),
)

TABLE = ErrorTable(
    "Pixelcut",
    (*_REFUSALS, *_OF_JOBS, *_FAILURES, *_OUTAGES, *_FAMILIES),
    # Code and text stand beside each other, or inside of `error`.
    code=("error.error_code", "error_code"),
    message=("error.message", "error", "message"),
)
"""All documented codes, and families for those that may come."""
