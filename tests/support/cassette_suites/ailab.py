"""The cassettes of AILabTools, with the sample of its page on the query of results."""

from pathlib import Path
from typing import Any

from tryon_testing.cassettes import Case, Sample, SampleImage, Suite

_BASE = "https://www.ailabtools.com/docs/ai-portrait/editing/try-on-clothes/api"

QUEUED = Sample(
    source=_BASE,
    body="""{
  "error_code":     0,
  "error_msg":      "",
  "error_detail":   {
    "status_code":  200,
    "code":         "",
    "code_message": "",
    "message":      ""
  },
  "task_status":    0,
  "data":           {
    "image": ""
  }
}""",
)

_ONE = {"images": 1, "formats": ["PNG"]}
_PRO = {"model": "pro"}
_REFUSALS = {
    "UNSUPPORTED_PARAMETER_VALUES": "InputRefused",
    "ERROR_APPLICATIONS_NOT_EXISTS": "AuthenticationFailed",
    "ERROR_USER_NOT_EXISTS": "AuthenticationFailed",
    "ERROR_USER_LOCKED": "AccessDenied",
    "ERROR_NOT_ENOUGH_CREDITS": "CreditsExhausted",
    "EXCEEDING_LIMITS": "RateLimited",
    "ERROR_DATABASE_LIMIT_EXCEEDED": "LimitError",
    "ERROR_INVALID_RESPONSE_FORMAT": "UnexpectedResponse",
    "UNSUPPORTED_FILE_TYPES": "InputRefused",
}
_FAILURES = {
    "FILE_SIZE_EXCEEDS_LIMIT": "input",
    "ERROR_NO_FACE_IN_FILE": "input",
    "FILE_CONTENT_NON_COMPLIANCE": "input",
    "ERROR_TASK_STOPPED_PROCESSING": "vendor",
}


def _file_name(code: str) -> str:
    return code.lower().replace("_", "-")


def _refused(code: str, error: str, **more: Any) -> dict[str, Any]:
    return {"error": error, "vendor_code": code, **more}


_CASES = (
    Case(name="top", expect=_ONE),
    Case(name="bottom", categories=("bottom",), expect=_ONE),
    Case(name="dress", categories=("dress",), expect=_ONE),
    Case(name="pro-top", options=_PRO, expect=_ONE),
    Case(name="pro-dress", options=_PRO, categories=("dress",), expect=_ONE),
    Case(
        name="pro-top-bottom",
        categories=("top", "bottom"),
        options={**_PRO, "resolution": 1280, "restore_face": False},
        expect=_ONE,
    ),
    Case(name="premium-top", options={"model": "premium"}, expect=_ONE),
    Case(
        name="refiner",
        options={"model": "refiner", "coarse_image": SampleImage("coarse"), "gender": "woman"},
        expect=_ONE,
    ),
    Case(name="envelope-e2", knobs={"envelope": "E2"}, expect=_ONE),
    Case(name="envelope-e3", knobs={"envelope": "E3"}, expect=_ONE),
    Case(name="balance", action="balance", expect={"amount": "10000.0", "unit": "credits"}),
    *(
        Case(
            name=f"refused-{_file_name(code)}",
            faults=[f"submit:{code}"],
            expect=_refused(code, error),
        )
        for code, error in _REFUSALS.items()
    ),
    *(
        Case(
            name=f"failed-{_file_name(code)}",
            knobs={"job_failure": code},
            expect=_refused(code, "JobFailed", fault=fault),
        )
        for code, fault in _FAILURES.items()
    ),
    Case(
        name="failed-in-a-200",
        knobs={"job_failure": "ERROR_NO_FACE_IN_FILE", "failure_mode": "B"},
        expect=_refused("ERROR_NO_FACE_IN_FILE", "JobFailed"),
    ),
    Case(
        name="failed-as-status-3",
        knobs={"job_failure": "ERROR_NO_FACE_IN_FILE", "failure_mode": "C"},
        expect={"error": "JobFailed"},
    ),
    Case(
        name="failed-envelope-e3",
        knobs={"job_failure": "ERROR_NO_FACE_IN_FILE", "envelope": "E3"},
        expect=_refused("ERROR_NO_FACE_IN_FILE", "JobFailed"),
    ),
    Case(name="unknown-task", action="poll", job_id="1.2", expect={"state": "NOT_FOUND"}),
    Case(
        name="server-error",
        faults=["submit:500"],
        expect={"billed": "unknown", "retry": "never_automatically"},
    ),
    Case(
        name="result-gone",
        faults=["result:403"],
        expect={"error": "DownloadFailed", "http_status": 403},
    ),
    Case(
        name="documented-queued",
        action="poll",
        job_id="1788109088348.1e968d25",
        samples=[QUEUED],
        expect={"state": "PENDING", "vendor_status": "0"},
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="ailab",
        cases=_CASES,
        folder=folder,
        keys={"api_key": "obviously-fake"},
        hosts={
            "": "https://www.ailabapi.com",
            "/_tryon/results": "https://ailab-outputs.oss-accelerate.aliyuncs.com",
        },
    )
