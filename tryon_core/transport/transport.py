"""The one object that owns connections."""

import os
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tryon_core.clock import Clock, SystemClock
from tryon_core.http import HttpClient
from tryon_core.transport.addresses import Trust
from tryon_core.transport.client import BoundClient
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.redirects import Download, download

if TYPE_CHECKING:
    from tryon_core.transport.exchange import Engine


_ALL: "weakref.WeakSet[Transport]" = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_ALL):
        transport._forget()  # noqa: SLF001  (the same module)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


class Transport:
    """Pooled connections with time-outs, caps, retries and masked secrets.

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
        self.policy = policy or TransportPolicy()
        self._clock = clock or SystemClock()
        self._forget()
        _ALL.add(self)

    def _forget(self) -> None:
        """Begin without connections: those of a parent process carry its answers."""
        self._lock = threading.Lock()
        self._made: Engine | None = None

    def client(
        self, *, provider: str, secrets: Sequence[str] = (), deadline_s: float | None = None
    ) -> HttpClient:
        """Return a cheap view for one call of one provider.

        Args:
            provider: whom errors name.
            secrets: values that must not appear in errors and logs.
            deadline_s: point on `clock.monotonic()` at which every request gives up; each ends
                within `policy.call_timeout_s` in any case.
        """
        return BoundClient(
            provider=provider, secrets=tuple(secrets), deadline_s=deadline_s, engine=self._engine
        )

    def download(
        self,
        url: str,
        *,
        max_bytes: int | None = None,
        deadline_s: float | None = None,
        trust: Trust | None = None,
    ) -> Download:
        """Fetch a file, without any credentials.

        Args:
            url: http or https, without user and password.
            max_bytes: refuse larger files, None for the policy's cap.
            deadline_s: point on `clock.monotonic()` at which to give up; it ends within
                `policy.download_timeout_s` in any case.
            trust: where it may go beside the public internet, None for the policy's rule. It is
                checked on the connection itself, at every redirect; behind a proxy only where the
                URL holds an IP address.

        Raises:
            DownloadFailed: whatever the reason; `http_status` is set when the server gave one.
        """
        return download(
            self._engine(),
            url,
            max_bytes=self.policy.max_download_bytes if max_bytes is None else max_bytes,
            deadline_s=deadline_s,
            trust=trust or Trust(everything=self.policy.allow_private_addresses),
        )

    def close(self) -> None:
        """Close the connections that are idle. The transport can be used again afterwards."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def __enter__(self) -> "Transport":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Transport({self.policy!r})"

    def _engine(self) -> "Engine":
        from tryon_core.transport.exchange import Engine  # noqa: PLC0415  (loads the network stack)

        with self._lock:
            if self._made is None:
                self._made = Engine(self.policy, self._clock)
            return self._made
