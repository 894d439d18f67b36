"""A server on this machine that gives published answers, and pictures."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tryon_testing.cassettes.case import Sample
from tryon_testing.cassettes.pictures import draw, stand_in

_POLL_S = 0.01


@contextmanager
def serving(
    samples: Sequence[Sample] = (), *, files: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve for the length of a `with` block, and give the address.

    Below `/pictures/` lie the pictures that cases give, as PNG. Everything else is answered with
    the next sample, and what the samples call a file of the vendor's with a tiny picture.

    Args:
        samples: answers, in order.
        files: what replaces an address in the samples: a path here, by the vendor's address.
    """
    waiting = list(samples)
    vendors_files = dict(files or {})

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/pictures/"):
                name = self.path.rpartition("/")[2].partition(".")[0]
                return self.send(200, "image/png", draw(name))
            if any(self.path.startswith(path) for path in vendors_files.values()):
                kind = "JPEG" if ".jp" in self.path else "PNG"
                return self.send(200, f"image/{kind.lower()}", stand_in(kind))
            return self.send_sample(waiting.pop(0))

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  (names of http.server)

        def send_sample(self, sample: Sample) -> None:
            text = sample.body
            for theirs, path in vendors_files.items():
                text = text.replace(theirs, f"http://{self.headers['Host']}{path}")
            self.send(sample.status, "application/json", text.encode(), sample.headers)

        def send(
            self, status: int, kind: str, data: bytes, more: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            headers = {"Content-Type": kind, "Content-Length": str(len(data)), **(more or {})}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
