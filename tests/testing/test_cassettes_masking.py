"""A canary in every place where a secret may travel; none may reach a cassette."""

import base64
import json
from datetime import date
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given, strategies as st
from vcr.request import Request

from no_network import no_network
from providers import fake_info
from servers import json_answer, serving
from tryon_core.http import FilePart
from tryon_core.models import BytesSource
from tryon_core.transport import Transport
from tryon_testing.cassettes import Provenance, draw_png, record_cassette, use_cassette
from tryon_testing.cassettes.masking import IGNORED, Masker, is_secret_name
from tryon_testing.cassettes.stored import request_body, request_filter, response_body

KNOWN = 'canary/known+"key 0123'
UNKNOWN = "canary-unknown-0123456789"
MADE = Provenance(kind="emulated", made_on=date(2026, 1, 2), made_by="a test")
REAL = "https://api.vendor.example"
SECRET_NAMES = [
    "Authorization",
    "X-API-Key",
    "x-api-key",
    "ailabapi-api-key",
    "Cookie",
    "Set-Cookie",
    "Proxy-Authorization",
    "sign",
    "Signature",
    "signature",
    "app_key",
    "appKey",
    "secret",
    "access_token",
    "auth",
    "refreshToken",
    "session",
    "policy",
    "OSSAccessKeyId",
    "oss_access_key_id",
    "x-oss-signature",
    "x-oss-credential",
    "x-oss-security-token",
    "security-token",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "Key-Pair-Id",
    "upload_dir",
    "api_key_id",
    "user_id",
    "accountId",
    "WorkspaceId",
]
INFO = fake_info(
    recorded_headers={"X-Acme-Mode"},
    secret_fields={"X-Acme-WorkSpace", "calleruid", "callerparentid"},
)
HARMLESS_NAMES = [
    "task_id",
    "request_id",
    "sign_method",
    "partner_id",
    "model",
    "key",
    "image_url",
    "task_type",
    "message",
    "Expires",
    "success_action_status",
    "signal",
    "max_tokens",
]


def spellings(secret: str) -> list[str]:
    return [
        secret,
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    ]


def assert_clean(text: str) -> None:
    for spelling in [*spellings(KNOWN), *spellings(UNKNOWN), "canary"]:
        assert spelling not in text


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_is_known_by_its_name(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["X-Acme-WorkSpace", "caller_uid", "callerParentId"])
def test_a_vendor_declares_further_names(name):
    assert Masker(info=INFO).is_secret(name)
    assert not Masker().is_secret(name)


def test_a_vendor_declares_which_of_its_headers_are_stored():
    headers = [("x-acme-mode", "async"), ("X-Acme-Other", "1"), ("X-Acme-WorkSpace", "w-1")]
    assert Masker(info=INFO).headers(headers) == {
        "x-acme-mode": "async",
        "x-acme-workspace": "********",
    }
    assert Masker().headers(headers) == {}


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_other_fields_are_kept(name):
    assert not is_secret_name(name)


def send_everywhere(client, base):
    """Send secrets, known and unknown ones, by each way that a plugin may take."""
    canaries = {"Signature": UNKNOWN, "note": f"my key is {KNOWN}"}
    address = f"https://store.example/a.png?Expires=1&Signature={UNKNOWN}&a=b"
    nested = json.dumps([{"imageUrl": address, "token": UNKNOWN, "note": KNOWN}])
    headers = {
        "Authorization": f"Bearer {UNKNOWN}",
        "X-Note": KNOWN.replace('"', ""),
        "X-Basic": base64.b64encode(KNOWN.encode()).decode(),
        "Accept": f"text/{quote_plus(KNOWN)}",
    }
    ask = {"idempotent": True, "headers": headers, "params": {"sign": UNKNOWN, "n": KNOWN}}
    file = FilePart(BytesSource(draw_png(2, 2)), filename=f"{UNKNOWN}.png")
    client.get(f"{base}/got/{quote_plus(KNOWN)}", headers=headers, params={"app_key": UNKNOWN})
    client.post(f"{base}/json", json={**canaries, "in": nested, "url": address}, **ask)
    client.post(f"{base}/form", form={**canaries, "paramJson": nested}, **ask)
    client.post(f"{base}/parts", multipart=[*canaries.items(), ("j", nested), ("f", file)], **ask)
    client.delete(f"{base}/gone", headers=headers, params={"policy": UNKNOWN})


def reply():
    body = {
        "data": {
            "oss_access_key_id": UNKNOWN,
            "upload_dir": f"instant/{UNKNOWN}",
            "caller_uid": 1234567890123,
            "policy": [UNKNOWN],
        },
        "text": f'{{"inner": "https://x.example/?OSSAccessKeyId={UNKNOWN}&Expires=1"}}',
        "echo": f"Incorrect key: {KNOWN}",
        "again": f"{UNKNOWN}/instant/1234567890123",
        "page": f"<a href='https://u:{UNKNOWN}@x.example/?a=b&amp;Signature={UNKNOWN}'>",
    }
    headers = {"Set_Cookie": f"a={UNKNOWN}", "X_Api_Key": UNKNOWN, "X_Trace": UNKNOWN}
    return json_answer(body, Location=f"{REAL}/?sign={UNKNOWN}", **headers)


def test_no_secret_reaches_a_cassette(tmp_path):
    path = tmp_path / "case.yaml"
    with serving(reply()) as server, Transport() as transport:
        client = transport.client(provider="acme")
        swaps = {server.url(""): REAL}
        with record_cassette(path, MADE, secrets=[KNOWN], info=INFO, swaps=swaps):
            send_everywhere(client, server.url(""))
        assert len(server.requests) == 5
        assert UNKNOWN in server.requests[2].body.decode()
    text = path.read_text(encoding="utf-8")
    assert_clean(text)
    assert "1234567890123" not in text
    assert "Expires=1" in text
    assert "x-trace" not in text.lower()


def test_a_cassette_is_played_to_somebody_with_another_key(tmp_path):
    path = tmp_path / "case.yaml"

    def work(client, base, key):
        headers = {"Authorization": f"Bearer {key}"}
        return client.post(
            f"{base}/x", headers=headers, params={"sign": key}, form={"app_key": key}
        )

    with serving(json_answer({"a": 1})) as server, Transport() as transport:
        client = transport.client(provider="acme")
        with record_cassette(path, MADE, swaps={server.url(""): REAL}):
            work(client, server.url(""), "the key of the recording")
    with no_network(), Transport() as transport, use_cassette(path):
        assert work(transport.client(provider="acme"), REAL, "mine").json() == {"a": 1}


def test_a_value_found_secret_is_masked_where_a_later_request_repeats_it(tmp_path):
    path = tmp_path / "case.yaml"
    grant = {"upload_dir": "instant/0123456789", "upload_host": REAL}

    def work(client, base):
        found = client.get(f"{base}/policy").json()["upload_dir"]
        client.post(f"{base}/store", multipart=[("key", f"{found}/a.png")])

    with (
        serving(json_answer(grant)) as server,
        Transport() as transport,
        record_cassette(path, MADE, swaps={server.url(""): REAL}),
    ):
        work(transport.client(provider="acme"), server.url(""))
    assert "instant" not in path.read_text()
    with no_network(), Transport() as transport, use_cassette(path):
        work(transport.client(provider="acme"), REAL)


NAMES = st.sampled_from([*SECRET_NAMES, *HARMLESS_NAMES, "timestamp"])
VALUES = st.text(alphabet=st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [head + base64.b64encode(draw_png(9, 9)).decode() for head in ("", "data:image/png;base64,")]
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | VALUES | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.one_of(
    st.tuples(JSONS.map(lambda value: json.dumps(value).encode()), st.just("application/json")),
    st.tuples(
        st.lists(st.tuples(NAMES, VALUES), max_size=4).map(lambda pairs: urlencode(pairs).encode()),
        st.just("application/x-www-form-urlencoded"),
    ),
    st.tuples(st.binary(max_size=40), st.just("multipart/form-data; boundary=b")),
    st.tuples(st.binary(max_size=40), st.sampled_from(["", "text/html", "image/png"])),
)


@given(BODIES)
def test_storing_a_request_twice_is_storing_it_once(body):
    data, content_type = body
    store = request_filter(Masker())
    headers = {"Content-Type": content_type} if content_type else {}
    once = store(Request("POST", f"{REAL}/?timestamp=1&sign=2", data, headers))
    twice = store(once)
    assert (twice.uri, twice.body, dict(twice.headers)) == (
        once.uri,
        once.body,
        dict(once.headers),
    )


@given(BODIES)
def test_storing_an_answer_twice_is_storing_it_once(body):
    once = response_body(body[0], Masker())
    assert response_body(once, Masker()) == once


@given(st.sampled_from(SECRET_NAMES), JSONS)
def test_a_secret_in_json_is_masked_however_deep(name, around):
    inner = json.dumps({name: [UNKNOWN, {"id": UNKNOWN}]})
    value = {"list": [around, {name: UNKNOWN, "inner": inner, "a": {name: {"b": [UNKNOWN]}}}]}
    stored = request_body(json.dumps(value).encode(), "application/json", Masker())
    assert "canary" not in stored
    assert json.loads(stored)["list"][1]["a"] == {name: {"b": ["********"]}}


def test_times_in_answers_are_kept():
    assert b"1735689600000" in response_body(b'{"timestamp": "1735689600000"}', Masker())


def test_times_in_forms_and_queries_of_requests_are_ignored():
    body = request_body(b"timestamp=5&a=6", "application/x-www-form-urlencoded", Masker())
    assert body == f"timestamp={IGNORED}&a=6"
    assert Masker().request_url(f"{REAL}/?timestamp=5") == f"{REAL}/?timestamp={IGNORED}"


def test_json_in_a_form_can_be_read():
    sent = urlencode({"paramJson": '[{"type":"tops","url":"https://a.example/?b=c&d=e"}]'})
    body = request_body(sent.encode(), "application/x-www-form-urlencoded", Masker())
    assert body == 'paramJson=[{"type":"tops","url":"https://a.example/%3Fb%3Dc%26d%3De"}]'


def test_half_a_surrogate_pair_stays_as_it_was_spelt():
    assert request_body(rb'["\ud800"]', "application/json", Masker()) == '[\n  "\\ud800"\n]'


def test_what_is_no_text_is_told_by_its_digest():
    assert request_body(b"\xff\xfe", "image/png", Masker()).startswith("binary, 2 bytes, sha256 ")


def test_a_broken_answer_is_kept_as_it_came():
    assert response_body(b'{"a": "b', Masker()) == b'{"a": "b'
    assert response_body(b"\xff\xfe", Masker()) == b"\xff\xfe"
