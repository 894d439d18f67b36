"""Fetch a file from an address that a user or a vendor gave."""

from typing import TYPE_CHECKING

import attrs

from tryon_core.errors import DownloadFailed
from tryon_core.transport.addresses import AddressRefused, Trust, check_url, exact_target
from tryon_core.transport.outcome import Answer, Fault, redirect_target
from tryon_core.transport.redact import shown_url

if TYPE_CHECKING:
    from tryon_core.transport.engine import Engine

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
