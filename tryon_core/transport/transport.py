"""The network of one client: it owns the connections, gives hooks their HTTP, and downloads."""

import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from tryon_core.clock import Clock, SystemClock
from tryon_core.errors import DownloadFailed
from tryon_core.http import HttpClient, HttpResponse
from tryon_core.masking import shown_url
from tryon_core.transport.addresses import AddressRefused, Trust, check_url
from tryon_core.transport.client import ProviderHttp
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.redirects import exact_target, is_downgrade, redirect_target
from tryon_core.transport.retries import NoAnswer

if TYPE_CHECKING:
    from tryon_core.transport.exchange import Exchanger

_OK = 200
_ALL: "weakref.WeakSet[Transport]" = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_ALL):
        transport._forget()  # noqa: SLF001  (the same module)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


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


class Transport:
    """Pooled connections with time-outs, size limits, retries and masked secrets.

    It may be used after `fork()`: the child begins with connections of its own.

    It may be shared by threads: nothing in it changes after the first request but the pools of
    `urllib3`, which are made for that. Proxies and certificate bundles are taken from the
    environment (`HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`, …) as by `requests`; credentials
    of `.netrc` and cookies are not used.

    Args:
        policy: the limits, None for the usual ones.
        clock: the source of time, None for the system's.
    """

    def __init__(
        self, policy: TransportPolicy | None = None, *, clock: Clock | None = None
    ) -> None:
        self.policy: TransportPolicy = policy or TransportPolicy()
        self._clock = clock or SystemClock()
        self._forget()
        _ALL.add(self)

    def _forget(self) -> None:
        """Begin without connections: those of a parent process carry its answers."""
        self._lock = threading.Lock()
        self._exchanger: Exchanger | None = None

    def client(
        self,
        *,
        provider: str,
        secrets: Sequence[str] = (),
        deadline_s: float | None = None,
        base_url: str | None = None,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> HttpClient:
        """Return a cheap view for one call of one provider.

        Args:
            provider: whom errors name.
            secrets: values that must not appear in errors and logs.
            deadline_s: point on `clock.monotonic()` at which every request gives up; each ends
                within `policy.call_timeout_s` in any case.
            base_url: what paths are below.
            headers: gives the headers of each request to a path.
        """
        return ProviderHttp(
            provider=provider,
            secrets=tuple(secrets),
            deadline_s=deadline_s,
            base_url=base_url,
            headers=headers,
            exchanger=self.exchanger,
        )

    def download(
        self,
        url: str,
        *,
        max_bytes: int | None = None,
        deadline_s: float | None = None,
        trust: Trust | None = None,
    ) -> Download:
        """Fetch a file, without any credentials. Redirects are followed, never to plain http.

        Args:
            url: http or https, without user and password.
            max_bytes: refuse larger files, None for the policy's limit.
            deadline_s: point on `clock.monotonic()` at which to give up; it ends within
                `policy.download_timeout_s` in any case.
            trust: where it may go beside the public internet, None for the policy's rule. It is
                checked on the connection itself, at every redirect; behind a proxy only where the
                URL holds an IP address.

        Raises:
            DownloadFailed: whatever the reason; `http_status` is set when the server gave one.
        """
        trust = trust or Trust(everything=self.policy.allow_private_addresses)
        ends_s = self.exchanger().deadline_s(self.policy.download_timeout_s, deadline_s)
        limit = self.policy.max_download_bytes if max_bytes is None else max_bytes
        current = url
        for _ in range(self.policy.max_redirects + 1):
            answer = self._fetch(current, max_bytes=limit, deadline_s=ends_s, trust=trust)
            following = redirect_target(current, answer)
            if following is None:
                return _downloaded(current, answer)
            if is_downgrade(current, following):
                reason = "it redirects from https to http"
                raise _download_failed(current, reason, http_status=answer.status)
            current = following
        reason = f"more than {self.policy.max_redirects} redirects"
        raise _download_failed(current, reason, http_status=answer.status)

    def _fetch(self, url: str, *, max_bytes: int, deadline_s: float, trust: Trust) -> HttpResponse:
        refusal: AddressRefused | None = None
        try:
            check_url(url, trust)
        except AddressRefused as error:
            refusal = error
        if refusal is not None:  # raised here, where it takes no other error with it
            remedy = refusal.remedy or "Only another address can help."
            raise _download_failed(url, str(refusal), is_temporary=False, remedy=remedy)
        exchanger = self.exchanger()
        exchange = exchanger.begin(
            "GET",
            url,
            deadline_s=deadline_s,
            max_bytes=max_bytes,
            trust=trust,
            target=exact_target(url),
        )
        outcome = exchanger.exchange(exchange)
        # Raised outside of any `except`: the exception of the network stack holds the signed query.
        if isinstance(outcome, NoAnswer):
            raise _download_failed(
                url, outcome.reason, is_temporary=outcome.is_temporary, remedy=outcome.remedy
            )
        return outcome

    def close(self) -> None:
        """Close the connections that are idle. The transport can be used again afterwards."""
        with self._lock:
            made, self._exchanger = self._exchanger, None
        if made is not None:
            made.close()

    def __enter__(self) -> "Transport":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Transport({self.policy!r})"

    def exchanger(self) -> "Exchanger":
        """Return what sends requests; it is made, and `requests` loaded, when first needed."""
        made = self._exchanger
        if made is not None:
            return made
        from tryon_core.transport.exchange import Exchanger  # noqa: PLC0415  (loads requests)

        with self._lock:
            if self._exchanger is None:
                self._exchanger = Exchanger(self.policy, self._clock)
            return self._exchanger


def _downloaded(url: str, answer: HttpResponse) -> Download:
    if answer.status != _OK:
        reason = f"the server answered {answer.status}"
        raise _download_failed(url, reason, http_status=answer.status)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = answer.headers.get("transfer-encoding", "").lower()
    return Download(
        data=answer.body,
        media_type=media_type or None,
        url=answer.url,
        is_whole="content-length" in answer.headers or "chunked" in coding,
    )


def _download_failed(
    url: str,
    reason: str,
    *,
    http_status: int | None = None,
    is_temporary: bool = True,
    remedy: str = "",
) -> DownloadFailed:
    return DownloadFailed(
        f"cannot fetch {shown_url(url)}: {reason}.",
        http_status=http_status,
        retry=None if is_temporary else "after_change",
        change=remedy,
    )
