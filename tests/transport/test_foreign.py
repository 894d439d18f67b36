"""Connection classes that others put into `urllib3`, such as recorders of cassettes."""

import json
import logging
import subprocess
import sys
import textwrap

import pytest
import urllib3
import vcr
from urllib3.connectionpool import HTTPConnectionPool

from servers import drop_after_body, json_answer, unused_port
from tryon_core.errors import NotSent, OutcomeUnknown
from tryon_core.transport import Transport


class ForeignConnection(urllib3.connection.HTTPConnection):
    """Somebody else's."""


class ReplayedAnswer:
    """Like the answers of a recorder: a body, and no `read1` of urllib3."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.status, self.reason, self.headers = 200, "OK", urllib3.HTTPHeaderDict()
        self.version_string, self.length_remaining = "HTTP/1.1", 0

    def stream(self, amt: int, *, decode_content: bool):
        yield self.body[:1]
        yield self.body[1:]

    def close(self) -> None:
        self.status = 0

    release_conn = close


class ReplayingConnection(urllib3.connection.HTTPConnection):
    """Never connects."""

    def request(self, *_: object, **__: object) -> None:
        self.sock = None

    def getresponse(self):
        return ReplayedAnswer(b'{"replayed": true}')


@pytest.fixture
def foreign(monkeypatch):
    monkeypatch.setattr(HTTPConnectionPool, "ConnectionCls", ForeignConnection)


@pytest.mark.usefixtures("foreign")
def test_a_foreign_connection_is_left_in_place(serve, client):
    assert client.post(serve(json_answer({"id": "1"})).url(), json={}).json() == {"id": "1"}


@pytest.mark.usefixtures("foreign")
def test_what_nobody_counted_counts_as_sent(serve, client):
    with pytest.raises(OutcomeUnknown):
        client.post(serve(drop_after_body).url(), json={})


@pytest.mark.usefixtures("foreign")
def test_a_refused_connection_is_not_sent_in_any_library(client):
    with pytest.raises(NotSent):
        client.post(f"http://127.0.0.1:{unused_port()}/", json={})
    assert not client.may_have_sent


def test_a_replayed_answer_is_read_without_a_connection(client, monkeypatch):
    monkeypatch.setattr(HTTPConnectionPool, "ConnectionCls", ReplayingConnection)
    for _ in range(2):
        assert client.post("http://vendor.invalid/", json={}).json() == {"replayed": True}


def test_a_recorder_that_comes_between_two_requests_is_noticed_and_so_is_its_leaving(
    serve, client, tmp_path
):
    server = serve(json_answer({"replayed": False}))
    recorded = {"method": "POST", "uri": server.url(), "body": "", "headers": {}}
    answered = {"status": {"code": 200, "message": "OK"}, "headers": {}}
    answered["body"] = {"string": '{"replayed": true}'}
    cassette = {"version": 1, "interactions": [{"request": recorded, "response": answered}]}
    path = tmp_path / "cassette.yaml"
    path.write_text(json.dumps(cassette))
    answers = [client.get(server.url()).json()]
    with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri"]):
        answers.append(client.post(server.url(), json={}).json())
    answers.append(client.get(server.url()).json())
    assert [answer["replayed"] for answer in answers] == [False, True, False]
    assert [request.method for request in server.requests] == ["GET", "GET"]


def test_a_recorder_at_work_while_the_transport_is_loaded_is_noticed():
    program = """
        import urllib3.connection, urllib3.connectionpool
        original = urllib3.connection.HTTPConnection
        class Recorder(original): pass
        urllib3.connection.HTTPConnection = Recorder
        urllib3.connectionpool.HTTPConnectionPool.ConnectionCls = Recorder
        from tryon_core.transport import connections
        assert not issubclass(connections.CountingHTTPConnection, Recorder)
        import requests
        from tryon_core.clock import SystemClock
        from tryon_core.transport.connections import CURRENT, Exchange
        CURRENT.set(
            Exchange(method="GET", url="", clock=SystemClock(), read_timeout_s=1, max_bytes=1)
        )
        request = requests.Request("GET", "http://vendor.invalid/").prepare()
        pool = connections.CountingAdapter(1).get_connection_with_tls_context(request, True)
        print(pool.ConnectionCls is Recorder)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "True"


def test_the_network_stack_is_loaded_with_the_first_request_only():
    program = (
        "import sys; from tryon_core.transport import Transport; "
        "c = Transport().client(provider='acme'); "
        "print('requests' in sys.modules, 'urllib3' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_a_transport_shows_its_policy():
    assert "retries=4" in repr(Transport())
    assert logging.getLogger("tryon.http").level == logging.NOTSET
