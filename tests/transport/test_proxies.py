"""Proxies that the environment names: which are used, and what is said of those that cannot be."""

import importlib.util

import pytest
import requests

from servers import answer, drip, drop_unread, json_answer, unused_port
from tryon_core.errors import AnswerLost, DownloadFailed, NotSent, OutcomeUnknown, SettingsError
from tryon_core.transport import Transport, TransportPolicy
from tryon_core.transport.proxies import is_loopback

URL = "http://vendor.invalid/jobs"


@pytest.fixture
def without_pysocks(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "socks" else real(name)
    )


@pytest.mark.usefixtures("without_pysocks")
@pytest.mark.parametrize("kind", ["socks5", "socks5h", "socks4", "SOCKS5"])
def test_a_socks_proxy_without_pysocks_says_what_to_install(client, clock, monkeypatch, kind):
    monkeypatch.setenv("all_proxy", f"{kind}://me:canary@127.0.0.1:7890")
    for ask in (client.post, client.get):
        with pytest.raises(SettingsError, match=r"all_proxy names .*127\.0\.0\.1:7890") as caught:
            ask(URL)
        assert "'requests[socks]', or unset all_proxy." in str(caught.value)
        assert "canary" not in str(caught.value)
        assert caught.value.retry == "after_change"
    assert clock.sleeps == []


@pytest.mark.parametrize("proxy", ["socks://127.0.0.1:7890", "socks6://h:1", "ftp://h:21"])
def test_a_proxy_of_an_unknown_kind_says_what_to_write(client, monkeypatch, proxy):
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(SettingsError, match=r"HTTP_PROXY names .*of an unknown kind") as caught:
        client.post(URL, json={})
    assert "socks5h://" in caught.value.remedy


def test_a_proxy_of_the_systems_settings_is_said_to_be_one(client, monkeypatch):
    monkeypatch.setattr("requests.utils.getproxies", lambda: {"http": "socks://h:1"})
    with pytest.raises(SettingsError, match="the system's settings") as caught:
        client.post(URL, json={})
    assert "switch it off there" in caught.value.remedy


@pytest.mark.usefixtures("without_pysocks")
def test_a_download_behind_such_a_proxy_says_the_same(transport, clock, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:7890")
    with pytest.raises(DownloadFailed, match="PySocks is missing") as caught:
        transport.download("http://files.invalid/a.png")
    assert "pip install" in caught.value.remedy
    assert caught.value.retry == "after_change"
    assert clock.sleeps == []


def test_a_proxy_that_is_not_there_is_named_with_its_variable(client, monkeypatch):
    address = f"http://127.0.0.1:{unused_port()}"
    monkeypatch.setenv("http_proxy", address.replace("//", "//me:canary@"))
    with pytest.raises(NotSent, match="proxy cannot be used") as caught:
        client.post(URL, json={})
    assert f"http_proxy names the proxy {address}: check it" in caught.value.remedy
    assert "canary" not in str(caught.value)
    with pytest.raises(AnswerLost):
        client.get(URL)


@pytest.mark.parametrize("url", [URL, URL.replace("http:", "https:")])
def test_a_proxy_that_wants_a_password_is_a_fault_of_the_settings(serve, client, monkeypatch, url):
    proxy = serve(answer(407))
    monkeypatch.setenv("ALL_PROXY", proxy.url())
    for ask in (client.post, client.get):
        with pytest.raises(SettingsError, match=r"407|user name"):
            ask(url)
    assert len(proxy.requests) == 2


def test_an_answer_says_through_which_proxy_it_came(serve, client, monkeypatch):
    proxy = serve(json_answer({}))
    monkeypatch.setenv("HTTP_PROXY", proxy.url("").replace("//", "//me:canary@"))
    response = client.post(URL, json={})
    assert response.proxy == proxy.url("")
    assert response.shown_status == f"HTTP 200 through the proxy {proxy.url('')}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_needs_no_proxy(serve, client, monkeypatch, host):
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "socks://proxy.invalid:1")
    server = serve(json_answer({"via": "none"}))
    response = client.get(f"http://{host}:{server.port}/a")
    assert (response.json(), response.proxy) == ({"via": "none"}, None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.1.2.3/", True),
        ("http://[::1]:80/", True),
        ("https://vendor.localhost/", True),
        ("http://10.0.0.1/", False),
        ("http://localhost.example/", False),
    ],
)
def test_this_machine_is_known_by_its_name(url, expected):
    assert is_loopback(url) is expected


def test_without_a_proxy_nobody_else_can_have_answered(serve, client):
    response = client.get(serve(answer(503)).url())
    assert (response.proxy, response.shown_status) == (None, "HTTP 503")


def test_a_forwarding_proxy_gets_the_exact_address(serve, monkeypatch):
    proxy = serve(answer(200, b"x"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    with Transport() as transport:
        transport.download("http://files.invalid/a%2fb/../~c?sig=a%2bb%7e")
    assert proxy.requests[0].target == "http://files.invalid/a%2fb/../~c?sig=a%2bb%7e"
    assert proxy.requests[0].headers["host"] == "files.invalid"


def behind_socks(step):
    """Agree to whatever a client of SOCKS 5 wants, then do a step as the host that it wanted."""

    def agree(link):
        methods = link.reader.read(2)[1]
        link.reader.read(methods)
        link.send(b"\5\0")
        is_name = link.reader.read(4)[3] == 3
        link.reader.read((link.reader.read(1)[0] if is_name else 4) + 2)
        link.send(b"\5\0\0\1" + bytes(6))
        return step(link)

    return agree


@pytest.fixture
def socks(serve, monkeypatch):
    pytest.importorskip("socks")

    def start(step):
        proxy = serve(behind_socks(step))
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy.port}")
        return proxy

    return start


def test_a_socks_proxy_is_used(socks, client):
    proxy = socks(json_answer({"id": "1"}))
    response = client.post(URL, json={})
    assert (response.json(), response.proxy) == ({"id": "1"}, None)
    assert proxy.requests[0].target == "/jobs"


def test_names_are_the_business_of_a_socks_proxy_too(socks, transport):
    socks(answer(200, b"x"))
    assert transport.download("http://files.invalid/a%2fb").data == b"x"
    with pytest.raises(DownloadFailed, match="not a public"):
        transport.download("http://169.254.169.254/")


def test_behind_a_socks_proxy_a_call_that_drips_ends_as_well(socks):
    socks(drip(b"", b"x", 0.02))
    with (
        Transport(TransportPolicy(call_timeout_s=0.2)) as transport,
        pytest.raises(OutcomeUnknown, match=r"time was up|in time"),
    ):
        transport.client(provider="acme").post(URL, json={})


def test_a_socks_proxy_that_is_not_there_is_not_sent(client, monkeypatch):
    pytest.importorskip("socks")
    monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{unused_port()}")
    with pytest.raises(NotSent) as caught:
        client.post(URL, json={})
    assert "ALL_PROXY names the proxy socks5h://127.0.0.1" in caught.value.remedy


def test_a_socks_proxy_that_hangs_up_is_not_sent(serve, client, monkeypatch):
    pytest.importorskip("socks")
    monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{serve(drop_unread).port}")
    with pytest.raises(NotSent):
        client.post(URL, json={})


def test_a_proxy_that_is_set_or_unset_between_two_requests_is_noticed(serve, client, monkeypatch):
    proxy = serve(json_answer({"via": "proxy"}))
    with pytest.raises(NotSent):
        client.post(URL)
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    assert client.post(URL).json() == {"via": "proxy"}
    monkeypatch.setenv("NO_PROXY", "vendor.invalid")
    with pytest.raises(NotSent):
        client.post(URL)


def test_proxies_are_searched_for_again_only_when_the_environment_has_changed(serve, monkeypatch):
    proxy = serve(answer(200, b"x"))
    searches = []
    search = requests.utils.get_environ_proxies
    monkeypatch.setattr(
        "requests.utils.get_environ_proxies", lambda url: searches.append(url) or search(url)
    )
    monkeypatch.setattr("tryon_core.transport.proxies._HAS_SYSTEM_SETTINGS", False)
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    with Transport() as transport:
        client = transport.client(provider="acme")
        for path in ("a", "b", "c"):
            client.get(f"http://vendor.invalid/{path}")
        assert len(searches) == 1
        client.get("http://other.invalid/")
        assert len(searches) == 2
        monkeypatch.setenv("HTTP_PROXY", proxy.url("/x"))
        client.get("http://vendor.invalid/d")
    assert len(searches) == 3
    assert len(proxy.requests) == 5
