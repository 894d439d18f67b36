"""Notice what code does that it should leave to the core, and what the core remarks."""

import contextlib
import logging
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock


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


@contextlib.contextmanager
def noting_remarks(provider: str) -> Iterator[list[str]]:
    """Give a list of what the core tells the user meanwhile.

    Args:
        provider: id of the provider, after which its logger is named.
    """
    told: list[str] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    logger, handler = logging.getLogger(f"tryon.{provider}"), Noting(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)


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
