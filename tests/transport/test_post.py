import contextlib
import json
import select
import threading
from pathlib import Path

import pytest

from servers import (
    answer,
    answer_in_plain,
    drip,
    drop_after_body,
    drop_after_head,
    drop_unread,
    head,
    json_answer,
    raw_answer,
    reset_after_body,
    silent,
    unused_port,
)
from tryon_core.clock import SystemClock
from tryon_core.errors import (
    AnswerLost,
    MissingCredential,
    NotSent,
    OutcomeUnknown,
    ServiceMoved,
    UnusableImage,
)
from tryon_core.http import FilePart
from tryon_core.models import BytesSource, PathSource
from tryon_core.transport import Transport, TransportPolicy
from tryon_core.transport.connections import CountingHTTPConnection, TimedReader, TimedSocket

WORK = {"work": "paid"}


def test_a_request_arrives_as_it_was_given(serve, client):
    server = serve(json_answer({"id": "1"}))
    response = client.post(
        server.url("/jobs?a=1"), headers={"X-Key": "k"}, params={"b": "2 3"}, json={"é": [1]}
    )
    [received] = server.requests
    assert (received.method, received.target) == ("POST", "/jobs?a=1&b=2+3")
    assert json.loads(received.body) == {"é": [1]}
    assert received.headers["content-type"] == "application/json"
    assert received.headers["x-key"] == "k"
    assert received.headers["user-agent"].startswith("tryon-core/")
    assert (response.status, response.json()) == (200, {"id": "1"})
    assert response.url == server.url("/jobs?…")


def test_a_form_is_url_encoded(serve, client):
    server = serve(json_answer({}))
    client.post(server.url(), form={"a b": "c&d", "e": "é"})
    assert server.requests[0].body == b"a+b=c%26d&e=%C3%A9"
    assert server.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_own_headers_win_whatever_their_case(serve, client):
    server = serve(json_answer({}))
    client.post(
        server.url(), json={}, headers={"content-type": "application/x-a", "user-agent": "me"}
    )
    assert server.requests[0].head.lower().count(b"content-type") == 1
    assert server.requests[0].headers["content-type"] == "application/x-a"
    assert server.requests[0].headers["user-agent"] == "me"


def test_two_bodies_are_a_mistake_of_the_caller(client):
    with pytest.raises(NotSent, match="at most one") as caught:
        client.post("http://127.0.0.1:9/", json={}, form={})
    assert (caught.value.billed, caught.value.retry) == ("no", "after_change")


@pytest.mark.parametrize("status", [200, 201, 204, 300, 304, 400, 401, 402, 429, 500, 502, 503])
def test_every_status_is_an_answer_to_one_request(serve, client, status):
    server = serve(answer(status, "" if status == 204 else "hm", headers={"Location": "/x"}))
    assert client.post(server.url(), json=WORK).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_refusal_that_names_the_address(serve, client, status):
    server = serve(answer(status, headers={"Location": "https://api.example/v2/jobs?sign=canary"}))
    with pytest.raises(ServiceMoved, match=r"moved to https://api\.example/v2/jobs") as caught:
        client.post(server.url("/jobs"), json=WORK)
    error = caught.value
    assert (error.billed, error.retry, error.http_status) == ("no", "after_change", status)
    assert "TRYON_ACME_BASE_URL" in error.remedy
    assert "canary" not in f"{error} {error.target}"
    assert len(server.requests) == 1


def test_a_redirect_that_names_nothing_is_a_refusal_as_well(serve, client):
    with pytest.raises(ServiceMoved, match="to no address") as caught:
        client.post(serve(answer(302, "<html>", announced=500)).url(), json=WORK)
    assert caught.value.target is None


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(drop_after_head, id="reset-with-body-unread"),
        pytest.param(drop_after_body, id="closed-without-answer"),
        pytest.param(reset_after_body, id="reset-after-body"),
        pytest.param(raw_answer(b"HTTP/1.1 2"), id="status-line-cut"),
        pytest.param(raw_answer(b"HTTP/1.1 200 OK\r\nContent-"), id="headers-cut"),
        pytest.param(raw_answer(b"SSH-2.0-hello\r\n\r\n"), id="not-http"),
        pytest.param(answer(200, '{"id": "1"', announced=50), id="body-cut"),
        pytest.param(
            raw_answer(head(200, {"Content-Length": "50"}) + b'{"id"', reset=True), id="body-reset"
        ),
        pytest.param(
            raw_answer(head(200, {"Transfer-Encoding": "chunked"}) + b'6\r\n{"id":\r\n'),
            id="chunks-cut",
        ),
        pytest.param(answer(200, b"not gzip", headers={"Content-Encoding": "gzip"}), id="not-gzip"),
        pytest.param(answer(200, b"[" + b" " * 30_000 + b"]"), id="too-large"),
        pytest.param(answer(200, "1", announced=3), id="number-cut"),
    ],
)
def test_an_answer_that_got_lost_leaves_the_outcome_unknown(serve, client, fault):
    server = serve(fault)
    with pytest.raises(OutcomeUnknown) as caught:
        client.post(server.url("/jobs?sign=abc"), json=WORK)
    assert (caught.value.provider, caught.value.billed) == ("acme", "unknown")
    assert len(server.requests) == 1
    assert server.connections == 1


def _post(client, url, **how):
    with contextlib.suppress(NotSent, OutcomeUnknown, AnswerLost, TypeError):
        client.post(url, json=WORK, **how)


@pytest.mark.parametrize(
    ("step", "has_sent"),
    [(json_answer({}), True), (answer(500, "x"), True), (drop_after_body, True), (None, False)],
)
def test_the_client_knows_whether_a_paid_request_may_have_left(serve, client, step, has_sent):
    assert not client.may_have_sent
    url = serve(step).url() if step else f"http://127.0.0.1:{unused_port()}/"
    _post(client, url)
    assert client.may_have_sent is has_sent


def test_what_was_sent_before_is_not_forgotten_when_the_next_request_does_not_leave(serve, client):
    _post(client, serve(json_answer({})).url())
    _post(client, f"http://127.0.0.1:{unused_port()}/")
    assert client.may_have_sent


def test_what_may_be_repeated_and_what_cannot_be_written_is_no_paid_request(serve, client):
    client.get(serve(json_answer({})).url())
    _post(client, serve(json_answer({})).url(), idempotent=True)
    _post(client, serve().url(), form={})
    assert not client.may_have_sent


@pytest.mark.parametrize(
    ("moment", "has_sent"),
    [((CountingHTTPConnection, "connect"), False), ((TimedReader, "readinto"), True)],
)
def test_the_client_knows_after_an_interruption_too(serve, client, monkeypatch, moment, has_sent):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(*moment, interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.post(serve(json_answer({})).url(), json=WORK)
    assert client.may_have_sent is has_sent


def test_silence_leaves_the_outcome_unknown(serve, impatient):
    server = serve(silent)
    with pytest.raises(OutcomeUnknown, match="in time"):
        impatient.client(provider="acme").post(server.url(), json=WORK)
    assert len(server.requests) == 1


def test_a_reset_between_connecting_and_the_first_byte_is_not_sent(serve, client, monkeypatch):
    connect = CountingHTTPConnection.connect

    def connect_and_wait_for_the_reset(connection):
        connect(connection)
        select.select([connection.sock], [], [], 2)

    monkeypatch.setattr(CountingHTTPConnection, "connect", connect_and_wait_for_the_reset)
    server = serve(drop_unread)
    with pytest.raises(NotSent, match=r"reset|without an answer"):
        client.post(server.url(), json=WORK)
    assert server.connections == 1


def test_without_a_body_the_head_alone_leaves_the_outcome_unknown(serve, client):
    server = serve(drop_after_head)
    with pytest.raises(OutcomeUnknown):
        client.post(server.url("/cancel"))
    assert server.requests[0].headers["content-length"] == "0"


def test_a_refused_connection_is_not_sent(client):
    with pytest.raises(NotSent, match=r"127\.0\.0\.1.*refused") as caught:
        client.post(f"http://127.0.0.1:{unused_port()}/jobs?sign=abc", json=WORK)
    assert (caught.value.billed, caught.value.retry) == ("no", "later")


def test_a_name_that_does_not_resolve_is_not_sent(client):
    with pytest.raises(NotSent, match="could not be resolved"):
        client.post("http://vendor.invalid/jobs", json=WORK)


def test_a_server_that_does_not_speak_tls_is_not_sent(serve, client):
    server = serve(answer_in_plain)
    with pytest.raises(NotSent, match="TLS"):
        client.post(server.url().replace("http:", "https:"), json=WORK)


def test_a_reset_during_the_tls_handshake_is_not_sent(serve, client):
    def reset_after_hello(link):
        link.reader.read1(1)
        link.reset()
        return False

    server = serve(reset_after_hello)
    with pytest.raises(NotSent):
        client.post(server.url().replace("http:", "https:"), json=WORK)


def test_silence_during_the_tls_handshake_is_not_sent(serve):
    server = serve(silent)
    policy = TransportPolicy(connect_timeout_s=0.1)
    with Transport(policy) as transport, pytest.raises(NotSent, match=r"too long|in time"):
        transport.client(provider="acme").post(server.url().replace("http:", "https:"), json=WORK)


def test_an_untrusted_certificate_is_not_sent_and_says_what_to_do(serve, client, tls):
    server = serve(json_answer({}), tls=tls)
    with pytest.raises(NotSent, match="certificate") as caught:
        client.post(server.url(), json=WORK)
    assert caught.value.retry == "after_change"
    assert "REQUESTS_CA_BUNDLE" in caught.value.remedy
    assert server.requests == []


def test_the_certificates_of_the_environment_are_trusted(
    serve, client, tls, certificate, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_suffix(".crt")))
    server = serve(json_answer({"id": "1"}), tls=tls)
    assert client.post(server.url(), json=WORK).json() == {"id": "1"}


def test_under_tls_an_answer_that_got_lost_leaves_the_outcome_unknown(
    serve, client, tls, certificate, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_suffix(".crt")))
    server = serve(drop_after_body, tls=tls)
    with pytest.raises(OutcomeUnknown):
        client.post(server.url(), json=WORK)


def test_a_missing_certificate_bundle_is_not_sent(client, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(NotSent, match=r"none\.pem") as caught:
        client.post("https://127.0.0.1:9/", json=WORK)
    assert caught.value.retry == "after_change"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1/jobs", "http://", "http://[::1/"])
def test_an_address_that_cannot_be_used_is_not_sent(client, url):
    with pytest.raises(NotSent, match="address") as caught:
        client.post(url, json=WORK)
    assert caught.value.retry == "after_change"


@pytest.mark.parametrize("value", ["canary-secret\r\nX-Evil: 1", "canary-secret…"])
def test_a_header_that_cannot_be_sent_is_not_sent_nor_shown(serve, client, value):
    server = serve(json_answer({}))
    with pytest.raises(NotSent, match="header") as caught:
        client.post(server.url(), json=WORK, headers={"X-Key": value})
    assert "canary" not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"a": float("nan")}},
        {"json": {"a": object()}},
        {"json": {"a": "canary-secret\udcff"}},
        {"form": {"a": "\udcff"}},
        {"multipart": [("a", "\udcff")]},
        {"json": {}, "params": {"a": "\udcff"}},
        {"json": {}, "params": {}.popitem},
        {"json": {}, "headers": {"a": object()}},
    ],
    ids=["nan", "object", "json", "form", "multipart", "params", "signature", "header"],
)
def test_what_cannot_be_written_is_not_sent_by_any_code(serve, client, body):
    server = serve(json_answer({}))
    with pytest.raises(NotSent) as caught:
        client.post(server.url(), **body)
    assert (caught.value.billed, caught.value.retry) == ("no", "after_change")
    assert "canary" not in str(caught.value)
    assert server.connections == 0


def test_a_fault_of_somebody_elses_code_before_the_first_byte_is_not_sent(
    serve, client, monkeypatch
):
    def broken(_):
        raise LookupError("canary-secret")

    monkeypatch.setattr(CountingHTTPConnection, "connect", broken)
    server = serve(json_answer({}))
    with pytest.raises(NotSent, match="LookupError") as caught:
        client.post(server.url(), json=WORK)
    assert "canary" not in str(caught.value)
    assert server.connections == 0


def test_a_fault_of_somebody_elses_code_after_the_first_byte_is_passed_on(
    serve, client, monkeypatch
):
    def broken(*_):
        raise LookupError

    monkeypatch.setattr(TimedReader, "readinto", broken)
    with pytest.raises(LookupError):
        client.post(serve(json_answer({})).url(), json=WORK)


def test_the_fault_of_a_signature_that_has_its_own_error_is_passed_on(client):
    def sign():
        raise MissingCredential("no key")

    with pytest.raises(MissingCredential, match="no key"):
        client.post("http://127.0.0.1:9/", json={}, params=sign)


def test_a_proxy_that_refuses_to_connect_is_not_sent(serve, client, monkeypatch):
    proxy = serve(answer(403, "no"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url().replace("//", "//user:canary-secret@"))
    with pytest.raises(NotSent, match="403") as caught:
        client.post("https://vendor.invalid/jobs?sign=abc", json=WORK)
    assert proxy.requests[0].method == "CONNECT"
    assert "canary" not in str(caught.value)


def test_a_proxy_that_hangs_up_while_connecting_is_not_sent(serve, client, monkeypatch):
    proxy = serve(drop_after_head)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url())
    with pytest.raises(NotSent, match="reset"):
        client.post("https://vendor.invalid/jobs", json=WORK)


def test_a_proxy_that_is_not_there_is_not_sent(client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(NotSent, match="proxy"):
        client.post("http://vendor.invalid/jobs", json=WORK)


def test_a_plain_proxy_passes_the_answer_on(serve, client, monkeypatch):
    proxy = serve(json_answer({"id": "1"}))
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    assert client.post("http://vendor.invalid/jobs", json=WORK).json() == {"id": "1"}
    assert proxy.requests[0].target == "http://vendor.invalid/jobs"


@pytest.mark.parametrize("status", [300, 400, 500])
def test_a_refusal_that_is_cut_off_is_still_a_refusal(serve, client, status):
    server = serve(answer(status, '{"error": "no cre', announced=500))
    response = client.post(server.url(), json=WORK)
    assert (response.status, response.body) == (status, b'{"error": "no cre')


def test_a_refusal_that_is_too_large_is_cut(serve, client):
    server = serve(answer(500, b"x" * 30_000))
    assert client.post(server.url(), json=WORK).body == b"x" * 20_000


@pytest.mark.parametrize(("size", "given"), [(90_000, None), (95_000, 95_000)])
def test_what_was_paid_for_may_be_as_large_as_a_file(serve, size, given):
    policy = TransportPolicy(max_answer_bytes=20_000, max_download_bytes=90_000)
    with Transport(policy) as transport:
        paying = transport.client(provider="acme")
        server = serve(answer(200, b"x" * size), answer(200, b"x" * (size + 1)))
        assert len(paying.post(server.url(), json=WORK, max_answer_bytes=given).body) == size
        with pytest.raises(OutcomeUnknown, match=f"larger than {size:,} bytes"):
            paying.post(server.url(), json=WORK, max_answer_bytes=given)


@pytest.mark.parametrize(
    ("statuses", "has_succeeded"),
    [([200], True), ([204], True), ([303], False), ([200, 429], False), ([500, 201], True)],
)
def test_whether_the_last_post_succeeded_is_known(serve, client, statuses, has_succeeded):
    server = serve(*[answer(status) for status in statuses], answer(200))
    for _ in statuses:
        with contextlib.suppress(ServiceMoved):
            client.post(server.url(), json=WORK)
    assert client.has_succeeded is has_succeeded
    client.get(server.url())
    assert client.has_succeeded is has_succeeded


def test_a_post_that_did_not_leave_after_one_that_succeeded_has_not(serve, client):
    client.post(serve(answer(200)).url(), json=WORK)
    with pytest.raises(NotSent):
        client.post(f"http://127.0.0.1:{unused_port()}/", json=WORK)
    assert client.has_succeeded is False


def test_what_may_be_asked_again_has_the_usual_cap(serve, client):
    server = serve(answer(200, b"x" * 20_001))
    with pytest.raises(AnswerLost, match="larger"):
        client.post(server.url(), json=WORK, idempotent=True)


@pytest.mark.parametrize(
    "fault",
    [
        answer(200, '{"id": "1"}', announced=500),
        raw_answer(head(200, {"Content-Length": "99"}) + b'{"id": "1"}', reset=True),
    ],
    ids=["closed", "reset"],
)
def test_an_answer_whose_json_is_whole_is_not_lost(serve, client, fault):
    server = serve(fault)
    assert client.post(server.url(), json=WORK).json() == {"id": "1"}


def test_whole_json_is_taken_from_a_server_that_then_falls_silent(serve, impatient):
    server = serve(drip(head(200, {"Content-Length": "99"}) + b'{"id": "1"}', b"", 9))
    client = impatient.client(provider="acme")
    assert client.post(server.url(), json=WORK).json() == {"id": "1"}


def test_an_early_refusal_is_read_although_the_body_was_not_taken(serve, client, tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(b"\xff\xd8" + b"x" * 4_000_000)

    def refuse(link):
        link.read_head()
        link.send(head(413, {"Content-Length": "0", "Connection": "close"}))
        while link.reader.read1(65536):
            pass
        return False

    server = serve(refuse)
    response = client.post(server.url(), multipart=[("f", FilePart(PathSource(path)))])
    assert response.status == 413


@pytest.mark.parametrize("takes_leave", [False, True])
def test_an_early_refusal_is_read_under_tls_as_well(serve, client, trusted_tls, takes_leave):
    # Tickets that were not yet acknowledged would hold the answer back in the server.
    trusted_tls.num_tickets = 0

    def refuse(link):
        link.read_head()
        link.send(head(429, {"Content-Length": "4", "Connection": "close"}) + b"why?")
        if takes_leave:
            with contextlib.suppress(OSError):
                link.sock.unwrap()
        return False

    server = serve(refuse, tls=trusted_tls)
    image = BytesSource(b"\xff\xd8" + b"x" * 4_000_000)
    response = client.post(server.url(), multipart=[("f", FilePart(image))])
    assert (response.status, response.body) == (429, b"why?")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [100, 102, 103, 199])
@pytest.mark.parametrize("count", [1, 5])
def test_informational_answers_are_passed_over(serve, client, status, count):
    early = b"HTTP/1.1 %d Wait\r\nLink: </x>\r\n\r\n" % status
    final = head(200, {"Content-Length": "11"}) + b'{"id": "1"}'
    for ask in (client.get, client.post):
        assert ask(serve(raw_answer(early * count + final)).url()).json() == {"id": "1"}


def test_a_server_that_only_informs_gives_no_answer(serve, client):
    server = serve(raw_answer(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000))
    with pytest.raises(OutcomeUnknown):
        client.post(server.url(), json=WORK)


def test_a_paid_request_never_uses_a_connection_that_served_before(serve, client):
    server = serve(json_answer({}))
    client.get(server.url())
    client.get(server.url())
    assert server.connections == 1
    client.post(server.url(), json=WORK)
    client.post(server.url(), json=WORK)
    assert server.connections == 3
    assert server.requests[-1].headers["connection"] == "close"


def test_a_stale_connection_does_not_cost_a_paid_request(serve, client):
    def once_then_close(link):
        json_answer({})(link)
        return False

    server = serve(once_then_close)
    for _ in range(5):
        client.get(server.url())
        assert client.post(server.url(), json=WORK).status == 200
    assert sum(received.method == "POST" for received in server.requests) == 5


def test_a_deadline_that_has_passed_is_not_sent(serve, transport, clock):
    server = serve(json_answer({}))
    client = transport.client(provider="acme", deadline_s=clock.monotonic())
    with pytest.raises(NotSent, match="time was up"):
        client.post(server.url(), json=WORK)
    assert server.connections == 0


@pytest.mark.parametrize(
    "first", [b"", head(200, {"Content-Length": "9999"})], ids=["in-head", "in-body"]
)
def test_a_server_that_drips_cannot_hold_a_caller_past_the_deadline(serve, first):
    server = serve(drip(first, b"x", 0.02))
    with Transport(TransportPolicy(read_timeout_s=5)) as transport:
        deadline_s = transport._clock.monotonic() + 0.3
        client = transport.client(provider="acme", deadline_s=deadline_s)
        with pytest.raises(OutcomeUnknown, match=r"time was up|in time"):
            client.post(server.url(), json=WORK)
        assert transport._clock.monotonic() < deadline_s + 0.3


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (head(200, {"Content-Length": "9999"}), b"x"),
    ],
    ids=["in-head", "continue", "in-body"],
)
def test_without_a_deadline_the_policy_ends_a_call_that_drips(serve, first, drop):
    server = serve(drip(first, drop, 0.02))
    clock = SystemClock()
    with Transport(TransportPolicy(call_timeout_s=0.2)) as transport:
        client = transport.client(provider="acme")
        started_s = clock.monotonic()
        with pytest.raises(OutcomeUnknown, match=r"time was up|in time|not HTTP"):
            client.post(server.url(), json=WORK)
        with pytest.raises(AnswerLost):
            client.get(server.url())
        assert clock.monotonic() < started_s + 2


def test_a_server_that_takes_a_body_too_slowly_is_left(serve, tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(b"\xff\xd8" + b"x" * 30_000_000)

    def sip(link):
        link.read_head()
        while not link.server.ended.wait(0.02) and link.reader.read1(1000):
            pass
        return False

    server = serve(sip)
    policy = TransportPolicy(call_timeout_s=0.2, least_upload_bytes_per_s=300_000_000)
    with Transport(policy) as transport, pytest.raises(OutcomeUnknown):
        transport.client(provider="acme").post(
            server.url(), multipart=[("f", FilePart(PathSource(path)))]
        )


def test_a_body_and_a_slow_vendor_get_their_time_in_addition():
    policy = TransportPolicy(call_timeout_s=100, read_timeout_s=60, least_upload_bytes_per_s=1000)
    assert policy.call_limit_s() == 100
    assert policy.call_limit_s(body_bytes=50_000) == 150
    assert policy.call_limit_s(read_timeout_s=300) == 340
    assert policy.call_limit_s(read_timeout_s=1) == 100


def test_a_proxy_that_drips_while_connecting_is_left(serve, monkeypatch):
    proxy = serve(drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"x", 0.02))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url())
    with (
        Transport(TransportPolicy(call_timeout_s=0.2)) as transport,
        pytest.raises(NotSent, match=r"time was up|in time"),
    ):
        transport.client(provider="acme").post("https://vendor.invalid/jobs", json=WORK)


@pytest.mark.parametrize(
    ("where", "method"), [(TimedSocket, "sendall"), (TimedReader, "readinto")], ids=str
)
def test_an_interrupt_is_not_swallowed_and_nothing_is_sent_again(
    serve, client, monkeypatch, where, method
):
    def interrupt(*_):
        raise KeyboardInterrupt

    server = serve(json_answer({}))
    with monkeypatch.context() as patch:
        patch.setattr(where, method, interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.post(server.url(), json=WORK)
    assert client.get(server.url()).status == 200
    assert server.connections == 2
    assert sum(received.method == "POST" for received in server.requests) <= 1


def test_an_idempotent_request_is_repeated(serve, client, clock):
    server = serve(drop_after_body, answer(503), json_answer({"id": "1"}))
    assert client.post(server.url(), json=WORK, idempotent=True).json() == {"id": "1"}
    assert [received.body for received in server.requests] == [b'{"work": "paid"}'] * 3
    assert len(clock.sleeps) == 2


def test_an_idempotent_request_without_answer_is_lost(serve, client):
    server = serve(drop_after_body)
    with pytest.raises(AnswerLost):
        client.post(server.url(), json=WORK, idempotent=True)
    assert len(server.requests) == 5


def test_an_idempotent_form_sends_its_files_again(serve, client, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG" + b"x" * 100)
    server = serve(drop_after_body, json_answer({}))
    client.post(server.url(), multipart=[("f", FilePart(PathSource(path)))], idempotent=True)
    first, second = server.requests
    assert first.body == second.body
    assert b"x" * 100 in first.body


def test_a_missing_file_is_found_before_anything_is_sent(serve, client, tmp_path):
    server = serve(json_answer({}))
    part = FilePart(PathSource(tmp_path / "none.png"))
    with pytest.raises(UnusableImage, match="person: there is no file"):
        client.post(server.url(), multipart=[("person", part)])
    assert server.connections == 0


def test_a_file_that_shrinks_breaks_the_request_off(serve, client, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8" + b"x" * 3_000_000)
    finished = threading.Event()

    def take(link):
        link.read_head()
        link.reader.read(1000)
        path.write_bytes(b"")
        rest = link.reader.read(10_000_000)
        assert b"--\r\n" not in rest[-10:]
        finished.set()
        return False

    server = serve(take)
    with pytest.raises(UnusableImage, match=r"became shorter|was changed") as caught:
        client.post(server.url(), multipart=[("top", FilePart(PathSource(path)))])
    assert (caught.value.code, caught.value.billed) == ("changed_while_sending", "no")
    assert finished.wait(1)


def test_a_file_that_is_removed_meanwhile_is_sent_whole(serve, client, tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8" + b"x" * 3_000_000)

    def take(link):
        received = link.read_head()
        path.unlink()
        body = link.reader.read(int(received.headers["content-length"]))
        link.send(head(200, {"Content-Length": str(len(str(body.count(b"x"))))}))
        link.send(str(body.count(b"x")).encode())
        return False

    server = serve(take)
    response = client.post(server.url(), multipart=[("a", FilePart(PathSource(path)))])
    assert int(response.body) >= 3_000_000


def test_many_threads_share_one_transport(serve, transport):
    server = serve(json_answer({"id": "1"}))
    failures: list[BaseException] = []

    def work():
        client = transport.client(provider="acme")
        try:
            for number in range(10):
                client.post(server.url(), json={"n": number})
                client.get(server.url())
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test must see it)
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(server.requests) == 160


def test_a_request_that_takes_its_time_is_waited_for(serve, impatient):
    server = serve(drip(head(200, {"Content-Length": "2"}), b"{}", 0.3))
    client = impatient.client(provider="acme")
    with pytest.raises(OutcomeUnknown):
        client.post(server.url(), json=WORK)
    assert client.post(server.url(), json=WORK, read_timeout_s=5).json() == {}


def test_the_patience_of_the_caller_is_never_shortened(serve, transport):
    server = serve(drip(head(200, {"Content-Length": "2"}), b"{}", 0.1))
    client = transport.client(provider="acme")
    assert client.post(server.url(), json=WORK, read_timeout_s=0.001).json() == {}


def test_each_attempt_is_signed_again(serve, client):
    server = serve(answer(503), drop_after_body, json_answer({}))
    stamps = iter("123")
    client.post(
        server.url("/jobs?v=1"), params=lambda: {"sign": next(stamps)}, json=WORK, idempotent=True
    )
    targets = [request.target for request in server.requests]
    assert targets == ["/jobs?v=1&sign=1", "/jobs?v=1&sign=2", "/jobs?v=1&sign=3"]


def test_a_paid_request_leaves_the_connection_of_polls_open(serve, client):
    server = serve(json_answer({}))
    for ask in (client.get, client.post, client.get, client.post, client.get):
        ask(server.url())
    assert server.connections == 3


def test_more_hosts_than_are_kept_are_all_reached_again(serve, clock):
    with Transport(TransportPolicy(pool_size=1), clock=clock) as transport:
        client = transport.client(provider="acme")
        servers = [serve(json_answer({})) for _ in range(3)]
        for _ in range(2):
            assert [client.get(server.url()).status for server in servers] == [200] * 3
    assert [len(server.requests) for server in servers] == [2, 2, 2]


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_paid_request_closes_its_connection_whatever_the_server_does(
    serve, client, trusted_tls, secure
):
    closed = threading.Event()

    def answer_and_stay(link):
        json_answer({"id": "1"})(link)
        if link.reader.read(1) == b"":
            closed.set()
        return False

    server = serve(answer_and_stay, tls=trusted_tls if secure else None)
    assert client.post(server.url(), json=WORK).json() == {"id": "1"}
    assert closed.wait(5)
