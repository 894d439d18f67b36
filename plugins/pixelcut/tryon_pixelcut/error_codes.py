"""What Pixelcut's error codes mean, for refused requests and failed jobs alike."""

from tryon_core import ErrorCode, ErrorTable
from tryon_core.errors import (
    AuthenticationFailed,
    CancelRefused,
    CreditsExhausted,
    InputRefused,
    JobCancelled,
    JobExpired,
    OutcomeUnknown,
    RateLimited,
)

_REPORT = (
    "The request that was sent breaks the vendor's contract; report it to the plugin's author."
)
_OPEN = "It may have been charged: look at the credits before you submit the same work again."
_LIMITS = "fit=True makes pictures fit the documented limits."

# https://developer.pixelcut.ai/try-on
_REFUSALS = (
    ErrorCode(
        code="invalid_request_body",
        http_status=400,
        error=InputRefused,
        meaning="The request's body is empty or cannot be read.",
        remedy=_REPORT,
    ),
    ErrorCode(
        code="missing_parameter",
        http_status=400,
        error=InputRefused,
        meaning="A parameter that is needed is absent.",
        remedy=_REPORT,
    ),
    ErrorCode(
        code="invalid_parameter",
        http_status=400,
        error=InputRefused,
        meaning="A parameter has a wrong value; a picture that is too small has no other code.",
        remedy="Check the options and the addresses of pictures. " + _LIMITS,
    ),
    ErrorCode(
        code="unsupported_content_type",
        http_status=400,
        error=InputRefused,
        meaning="The request is neither JSON nor a multipart form.",
        remedy=_REPORT,
    ),
    ErrorCode(
        code="malformed_image",
        http_status=400,
        error=InputRefused,
        meaning="A picture cannot be decoded.",
        remedy="Export the picture again, as JPEG or PNG.",
    ),
    ErrorCode(
        code="unsupported_image_format",
        http_status=400,
        error=InputRefused,
        meaning="A picture has a format that is not taken.",
        remedy="Give JPEG or PNG.",
    ),
    ErrorCode(
        code="file_size_too_large",
        http_status=400,
        error=InputRefused,
        meaning="A file has more than 25 MB.",
        remedy=_LIMITS,
    ),
    ErrorCode(
        code="resolution_too_high",
        http_status=400,
        error=InputRefused,
        meaning="A picture has too many pixels.",
        remedy=_LIMITS,
    ),
    ErrorCode(
        code="unknown_foreground",
        http_status=400,
        error=InputRefused,
        meaning="No person or garment was found in a picture.",
        remedy="Give a picture that shows one person, or one garment, before a plain background.",
    ),
    ErrorCode(
        code="invalid_auth_token",
        http_status=401,
        error=AuthenticationFailed,
        meaning="The key is missing or unknown.",
    ),
    ErrorCode(
        code="insufficient_api_credits",
        http_status=403,
        error=CreditsExhausted,
        meaning="The account has too few credits left.",
        remedy="Add API credits to the Pixelcut account.",
    ),
    ErrorCode(
        code="",
        http_status=403,
        error=CreditsExhausted,
        meaning="The vendor documents 403 for missing credits only, not for missing permission.",
        remedy="Add API credits to the Pixelcut account; where it has some, look for a proxy or "
        "firewall that refuses the request.",
    ),
    ErrorCode(
        code="rate_limit_exceeded",
        http_status=429,
        error=RateLimited,
        meaning="Too many requests; commonly 5 per second and account are served.",
    ),
)

# https://www.pixelcut.ai/docs/api-reference/try-on-job-cancel.md
_OF_JOBS = (
    ErrorCode(
        code="not_found",
        http_status=404,
        error=JobExpired,
        billed="no",
        meaning="There is no such job, or no longer.",
    ),
    ErrorCode(
        code="job_finished",
        http_status=409,
        error=CancelRefused,
        meaning="The job has finished and cannot be cancelled any more.",
        remedy="Resume the job to see what became of it.",
    ),
)

# https://developer.pixelcut.ai/try-on-job-status. Whether failures cost anything stands in
# https://www.pixelcut.ai/docs/developer-guide/core-concepts/credits.md: usually not, and moderation
# may. "Usually" is no promise, so what was worked on is `unknown`.
_FAILURES = (
    ErrorCode(
        code="invalid_parameter",
        error=InputRefused,
        meaning="The job's parameters are not valid.",
        remedy="Check the options and the addresses of pictures. " + _LIMITS,
    ),
    ErrorCode(
        code="content_filter_error",
        error=InputRefused,
        billed="unknown",
        meaning="A picture or the result was held back by moderation, which may be charged.",
        remedy="Use other pictures.",
    ),
    ErrorCode(
        code="request_timeout",
        error=OutcomeUnknown,
        fault="vendor",
        meaning="The work took too long.",
        remedy=_OPEN,
    ),
    ErrorCode(
        code="job_expired",
        error=JobExpired,
        billed="unknown",
        meaning="The job is no longer available.",
    ),
    ErrorCode(
        code="job_cancelled",
        error=JobCancelled,
        billed="unknown",
        meaning="The job was cancelled.",
    ),
    ErrorCode(
        code="unexpected_error",
        error=OutcomeUnknown,
        fault="vendor",
        meaning="The work failed at the vendor.",
        remedy=_OPEN,
    ),
    ErrorCode(
        code="service_unavailable",
        error=OutcomeUnknown,
        fault="vendor",
        meaning="The service is unavailable for the time being.",
        remedy=_OPEN,
    ),
)

# https://developer.pixelcut.ai/try-on documents 500 as "Internal service error", and no other 5xx;
# nobody says that work has not begun when one of them comes.
_OUTAGES = tuple(
    ErrorCode(
        code="",
        http_status=status,
        error=OutcomeUnknown,
        fault="vendor",
        meaning=meaning,
        remedy=_OPEN,
    )
    for status, meaning in (
        (500, "Internal service error."),
        (502, "Not documented; a gateway got no answer from the service."),
        (503, "Not documented; the service, or a gateway before it, cannot serve now."),
        (504, "Not documented; the service took too long for a gateway."),
    )
)

_UNDOCUMENTED = "Not documented; read by its first word."
_LOOK_UP = "Change what the vendor's text names; look for a newer version of the plugin too."
_REMEDIES = {InputRefused: _LOOK_UP, OutcomeUnknown: _OPEN}
_FAMILIES = tuple(
    ErrorCode(
        code=family,
        error=error,
        meaning=_UNDOCUMENTED,
        remedy=_REMEDIES.get(error, ""),
        fault="vendor" if error is OutcomeUnknown else None,
    )
    for family, error in (
        ("content_*", InputRefused),
        ("file_*", InputRefused),
        ("insufficient_*", CreditsExhausted),
        ("invalid_*", InputRefused),
        ("malformed_*", InputRefused),
        ("missing_*", InputRefused),
        ("rate_limit_*", RateLimited),
        ("resolution_*", InputRefused),
        ("service_*", OutcomeUnknown),
        ("unsupported_*", InputRefused),
    )
)

TABLE = ErrorTable("Pixelcut", (*_REFUSALS, *_OF_JOBS, *_FAILURES, *_OUTAGES, *_FAMILIES))
"""All documented codes, and families for those that may come."""
