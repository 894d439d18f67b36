"""What one request of a hook costs the processor, beside the same request with bare `requests`.

Only the time of the thread that asks is counted, so that the server beside it does not matter.
"""

import statistics
import time

import pytest
import requests

from servers import ScriptedServer, json_answer
from tryon_core.transport import Transport, Trust

ROUNDS, REQUESTS = 15, 60
HEADERS = {"Authorization": "Bearer obviously-fake-key"}
BODY = {"prompt": "x" * 200, "seed": 7}
ANYWHERE = Trust(everything=True)


@pytest.fixture
def url():
    server = ScriptedServer(json_answer({"status": "running", "id": "1"}))
    yield server.url("/v1/jobs/1")
    server.close()


def _cpu_s(ask):
    started_s = time.thread_time()
    for _ in range(REQUESTS):
        ask()
    return (time.thread_time() - started_s) / REQUESTS


def _ratio(ours, bare):
    """Take turns; return the median ratio, and both medians in seconds."""
    for ask in (ours, bare):
        _cpu_s(ask)
    pairs = [(_cpu_s(ours), _cpu_s(bare)) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for one, other in pairs)
    return ratio, *(statistics.median(times) for times in zip(*pairs, strict=True))


@pytest.mark.parametrize(
    ("what", "most"), [("get", 0.9), ("download", 0.9), ("post", 1.2)], ids=str
)
def test_cpu_of_a_request(url, record, what, most):
    with Transport() as transport, requests.Session() as session:

        def http():  # each hook call has one of its own
            return transport.client(provider="acme", secrets=["obviously-fake-key"])

        ours, bare = {
            "get": (
                lambda: http().get(url, headers=HEADERS).json(),
                lambda: session.get(url, headers=HEADERS, timeout=30).json(),
            ),
            "download": (
                lambda: transport.download(url, trust=ANYWHERE),
                lambda: session.get(url, timeout=30).content,
            ),
            "post": (
                lambda: http().post(url, headers=HEADERS, json=BODY).json(),
                lambda: session.post(url, headers=HEADERS, json=BODY, timeout=30).json(),
            ),
        }[what]
        ratio, ours_s, bare_s = _ratio(ours, bare)
    figures = f"{ratio:.2f} ({ours_s * 1e6:.0f} µs / {bare_s * 1e6:.0f} µs)"
    record(f"http: CPU of a {what} / bare `requests`", figures, f"<= {most}")
    assert ratio <= most
