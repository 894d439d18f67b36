import socket

import pytest

from servers import answer, drip, drop_after_body, head, json_answer, raw_answer
from tryon_core.errors import DownloadFailed
from tryon_core.transport import Transport, TransportPolicy, Trust, addresses
from tryon_core.transport.connections import CountingHTTPConnection

IMAGE = b"\xff\xd8image"


@pytest.fixture
def fetch(transport):
    return lambda url, **more: transport.download(url, **{"trust": Trust(everything=True)} | more)


def found_at(path: str, status: int = 302):
    return answer(status, headers={"Location": path})


def test_a_file_is_fetched_whole(serve, fetch):
    server = serve(answer(200, IMAGE, headers={"Content-Type": "Image/JPEG; q=1"}))
    download = fetch(server.url("/a.jpg?Signature=canary"))
    assert (download.data, download.media_type) == (IMAGE, "image/jpeg")
    assert download.url == server.url("/a.jpg?…")
    assert "canary" not in repr(download)
    assert server.requests[0].target == "/a.jpg?Signature=canary"


def test_a_server_need_not_name_the_type(serve, fetch):
    assert fetch(serve(answer(200, IMAGE)).url()).media_type is None


def test_no_credentials_travel_with_a_download(serve, transport, fetch, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(json_answer({}), answer(200, IMAGE))
    transport.client(provider="acme", secrets=["canary"]).get(
        server.url(), headers={"Authorization": "Bearer canary", "X-API-KEY": "canary"}
    )
    fetch(server.url())
    assert set(server.requests[1].headers) == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
    } - ({"connection"} - set(server.requests[1].headers))
    assert b"canary" not in server.requests[1].head


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(serve, fetch, status):
    server = serve(found_at("/b?c=d", status), answer(200, IMAGE))
    assert fetch(server.url("/a")).data == IMAGE
    assert [received.target for received in server.requests] == ["/a", "/b?c=d"]


SIGNED = [
    "/a.png?Expires=1795000000&Signature=ebJZT4eoEN3kpsSiSpK4minOdRM%3D",
    "/a%2fb.png?sig=a%2bb%2fc%3d&k=~x%7ey",
    "/a%7Eb%2Dc%41.png",
    "/a/../b.png",
    "/%2E%2E/b.png",
    "//double//slash.png",
    "/100%.png?x=100%&y=%zz",
    "/a.png?",
    "/a.png?a=1&&b=2&=3&c?d",
    "/a;b=c.png?x='q'&y=(z)!*[1]",
]


@pytest.mark.parametrize("target", SIGNED)
def test_a_legal_address_is_asked_for_byte_for_byte(serve, fetch, target):
    server = serve(answer(200, IMAGE))
    assert fetch(server.url(target)).data == IMAGE
    assert server.requests[0].target == target


@pytest.mark.parametrize("target", SIGNED)
@pytest.mark.parametrize("whole", [True, False])
def test_a_redirect_is_followed_byte_for_byte(serve, fetch, target, whole):
    if target.startswith("//") and not whole:
        pytest.skip("names another host")
    server = serve(answer(200, IMAGE))
    server.play(found_at(server.url(target) if whole else target), answer(200, IMAGE))
    fetch(server.url("/first"))
    assert server.requests[1].target == target


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("", "/"),
        ("?a=b", "/?a=b"),
        ("/a.png#part", "/a.png"),
        ("/a b.png?c=d e", "/a%20b.png?c=d%20e"),
        ("/é.png?n=中", "/%C3%A9.png?n=%E4%B8%AD"),
        ('/a|b"{c}', "/a%7Cb%22%7Bc%7D"),
        ("/back\\slash", "/back%5Cslash"),
        ("/a\r\nX-Evil: 1", "/a%0D%0AX-Evil:%201"),
    ],
)
def test_what_is_illegal_in_an_address_is_encoded(serve, fetch, target, asked):
    server = serve(answer(200, IMAGE))
    fetch(server.url("") + target)
    assert server.requests[0].target == asked
    assert set(server.requests[0].headers) <= {
        "host", "user-agent", "accept", "accept-encoding", "connection"
    }  # fmt: skip


def test_a_redirect_in_utf_8_is_understood(serve, fetch):
    server = serve(found_at("/ü.png".encode().decode("latin-1")), answer(200, IMAGE))
    fetch(server.url("/first"))
    assert server.requests[1].target == "/%C3%BC.png"


def test_redirects_end_somewhere(serve, fetch):
    server = serve(found_at("/again"))
    with pytest.raises(DownloadFailed, match="more than 5 redirects") as caught:
        fetch(server.url())
    assert caught.value.http_status == 302
    assert len(server.requests) == 6


def test_a_redirect_to_nowhere_is_an_answer_that_is_no_file(serve, fetch):
    with pytest.raises(DownloadFailed, match="answered 302"):
        fetch(serve(answer(302)).url())


def test_a_redirect_away_from_tls_is_refused(serve, fetch, tls, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_suffix(".crt")))
    plain = serve(answer(200, IMAGE))
    server = serve(found_at(plain.url()), tls=tls)
    with pytest.raises(DownloadFailed, match="from https to http"):
        fetch(server.url())
    assert plain.connections == 0


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://me:pw@127.0.0.1/", "http://[::1"]
)
def test_a_redirect_is_checked_like_an_address(serve, fetch, target):
    with pytest.raises(DownloadFailed) as caught:
        fetch(serve(found_at(target)).url())
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("status", [201, 206, 304, 400, 403, 404, 410, 500])
def test_other_statuses_are_failures(serve, fetch, status):
    server = serve(answer(status, "" if status == 304 else "why"))
    with pytest.raises(DownloadFailed, match=f"answered {status}") as caught:
        fetch(server.url("/a?Signature=canary"))
    assert caught.value.http_status == status
    assert "canary" not in str(caught.value)
    assert len(server.requests) == 1


def test_nothing_is_guessed_of_an_address_that_was_refused(serve, fetch):
    with pytest.raises(DownloadFailed, match="the server answered 403") as caught:
        fetch(serve(answer(403)).url())
    assert "expired" not in str(caught.value)


def test_passing_troubles_are_repeated(serve, fetch, clock):
    cut = answer(200, IMAGE, announced=1000)
    server = serve(answer(503), drop_after_body, cut, answer(200, IMAGE))
    assert fetch(server.url()).data == IMAGE
    assert len(clock.sleeps) == 3


def test_a_service_that_stays_away_is_a_failure_with_its_status(serve, fetch):
    with pytest.raises(DownloadFailed) as caught:
        fetch(serve(answer(503)).url())
    assert caught.value.http_status == 503


def test_a_file_that_is_cut_off_each_time_is_not_taken(serve, fetch):
    server = serve(answer(200, IMAGE, announced=1000))
    with pytest.raises(DownloadFailed, match="cut off"):
        fetch(server.url())
    assert len(server.requests) == 5


def test_a_file_that_is_too_large_is_not_read_to_its_end(serve, fetch):
    server = serve(answer(200, b"x" * 3_000_000))
    with pytest.raises(DownloadFailed, match="larger than 1,000 bytes"):
        fetch(server.url(), max_bytes=1000)
    assert len(server.requests) == 1


def test_the_usual_cap_is_that_of_the_policy(serve, fetch):
    with pytest.raises(DownloadFailed, match="20,000"):
        fetch(serve(answer(200, b"x" * 20_001)).url())


def test_a_server_that_drips_is_left_at_the_deadline(serve):
    server = serve(drip(head(200, {"Content-Length": "99999"}), b"x", 0.02))
    with Transport(TransportPolicy(allow_private_addresses=True)) as transport:
        deadline_s = transport._clock.monotonic() + 0.2
        with pytest.raises(DownloadFailed, match="time"):
            transport.download(server.url(), deadline_s=deadline_s)


def test_without_a_deadline_the_policy_ends_a_download_that_drips(serve):
    server = serve(drip(head(200, {"Content-Length": "99999"}), b"x", 0.02))
    policy = TransportPolicy(allow_private_addresses=True, download_timeout_s=0.2)
    with Transport(policy) as transport, pytest.raises(DownloadFailed, match="time"):
        transport.download(server.url())
    assert len(server.requests) == 1


def test_redirects_do_not_extend_the_time(serve):
    def slowly(link):
        link.server.ended.wait(0.1)
        return found_at("/again")(link)

    policy = TransportPolicy(
        allow_private_addresses=True, download_timeout_s=0.25, max_redirects=99
    )
    with Transport(policy) as transport, pytest.raises(DownloadFailed, match="time"):
        transport.download(serve(slowly).url())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_private_addresses_are_not_even_connected_to(transport, host, monkeypatch):
    tried = []
    monkeypatch.setattr(socket, "create_connection", tried.append)
    if host != "0":
        with pytest.raises(DownloadFailed, match="not a public address"):
            transport.download(f"http://{host}/latest/meta-data?token=canary")
    assert tried == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1"])
def test_a_name_of_a_private_address_gets_not_a_byte(serve, transport, host):
    received = []

    def watch(link):
        received.append(link.reader.read(1))
        return False

    server = serve(watch)
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1 is not a public"):
        transport.download(f"http://{host}:{server.port}/")
    server.close()
    assert received in ([], [b""])


def test_the_tls_handshake_is_not_begun_with_a_private_address(serve, transport):
    received = []

    def watch(link):
        received.append(link.reader.read(1))
        return False

    server = serve(watch)
    with pytest.raises(DownloadFailed, match="not a public"):
        transport.download(f"https://localhost:{server.port}/")
    server.close()
    assert received in ([], [b""])


def test_a_redirect_to_a_private_address_is_refused(serve, transport, monkeypatch):
    # Stands for the public internet: only the first server's port is public.
    inner = serve(answer(200, "metadata"))
    outer = serve(found_at(f"http://localhost:{inner.port}/"))
    real = CountingHTTPConnection._new_conn

    def new_conn(connection):
        public = connection.port == outer.port
        monkeypatch.setattr(addresses, "is_public", lambda _: public)
        return real(connection)

    monkeypatch.setattr(CountingHTTPConnection, "_new_conn", new_conn)
    with pytest.raises(DownloadFailed, match="not a public"):
        transport.download(f"http://localhost:{outer.port}/")
    assert len(outer.requests) == 1
    assert inner.requests == []


def test_a_connection_of_a_service_is_not_used_for_a_guarded_download(serve, transport):
    server = serve(json_answer({}))
    transport.client(provider="acme").get(f"http://localhost:{server.port}/")
    with pytest.raises(DownloadFailed, match="not a public"):
        transport.download(f"http://localhost:{server.port}/")
    assert len(server.requests) == 1


def test_guarded_downloads_share_a_connection(serve, transport, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    server = serve(answer(200, IMAGE))
    transport.download(server.url())
    transport.download(server.url())
    assert server.connections == 1


def test_private_addresses_can_be_allowed_for_good(serve):
    server = serve(answer(200, IMAGE))
    with Transport(TransportPolicy(allow_private_addresses=True)) as transport:
        assert transport.download(server.url()).data == IMAGE
        with pytest.raises(DownloadFailed):
            transport.download(server.url(), trust=Trust())


def test_behind_a_proxy_names_are_its_business(serve, transport, monkeypatch):
    proxy = serve(answer(200, IMAGE))
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    assert transport.download("http://files.vendor.invalid/a.jpg").data == IMAGE
    with pytest.raises(DownloadFailed, match="not a public"):
        transport.download("http://169.254.169.254/")


def test_an_address_with_a_password_is_refused_and_not_shown(transport):
    with pytest.raises(DownloadFailed, match="user name or password") as caught:
        transport.download("https://me:canary@files.example/a.jpg")
    assert "Only another address can help" in caught.value.remedy
    assert "canary" not in str(caught.value)


def test_html_instead_of_a_file_is_given_as_it_came(serve, fetch):
    # Whether it is an image is judged by its content, where results are checked.
    server = serve(answer(200, "<html>", headers={"Content-Type": "image/png"}))
    assert fetch(server.url()).data == b"<html>"


def test_an_answer_that_is_not_http_is_a_failure(serve, fetch):
    with pytest.raises(DownloadFailed, match="not HTTP"):
        fetch(serve(raw_answer(b"hello\r\n\r\n")).url())
