"""Notice what code does that it should not: network, sleeps, keys in texts."""

import base64
import binascii
import contextlib
import itertools
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

from tryon_core.masking import redact


@contextlib.contextmanager
def forbidding_the_network() -> Iterator[list[str]]:
    """Refuse connections, processes and sleeps of this thread; give a list of what was tried.

    The list is filled even when the code under watch swallows the exception.
    """
    tried: list[str] = []
    with contextlib.ExitStack() as patches:
        for owner, name in (
            (socket.socket, "connect"),
            (socket, "create_connection"),
            (socket, "getaddrinfo"),
            (subprocess, "Popen"),
            (time, "sleep"),
        ):
            patches.enter_context(_refusing(owner, name, tried))
        yield tried


@contextlib.contextmanager
def noting_sleeps() -> Iterator[list[str]]:
    """Give a list of the sleeps of this thread, which take no time."""
    slept: list[str] = []
    me, real = threading.get_ident(), time.sleep

    def sleep(seconds: float) -> None:
        if threading.get_ident() == me:
            slept.append(f"time.sleep({seconds:g})")
        else:
            real(seconds)

    with mock.patch.object(time, "sleep", sleep):
        yield slept


def _refusing(owner: Any, name: str, tried: list[str]) -> Any:
    real: Callable[..., Any] = getattr(owner, name)
    me = threading.get_ident()
    label = f"{getattr(owner, '__name__', owner)}.{name}"

    def refuse(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != me:
            return real(*args, **kwargs)
        tried.append(label)
        raise RuntimeError(f"{label} is not allowed here")

    return mock.patch.object(owner, name, refuse)


_LONG = 8


def leaked(text: str, secrets: Sequence[str]) -> bool:
    """Return whether a secret is in a text, plain or encoded for a URL, JSON or base64."""
    return redact(text, secrets) != text


def leaked_anywhere(data: bytes, secrets: Sequence[str]) -> bool:
    """Return whether a secret is in bytes, also inside base64, at whatever offset.

    Args:
        data: such as a whole request: `Basic` authentication has the key in the middle of base64.
        secrets: the values to look for.
    """
    text = data.decode("latin-1")
    return leaked(text, secrets) or any(
        core in text for secret in secrets if len(secret) >= _LONG for core in _cores(secret)
    )


def unpacked(token: str) -> str:
    """Return the text inside a job's token."""
    body = token.partition(".")[2]
    try:
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return token


def _cores(secret: str) -> Iterator[str]:
    """Yield the part of each base64 spelling that its neighbours do not change."""
    for offset, encode in itertools.product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
        text = encode(b"\0" * offset + secret.encode()).decode().rstrip("=")
        yield text[(0, 2, 3)[offset] : -1]
