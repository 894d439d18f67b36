"""A server on a real loopback socket that misbehaves as told, and counts what it received."""

import contextlib
import io
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, cast

import attrs

_TIMEOUT_S = 5.0


@attrs.frozen(kw_only=True)
class Received:
    """One request as it arrived; `body` is None when it was not read."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None
    head: bytes = b""


@attrs.define(kw_only=True)
class Link:
    """One connection, as a step sees it."""

    server: "ScriptedServer"
    sock: socket.socket
    reader: io.BufferedReader
    number: int

    def read_head(self) -> Received | None:
        """Read up to the empty line; None when the client closed."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.reader.readline()
            if not line:
                return None
            head += line
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        received = Received(method=method, target=target, headers=headers, head=head)
        self.server.requests.append(received)
        return received

    def read_request(self) -> Received | None:
        """Read a whole request; None when the client closed."""
        received = self.read_head()
        if received is None:
            return None
        length = int(received.headers.get("content-length", "0"))
        whole = attrs.evolve(received, body=self.reader.read(length))
        self.server.requests[self.server.requests.index(received)] = whole
        return whole

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close so that the client gets a reset instead of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close in an orderly way."""
        with contextlib.suppress(OSError):
            self.reader.close()
            self.sock.close()


Step: TypeAlias = Callable[[Link], bool]
"""Handles one request; returns whether the connection stays open for a further one."""


def head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the head of an answer."""
    lines = [f"HTTP/1.1 {status} Something"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(
    status: int = 200,
    body: bytes | str = b"",
    *,
    headers: Mapping[str, str] | None = None,
    announced: int | None = None,
) -> Step:
    """Read the request and answer; `announced` is the length to claim instead of the true one."""
    data = body.encode() if isinstance(body, str) else body
    size = len(data) if announced is None else announced

    def step(link: Link) -> bool:
        if link.read_request() is None:
            return False
        link.send(head(status, {"Content-Length": str(size), **(headers or {})}) + data)
        return size == len(data)

    return step


def json_answer(value: Any, status: int = 200, **headers: str) -> Step:
    """Answer with JSON; underscores in header names stand for hyphens."""
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    return answer(status, json.dumps(value), headers={"Content-Type": "application/json", **more})


def raw_answer(data: bytes, *, reset: bool = False) -> Step:
    """Read the request, send exactly these bytes, and close."""

    def step(link: Link) -> bool:
        if link.read_request() is not None:
            link.send(data)
            if reset:
                link.reset()
        return False

    return step


def answer_in_plain(link: Link) -> bool:
    """Answer whatever comes, such as the greeting of TLS, with plain HTTP."""
    link.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    link.reader.read1(4096)
    return False


def drop_unread(link: Link) -> bool:
    """Reset the connection before anything is read."""
    link.reset()
    return False


def drop_after_head(link: Link) -> bool:
    """Reset the connection when the head has come, with the body unread."""
    link.read_head()
    link.reset()
    return False


def drop_after_body(link: Link) -> bool:
    """Take the whole request and close without an answer."""
    link.read_request()
    return False


def reset_after_body(link: Link) -> bool:
    """Take the whole request and reset."""
    link.read_request()
    link.reset()
    return False


def silent(link: Link) -> bool:
    """Take the whole request and say nothing until the client goes or the server ends."""
    link.read_request()
    link.server.ended.wait(_TIMEOUT_S)
    return False


def drip(first: bytes, drop: bytes, interval_s: float) -> Step:
    """Read the request, send `first`, then `drop` again and again, for ever."""

    def step(link: Link) -> bool:
        link.read_request()
        link.send(first)
        with contextlib.suppress(OSError):
            while not link.server.ended.wait(interval_s):
                link.send(drop)
        return False

    return step


class ScriptedServer:
    """Listens on 127.0.0.1; each request is handled by the next step, the last step repeats.

    Attributes:
        requests: all requests of which at least the head was read.
        connections: how many connections were accepted.
        ended: set when the server stops.
    """

    def __init__(self, *steps: Step, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.ended = threading.Event()
        self._steps = list(steps)
        self._tls = tls
        self._lock = threading.Lock()
        self._links: list[Link] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return cast("int", self._listener.getsockname()[1])

    def url(self, path: str = "/") -> str:
        """Return an address of this server."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    def play(self, *steps: Step) -> None:
        """Replace the script."""
        with self._lock:
            self._steps = list(steps)

    def close(self) -> None:
        """Stop, and wait for all threads."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in list(self._links):
            with contextlib.suppress(OSError):
                link.sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(_TIMEOUT_S)

    def __enter__(self) -> "ScriptedServer":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self) -> Step:
        with self._lock:
            return self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(
                target=self._serve, args=(sock, self.connections), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.settimeout(_TIMEOUT_S)
        with contextlib.suppress(OSError):
            if self._tls is not None:
                try:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                except OSError:
                    sock.close()
                    raise
            reader = sock.makefile("rb")
            link = Link(server=self, sock=sock, reader=reader, number=number)
            self._links.append(link)
            try:
                # A further step is taken only when a further request comes.
                while self._next()(link) and reader.peek(1):
                    pass
            finally:
                link.close()


@contextlib.contextmanager
def serving(*steps: Step, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """Run a server for the length of a `with` block."""
    with ScriptedServer(*steps, tls=tls) as server:
        yield server


def unused_port() -> int:
    """Return a port of 127.0.0.1 at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast("int", probe.getsockname()[1])
