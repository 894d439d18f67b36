"""The way to a host: which proxy the environment names, and whose certificates are accepted."""

import importlib.util
import ipaddress
import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs
import requests.utils

from tryon_core.models import strip_query

# All that `requests` looks at, of the environment.
_VARIABLES = (
    *("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    *("no_proxy", "NO_PROXY", "REQUEST_METHOD", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
# There the proxies of the system's settings count too, and may change at any time.
_HAS_SYSTEM_SETTINGS = sys.platform in {"darwin", "win32"}
_MOST_ROUTES = 1000
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


@attrs.frozen(kw_only=True)
class Route:
    """How the hosts of one origin are reached.

    Attributes:
        proxies: as `requests` takes them; empty for none.
        proxy: the one that is used, None for none.
        verify: path of the accepted certificates, True for those of `requests`.
    """

    proxies: Mapping[str, str] = attrs.field(repr=False)
    proxy: Proxy | None
    verify: str | bool


class Routes:
    """Finds routes as `requests` does, but not again for each request.

    The environment is read again when one of the variables has changed. It may be shared by
    threads.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, ...], Route] = {}

    def route_to(self, url: str) -> Route:
        """Return the way to a URL.

        Raises:
            ProxyUnusable: the proxy's kind is not known, or needs a package that is not installed.
        """
        origin = "/".join(url.split("/", 3)[:3])
        key = (origin, *map(os.environ.get, _VARIABLES))
        found = self._known.get(key)
        if found is None:
            found = _find_route(url)
            if not _HAS_SYSTEM_SETTINGS:
                if len(self._known) >= _MOST_ROUTES:
                    self._known.clear()
                self._known[key] = found
        return found


def _find_route(url: str) -> Route:
    proxies = {} if is_loopback(url) else requests.utils.get_environ_proxies(url)
    bundles = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    verify = next(filter(None, bundles), True)
    return Route(proxies=proxies, proxy=_proxy_for(url, proxies), verify=verify)


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine, which needs no proxy: a proxy would go to its own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _proxy_for(url: str, proxies: Mapping[str, str]) -> Proxy | None:
    found = requests.utils.select_proxy(url, proxies)
    if not found:
        return None
    address = found if "://" in found else f"http://{found}"
    proxy = Proxy(address=strip_query(address), variable=_variable(found))
    kind = address.partition("://")[0].lower()
    if kind not in _KINDS:
        raise ProxyUnusable(
            f"{proxy.origin} names the proxy {proxy.address}, of an unknown kind: {kind!r}",
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
