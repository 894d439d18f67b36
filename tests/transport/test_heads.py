"""The head of an answer is read as the standard library reads it."""

import http.client
import io

import pytest
from hypothesis import example, given, strategies as st

from tryon_core.clock import SystemClock
from tryon_core.transport.connections import CURRENT, Exchange, FinalResponse

_READ = ("status", "code", "reason", "version", "length", "chunked", "will_close")
_LINES = st.one_of(
    st.sampled_from(
        [
            b"Content-Length: 12",
            b"Content-Length: -1",
            b"content-length:12 ",
            b"Content-Length: twelve",
            b"Transfer-Encoding: Chunked",
            b"Connection: close",
            b"Connection: Keep-Alive",
            b"Keep-Alive: timeout=5",
            b"Set-Cookie: a=1",
            b"X-Name: \xfcber",
            b"X-Folded: one\r\n two",
            b"X-Empty:",
            b"no colon",
            b" begins with a blank: 1",
            b"bad name: 1",
            b"X: a\rb",
        ]
    ),
    st.binary(max_size=20).filter(lambda line: b"\n" not in line and line.strip()),
)
_STATUS = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 ", b"HTTP/1.1 304 Not Modified"]
)


class _Socket:
    def __init__(self, data):
        self._data = data

    def makefile(self, *_, **__):
        return io.BytesIO(self._data)


def _read(kind, data, method="GET"):
    response = kind(_Socket(data), method=method)
    response.begin()
    return [getattr(response, name) for name in _READ], response.headers.items(), response.fp.read()


@pytest.fixture(autouse=True, scope="module")
def _exchange():
    exchange = Exchange(
        method="GET", url="http://a", clock=SystemClock(), read_timeout_s=1, max_bytes=1
    )
    token = CURRENT.set(exchange)
    yield
    CURRENT.reset(token)


@given(_STATUS, st.lists(_LINES, max_size=4), st.sampled_from([b"\r\n", b"\n"]))
@example(b"HTTP/1.1 200 OK", [b"Content-Length: 12"], b"\r\n")
@example(b"HTTP/1.1 200 OK", [b"X: 1", b" 2", b"Content-Length: 12"], b"\r\n")
def test_any_head_is_read_as_by_the_standard_library(status, lines, end):
    data = end.join([status, *lines, b"", b"body"])
    assert _read(FinalResponse, data) == _read(http.client.HTTPResponse, data)


def test_the_answer_to_head_has_no_body():
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
    read = [_read(kind, data, "HEAD") for kind in (FinalResponse, http.client.HTTPResponse)]
    assert read[0] == read[1]


def test_another_protocol_is_refused():
    with pytest.raises(http.client.HTTPException):
        _read(FinalResponse, b"HTTP/2 200 OK\r\n\r\n")
