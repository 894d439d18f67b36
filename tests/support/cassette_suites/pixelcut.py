"""The cassettes of Pixelcut; samples: https://developer.pixelcut.ai/try-on and its sister pages."""

from pathlib import Path

from tryon_testing.cassettes import Case, Sample, Suite

_TRY_ON = "https://developer.pixelcut.ai/try-on"
_CANCEL = "https://www.pixelcut.ai/docs/api-reference/try-on-job-cancel.md"
_CREDITS = "https://www.pixelcut.ai/docs/api-reference/get-credits.md"
_RESULTS = "https://assets.pixelcut.app/public/result"
_RESULT = f"{_RESULTS}/a16646be-91c8-4e3a-b359.jpg"
_JOB = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

ACCEPTED = Sample(body=f'{{"job_id": "{_JOB}"}}', source=_TRY_ON, status=202)
FINISHED = Sample(body=f'{{"result_url": "{_RESULT}"}}', source=_TRY_ON)
CANCELLED = Sample(body='{"message": "Job cancelled"}', source=_CANCEL)
CREDITS = Sample(body='{"credits_remaining": 42}', source=_CREDITS)
TOO_LARGE = Sample(
    body='{"error": "File size too large", "error_code": "file_size_too_large"}',
    source=_TRY_ON,
    status=400,
)
NO_TOKEN = Sample(
    body='{"error": "API Token not found", "error_code": "invalid_auth_token"}',
    source=_TRY_ON,
    status=401,
)
NO_CREDITS = Sample(
    body='{"error": "Insufficient credits available", "error_code": "insufficient_api_credits"}',
    source=_TRY_ON,
    status=403,
)
TOO_FAST = Sample(
    body='{"error": "Too many requests", "error_code": "rate_limit_exceeded"}',
    source=_TRY_ON,
    status=429,
)
NOT_FOUND = Sample(
    body='{"error": "Job not found", "error_code": "not_found"}', source=_CANCEL, status=404
)
JOB_FINISHED = Sample(
    body='{"error": "Job has already finished and cannot be canceled", '
    '"error_code": "job_finished"}',
    source=_CANCEL,
    status=409,
)

_ONE = {"images": 1, "formats": ["JPEG"]}


def _refused(code: str, error: str = "InputRefused", **more: object) -> dict[str, object]:
    return {"error": error, "vendor_code": code, **more}


_CASES = (
    Case(name="top", expect=_ONE),
    Case(name="bottom", categories=("bottom",), expect=_ONE),
    Case(name="dress", categories=("dress",), expect=_ONE),
    Case(name="top-by-address", images="url", expect=_ONE),
    Case(name="top-while-waiting", settings={"wait_for_result": "true"}, expect=_ONE),
    Case(
        name="without-background",
        options={"remove_background": True, "preprocess_garment": False},
        expect=_ONE,
    ),
    Case(name="cancel", action="cancel", expect={"state": "CANCELLED"}),
    Case(
        name="cancel-too-late",
        action="cancel",
        wait_s=60,
        expect=_refused("job_finished", "CancelRefused", http_status=409),
    ),
    Case(name="balance", action="balance", expect={"amount": "1000", "unit": "credits"}),
    *(
        Case(
            name=f"refused-{code.replace('_', '-')}",
            faults=[f"submit:{code}"],
            expect=_refused(code, fault="input", billed="no", http_status=400),
        )
        for code in (
            "invalid_request_body",
            "missing_parameter",
            "invalid_parameter",
            "unsupported_content_type",
            "malformed_image",
            "unsupported_image_format",
            "resolution_too_high",
            "unknown_foreground",
        )
    ),
    *(
        Case(
            name=f"failed-{code.replace('_', '-')}",
            knobs={"job_failure": code},
            expect=_refused(code, "JobFailed"),
        )
        for code in (
            "invalid_parameter",
            "content_filter_error",
            "request_timeout",
            "unexpected_error",
            "service_unavailable",
        )
    ),
    Case(
        name="job-expired",
        knobs={"job_failure": "job_expired"},
        expect={"error": "JobExpired"},
    ),
    Case(
        name="job-cancelled",
        knobs={"job_failure": "job_cancelled"},
        expect={"error": "JobCancelled"},
    ),
    Case(
        name="server-error",
        faults=["submit:500"],
        expect={"error": "OutcomeUnknown", "http_status": 500, "billed": "unknown"},
    ),
    Case(
        name="result-gone",
        faults=["result:403"],
        expect={"error": "DownloadFailed", "http_status": 403},
    ),
    Case(
        name="documented-job",
        action="submit",
        samples=[ACCEPTED],
        expect={"job_id": _JOB},
    ),
    Case(
        name="documented-result",
        settings={"wait_for_result": "true"},
        samples=[FINISHED],
        expect=_ONE,
    ),
    Case(
        name="documented-cancel",
        action="cancel",
        samples=[ACCEPTED, CANCELLED],
        expect={"state": "CANCELLED"},
    ),
    Case(
        name="documented-cancel-too-late",
        action="cancel",
        samples=[ACCEPTED, JOB_FINISHED],
        expect=_refused("job_finished", "CancelRefused"),
    ),
    Case(
        name="documented-cancel-unknown",
        action="cancel",
        samples=[ACCEPTED, NOT_FOUND],
        expect={"state": "NOT_FOUND"},
    ),
    Case(
        name="documented-balance",
        action="balance",
        samples=[CREDITS],
        expect={"amount": "42", "unit": "credits"},
    ),
    Case(
        name="documented-too-large",
        samples=[TOO_LARGE],
        expect=_refused("file_size_too_large", fault="input", billed="no"),
    ),
    Case(
        name="documented-wrong-key",
        samples=[NO_TOKEN],
        expect=_refused("invalid_auth_token", "AuthenticationFailed", fault="account"),
    ),
    Case(
        name="documented-no-credits",
        samples=[NO_CREDITS],
        expect=_refused("insufficient_api_credits", "CreditsExhausted", retry="after_change"),
    ),
    Case(
        name="documented-too-fast",
        samples=[TOO_FAST],
        expect=_refused("rate_limit_exceeded", "RateLimited", retry="later"),
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="pixelcut",
        cases=_CASES,
        folder=folder,
        keys={"api_key": "sk_obviously_fake"},
        hosts={
            "": "https://api.developer.pixelcut.ai",
            "/_tryon/results": _RESULTS,
        },
        files={_RESULTS: _RESULTS},
    )
