"""How a trip to a server can end: with an answer, or with a fault."""

from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import urljoin

import attrs

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@attrs.frozen(kw_only=True)
class Answer:
    """What a server said.

    Attributes:
        status: the HTTP status.
        headers: values by lower-case name.
        body: as far as it came.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Fault:
    """A trip that gave no usable answer.

    Attributes:
        reason: what happened, to follow a colon in a sentence.
        may_have_arrived: whether the service may have received and accepted the request.
        may_pass: whether the same trip may succeed when it is made again.
        remedy: what to do, empty when there is nothing special.
    """

    reason: str
    may_have_arrived: bool
    may_pass: bool = True
    remedy: str = ""


def redirect_target(url: str, answer: Answer) -> str | None:
    """Return where a redirect leads, None when the answer is none or names nothing.

    Args:
        url: what was asked.
        answer: what came.
    """
    location = answer.headers.get("location")
    if answer.status not in REDIRECTS or not location:
        return None
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # whoever follows it refuses it


Outcome: TypeAlias = Answer | Fault
