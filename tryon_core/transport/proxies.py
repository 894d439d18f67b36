"""Which proxy a request goes through, and whether it can be used at all."""

import importlib.util
import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs
import requests.utils

from tryon_core.models import strip_query

_KINDS = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


@attrs.frozen(kw_only=True)
class Proxy:
    """A proxy of this machine's settings.

    Attributes:
        address: where it is, without user and password.
        variable: the environment variable that names it; empty when the system's settings do.
    """

    address: str
    variable: str

    @property
    def origin(self) -> str:
        """Say who has set it."""
        return self.variable or "the system's settings"

    @property
    def way_out(self) -> str:
        """Say how to do without it."""
        return f"unset {self.variable}" if self.variable else "switch it off there"


class ProxyUnusable(Exception):
    """A proxy is set that cannot be used from here; the message holds no password.

    Args:
        reason: why.
        remedy: what to do.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine, which needs no proxy: a proxy would go to its own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def proxy_for(url: str, proxies: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for a URL, None when it is asked directly.

    Args:
        url: what is asked.
        proxies: what is set, as `requests` reads it.

    Raises:
        ProxyUnusable: its kind is not known, or needs a package that is not installed.
    """
    found = requests.utils.select_proxy(url, proxies)
    if not found:
        return None
    address = found if "://" in found else f"http://{found}"
    proxy = Proxy(address=strip_query(address), variable=_variable(found))
    kind = address.partition("://")[0].lower()
    if kind not in _KINDS:
        raise ProxyUnusable(
            f"{proxy.origin} names the proxy {proxy.address}, whose kind {kind!r} is not known",
            f"Write socks5h:// or http:// in front of its address, or {proxy.way_out}.",
        )
    if kind.startswith("socks") and importlib.util.find_spec("socks") is None:
        raise ProxyUnusable(
            f"{proxy.origin} names the SOCKS proxy {proxy.address}, for which PySocks is missing",
            f"pip install 'tryon-core[socks]' or 'requests[socks]', or {proxy.way_out}.",
        )
    return proxy


def _variable(value: str) -> str:
    names = (name for name in os.environ if name.lower().endswith("_proxy"))
    return next((name for name in sorted(names) if os.environ[name] == value), "")
