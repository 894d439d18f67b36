"""One of a vendor's own error codes, and what it is in our words."""

from typing import Any

import attrs

from tryon_core.errors import Billed, Fault, Retry, TryOnError

FAMILY = "*"
"""Ends a code that stands for all codes which begin like it."""


def _is_error(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if not (isinstance(value, type) and issubclass(value, TryOnError)):
        raise TypeError(f"{attribute.name}: expected a class of tryon_core.errors, got {value!r}")


@attrs.frozen(kw_only=True)
class ErrorCode:
    """What one code of a vendor means; the plugin, its page and the contract kit read it.

    Attributes:
        code: the vendor's code as it stands in an answer. One that ends in `*` is a family, such as
            `InvalidParameter*`; an empty one stands for the status alone.
        error: the class of `tryon_core.errors` that it is.
        meaning: what the vendor means by it, as a sentence.
        http_status: the status that it comes with, None when it may come with any.
        remedy: what to do, as a sentence; empty for what the class says.
        fault: whose fault it is, None for what the class says.
        retry: whether the same call may succeed, None for what the class says.
        billed: whether it is charged, None for what the class says. Give `no` to a failure of the
            service (`VendorUnavailable`) only where the vendor says that nothing is charged: a
            submission that it answers may have been billed otherwise, unless the status is 4xx.
    """

    code: str = attrs.field(validator=attrs.validators.instance_of(str))
    error: type[TryOnError] = attrs.field(validator=_is_error)
    meaning: str
    http_status: int | None = None
    remedy: str = ""
    fault: Fault | None = None
    retry: Retry | None = None
    billed: Billed | None = None

    def fits(self, code: str, http_status: int | None) -> bool:
        """Return whether this entry speaks of a code that came with a status."""
        if self.http_status is not None and self.http_status != http_status:
            return False
        if not self.code:
            return self.http_status is not None
        if self.code.endswith(FAMILY):
            return code.startswith(self.code.removesuffix(FAMILY))
        return code == self.code

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Greater for the entry that says more; of several that fit, the greatest counts."""
        is_exact = bool(self.code) and not self.code.endswith(FAMILY)
        return is_exact, len(self.code), self.http_status is not None

    def to_error(self, message: str, **answers: Any) -> TryOnError:
        """Return the error with this entry's answers.

        Args:
            message: the culprit and the value, as a sentence.
            answers: further arguments of `TryOnError`, such as `request_id`.
        """
        own: dict[str, Any] = {"fault": self.fault, "retry": self.retry, "billed": self.billed}
        own["remedy"] = self.remedy or None
        said = {name: answer for name, answer in own.items() if answer is not None}
        return self.error(message, **{**said, **answers})
