"""The cassettes of Replicate; samples: https://replicate.com/docs/reference/http and others."""

from pathlib import Path

from tryon_testing.cassettes import Case, Sample, Suite

_DELIVERY = "https://replicate.delivery/xezq"
_JOB = "gm3qorzdhgbfurvjtvhg6dckhu"
PREDICTION = Sample(
    source="https://replicate.com/docs/reference/http#predictions.get",
    body="""{
  "id": "gm3qorzdhgbfurvjtvhg6dckhu",
  "model": "replicate/hello-world",
  "version": "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa",
  "input": {
    "text": "Alice"
  },
  "logs": "",
  "output": "hello Alice",
  "error": null,
  "status": "succeeded",
  "created_at": "2023-09-08T16:19:34.765994Z",
  "data_removed": false,
  "started_at": "2023-09-08T16:19:34.779176Z",
  "completed_at": "2023-09-08T16:19:34.791859Z",
  "metrics": {
    "predict_time": 0.012683
  },
  "urls": {
    "web": "https://replicate.com/p/gm3qorzdhgbfurvjtvhg6dckhu",
    "get": "https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu",
    "cancel": "https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel"
  }
}""",
)
TOO_FAST = Sample(
    source="https://replicate.com/docs/topics/predictions/rate-limits",
    body='{"detail":"Request was throttled. Your rate limit resets in ~30s."}',
    status=429,
)

_ONE = {"images": 1, "formats": ["JPEG"]}
_IDM = {"model": "cuuupid/idm-vton"}


def _failed(name: str, failure: str, code: str, fault: str, retry: str) -> Case:
    return Case(
        name=f"failed-{name}",
        knobs={"job_failure": failure},
        expect={
            "error": "JobFailed",
            "vendor_code": code,
            "fault": fault,
            "retry": retry,
            "billed": "unknown",
        },
    )


_CASES = (
    Case(name="top", expect=_ONE),
    Case(name="bottom", categories=("bottom",), expect=_ONE),
    Case(name="dress-by-address", categories=("dress",), images="url", expect=_ONE),
    Case(name="top-bottom", categories=("top", "bottom"), expect=_ONE),
    Case(
        name="options",
        options={
            "prompt": "the jacket",
            "turbo": True,
            "preserve_input_size": False,
            "output_format": "png",
            "output_quality": 80,
            "seed": 7,
            "cancel_after_minutes": 5,
        },
        expect={"images": 1, "formats": ["PNG"]},
    ),
    *(
        Case(
            name=f"idm-vton-{category}",
            categories=(category,),
            options=_IDM,
            expect={**_ONE, "usage": {"predict_time_s": "8.0", "USD": "0.011200"}},
        )
        for category in ("top", "bottom", "dress")
    ),
    Case(
        name="idm-vton-options",
        options={
            **_IDM,
            "garment_description": "tee",
            "crop": False,
            "force_dc": True,
            "steps": 20,
            "seed": 7,
        },
        expect=_ONE,
    ),
    Case(name="cancel", action="cancel", expect={"state": "CANCELLED"}),
    Case(name="cancel-too-late", action="cancel", wait_s=60, expect={"error": "CancelRefused"}),
    Case(name="unknown-job", action="poll", job_id="0" * 26, expect={"state": "NOT_FOUND"}),
    Case(name="result-removed", action="poll", wait_s=3700, expect={"error": "JobExpired"}),
    _failed("service", "E9243", "E9243", "vendor", "never_automatically"),
    _failed("worker-lost", "PA", "PA", "vendor", "never_automatically"),
    _failed("moderation", "E005", "moderation", "input", "after_change"),
    _failed("exception", "list index out of range", "exception", "input", "after_change"),
    *(
        Case(
            name=f"refused-{name}",
            faults=[f"submit:{title}"],
            expect={"error": error, "vendor_code": title, "billed": "no"},
        )
        for name, title, error in (
            ("token", "Unauthenticated", "AuthenticationFailed"),
            ("no-credit", "Insufficient credit", "CreditsExhausted"),
            ("version", "Invalid version or not permitted", "InputRefused"),
            ("input", "Input validation failed", "InputRefused"),
        )
    ),
    Case(
        name="server-error",
        faults=["submit:500"],
        expect={"error": "NotSent", "billed": "no"},  # the list shows that nothing began
    ),
    Case(name="lost-and-found", faults=["submit:drop*1"], expect=_ONE),
    Case(
        name="result-gone",
        faults=["result:404"],
        expect={"error": "DownloadFailed", "http_status": 404},
    ),
    Case(
        name="documented-prediction",
        action="submit",
        images="url",
        samples=[PREDICTION],
        expect={"job_id": _JOB},
    ),
    Case(
        name="documented-cancel-too-late",
        action="cancel",
        images="url",
        samples=[PREDICTION, PREDICTION],
        expect={"error": "CancelRefused"},
    ),
    Case(
        name="documented-too-fast",
        images="url",
        samples=[TOO_FAST],
        expect={"error": "RateLimited", "retry": "later", "billed": "no"},
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="replicate",
        cases=_CASES,
        folder=folder,
        keys={"api_key": "r8_obviously_fake"},
        hosts={"": "https://api.replicate.com", "/_tryon/results": _DELIVERY},
        files={_DELIVERY: _DELIVERY},
    )
