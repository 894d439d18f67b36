"""A transport that is used before `fork()`: parent and child must not share a connection."""

import os
import threading

import pytest

from servers import json_answer
from tryon_core.transport import Transport

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def in_child(work):
    """Do something in a child process; return what it wrote."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.write(writer, work().encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    assert os.waitpid(pid, 0)[1] == 0
    return text


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_child_begins_with_connections_of_its_own(serve, transport, trusted_tls, secure):
    server = serve(json_answer({}), tls=trusted_tls if secure else None)
    client = transport.client(provider="acme")
    client.get(server.url("/parent"))
    assert in_child(lambda: str(client.get(server.url("/child")).status)) == "200"
    assert server.connections == 2
    client.get(server.url("/parent"))
    assert server.connections == 2
    assert [request.target for request in server.requests] == ["/parent", "/child", "/parent"]


def test_a_child_is_not_held_by_a_thread_that_it_has_not(serve, transport):
    server = serve(json_answer({}))
    held, done = threading.Event(), threading.Event()

    def hold():
        with transport._lock:
            held.set()
            done.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    try:
        client = transport.client(provider="acme")
        assert in_child(lambda: str(client.get(server.url()).status)) == "200"
    finally:
        done.set()
        thread.join()


def test_a_transport_that_nobody_needs_is_not_kept():
    from tryon_core.transport import transport as module

    kept = len(module._ALL)
    Transport()
    assert len(module._ALL) <= kept
