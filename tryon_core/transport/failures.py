"""What an exception of the network stack means, in words that hold no URL."""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator

import requests.exceptions as requested
import urllib3.exceptions as pooled

from tryon_core.transport.addresses import AddressRefused
from tryon_core.transport.connections import DeadlinePassed, Exchange
from tryon_core.transport.proxies import Proxy, ProxyUnusable
from tryon_core.transport.retries import NoAnswer

_MAX_CAUSES = 32
_TUNNEL = "Tunnel connection failed: "
_PASSWORD = f"{_TUNNEL}407"
_BUNDLE = "Could not find"


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that it wraps, in whichever way, outermost first."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(seen) < _MAX_CAUSES:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or any(found is known for known in seen):
            continue
        seen.append(found)
        yield found
        wrapped = (getattr(found, name, None) for name in ("reason", "original_error"))
        waiting += [*wrapped, *found.args, found.__cause__, found.__context__]


# The words of exceptions are shown only where they cannot hold a URL, a header or a body.
_Words = Callable[[BaseException], str]


def _certificate(error: BaseException) -> str:
    return f"the certificate was not accepted ({getattr(error, 'verify_message', '')})"


def _tls(error: BaseException) -> str:
    return f"the TLS connection failed ({getattr(error, 'reason', None) or 'unknown reason'})"


def _system(error: BaseException) -> str:
    text = str(error)
    if text.startswith((_TUNNEL, _BUNDLE)):
        return f"{text[0].lower()}{text[1:]}"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or type(error).__name__


def _connecting(error: BaseException) -> str:
    # It inherits from the time-out for historical reasons; its cause says what it was.
    return _system(error.__cause__) if error.__cause__ else "the connection could not be made"


_SPECIFIC: tuple[tuple[type[BaseException], _Words], ...] = (
    (DeadlinePassed, lambda _: "the time was up"),
    (AddressRefused, str),
    (ProxyUnusable, str),
    (ssl.SSLCertVerificationError, _certificate),
    (socket.gaierror, lambda _: "the host name could not be resolved"),
    (ConnectionRefusedError, lambda _: "the connection was refused"),
    (pooled.NewConnectionError, _connecting),
    (pooled.ConnectTimeoutError, lambda _: "connecting took too long"),
    (ssl.SSLError, _tls),
    (pooled.IncompleteRead, lambda _: "the answer was cut off"),
    (http.client.IncompleteRead, lambda _: "the answer was cut off"),
    (http.client.RemoteDisconnected, lambda _: "the connection was closed without an answer"),
    (http.client.HTTPException, lambda _: "the answer is not HTTP"),
    (ConnectionError, lambda _: "the connection was reset"),
    (pooled.DecodeError, lambda _: "the answer could not be decompressed"),
    (pooled.TimeoutError, lambda _: "no answer came in time"),
    (TimeoutError, lambda _: "no answer came in time"),
    (UnicodeError, lambda _: "the address or a header holds characters that cannot be sent"),
    (requested.InvalidHeader, lambda _: "a header holds characters that cannot be sent"),
    (requested.InvalidProxyURL, lambda _: "the address of the proxy is not valid"),
    (requested.InvalidSchema, lambda _: "the address is neither http nor https"),
    (requested.MissingSchema, lambda _: "the address is neither http nor https"),
    (requested.InvalidURL, lambda _: "the address is not valid"),
    (pooled.LocationValueError, lambda _: "the address is not valid"),
)
_PERMANENT = (
    AddressRefused,
    ssl.SSLCertVerificationError,
    UnicodeError,
    requested.InvalidHeader,
    requested.InvalidProxyURL,
    requested.InvalidSchema,
    requested.MissingSchema,
    requested.InvalidURL,
    pooled.LocationValueError,
)
_OWN = (AddressRefused, ProxyUnusable)
_WHILE_CONNECTING = (pooled.NewConnectionError, pooled.ConnectTimeoutError)


def _reason(chain: list[BaseException]) -> str:
    words = next(
        (say(error) for kind, say in _SPECIFIC for error in chain if isinstance(error, kind)), None
    )
    if words is None:
        words = next((_system(error) for error in chain if type(error) is OSError), "")
    words = words or type(chain[-1]).__name__
    through_proxy = any(isinstance(error, pooled.ProxyError) for error in chain)
    return f"the proxy cannot be used: {words}" if through_proxy else words


def _is_setup(chain: list[BaseException]) -> bool:
    wrong = (ProxyUnusable, requested.InvalidProxyURL)
    return any(isinstance(error, wrong) or _PASSWORD in str(error) for error in chain)


def _remedy(chain: list[BaseException], proxy: Proxy | None) -> str:
    own = next((error for error in chain if isinstance(error, _OWN)), None)
    if isinstance(own, _OWN):
        return own.remedy
    if proxy and any(isinstance(error, (pooled.ProxyError, *_WHILE_CONNECTING)) for error in chain):
        return f"{proxy.origin} names the proxy {proxy.address}: check it, or {proxy.way_out}."
    if any(isinstance(error, ssl.SSLCertVerificationError) for error in chain):
        return "Point REQUESTS_CA_BUNDLE to your organisation's certificates if it has its own."
    if any(isinstance(error, _PERMANENT) for error in chain):
        return "Check the address, the proxy settings and the key."
    return ""


def _may_have_arrived(chain: list[BaseException], exchange: Exchange) -> bool:
    if exchange.is_counted is False:
        # Only a few exceptions are proof when the bytes were not counted.
        return not any(isinstance(error, _WHILE_CONNECTING) for error in chain)
    return exchange.may_have_arrived


def no_answer(error: BaseException, exchange: Exchange) -> NoAnswer:
    """Return what an exception of the network stack means.

    Args:
        error: what was raised.
        exchange: the one in which it was raised.
    """
    chain = list(causes(error))
    bundle = any(type(cause) is OSError and str(cause).startswith(_BUNDLE) for cause in chain)
    permanent = bundle or _is_setup(chain) or any(isinstance(cause, _PERMANENT) for cause in chain)
    return NoAnswer(
        reason=_reason(chain),
        may_have_arrived=_may_have_arrived(chain, exchange),
        is_temporary=not permanent,
        remedy=_remedy(chain, exchange.proxy),
        is_setup=_is_setup(chain),
    )
