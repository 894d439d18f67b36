"""The cassettes of fal; samples: https://fal.ai/docs, the page of the queue."""

from pathlib import Path

from tryon_testing.cassettes import Case, Sample, Suite

_QUEUE = "https://fal.ai/docs/documentation/model-apis/inference/queue"
_RESULTS = "https://v3b.fal.media/files/b/results"
_UPLOADS = "https://v3.fal.media/files/b"
_JOB = "764cabcf-b745-4b3e-ae38-1200304cf45b"
_BASE = f"https://queue.fal.run/fal-ai/fashn/requests/{_JOB}"

ACCEPTED = Sample(
    body=f'{{"request_id": "{_JOB}", "queue_position": 0, "status_url": "{_BASE}/status", '
    f'"response_url": "{_BASE}", "cancel_url": "{_BASE}/cancel"}}',
    source=_QUEUE,
)
ASKED_TO_STOP = Sample(body='{"status": "CANCELLATION_REQUESTED"}', source=_QUEUE, status=202)
TOO_LATE = Sample(body='{"status": "ALREADY_COMPLETED"}', source=_QUEUE, status=400)
UNKNOWN = Sample(body='{"status": "NOT_FOUND"}', source=_QUEUE, status=404)

_ONE = {"images": 1, "formats": ["PNG"]}
_MODELS = {
    "fashn-15": "fal-ai/fashn/tryon/v1.5",
    "kolors": "fal-ai/kling/v1-5/kolors-virtual-try-on",
    "leffa": "fal-ai/leffa/virtual-tryon",
    "cat-vton": "fal-ai/cat-vton",
    "image-apps": "fal-ai/image-apps-v2/virtual-try-on",
}


def _failed(code: str, **more: object) -> dict[str, object]:
    return {"error": "JobFailed", "vendor_code": code, **more}


_CASES = (
    Case(name="top", expect=_ONE),
    Case(name="bottom", categories=("bottom",), expect=_ONE),
    Case(name="dress", categories=("dress",), expect=_ONE),
    Case(name="top-by-address", images="url", expect=_ONE),
    *(
        Case(name=name, options={"model": model}, images="url", expect=_ONE)
        for name, model in _MODELS.items()
    ),
    Case(
        name="flux",
        options={"model": "fal-ai/flux-2-lora-gallery/virtual-tryon", "prompt": "A shirt"},
        images="url",
        expect=_ONE,
    ),
    Case(
        name="options",
        options={"mode": "quality", "num_samples": 2, "seed": 7, "segmentation_free": False},
        images="url",
        expect={"images": 2},
    ),
    Case(name="suffix", knobs={"addresses": "suffix_405"}, images="url", expect=_ONE),
    Case(name="cancel", action="cancel", images="url", expect={"state": "RUNNING"}),
    Case(
        name="cancelled",
        knobs={"job_failure": "client_cancelled"},
        images="url",
        expect={"error": "JobCancelled"},
    ),
    Case(
        name="cancel-too-late",
        action="cancel",
        wait_s=60,
        images="url",
        expect={"error": "CancelRefused", "vendor_code": "ALREADY_COMPLETED", "http_status": 400},
    ),
    Case(name="balance", action="balance", expect={"amount": "1000.0", "unit": "USD"}),
    Case(
        name="balance-without-scope",
        action="balance",
        knobs={"key_scope": "api"},
        expect={"error": "AccessDenied", "http_status": 403},
    ),
    Case(
        name="refused-key",
        faults=["submit:401"],
        images="url",
        expect={"error": "AuthenticationFailed", "http_status": 401, "billed": "no"},
    ),
    Case(
        name="refused-balance",
        knobs={"balance": 0},
        images="url",
        expect={"error": "CreditsExhausted", "http_status": 403, "billed": "no"},
    ),
    Case(
        name="refused-retired",
        faults=["submit:410"],
        images="url",
        expect={"error": "InputRefused", "http_status": 410},
    ),
    Case(
        name="refused-too-many",
        faults=["submit:429"],
        images="url",
        expect={"error": "RateLimited", "vendor_code": "concurrent_requests_limit"},
    ),
    *(
        Case(
            name=f"failed-{code.replace('_', '-')}",
            knobs={"job_failure": code, "failed_units": units},
            images="url",
            expect=_failed(code, billed=billed, fault=fault),
        )
        for code, units, billed, fault in (
            ("content_policy_violation", "0", "no", "input"),
            ("image_too_small", "1", "yes", "input"),
            ("face_detection_error", "untold", "unknown", "input"),
            ("no_media_generated", "0", "no", "vendor"),
            ("downstream_service_error", "untold", "unknown", "vendor"),
            ("internal_server_error", "untold", "no", "vendor"),
            ("runner_server_error", "untold", "no", "vendor"),
        )
    ),
    Case(
        name="server-error",
        faults=["submit:html"],
        images="url",
        expect={"http_status": 502, "billed": "unknown"},
    ),
    Case(
        name="result-gone",
        faults=["result:403"],
        images="url",
        expect={"error": "DownloadFailed", "http_status": 403},
    ),
    Case(
        name="documented-accepted",
        action="submit",
        images="url",
        samples=[ACCEPTED],
        expect={"job_id": _JOB},
    ),
    Case(
        name="documented-cancel",
        action="cancel",
        images="url",
        samples=[ACCEPTED, ASKED_TO_STOP],
        expect={"state": "RUNNING"},
    ),
    Case(
        name="documented-cancel-too-late",
        action="cancel",
        images="url",
        samples=[ACCEPTED, TOO_LATE],
        expect={"error": "CancelRefused", "vendor_code": "ALREADY_COMPLETED"},
    ),
    Case(
        name="documented-cancel-unknown",
        action="cancel",
        images="url",
        samples=[ACCEPTED, UNKNOWN],
        expect={"state": "NOT_FOUND"},
    ),
)


def suite(folder: Path) -> Suite:
    """Return the suite whose cassettes lie in a folder."""
    return Suite(
        provider="fal",
        cases=_CASES,
        folder=folder,
        keys={"api_key": "obviously-fake-id:obviously-fake-secret"},
        hosts={
            "": "https://queue.fal.run",
            "/_rest": "https://rest.fal.ai",
            "/_account/v1": "https://api.fal.ai/v1",
            "/_cdn/files/b": _UPLOADS,
            "/_tryon/results": _RESULTS,
        },
        files={_RESULTS: _RESULTS},
    )
