"""How the emulator behaves where the vendor's documents differ or say nothing."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Knobs:
    """Behaviour that may be chosen.

    Attributes:
        unknown_fields: whether fields that are not documented are refused.
        bad_value: what a wrong value of an option is: a refused request, or a failed job.
        formats: formats of images, separated by commas; the vendor's pages name none.
        min_side_px: least length of a side; a public client quotes it for another model.
        max_body_bytes: longest body; a longer one gets a page with status 500.
        unfinished_output: whether `output` is there, as null, while the job is in work.
        running_status: word for a job in work.
        output_form: what `output` is when the job is completed.
        id_suffix: what follows the UUID of a job.
        job_failure: name of the error with which every job fails, empty when jobs succeed.
        failed_status: word for a job that failed.
        error_form: error of a failed job: an object, or its text alone.
        submit_error: text beside the id of an accepted job, empty for null.
        credits_header: whether a completed job says what it cost.
        retry_after_s: seconds in `Retry-After` of every 429, 0 for no such header.
        should_retry: value of `x-should-retry` of every refusal, empty for no such header.
        subscription: credits of the subscription, which are spent first.
        on_demand: credits that were bought.
        running_jobs: jobs at once.
        job_lifetime_s: seconds after which a job is forgotten.
        result_lifetime_s: seconds that the address of a result lives after the end of the job.
        base64_lifetime_s: seconds that a result as Base64 is kept after the end of the job.
    """

    unknown_fields: Literal["refuse", "ignore"] = "refuse"
    bad_value: Literal["refused", "failed"] = "refused"
    formats: str = "JPEG,PNG,WEBP"
    min_side_px: int = 15
    max_body_bytes: int = 10_000_000
    unfinished_output: Literal["absent", "null"] = "absent"
    running_status: str = "processing"
    output_form: Literal["list", "object", "text", "empty"] = "list"
    id_suffix: str = "-u1"
    job_failure: str = ""
    failed_status: str = "failed"
    error_form: Literal["object", "text"] = "object"
    submit_error: str = ""
    credits_header: bool = True
    retry_after_s: int = 0
    should_retry: Literal["", "true", "false"] = ""
    subscription: int = 100
    on_demand: int = 900
    running_jobs: int = 6
    job_lifetime_s: float = 259_200.0
    result_lifetime_s: float = 259_200.0
    base64_lifetime_s: float = 3600.0
