"""How the emulator behaves where the vendor's documents differ or say nothing."""

from typing import Literal

import attrs

KEY = "00000000-0000-4000-8000-000000000000:e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0"


@attrs.frozen(kw_only=True)
class Knobs:
    """Behaviour that may be chosen.

    Attributes:
        unfinished_status: HTTP status of the status of a job that is not over.
        addresses: follow-up addresses: of owner and `app`, of the `full` endpoint, that of the
            result with `suffix` (or one that answers `suffix_405`), another server's, or none.
        job_failure: error type with which every job fails, empty when jobs succeed.
        failure_told: whether the status of a failed job has `error` and `error_type`.
        failed_units: billable units of a job that failed, with a status below 500; `untold` is one
            without the header.
        cancel_answer: what a job that can be cancelled is answered with.
        cancelled_running: whether a running job then stops, or finishes all the same.
        running_jobs: jobs that run at once; further ones wait.
        older_uploads: whether the older kind of storage, and keys in uploads, are taken.
        key_scope: what the key may do; only `admin` reads the balance.
        balance: US dollars on the account; when they are used up it is locked.
    """

    unfinished_status: Literal[202, 200] = 202
    addresses: Literal["app", "full", "suffix", "suffix_405", "foreign", "none"] = "app"
    job_failure: str = ""
    failure_told: bool = False
    failed_units: Literal["untold", "0", "1"] = "0"
    cancel_answer: Literal["CANCELLATION_REQUESTED", "OK"] = "CANCELLATION_REQUESTED"
    cancelled_running: Literal["finishes", "stops"] = "finishes"
    running_jobs: int = 2
    older_uploads: bool = False
    key_scope: Literal["admin", "api"] = "admin"
    balance: float = 1000.0
