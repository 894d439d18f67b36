"""How the emulator behaves where the vendor's documents differ or say nothing."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Knobs:
    """Behaviour that may be chosen.

    Attributes:
        succeeded: the word for a finished task; sister pages of the vendor say `succeeded`.
        unknown_id: what an unknown task reads: 404 with 1203, or `failed` with `task not found`.
        repeated_external_id: whether an id that was used before is refused, or makes a second task.
        image_faults: whether an address with a bad image fails the task, or is refused.
        max_bytes: longest image: 10 MB of Base64; the page does not say what it counts.
        classic_keys: whether the classic interface takes API keys too, or signed tokens alone.
        job_failure: text with which every task fails, empty when tasks succeed.
        failed_units: units that a failed task costs; the vendor says nothing of it beforehand.
        late_code: code that answers a submission although its task was made, such as `5000`.
        error_status: whether a code comes with its own status, or inside of a 200.
        running_jobs: tasks that may run at once.
        units: what is left in the pack.
    """

    succeeded: Literal["succeed", "succeeded"] = "succeed"
    unknown_id: Literal["404", "failed"] = "404"
    repeated_external_id: Literal["refuse", "accept"] = "refuse"
    image_faults: Literal["task", "submit"] = "task"
    max_bytes: int = 7_500_000
    classic_keys: Literal["both", "tokens"] = "both"
    job_failure: str = ""
    failed_units: Literal[0, 1] = 0
    late_code: str = ""
    error_status: Literal["own", "200"] = "own"
    running_jobs: int = 5
    units: int = 1000
