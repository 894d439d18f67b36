"""How a trip to a server can end: with an answer, or with a fault."""

import contextlib
import re
from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import urljoin

import attrs

_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\\]*", re.IGNORECASE)
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@attrs.frozen(kw_only=True)
class Answer:
    """What a server said.

    Attributes:
        status: the HTTP status.
        headers: values by lower-case name.
        body: as far as it came.
        proxy: address of the proxy that may have answered instead, None when none can have.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    proxy: str | None = None


@attrs.frozen(kw_only=True)
class Fault:
    """A trip that gave no usable answer.

    Attributes:
        reason: what happened, to follow a colon in a sentence.
        may_have_arrived: whether the service may have received and accepted the request.
        may_pass: whether the same trip may succeed when it is made again.
        remedy: what to do, empty when there is nothing special.
        is_setup: whether a setting of this machine is at fault.
    """

    reason: str
    may_have_arrived: bool
    may_pass: bool = True
    remedy: str = ""
    is_setup: bool = False


def redirect_target(url: str, answer: Answer) -> str | None:
    """Return where a redirect leads, as it is written; None when it names nothing or is none.

    Args:
        url: what was asked.
        answer: what came.
    """
    location = answer.headers.get("location")
    if answer.status not in REDIRECTS or not location:
        return None
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode()  # as headers are read; servers write UTF-8
    if _WHOLE.match(location):
        return location
    origin = _WHOLE.match(url)
    if origin and location.startswith("/") and not location.startswith("//"):
        return origin[0] + location
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # whoever follows it refuses it


Outcome: TypeAlias = Answer | Fault
