"""The cassettes of Kling; the vendor publishes no whole answers, so that none is documented."""

from pathlib import Path
from typing import Any

from tryon_testing.cassettes import Case, Suite

_ONE = {"images": 1, "formats": ["PNG"], "usage": {"credits": "1"}}
_V1, _V3 = "kolors-virtual-try-on-v1", "virtual-try-on-3.0"
_PAIR: Any = ("top", "bottom")
_REFUSALS = {
    "1000": "AuthenticationFailed",
    "1002": "AuthenticationFailed",
    "1004": "AuthenticationFailed",
    "1100": "AccountError",
    "1102": "CreditsExhausted",
    "1103": "AccessDenied",
    "1304": "AccessDenied",
    "1201": "InputRefused",
    "1203": "InputRefused",
    "1301": "InputRefused",
    "1202": "UnexpectedResponse",
    "1302": "RateLimited",
    "1303": "RateLimited",
}

_CASES = (
    Case(name="top", expect=_ONE),
    Case(name="bottom", categories=("bottom",), expect=_ONE),
    Case(name="dress", categories=("dress",), expect=_ONE),
    Case(name="top-bottom", categories=_PAIR, expect=_ONE),
    Case(name="beside", categories=_PAIR, options={"pair_layout": "beside"}, expect=_ONE),
    Case(name="v1-top", options={"model": _V1}, expect=_ONE),
    Case(name="later-top", images="url", options={"model": _V3}, expect=_ONE),
    Case(
        name="later-without-face",
        images="url",
        options={"model": _V3, "keep_face": False},
        categories=("dress",),
        expect=_ONE,
    ),
    Case(name="signed-token", settings={"api_key": ""}, expect=_ONE),
    Case(name="succeeded", knobs={"succeeded": "succeeded"}, expect=_ONE),
    Case(name="balance", action="balance", expect={"amount": "1000.0", "unit": "units"}),
    *(
        Case(
            name=f"refused-{code}",
            faults=[f"submit:{code}"],
            expect={"error": error, "vendor_code": code, "billed": "no"},
        )
        for code, error in _REFUSALS.items()
    ),
    Case(
        name="refused-in-a-200",
        knobs={"error_status": "200"},
        faults=["submit:1301"],
        expect={"error": "InputRefused", "vendor_code": "1301", "http_status": 200},
    ),
    Case(
        name="failed",
        knobs={"job_failure": "The model did not detect a human"},
        expect={"error": "JobFailed", "billed": "no"},
    ),
    Case(name="unknown-task", action="poll", job_id="1", expect={"state": "NOT_FOUND"}),
    Case(
        name="unknown-task-as-failed",
        action="poll",
        job_id="1",
        knobs={"unknown_id": "failed"},
        expect={"state": "NOT_FOUND", "vendor_status": "task not found"},
    ),
    Case(name="found-again", knobs={"late_code": "5002"}, expect=_ONE),
    Case(
        name="later-found-again",
        images="url",
        options={"model": _V3},
        knobs={"late_code": "5001"},
        expect=_ONE,
    ),
    Case(name="not-accepted", faults=["submit:5000"], expect={"error": "NotSent", "billed": "no"}),
    Case(
        name="not-known",
        faults=["submit:5000", "poll:1002"],
        expect={"error": "OutcomeUnknown", "vendor_code": "5000", "billed": "unknown"},
    ),
    Case(
        name="result-gone",
        faults=["result:403"],
        expect={"error": "DownloadFailed", "http_status": 403},
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="kling",
        cases=_CASES,
        folder=folder,
        keys={
            "api_key": "obviously-fake",
            "access_key": "obviously-1",
            "secret_key": "obviously-2",
        },
        hosts={
            "": "https://api-singapore.klingai.com",
            "/_tryon/results": "https://cdn.klingai.com",
        },
    )
