"""How the emulator behaves where the vendor's documents differ or say nothing."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Knobs:
    """Behaviour that may be chosen.

    Attributes:
        min_side_px: least length of a side; a later edition of the vendor's page says 64.
        max_side_px: greatest length of a side; the later edition says 6000.
        max_bytes: longest file; the page says 25 MB.
        formats: accepted formats, separated by commas; the page names none.
        switches: how yes and no may be written in JSON: as text in any case or as a boolean
            (`either`), or as the text `true` or `false` alone (`text`).
        unknown_fields: whether fields that are not documented are refused.
        small_image_code: the code for an image that is too small.
        unfetched_code: the code for an address at which no image can be fetched.
        submit_answer: what a submission is answered with: what it asked for, always a `job` (202),
            or always a `result` (200).
        location: how the header `Location` of a job is written; `foreign` names another server, and
            `dead` an address of this one at which there is nothing.
        status_job_id: which job a status names: its own, another one, or none.
        error_shape: error of a refused request: code beside the text, or both inside `error`.
        job_error_shape: error of a failed job.
        job_failure: code with which every job fails, empty when jobs succeed.
        waiting_failure: answer to a submission that waits, when its job fails: `code` is 400 with
            the job's code where it is about the input and an empty 500 else, `empty` is always the
            latter.
        cancelled_status: what a cancelled job reads; `failed` comes with `job_cancelled`.
        job_lifetime_s: seconds after which a job is forgotten.
        expired_job: what a forgotten job reads: `failed` with `job_expired`, or 404.
        result_lifetime_s: seconds that the address of a result lives.
        expired_result: status of such an address afterwards.
        removed_background: format of a result without background; the page promises JPEG.
        credits: what the account has.
        try_on_credits: what one try-on costs; not published.
        credits_as_text: whether the balance is a text, as the page declares it, or a number, as its
            sample shows.
        requests_per_s: requests that the account may send in a second.
        polling_counts: whether polls count among them.
        running_jobs: jobs that may run at once, 0 for any number.
    """

    min_side_px: int = 256
    max_side_px: int = 1920
    max_bytes: int = 25_000_000
    formats: str = "JPEG,PNG,WEBP"
    switches: Literal["either", "text"] = "either"
    unknown_fields: Literal["refuse", "ignore"] = "refuse"
    small_image_code: Literal["invalid_parameter", "malformed_image", "unknown_foreground"] = (
        "invalid_parameter"
    )
    unfetched_code: Literal["invalid_parameter", "malformed_image"] = "invalid_parameter"
    submit_answer: Literal["as_asked", "job", "result"] = "as_asked"
    location: Literal["absolute", "relative", "none", "foreign", "dead"] = "absolute"
    status_job_id: Literal["own", "other", "none"] = "own"
    error_shape: Literal["flat", "nested"] = "flat"
    job_error_shape: Literal["flat", "nested"] = "nested"
    job_failure: str = ""
    waiting_failure: Literal["code", "empty"] = "code"
    cancelled_status: Literal["failed", "cancelled", "canceled"] = "failed"
    job_lifetime_s: float = 3600.0
    expired_job: Literal["failed", "not_found"] = "failed"
    result_lifetime_s: float = 3600.0
    expired_result: Literal[403, 404] = 403
    removed_background: Literal["jpeg", "png"] = "jpeg"
    credits: int = 1000
    try_on_credits: int = 1
    credits_as_text: bool = False
    requests_per_s: int = 5
    polling_counts: bool = True
    running_jobs: int = 0
