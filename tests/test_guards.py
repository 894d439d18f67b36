"""Where images are fetched from in networks that give names private addresses."""

import socket

import pytest
import urllib3.util.connection

from acme import RULES, AcmeProvider
from servers import answer, json_answer, serving
from tryon_core import Artifact, Client, JobResult, UrlSource, errors
from tryon_core.images import read_bytes
from tryon_testing.samples import sample_image

PERSON = sample_image("person", RULES)
PICTURE = answer(200, read_bytes(PERSON, field="person"))
FAKE_IP = {"api.vendor.test": "198.18.0.5", "cdn.vendor.test": "198.18.0.6"}


class Elsewhere(socket.socket):
    """A connection to this machine that says that it leads elsewhere."""

    peer = ""

    def getpeername(self):
        return self.peer, 80


@pytest.fixture
def network(monkeypatch):
    """Return a function that makes one server every host, at the addresses that are told."""

    def make(server, addresses):
        def create_connection(address, *_, **__):
            sock = Elsewhere(socket.AF_INET, socket.SOCK_STREAM)
            sock.connect(("127.0.0.1", server.port))
            sock.peer = addresses.get(address[0], address[0])
            return sock

        def getaddrinfo(host, *_, **__):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses[host], 0))]

        monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return make


def _client(**settings):
    settings = {"base_url": "http://api.vendor.test", "api_key": "canary-key"} | settings
    return Client(AcmeProvider(), config={}, **settings)


def _fetch(client, url):
    result = JobResult(images=[Artifact(source=UrlSource(url))])
    return client.wait(client.session.context().new_job("t-1", result=result))


def test_behind_a_proxy_that_invents_addresses_results_are_fetched(network):
    with serving(PICTURE) as server, _client() as client:
        network(server, FAKE_IP)
        assert _fetch(client, "http://cdn.vendor.test/a.png").images[0].width_px
        assert _fetch(client, "http://api.vendor.test/a.png").images[0].width_px


@pytest.mark.parametrize("url", ["http://198.18.0.6/a.png", "http://metadata.test/latest"])
def test_what_such_a_network_does_not_explain_is_refused_until_it_is_allowed(network, url):
    with serving(PICTURE) as server:
        network(server, FAKE_IP | {"metadata.test": "169.254.169.254"})
        with _client() as client, pytest.raises(errors.DownloadFailed) as caught:
            _fetch(client, url)
        assert server.requests == []
        assert "allow_private_addresses=True" in caught.value.remedy
        assert "Resume the job" in caught.value.remedy
        assert (caught.value.retry, caught.value.job.id) == ("after_change", "t-1")
        with _client(allow_private_addresses=True) as client:
            assert _fetch(client, url).images[0].width_px


def test_a_redirect_out_of_the_range_is_refused(network):
    with serving(answer(302, headers={"Location": "http://inside.test/"})) as server:
        network(server, FAKE_IP | {"inside.test": "10.0.0.1"})
        with _client() as client, pytest.raises(errors.DownloadFailed, match=r"10\.0\.0\.1"):
            _fetch(client, "http://cdn.vendor.test/a.png")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("base_url", "url", "is_fetched"),
    [
        ("http://10.0.0.5/v1", "http://10.0.0.5:8080/a.png", True),
        ("http://10.0.0.5/v1", "http://10.0.0.6/a.png", False),
        ("http://10.0.0.5/v1", "http://cdn.vendor.test/a.png", False),
        ("http://127.0.0.1:9/v1", "http://localhost/a.png", True),
        ("http://127.0.0.1:9/v1", "http://10.0.0.5/a.png", False),
    ],
)
def test_a_private_base_url_opens_that_one_host(network, base_url, url, is_fetched):
    with serving(PICTURE) as server, _client(base_url=base_url) as client:
        network(server, {"cdn.vendor.test": "10.0.0.5", "localhost": "127.0.0.1"})
        if is_fetched:
            assert _fetch(client, url).images[0].width_px
            return
        with pytest.raises(errors.DownloadFailed, match="not a public"):
            _fetch(client, url)
        assert server.requests == []


def test_parsing_again_is_not_the_remedy_for_what_it_cannot_mend(network):
    part = {
        "box": [1, 1, 9, 9],
        "mask": "http://cdn.vendor.test/m.png",
        "cutout": "http://cdn.vendor.test/c.png",
    }
    with serving(json_answer({"parts": {"top": part}})) as server, _client() as client:
        network(server, {"api.vendor.test": "203.0.113.5", "cdn.vendor.test": "10.0.0.1"})
        with pytest.raises(errors.DownloadFailed) as caught:
            client.parse_garment(PERSON)
    assert "allow_private_addresses=True" in caught.value.remedy
    assert caught.value.remedy.index("allow_private") < caught.value.remedy.index("Parse")
    assert caught.value.regions["top"].crop.source == UrlSource(part["cutout"])
