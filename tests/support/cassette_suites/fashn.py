"""The cassettes of FASHN; samples: https://docs.fashn.ai and the OpenAPI description in it."""

from pathlib import Path

from tryon_testing.cassettes import Case, Sample, Suite

_DOCS = "https://docs.fashn.ai"
_BASICS = f"{_DOCS}/api-overview/api-fundamentals"
_ERRORS = f"{_DOCS}/api-overview/error-handling"
_RESULTS = "https://cdn.fashn.ai"
_JOB = "123a87r9-4129-4bb3-be18-9c9fb5bd7fc1-u1"

ACCEPTED = Sample(body=f'{{"id": "{_JOB}", "error": null}}', source=_BASICS)
PROCESSING = Sample(
    body=f'{{"id": "{_JOB}", "status": "processing", "error": null}}', source=_BASICS
)
COMPLETED = Sample(
    body=f'{{"id": "{_JOB}", "status": "completed", '
    f'"output": ["{_RESULTS}/{_JOB}/output_0.png"], "error": null}}',
    source=_BASICS,
)
FAILED = Sample(
    body=f'{{"id": "{_JOB}", "status": "failed", "error": {{"name": "ImageLoadError", '
    '"message": "Error loading model image: Invalid URL format"}}',
    source=_BASICS,
)
CREDITS = Sample(
    body='{"credits": {"total": 234, "subscription": 100, "on_demand": 134}}',
    source=f"{_DOCS}/utility-endpoints/credits",
)
BAD_REQUEST = Sample(
    body='{"error": "BadRequest", "message": "Invalid request body"}', source=_ERRORS, status=400
)
NO_TOKEN = Sample(
    body='{"error": "UnauthorizedAccess", "message": "Unauthorized: Invalid token"}',
    source=_ERRORS,
    status=401,
)
NOT_FOUND = Sample(
    body='{"error": "NotFound", "message": "Prediction not found"}', source=_ERRORS, status=404
)
TOO_FAST = Sample(
    body='{"error": "RateLimitExceeded", "message": "Too many requests"}',
    source=_ERRORS,
    status=429,
)

_ONE = {"images": 1, "formats": ["PNG"]}
_FAILURES = (
    "ImageLoadError",
    "ContentModerationError",
    "PoseError",
    "InputValidationError",
    "PipelineError",
    "ThirdPartyError",
    "UnavailableError",
)


def _refused(code: str, error: str = "InputRefused", **more: object) -> dict[str, object]:
    return {"error": error, "vendor_code": code, **more}


_CASES = (
    Case(name="top", expect={**_ONE, "usage": {"credits": "1"}}),
    Case(name="bottom", categories=("bottom",), expect=_ONE),
    Case(name="dress", categories=("dress",), expect=_ONE),
    Case(name="top-by-address", images="url", expect=_ONE),
    Case(
        name="four-samples",
        options={"num_samples": 4, "output_format": "jpeg", "seed": 7},
        expect={"images": 4, "formats": ["JPEG"] * 4, "usage": {"credits": "4"}},
    ),
    Case(
        name="max",
        options={"model": "tryon-max", "resolution": "2k", "generation_mode": "quality"},
        expect=_ONE,
    ),
    Case(name="inside-the-answer", options={"return_base64": True}, expect=_ONE),
    Case(
        name="no-longer-inside-the-answer",
        options={"return_base64": True},
        knobs={"base64_lifetime_s": 0},
        expect={"error": "JobExpired", "billed": "yes"},
    ),
    Case(name="balance", action="balance", expect={"amount": "1000", "unit": "credits"}),
    Case(
        name="refused-bad-request",
        faults=["submit:BadRequest"],
        expect=_refused("BadRequest", fault="input", billed="no", http_status=400),
    ),
    Case(
        name="out-of-credits",
        faults=["submit:OutOfCredits"],
        expect=_refused("OutOfCredits", "CreditsExhausted", retry="after_change", http_status=429),
    ),
    *(
        Case(
            name=f"failed-{name.removesuffix('Error').lower()}",
            knobs={"job_failure": name},
            expect=_refused(name, "JobFailed", billed="no"),
        )
        for name in _FAILURES
    ),
    Case(
        name="server-error",
        faults=["submit:500"],
        expect={"error": "VendorUnavailable", "http_status": 500, "billed": "unknown"},
    ),
    Case(
        name="body-too-long",
        knobs={"max_body_bytes": 100},
        expect={"error": "OutcomeUnknown", "http_status": 500, "billed": "unknown"},
    ),
    Case(
        name="result-gone",
        faults=["result:403"],
        expect={"error": "DownloadFailed", "http_status": 403},
    ),
    Case(name="documented-job", samples=[ACCEPTED, PROCESSING, COMPLETED], expect=_ONE),
    Case(
        name="documented-failure",
        samples=[ACCEPTED, FAILED],
        expect=_refused("ImageLoadError", "JobFailed", fault="input", billed="no"),
    ),
    Case(
        name="documented-balance",
        action="balance",
        samples=[CREDITS],
        expect={"amount": "234", "unit": "credits"},
    ),
    Case(
        name="documented-bad-request",
        samples=[BAD_REQUEST],
        expect=_refused("BadRequest", fault="input", billed="no"),
    ),
    Case(
        name="documented-wrong-key",
        samples=[NO_TOKEN],
        expect=_refused("UnauthorizedAccess", "AuthenticationFailed", fault="account"),
    ),
    Case(
        name="documented-too-fast",
        samples=[TOO_FAST],
        expect=_refused("RateLimitExceeded", "RateLimited", retry="later"),
    ),
    Case(
        name="documented-unknown-job",
        action="poll",
        samples=[ACCEPTED, NOT_FOUND],
        expect={"state": "NOT_FOUND"},
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="fashn",
        cases=_CASES,
        folder=folder,
        keys={"api_key": "fa-obviously-fake"},
        hosts={"": "https://api.fashn.ai", "/_tryon/results": _RESULTS},
        files={_RESULTS: _RESULTS},
    )
