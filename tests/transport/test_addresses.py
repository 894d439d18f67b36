import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tryon_core.transport.addresses import AddressRefused, check_url, is_private_url, is_public


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
        check_url(url, public_only=True)


@pytest.mark.parametrize("url", ["http://files.example/a?b=c", "HTTPS://8.8.8.8:8443/"])
def test_a_usual_url_passes(url):
    check_url(url, public_only=True)


def test_a_private_address_passes_where_it_is_allowed():
    check_url("http://127.0.0.1:5000/", public_only=False)


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
