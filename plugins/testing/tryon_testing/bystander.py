"""A server on loopback that nobody should give a key to; it also serves pictures."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs


@attrs.frozen(kw_only=True)
class Visit:
    """One request that came to the bystander, whole.

    Attributes:
        line: method and target.
        text: line, headers and body as text.
    """

    line: str
    text: str = attrs.field(repr=False)


class Bystander:
    """Another origin than the vendor's.

    Attributes:
        visits: everything that came.
        pictures: files that it serves, by path.
    """

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.pictures: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def show(self, name: str, data: bytes) -> str:
        """Serve a file and return its address."""
        self.pictures[f"/{name}"] = data
        return f"{self.url}/{name}"

    @contextlib.contextmanager
    def running(self) -> Iterator["Bystander"]:
        """Serve for the length of a `with` block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _handler(bystander: Bystander) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def take(self) -> None:
            """Keep what came, and serve a picture when it is one."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            text = f"{self.requestline}\n{self.headers}\n{body.decode('latin-1')}"
            line = f"{self.command} {self.path.partition('?')[0]}"
            bystander.visits.append(Visit(line=line, text=text))
            picture = bystander.pictures.get(self.path.partition("?")[0])
            self._reply(200 if picture else 404, picture or b"{}", {})

        def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name)
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.take)
    return Handler
