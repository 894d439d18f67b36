"""Requests to a path below `base_url`, with the headers that the provider declares."""

import pytest

from servers import json_answer
from tryon_core import errors

KEY = {"X-Key": "canary-secret"}


@pytest.fixture
def bound(transport, serve):
    """Return a function that gives a client of a vendor's address, and the server."""

    def bind(below="/api", **headers):
        server = serve(json_answer({}), json_answer({}))
        base_url = server.url(below).rstrip("/")
        made = {**KEY, **headers}
        client = transport.client(
            provider="acme", secrets=["canary-secret"], base_url=base_url, headers=lambda: made
        )
        return client, server

    return bind


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("path", ["v1/jobs", "/v1/jobs"])
def test_a_path_is_below_the_address_and_carries_the_declared_headers(bound, method, path):
    client, server = bound()
    getattr(client, method)(path, headers={"X-Own": "1"})
    (received,) = server.requests
    assert received.target == "/api/v1/jobs"
    assert (received.headers["x-key"], received.headers["x-own"]) == ("canary-secret", "1")


def test_headers_of_the_call_win(bound):
    client, server = bound(Accept="text/html")
    client.get("v1/jobs", headers={"Accept": "image/png"})
    assert server.requests[0].headers["accept"] == "image/png"


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_another_host_learns_no_key(bound, serve, method):
    client, _ = bound()
    other = serve(json_answer({}))
    getattr(client, method)(other.url("/upload"), headers={"X-Own": "1"})
    (received,) = other.requests
    assert received.target == "/upload"
    assert received.headers["x-own"] == "1"
    assert "x-key" not in received.headers


def test_params_and_bodies_go_with_a_path_too(bound):
    client, server = bound(below="/")
    client.post("jobs?x=1", params={"y": "2"}, json={"a": 1})
    assert server.requests[0].target == "/jobs?x=1&y=2"
    assert server.requests[0].body == b'{"a": 1}'


@pytest.mark.parametrize(
    "path", ["jobs/../credits?x=", "jobs/..", "..", "jobs/%2E%2e/credits", "jobs/./1", "jobs/a#b"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete", "put"])
def test_a_path_that_leads_elsewhere_is_refused_before_it_is_sent(bound, method, path):
    client, server = bound()
    with pytest.raises(errors.InputError) as caught:
        getattr(client, method)(path)
    assert repr(path) in caught.value.message
    assert "quote ids" in caught.value.remedy
    assert not server.requests
    assert not client.may_have_sent


def test_a_path_may_have_dots_and_quoted_ids(bound):
    client, server = bound()
    client.get("v1.0/jobs/..a/%2E%2E%2Fcredits%3Fx%23")
    client.get("jobs?at=1/../2")
    assert server.requests[0].target.startswith("/api/v1.0/jobs/..a/")
    assert server.requests[0].target.endswith("%2Fcredits%3Fx%23")
