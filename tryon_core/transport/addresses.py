"""Which addresses a download may go to."""

import contextlib
import ipaddress
import re
import socket
from urllib.parse import quote, urlsplit

# A backslash ends the host for some and not for others: no part of it is taken here.
_PARTS = re.compile(
    r"\s*[a-z][a-z0-9+.-]*://[^/?#\\]+(/[^?#]*)?(\?[^#]*)?(?:#.*)?\Z", re.IGNORECASE | re.DOTALL
)
_LEGAL = "!$%&'()*+,/:;=?@[]~"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Azure's platform service has a public address but answers inside its machines only.
_PLATFORM_SERVICES = frozenset({"168.63.129.16"})


class AddressRefused(Exception):
    """The address must not be asked; the message says why and holds no secret."""


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
    return quote(f"{path or '/'}{query or ''}", safe=_LEGAL)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for."""
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


def is_private_url(url: str) -> bool:
    """Whether an address is spelt as one of this machine or of a private network."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    # `127.1` and `0x7f000001` are spellings that resolvers take for 127.0.0.1.
    with contextlib.suppress(OSError, UnicodeError):
        host = socket.inet_ntoa(socket.inet_aton(host))
    try:
        return not is_public(host)
    except ValueError:
        return False


def check_peer(text: str) -> None:
    """Refuse an address that is not public.

    Raises:
        AddressRefused: it is not.
    """
    if not is_public(text):
        raise AddressRefused(f"{text} is not a public address")


def _check_literal(host: str) -> None:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return  # a name: what it stands for is checked once it is connected
    check_peer(host)


def check_url(url: str, *, public_only: bool) -> None:
    """Refuse a URL that a download must not follow, as far as the URL itself shows it.

    Args:
        url: where to go.
        public_only: refuse IP addresses that are not public.

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
    if public_only:
        _check_literal(host)
