"""How a trip to a server can end, where a redirect leads, and downloads, which follow it."""

import contextlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urljoin

import attrs

from tryon_core.errors import DownloadFailed
from tryon_core.transport.addresses import AddressRefused, Trust, check_url
from tryon_core.transport.redaction import shown_url

if TYPE_CHECKING:
    from tryon_core.transport.exchange import Engine


_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\\]*", re.IGNORECASE)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A backslash ends the host for some and not for others: no part of it is taken here.
_PARTS = re.compile(
    r"\s*[a-z][a-z0-9+.-]*://[^/?#\\]+(/[^?#]*)?(\?[^#]*)?(?:#.*)?\Z", re.IGNORECASE | re.DOTALL
)
_LEGAL = "!$%&'()*+,/:;=?@[]~"


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


Outcome: TypeAlias = Answer | Fault


_OK = 200


@attrs.frozen(kw_only=True)
class Download:
    """A file that was fetched whole.

    Attributes:
        data: its bytes.
        media_type: what the server calls it, such as `image/png`; servers err.
        url: where it was found, without its query.
        is_whole: the server said how long it is, so that nothing can be missing.
    """

    data: bytes = attrs.field(repr=False)
    media_type: str | None
    url: str
    is_whole: bool = True


@attrs.frozen(kw_only=True)
class _Limits:
    deadline_s: float
    max_bytes: int
    trust: Trust


def download(
    engine: "Engine",
    url: str,
    *,
    max_bytes: int,
    deadline_s: float | None,
    trust: Trust,
) -> Download:
    """Fetch a file; arguments and errors as in `Transport.download`."""
    ends_s = engine.deadline_s(engine.policy.download_timeout_s, deadline_s)
    limits = _Limits(deadline_s=ends_s, max_bytes=max_bytes, trust=trust)
    current = url
    for _ in range(engine.policy.max_redirects + 1):
        answer = _ask(engine, current, limits)
        following = _redirect(current, answer)
        if following is None:
            return _checked(current, answer)
        current = following
    raise _failed(
        current, f"more than {engine.policy.max_redirects} redirects", http_status=answer.status
    )


def _ask(engine: "Engine", url: str, limits: _Limits) -> Answer:
    import requests  # noqa: PLC0415  (loads the network stack)

    refusal = _refusal(url, limits.trust)
    if refusal:
        change = refusal.remedy or "Only another address can help."
        raise _failed(url, str(refusal), may_pass=False, change=change)
    outcome = engine.send(
        requests.Request("GET", url),
        repeat=True,
        deadline_s=limits.deadline_s,
        max_bytes=limits.max_bytes,
        trust=limits.trust,
        target=exact_target(url),
    )
    # Raised outside of any `except`: the exception of the network stack holds the signed query.
    if isinstance(outcome, Fault):
        raise _failed(url, outcome.reason, may_pass=outcome.may_pass, change=outcome.remedy)
    return outcome


def _refusal(url: str, trust: Trust) -> AddressRefused | None:
    try:
        check_url(url, trust)
    except AddressRefused as error:
        return error
    return None


def _redirect(url: str, answer: Answer) -> str | None:
    following = redirect_target(url, answer)
    if following is None:
        return None
    if url.lower().startswith("https:") and following.lower().startswith("http:"):
        raise _failed(url, "it redirects from https to http", http_status=answer.status)
    return following


def _checked(url: str, answer: Answer) -> Download:
    if answer.status != _OK:
        raise _failed(url, f"the server answered {answer.status}", http_status=answer.status)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = answer.headers.get("transfer-encoding", "").lower()
    return Download(
        data=answer.body,
        media_type=media_type or None,
        url=shown_url(url),
        is_whole="content-length" in answer.headers or "chunked" in coding,
    )


def _failed(
    url: str,
    reason: str,
    *,
    http_status: int | None = None,
    may_pass: bool = True,
    change: str = "",
) -> DownloadFailed:
    return DownloadFailed(
        f"cannot fetch {shown_url(url)}: {reason}.",
        http_status=http_status,
        retry=None if may_pass else "after_change",
        change=change,
    )


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


def exact_target(url: str) -> str | None:
    """Return path and query as they stand in a URL, with only illegal characters encoded.

    Signatures of some services are made of the text: `%2f` is not `%2F` to them, nor `/a/../b`
    the same as `/b`.

    Returns:
        What to ask for, None when the URL is too odd to tell.
    """
    found = _PARTS.match(url)
    if found is None:
        return None
    path, query = found.groups()
    # Half a character, which no address can have, makes one that does not exist.
    return quote(f"{path or '/'}{query or ''}", safe=_LEGAL, errors="surrogatepass")
