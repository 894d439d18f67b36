"""What validation found."""

from typing import Literal

import attrs

from tryon_core.errors import UnusableImage
from tryon_core.text import one_line

Severity = Literal["error", "warning"]


@attrs.frozen
class Problem:
    """One breach of a rule, found before anything is sent.

    Attributes:
        field: the input concerned, as the caller names it: `person`, `top`, `options.resolution`.
        message: the value found, the rule, and the remedy, as a sentence.
        severity: an `error` stops the submission, a `warning` does not.
        code: short stable word, such as `image_too_small`.
    """

    field: str = attrs.field(converter=one_line)
    message: str = attrs.field(converter=one_line)
    severity: Severity = attrs.field(default="error", kw_only=True)
    code: str = attrs.field(default="invalid", kw_only=True)


def problem_of(error: UnusableImage, field: str | None = None) -> Problem:
    """Return what an unusable image is to validation.

    Args:
        error: says what is wrong with the image.
        field: the input concerned, when it is not the one that the error names.
    """
    message = f"{error.reason} {error.remedy}".strip()
    return Problem(field or error.field, message, code=error.code)


@attrs.frozen
class Notice:
    """A remark about a result that does not make it a failure.

    Attributes:
        code: short stable word, such as `sleeve_uncertain`.
        message: what may be wrong with the picture and what would help, as a sentence.
    """

    code: str = attrs.field(converter=one_line)
    message: str = attrs.field(converter=one_line)
