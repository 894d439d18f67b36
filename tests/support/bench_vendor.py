"""A vendor on loopback that costs little itself, keeps connections open and judges its quota.

It speaks the wire form of the invented vendor `acme` of the tests. A job that it never saw is
finished, as are those of an earlier process.
"""

import contextlib
import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs

from quota_world import QuotaJudge
from tryon_core.clock import SystemClock
from tryon_core.models import Quota


@attrs.define(eq=False)
class BenchVendor:
    """What it does and what it saw.

    Attributes:
        judge: refuses what is over the quota.
        picture: what every job results in.
        clock: source of time.
        job_s: seconds that a job takes.
        polls: how often each job must be polled.
        seen: requests so far, by kind.
        first_s: `time.monotonic()` at the first request, which means the same in every process.
    """

    judge: QuotaJudge
    picture: bytes
    clock: object
    job_s: float
    polls: int = 1
    seen: dict = attrs.field(factory=lambda: {"submit": 0, "poll": 0, "fetch": 0})
    first_s: float | None = None
    address: str = ""
    _polled: dict = attrs.field(factory=dict)
    _ends_s: dict = attrs.field(factory=dict)
    _numbers: object = attrs.field(factory=lambda: itertools.count(1))
    _lock: object = attrs.field(factory=threading.Lock)

    def note(self, kind):
        with self._lock:
            self.seen[kind] += 1
            self.first_s = self.first_s or time.monotonic()

    def submit(self):
        now_s = self.clock.monotonic()
        if not self.judge.accepts(now_s, job_s=self.job_s):
            return 429, {"code": "slow_down", "message": "too many"}
        number = next(self._numbers)
        self._ends_s[str(number)] = now_s + self.job_s
        return 200, {"task_id": str(number)}

    def poll(self, task):
        self._polled[task] = polled = self._polled.get(task, 0) + 1
        if self._ends_s.get(task, 0) > self.clock.monotonic() or polled < self.polls:
            return 200, {"status": "working"}
        return 200, {"status": "done", "image_url": f"{self.address}/results/{task}.jpg"}


@contextlib.contextmanager
def bench_vendor(picture, *, quota=None, clock=None, job_s=0.0, polls=1):
    """Serve one; its `address` is what the provider's `base_url` must be."""
    vendor = BenchVendor(
        QuotaJudge(quota or Quota()), picture, clock or SystemClock(), job_s, polls
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self):
            left = int(self.headers["Content-Length"])
            while left > 0:
                left -= len(self.rfile.read(min(left, 65536)))
            vendor.note("submit")
            self._answer(*vendor.submit())

        def do_GET(self):
            kind, name = self.path.split("/")[-2:]
            vendor.note("fetch" if kind == "results" else "poll")
            if kind == "results":
                self._send(200, "image/jpeg", vendor.picture)
            else:
                self._answer(*vendor.poll(name))

        def _answer(self, status, document):
            self._send(status, "application/json", json.dumps(document).encode())

        def _send(self, status, media_type, body):
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    vendor.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
