"""How the emulator behaves where the vendor's documents leave it open, or contradict themselves."""

from typing import Literal

import attrs

from tryon_ailab.models import DAY_S, PATHS


@attrs.frozen(kw_only=True)
class Knobs:
    """Behaviour of the emulator; the defaults follow what was seen or is documented.

    Attributes:
        envelope: generation of the public fields: `E1` as try-on was last seen to answer, `E2`
            without the old texts, `E3` as the documents have it since April 2026.
        statuses: HTTP status of a code, `current` or as it was `before_2026`.
        failure_mode: how a failed task shows: `A` by the HTTP status of the query, `B` by the
            `error_code` in a 200, `C` by `task_status` 3.
        image_checks: whether a bad image is reported at the first `poll` or at `submit`.
        size_codes: `one` code for every breach of a size, as seen, or the `precise` ones.
        format_code: the code for a file format that is not accepted.
        grey: whether greyscale images are accepted, or refused with the code that the vendor has.
        base_minimum: whether the base model has the least sizes of the others.
        megabyte_bytes: what the documents mean by 1 MB.
        resolution_limit: whether `each` side must be less than 4096 px, or one of `both` suffices.
        accept_4096: whether exactly 4096 px are accepted.
        booleans: whether `any` spelling of true and false is read, or `lower` case only.
        unknown_fields: what happens to parts of a form that the model does not know.
        pro_path: where the Pro model is; an older page has /enhance/ in it.
        key_code: the code for a key that is not accepted.
        unknown_task: the code for an unknown task.
        expired_task: the code for a task that is older than `task_lifetime_s`.
        submissions: submissions allowed per `window_s`, None for any number: none is published.
        window_s: length of that window in seconds.
        running_jobs: tasks that may be worked on at once, None for any number.
        retry_after_s: seconds in the header `Retry-After` of a limit, None for no header.
        transient_422: that many first queries of a task answer 422 and mean nothing.
        work_behind_5xx: whether a submission that a fault answers with 5xx is worked on and billed.
        early_data: what `data` is before a task is done.
        poll_ids: whether answers to the query carry `request_id` and `log_id`.
        status: `task_status` of every answer to the query, None for the true one.
        job_failure: the code with which every task fails, empty when it succeeds.
        result_format: file format of results.
        result_lifetime_s: seconds until the address of a result dies.
        task_lifetime_s: seconds until a task is forgotten.
        credit_count: credits on the account at the start.
        own_credits: credits that were bought for the base model alone. They are not spent here: the
            vendor does not say which credits pay first.
    """

    envelope: Literal["E1", "E2", "E3"] = "E1"
    statuses: Literal["current", "before_2026"] = "current"
    failure_mode: Literal["A", "B", "C"] = "A"
    image_checks: Literal["poll", "submit"] = "poll"
    size_codes: Literal["one", "precise"] = "one"
    format_code: Literal["UNSUPPORTED_FILE_TYPES", "ERROR_INVALID_FILE"] = "UNSUPPORTED_FILE_TYPES"
    grey: Literal["accept", "refuse"] = "accept"
    base_minimum: bool = False
    megabyte_bytes: Literal[1_000_000, 1_048_576] = 1_000_000
    resolution_limit: Literal["each", "both"] = "each"
    accept_4096: bool = False
    booleans: Literal["any", "lower"] = "any"
    unknown_fields: Literal["ignore", "refuse"] = "ignore"
    pro_path: str = PATHS["pro"]
    key_code: Literal["ERROR_APPLICATIONS_NOT_EXISTS", "ERROR_USER_NOT_EXISTS"] = (
        "ERROR_APPLICATIONS_NOT_EXISTS"
    )
    unknown_task: str = "ERROR_RESOURCE_NOT_FOUND"
    expired_task: str = "ERROR_RESOURCE_RECLAIMED"
    submissions: int | None = None
    window_s: float = 60.0
    running_jobs: int | None = None
    retry_after_s: float | None = None
    transient_422: int = 0
    work_behind_5xx: bool = False
    early_data: Literal["missing", "empty", "blank", "null"] = "blank"
    poll_ids: bool = True
    status: int | None = None
    job_failure: str = ""
    result_format: Literal["PNG", "JPEG"] = "PNG"
    result_lifetime_s: float = DAY_S
    task_lifetime_s: float = DAY_S
    credit_count: float = 10_000.0
    own_credits: float = 40.0
