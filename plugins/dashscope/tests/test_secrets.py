"""The key is in no message, log, token or answer that people see."""

import logging
import pickle

import pytest

from servers import drop_after_body, json_answer, serving
from tryon_core import Client, TryOnError
from tryon_dashscope import provider

PERSON, TOP = "https://x.example/p.png?Signature=abc", "https://x.example/t.png"
ACCEPTED = {"output": {"task_status": "PENDING", "task_id": "t-1"}, "request_id": "r-1"}


def shown(error):
    return f"{error} {error!r} {vars(error)} {pickle.dumps(error)!r}"


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
def test_a_service_that_repeats_the_key_does_not_spread_it(scripted, canary, caplog, status):
    caplog.set_level(logging.DEBUG)
    reply = {"code": "InvalidApiKey", "message": f"Wrong key {canary}.", "request_id": "r-1"}
    with serving(json_answer(reply, status)) as server:
        client = scripted(server)
        with pytest.raises(TryOnError) as caught:
            client.submit(PERSON, top=TOP)
        assert server.requests[0].headers["authorization"] == f"Bearer {canary}"
    assert canary not in shown(caught.value)
    assert canary not in caplog.text


def test_a_lost_answer_shows_no_key(scripted, canary, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(drop_after_body) as server:
        client = scripted(server)
        with pytest.raises(TryOnError) as caught:
            client.submit(PERSON, top=TOP)
    assert canary not in shown(caught.value) + caplog.text
    assert "Signature=abc" not in shown(caught.value) + caplog.text


def test_tokens_and_clients_show_no_key(scripted, canary):
    with serving(json_answer(ACCEPTED)) as server:
        client = scripted(server)
        job = client.submit(PERSON, top=TOP)
    assert canary not in f"{client!r} {job!r} {job.to_token()} {job.data}"


@pytest.mark.parametrize("name", ["DASHSCOPE_API_KEY", "TRYON_DASHSCOPE_API_KEY"])
def test_the_key_may_come_from_the_environment(monkeypatch, canary, name):
    monkeypatch.setenv(name, canary)
    with serving(json_answer(ACCEPTED)) as server:
        with Client("dashscope", base_url=server.url("/a")) as client:
            client.submit(PERSON, top=TOP)
        headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {canary}"


@pytest.mark.parametrize("name", ["DASHSCOPE_HTTP_BASE_URL", "TRYON_DASHSCOPE_BASE_URL"])
def test_the_address_may_come_from_the_environment(monkeypatch, name):
    with serving(json_answer(ACCEPTED)) as server:
        monkeypatch.setenv(name, server.url("/v9/"))
        with Client("dashscope", api_key="sk-none") as client:
            client.submit(PERSON, top=TOP)
        target = server.requests[0].target
    assert target == "/v9/services/aigc/image2image/image-synthesis"


def test_the_plugin_is_found_by_its_name():
    with Client("dashscope", api_key="sk-none") as client:
        assert client.info is provider.info
        assert client.info.capabilities_for(client.request(PERSON, top=TOP)).price.currency == "CNY"
