import ipaddress
import socket

import pytest
from hypothesis import given, strategies as st

from tryon_core.transport.addresses import (
    AddressRefused,
    Trust,
    check_url,
    host_of,
    is_private_url,
    is_public,
)


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8", "1.1.1.1", "47.95.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)  # fmt: skip
def test_addresses_of_the_internet_are_public(text):
    assert is_public(text)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254",
        "0.0.0.0",  # noqa: S104  (nobody listens there)
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "100.64.0.1", "100.100.100.200",
        "168.63.129.16", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::169.254.169.254",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_other_addresses_are_not(text):
    assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_every_disguise(address):
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    translated = ipaddress.IPv6Address(f"64:ff9b::{address}")
    assert is_public(str(address)) == is_public(str(mapped)) == is_public(str(translated))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "neither http nor https"),
        ("picture.jpg", "neither http nor https"),
        ("oss://bucket/a.jpg", "neither http nor https"),
        ("http:///a.jpg", "no host"),
        ("http://me@host/", "user name"),
        ("http://:pw@host/", "user name"),
        ("http://host:port/", "not a valid URL"),
        ("http://host:99999/", "not a valid URL"),
        ("http://[::1/", "not a valid URL"),
        ("http://127.0.0.1/", "not a public"),
        ("http://[fe80::1%25eth0]/", "not a public"),
    ],
)
def test_a_url_is_refused_with_the_reason(url, why):
    with pytest.raises(AddressRefused, match=why):
        check_url(url, Trust())


@pytest.mark.parametrize("url", ["http://files.example/a?b=c", "HTTPS://8.8.8.8:8443/"])
def test_a_usual_url_passes(url):
    check_url(url, Trust())


def test_a_private_address_passes_where_it_is_allowed():
    check_url("http://127.0.0.1:5000/", Trust(everything=True))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000/api", True),
        ("http://vendor.localhost", True),
        ("http://192.168.1.5", True),
        ("https://api.vendor.example/v1", False),
        ("https://8.8.8.8", False),
        ("not an address", False),
    ],
)
def test_an_address_of_this_machine_or_network_is_known_by_its_spelling(url, expected):
    assert is_private_url(url) is expected


OWN = Trust(service_host="api.vendor.test")


def resolving(monkeypatch, **hosts):
    """Let the names of hosts have these addresses; underscores stand for dots."""
    known = {name.replace("_", "."): address for name, address in hosts.items()}

    def getaddrinfo(host, *_, **__):
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    ("home", "peer"),
    [
        ("198.18.0.5", "198.19.255.1"),
        ("100.64.0.5", "100.127.0.1"),
        ("10.0.0.5", "10.200.0.1"),
        ("172.16.0.5", "172.31.0.1"),
        ("192.168.0.5", "192.168.9.1"),
        ("fd12::5", "fdaa::1"),
        ("198.18.0.5", "::ffff:198.18.0.7"),
    ],
)
def test_a_name_may_lie_in_the_private_range_of_the_service(monkeypatch, home, peer):
    resolving(monkeypatch, api_vendor_test=home)
    OWN.check_peer("cdn.example", peer)
    with pytest.raises(AddressRefused, match="not a public"):
        OWN.check_literal(peer)


@pytest.mark.parametrize(
    ("home", "peer"),
    [
        ("203.0.113.5", "198.18.0.1"),
        ("198.18.0.5", "10.0.0.1"),
        ("10.0.0.5", "192.168.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("169.254.0.5", "169.254.169.254"),
        ("100.64.0.5", "100.100.100.200"),
        ("fd00:ec2::1", "fd00:ec2::254"),
        ("168.63.129.17", "168.63.129.16"),
    ],
)
def test_other_names_are_refused_with_what_allows_them(monkeypatch, home, peer):
    resolving(monkeypatch, api_vendor_test=home)
    with pytest.raises(AddressRefused, match="not a public") as caught:
        OWN.check_peer("cdn.example", peer)
    assert "allow_private_addresses=True" in caught.value.remedy
    assert "TRYON_ALLOW_PRIVATE_ADDRESSES=1" in caught.value.remedy
    Trust(everything=True).check_peer("cdn.example", peer)


def test_where_the_service_cannot_be_found_nothing_more_is_trusted(monkeypatch):
    resolving(monkeypatch)
    with pytest.raises(AddressRefused):
        OWN.check_peer("cdn.example", "198.18.0.1")


@pytest.mark.parametrize("host", ["10.0.0.5", "127.0.0.1", "gateway.corp"])
def test_the_host_of_the_service_is_trusted_and_not_its_neighbours(monkeypatch, host):
    resolving(monkeypatch)
    trust = Trust(service_host=host)
    trust.check_literal(host)
    trust.check_peer(host, "10.0.0.5")
    for other in ("10.0.0.6", "169.254.169.254", "127.1.2.3" if host[0] != "1" else "10.0.0.7"):
        with pytest.raises(AddressRefused):
            trust.check_literal(other)
        with pytest.raises(AddressRefused):
            trust.check_peer("cdn.example", other)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST."])
def test_this_machine_is_one_host_with_several_names(name):
    host = host_of(f"http://{name}:1/")
    for other in ("localhost", "127.0.0.1", "::1"):
        Trust(service_host=host).check_peer(other, "127.0.0.1")


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1", "017700000001"])
def test_an_address_in_disguise_is_one(host):
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.1 is not a public"):
        Trust(service_host="api.vendor.test").check_literal(host)
