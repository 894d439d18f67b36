"""What fal's errors mean: https://fal.ai/docs/documentation/model-apis/errors, and /faq there."""

from typing import Literal

from tryon_core import ErrorTable, HttpResponse, codes, errors

_MODELS = "Choose another model, and look for a newer version of the plugin."
_KEY = "Check the key and its scope: API for jobs, Admin for the balance."
_SERVER = ("runner_*", "request_timeout", "startup_timeout", "generation_timeout", "internal_*")
_ENTRIES = [
    *codes(
        errors.InputRefused,
        "Change what the text names.",
        {
            "file_download_error": ("fal cannot read an image.", "Give a file, which is uploaded."),
            "content_policy_violation": ("Moderation holds it back.", "Use other images."),
            "bad_request": "The request is malformed.",
            404: ("There is no such model, or nothing at this address.", _MODELS),
            410: ("The model was retired.", _MODELS),
            413: ("The request is too large.", "Give smaller images."),
            422: "A field or an image is not as the model wants it.",
        },
        billed="unknown",  # a runner may have worked before it noticed, says the FAQ
    ),
    *codes(errors.AuthenticationFailed, _KEY, {401: "The key is missing, wrong or revoked."}),
    *codes(errors.CreditsExhausted, "", {"User is locked*": "The balance is exhausted."}),
    *codes(errors.AccessDenied, _KEY, {403: "The key may not do this."}),
    *codes(errors.RateLimited, "", {429: "Too many requests at once."}),
    *codes(errors.JobCancelled, "", {"client_cancelled": "The job was cancelled."}),
    *codes(errors.CancelRefused, "", {"ALREADY_COMPLETED": "The job is over."}),
    *codes(
        errors.VendorUnavailable,
        "The same work may succeed later, and may be charged again.",
        {"no_media_generated": "The model gave no image.", "downstream_*": "A partner failed."},
        billed="unknown",
        retry="never_automatically",
    ),
    # Server errors are never charged, says the FAQ.
    *codes(errors.VendorUnavailable, "", dict.fromkeys(_SERVER, "A fault at fal."), billed="no"),
]
_CODE = ("detail.type", "error_type", "header:x-fal-error-type", "detail", "status")
"""The model's word, the platform's, and the text where neither gives one."""
_CALL = ["header:x-fal-request-id"]
TABLE = ErrorTable("fal", _ENTRIES, code=_CODE, message=["detail.msg", "detail"], request_id=_CALL)


def billed_by(answer: HttpResponse) -> Literal["no", "yes", "unknown"]:
    """Return whether a failed job is charged: by its billable units, else by its status."""
    units = answer.headers.get("x-fal-billable-units", "").strip()
    if units:
        return "yes" if units.strip("0.") else "no"
    return "no" if answer.status >= 500 else "unknown"  # noqa: PLR2004  (an HTTP status)
