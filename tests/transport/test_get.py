import pytest

from servers import answer, drip, drop_after_head, head, json_answer, raw_answer, unused_port
from tryon_core.errors import AnswerLost, ServiceMoved
from tryon_core.transport import Transport, TransportPolicy


def test_a_get_arrives_as_it_was_given(serve, client):
    server = serve(json_answer({"state": "done"}, X_Request_Id="r1"))
    response = client.get(server.url("/jobs/1"), headers={"X-Key": "k"}, params={"a": "b c"})
    assert server.requests[0].target == "/jobs/1?a=b+c"
    assert server.requests[0].headers["x-key"] == "k"
    assert response.json() == {"state": "done"}
    assert response.headers["x-request-id"] == "r1"
    assert response.url == server.url("/jobs/1")


def test_a_removal_is_repeated_like_a_get(serve, client):
    server = serve(answer(503), drop_after_head, json_answer({"state": "stopped"}))
    response = client.delete(server.url("/jobs/1"), headers={"X-Key": "k"}, params={"now": "1"})
    assert response.json() == {"state": "stopped"}
    assert [request.method for request in server.requests] == ["DELETE"] * 3
    assert server.requests[0].target == "/jobs/1?now=1"
    assert server.requests[0].headers["x-key"] == "k"


@pytest.mark.parametrize("status", [200, 204, 300, 304, 400, 401, 404, 500])
def test_other_statuses_are_answers_at_once(serve, client, clock, status):
    server = serve(answer(status, "", headers={"Location": "/elsewhere"}))
    assert client.get(server.url()).status == status
    assert len(server.requests) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_get_is_an_error_and_not_repeated(serve, client, clock, status):
    server = serve(answer(status, headers={"Location": "/elsewhere?sign=canary"}))
    for ask in (client.get, client.delete):
        with pytest.raises(ServiceMoved) as caught:
            ask(server.url("/jobs/1"))
        assert caught.value.target == server.url("/elsewhere?…")
        assert "canary" not in str(caught.value)
    assert len(server.requests) == 2
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_troubles_are_asked_again(serve, client, status):
    server = serve(answer(status), answer(status), json_answer({"state": "done"}))
    assert client.get(server.url()).json() == {"state": "done"}
    assert len(server.requests) == 3


def test_the_last_answer_is_returned_when_patience_ends(serve, client, clock):
    server = serve(json_answer({"error": "busy"}, 503))
    response = client.get(server.url())
    assert (response.status, response.json()) == (503, {"error": "busy"})
    assert len(server.requests) == 5
    assert len(clock.sleeps) == 4


@pytest.mark.parametrize(
    "fault",
    [
        drop_after_head,
        raw_answer(b"HTTP/1.1 200 OK\r\nContent-"),
        raw_answer(b"nonsense\r\n\r\n"),
        answer(200, '{"state":', announced=99),
        raw_answer(head(200, {"Transfer-Encoding": "chunked"}) + b"9\r\n{"),
    ],
    ids=["reset", "headers-cut", "not-http", "body-cut", "chunk-cut"],
)
def test_a_lost_answer_is_asked_for_again(serve, client, fault):
    server = serve(fault, fault, json_answer({"state": "done"}))
    assert client.get(server.url()).json() == {"state": "done"}
    assert len(server.requests) == 3


def test_no_answer_after_all_retries_is_lost(client, clock):
    with pytest.raises(AnswerLost, match="refused") as caught:
        client.get(f"http://127.0.0.1:{unused_port()}/jobs?sign=abc")
    assert (caught.value.provider, caught.value.retry) == ("acme", "later")
    assert len(clock.sleeps) == 4


def test_what_cannot_work_is_not_asked_again(serve, client, clock, tls):
    server = serve(json_answer({}), tls=tls)
    with pytest.raises(AnswerLost, match="certificate"):
        client.get(server.url())
    with pytest.raises(AnswerLost, match="address"):
        client.get("ftp://127.0.0.1/")
    assert server.connections == 1
    assert clock.sleeps == []


def test_an_answer_that_is_too_large_is_not_asked_for_again(serve, client):
    server = serve(answer(200, b"x" * 20_001))
    with pytest.raises(AnswerLost, match="20,000 bytes"):
        client.get(server.url())
    assert len(server.requests) == 1


def test_the_cap_holds_for_the_decompressed_size(serve, client):
    import gzip

    server = serve(
        answer(200, gzip.compress(b"x" * 1_000_000), headers={"Content-Encoding": "gzip"})
    )
    with pytest.raises(AnswerLost, match="larger"):
        client.get(server.url())


def test_an_answer_just_within_the_cap_is_whole(serve, client):
    server = serve(answer(200, b"x" * 20_000))
    assert len(client.get(server.url()).body) == 20_000


def test_a_call_may_expect_a_larger_answer_and_never_makes_the_cap_smaller(serve, client):
    server = serve(*[answer(200, b"x" * 20_001)] * 2, answer(200, b"x" * 20_000))
    assert len(client.get(server.url(), max_answer_bytes=20_001).body) == 20_001
    with pytest.raises(AnswerLost, match="larger than 20,000 bytes"):
        client.get(server.url())
    assert len(client.get(server.url(), max_answer_bytes=5).body) == 20_000


def test_a_compressed_answer_is_unpacked(serve, client):
    import gzip

    server = serve(answer(200, gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"}))
    assert client.get(server.url()).json() == [1]


def test_pauses_grow_and_are_random(serve, clock):
    server = serve(answer(503))
    policy = TransportPolicy(retries=8, backoff_s=1, max_backoff_s=4)
    with Transport(policy, clock=clock) as transport:
        transport.client(provider="acme").get(server.url())
    ceilings = [1, 2, 4, 4, 4, 4, 4, 4]
    assert len(clock.sleeps) == 8
    assert all(0 <= pause <= most for pause, most in zip(clock.sleeps, ceilings, strict=True))
    assert len(set(clock.sleeps)) == 8


def test_without_retries_a_get_is_sent_once(serve, clock):
    server = serve(answer(503))
    with Transport(TransportPolicy(retries=0), clock=clock) as transport:
        assert transport.client(provider="acme").get(server.url()).status == 503
    assert len(server.requests) == 1


@pytest.mark.parametrize(("asked", "pause"), [("3", 3.0), ("0", 0.0), ("1.5", 1.5)])
def test_the_vendor_says_how_long_to_wait(serve, client, clock, asked, pause):
    server = serve(json_answer({}, 429, Retry_After=asked), json_answer({"state": "done"}))
    assert client.get(server.url()).status == 200
    assert clock.sleeps == [pause]


def test_a_date_in_the_past_means_at_once(serve, client, clock):
    then = "Wed, 21 Oct 2015 07:28:00 GMT"
    now = "Wed, 21 Oct 2015 07:28:05 GMT"
    server = serve(json_answer({}, 429, Retry_After=then, Date=now), json_answer({}))
    assert client.get(server.url()).status == 200
    assert clock.sleeps == [0.0]


def test_a_wait_that_is_too_long_ends_the_retries(serve, client, clock):
    server = serve(json_answer({}, 429, Retry_After="21"))
    response = client.get(server.url())
    assert (response.status, response.retry_after_s) == (429, 21.0)
    assert len(server.requests) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize("asked", ["soon", "-1", "Wed, 99 Oct 99999 07:28:00 GMT"])
def test_a_wait_that_makes_no_sense_is_ignored(serve, client, clock, asked):
    server = serve(json_answer({}, 429, Retry_After=asked), json_answer({}))
    assert client.get(server.url()).status == 200
    assert clock.sleeps[0] <= 0.5


def test_no_pause_goes_past_the_deadline(serve, transport, clock):
    server = serve(json_answer({}, 429, Retry_After="10"))
    client = transport.client(provider="acme", deadline_s=clock.monotonic() + 9)
    assert client.get(server.url()).status == 429
    assert clock.sleeps == []


def test_a_deadline_that_has_passed_asks_nothing(serve, transport, clock):
    server = serve(json_answer({}))
    client = transport.client(provider="acme", deadline_s=clock.monotonic() - 1)
    with pytest.raises(AnswerLost, match="time was up"):
        client.get(server.url())
    assert server.connections == 0


def test_a_server_that_drips_is_left_at_the_deadline(serve):
    server = serve(drip(head(200, {"Content-Length": "99999"}), b"x", 0.02))
    with Transport(TransportPolicy(read_timeout_s=5)) as transport:
        deadline_s = transport._clock.monotonic() + 0.3
        client = transport.client(provider="acme", deadline_s=deadline_s)
        with pytest.raises(AnswerLost, match=r"time was up|in time"):
            client.get(server.url())
        assert transport._clock.monotonic() < deadline_s + 0.3
    assert len(server.requests) == 1


def test_connections_are_reused(serve, client):
    server = serve(json_answer({}))
    for _ in range(5):
        client.get(server.url())
    assert server.connections == 1


def test_no_cookie_is_kept(serve, client):
    server = serve(json_answer({}, Set_Cookie="session=1; Path=/"))
    client.get(server.url())
    client.get(server.url())
    client.post(server.url(), json={})
    assert all("cookie" not in received.headers for received in server.requests)


def test_credentials_of_netrc_are_not_sent(serve, client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(json_answer({}))
    client.get(server.url())
    assert "authorization" not in server.requests[0].headers


def test_an_own_authorization_header_is_sent(serve, client):
    server = serve(json_answer({}))
    client.get(server.url(), headers={"Authorization": "Bearer k"})
    assert server.requests[0].headers["authorization"] == "Bearer k"


def test_the_proxy_of_the_environment_is_used(serve, client, monkeypatch):
    proxy = serve(json_answer({"via": "proxy"}))
    monkeypatch.setenv("http_proxy", proxy.url())
    assert client.get("http://vendor.invalid/a").json() == {"via": "proxy"}


def test_hosts_without_proxy_are_asked_directly(serve, client, monkeypatch):
    server = serve(json_answer({"via": "none"}))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert client.get(server.url()).json() == {"via": "none"}


def test_a_transport_that_was_closed_can_be_used_again(serve, transport):
    server = serve(json_answer({}))
    client = transport.client(provider="acme")
    client.get(server.url())
    transport.close()
    transport.close()
    assert client.get(server.url()).status == 200
    assert server.connections == 2
