"""Prove that something needs no network: neither a socket nor the address of a name."""

import contextlib
import socket
from collections.abc import Iterator
from unittest import mock

import pytest_socket


def _refuse(host: object, *_: object, **__: object) -> None:
    raise AssertionError(f"the address of {host} was looked up")


@contextlib.contextmanager
def no_network() -> Iterator[None]:
    """Make every socket and every look-up of a name fail for the length of a `with` block."""
    pytest_socket.disable_socket()
    try:
        with mock.patch.object(socket, "getaddrinfo", _refuse):
            yield
    finally:
        pytest_socket.enable_socket()
