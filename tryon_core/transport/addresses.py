"""Which addresses a download may go to: none of this machine, of private networks, of clouds."""

import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

import attrs

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Azure's platform service has a public address but answers inside its machines only.
_PLATFORM_SERVICES = frozenset({"168.63.129.16"})
# Addresses of the metadata services of clouds; no host name may lead there.
_METADATA = frozenset({"100.100.100.200", "192.0.0.192", "fd00:ec2::254"})
_LOOPBACK = "localhost"
_PRIVATE_RANGES = tuple(
    ipaddress.ip_network(text)
    for text in (
        "198.18.0.0/15",  # what proxies in TUN mode answer for every name (fake IP)
        "100.64.0.0/10",  # overlay networks, and the inside of some clouds
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
    )
)
_ALLOW = (
    "If that is meant (a VPN, a proxy in TUN mode, a server of your own), allow it with "
    "allow_private_addresses=True (TRYON_ALLOW_PRIVATE_ADDRESSES=1 in the environment, or "
    "allow_private_addresses = true under the provider in tryon.toml)."
)


class AddressRefused(Exception):
    """A download must not go to this address; the message says why and holds no secret.

    Args:
        reason: why.
        remedy: what to change, empty when nothing helps.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


@attrs.frozen(kw_only=True)
class Trust:
    """Where downloads may go beside the public internet.

    Attributes:
        everything: anywhere.
        service_host: host of the service that made the results, wherever it is. Where its name
            leads to a private range, other names may lead to the same range: proxies in TUN mode,
            VPNs and gateways of companies resolve all names to addresses of their own.
    """

    everything: bool = False
    service_host: str | None = None

    def check_literal(self, host: str) -> None:
        """Refuse a host that is an IP address where downloads may not go.

        Raises:
            AddressRefused: it is.
        """
        address = _literal(host)
        if address is None or self.everything or self._is_service(host):
            return  # the address of a name is checked once it is connected
        if not is_public(address):
            raise AddressRefused(f"{address} is not a public address", _ALLOW)

    def check_peer(self, host: str, peer: str) -> None:
        """Refuse the address that a host turned out to have.

        Args:
            host: as the URL names it.
            peer: IP address of the connection.

        Raises:
            AddressRefused: downloads may not go there.
        """
        if self.everything or is_public(peer) or self._is_service(host):
            return
        if _literal(host) is None and self._is_range_of_service(peer):
            return
        raise AddressRefused(f"{peer} is not a public address", _ALLOW)

    def _is_service(self, host: str) -> bool:
        return self.service_host is not None and _plain(host) == _plain(self.service_host)

    def _is_range_of_service(self, peer: str) -> bool:
        home = _range_of(peer)
        if home is None or self.service_host is None or _literal(self.service_host):
            return False
        try:
            found = socket.getaddrinfo(self.service_host, None, type=socket.SOCK_STREAM)
        except OSError:
            return False
        return any(_range_of(str(sockaddr[0])) == home for *_, sockaddr in found)


def _plain(host: str) -> str:
    """Return a host name as it is compared; all names of this machine count as one."""
    name = host.lower().rstrip(".")
    with contextlib.suppress(ValueError):
        return _LOOPBACK if ipaddress.ip_address(name).is_loopback else name
    return name


def _literal(host: str) -> str | None:
    """Return the IP address that a host is written as, None when it is a name.

    `127.1` and `0x7f000001` are spellings that resolvers take for 127.0.0.1.
    """
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host.partition("%")[0]))
    with contextlib.suppress(OSError, UnicodeError):
        return socket.inet_ntoa(socket.inet_aton(host))
    return None


def _range_of(peer: str) -> "ipaddress.IPv4Network | ipaddress.IPv6Network | None":
    """Return the private range that an address belongs to, None for loopback and the like."""
    address = ipaddress.ip_address(peer.partition("%")[0])
    inner = _embedded(address) if isinstance(address, ipaddress.IPv6Address) else None
    found = inner or address
    if str(found) in _METADATA:
        return None
    return next((known for known in _PRIVATE_RANGES if found in known), None)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address contains."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Not public are loopback, private, link-local (with the metadata services of clouds), shared,
    multicast, reserved and unspecified addresses, and IPv6 addresses that stand for such ones.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(str(inner))
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and str(address) not in _PLATFORM_SERVICES
    )


def host_of(url: str) -> str | None:
    """Return the host that a URL names, None when it names none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def is_private_url(url: str) -> bool:
    """Whether a URL names this machine, or an address of a private network."""
    host = host_of(url) or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _literal(host)
    return address is not None and not is_public(address)


def check_url(url: str, trust: Trust) -> None:
    """Refuse a URL that a download must not follow, as far as the URL itself shows it.

    Args:
        url: where to go.
        trust: which IP addresses it may name.

    Raises:
        AddressRefused: not http or https, without host, with a user name, or not public.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise AddressRefused("it is not a valid URL") from None
    if parts.scheme not in {"http", "https"}:
        raise AddressRefused(f"{parts.scheme or 'no scheme'!r} is neither http nor https")
    if not host:
        raise AddressRefused("it names no host")
    if "@" in parts.netloc:
        raise AddressRefused("it holds a user name or password")
    trust.check_literal(host)
