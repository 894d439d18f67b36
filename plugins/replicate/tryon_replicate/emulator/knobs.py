"""How the emulator behaves where the vendor's documents differ or say nothing."""

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class Knobs:
    """Behaviour that may be chosen.

    Attributes:
        credit_usd: what the account has; below 5 it may create six predictions a minute, one a
            second, and at 0 none.
        unknown_inputs: whether inputs that a model does not know are refused.
        job_failure: code or text with which every prediction fails, empty when they succeed.
        output: whether a prediction's output is a text, or a list with one text.
        removed: what a prediction reads an hour after its end: nulls, or 404.
        page_size: predictions on one page of the list.
    """

    credit_usd: float = 100.0
    unknown_inputs: Literal["refuse", "ignore"] = "refuse"
    job_failure: str = ""
    output: Literal["text", "list"] = "text"
    removed: Literal["nulls", "not_found"] = "nulls"
    page_size: int = 100
