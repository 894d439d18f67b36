"""What the other files rely on: nothing of ours is here, and no other machine can be reached."""

import asyncio
import importlib.util
import socket

import pytest
from pytest_socket import SocketConnectBlockedError

ELSEWHERE = ("127.0.0.2", 9)
"""Not the address of the emulators; harmless should the guard be missing."""
REFUSAL = (SocketConnectBlockedError, UserWarning)
"""The guard warns before it raises, and warnings are errors here."""


@pytest.mark.parametrize("package", ["tryon_core", "tryon_dashscope", "flask"])
def test_neither_tryon_nor_what_emulators_need_is_here(package):
    assert importlib.util.find_spec(package) is None


def test_a_socket_to_elsewhere_is_refused():
    with pytest.raises(REFUSAL, match=ELSEWHERE[0]):
        socket.create_connection(ELSEWHERE, timeout=1)


def test_asyncio_is_guarded_too():
    with pytest.raises(REFUSAL, match=ELSEWHERE[0]):
        asyncio.run(asyncio.open_connection(*ELSEWHERE))
