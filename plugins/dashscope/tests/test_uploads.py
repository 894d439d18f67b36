"""The store of temporary files, as the plugin uses it."""

import json
import re

import pytest

from servers import answer, drop_after_body, json_answer, serving
from tryon_core import HttpResponse, errors
from tryon_core.transport.client import ProviderHttp
from tryon_testing.emulation import read_parts

ACCEPTED = {"output": {"task_status": "PENDING", "task_id": "t-1"}}
TOP = "https://x.example/t.png"
NEEDED = (
    "policy",
    "signature",
    "upload_dir",
    "upload_host",
    "oss_access_key_id",
    "x_oss_object_acl",
    "x_oss_forbid_overwrite",
)


def grant(server, **changes):
    granted = {
        "policy": "cG9saWN5",
        "signature": "c2lnbmF0dXJl",
        "upload_dir": "dashscope-instant/abc/2026-01-02/uuid",
        "upload_host": server.url("/"),
        "expire_in_seconds": "300",
        "oss_access_key_id": "LTAI-not-real",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
        **changes,
    }
    return {"data": granted, "request_id": "r-0"}


@pytest.fixture
def uploading(scripted, person):
    """Submit with a local person while the store answers like this; gives the requests."""

    def submit(*steps, **changes):
        with serving(answer()) as server:
            server.play(json_answer(grant(server, **changes)), *steps, json_answer(ACCEPTED))
            scripted(server).submit(person, top=TOP)
            return list(server.requests)

    return submit


def test_the_store_gets_the_form_and_no_key(uploading, person, canary):
    policy, form, submission = uploading(answer(200))

    parts = read_parts(form.body, form.headers["content-type"])
    assert policy.target == "/api/v1/uploads?action=getPolicy&model=aitryon-plus"
    assert policy.headers["authorization"] == f"Bearer {canary}"
    assert form.target == "/"
    assert "authorization" not in form.headers
    assert canary.encode() not in form.head + form.body
    assert [part.name for part in parts] == [
        "OSSAccessKeyId",
        "Signature",
        "policy",
        "x-oss-object-acl",
        "x-oss-forbid-overwrite",
        "key",
        "success_action_status",
        "file",
    ]
    assert parts[-1].data == person
    key = parts[5].data.decode()
    assert re.fullmatch(r"dashscope-instant/abc/2026-01-02/uuid/[0-9a-f]{32}\.png", key)
    assert json.loads(submission.body)["input"]["person_image_url"] == f"oss://{key}"
    assert submission.headers["x-dashscope-ossresourceresolve"] == "enable"


@pytest.mark.parametrize("forbid", [True, "true"])
def test_the_flag_may_be_a_boolean(uploading, forbid):
    _, form, _ = uploading(answer(204), x_oss_forbid_overwrite=forbid)

    parts = {p.name: p.data for p in read_parts(form.body, form.headers["content-type"])}
    assert parts["x-oss-forbid-overwrite"] == b"true"


def test_a_form_whose_answer_was_lost_finds_its_own_file(uploading):
    exists = "<Error><Code>FileAlreadyExists</Code><Message>It exists.</Message></Error>"

    requests = uploading(drop_after_body, answer(409, exists))

    assert [request.method for request in requests] == ["GET", "POST", "POST", "POST"]
    assert requests[1].body.partition(b"file")[2] == requests[2].body.partition(b"file")[2]


@pytest.mark.parametrize(
    ("status", "code", "kind", "retry"),
    [
        (403, "AccessDenied", errors.VendorUnavailable, "later"),
        (403, "SignatureDoesNotMatch", errors.VendorUnavailable, "later"),
        (400, "EntityTooLarge", errors.InputRefused, "after_change"),
        (400, "MalformedPOSTRequest", errors.VendorUnavailable, "later"),
    ],
)
def test_refusals_of_the_store(uploading, status, code, kind, retry):
    text = f"<Error><Code>{code}</Code><Message>No.</Message><RequestId>5C3D</RequestId></Error>"

    with pytest.raises(kind, match=rf"OSS\.{code}: No") as caught:
        uploading(answer(status, text))
    assert (caught.value.retry, caught.value.request_id) == (retry, "5C3D")
    assert caught.value.billed == "no"


@pytest.mark.parametrize("status", [300, 400, 403, 418, 500])
def test_refusals_of_the_store_without_words(uploading, status):
    with pytest.raises(errors.TryOnError, match=f"HTTP {status}: the store refused"):
        uploading(answer(status, b"\xff<html>"))


@pytest.mark.parametrize("field", NEEDED)
@pytest.mark.parametrize("value", [None, 5, []])
def test_a_policy_that_lacks_something_names_it(uploading, field, value):
    with pytest.raises(errors.UnexpectedResponse, match=rf"response\.data\.{field}") as caught:
        uploading(**{field: value})
    assert caught.value.request_id == "r-0"


@pytest.mark.parametrize("host", ["", "ftp://x", "javascript:alert(1)", "x.example", "HTTP//"])
def test_images_go_to_no_odd_host(uploading, host):
    with pytest.raises(errors.UnexpectedResponse, match="upload_host"):
        uploading(upload_host=host)


def test_a_photo_travels_encrypted_where_the_key_does(scripted, person, monkeypatch):
    """The service is asked by https, so it cannot have a photo sent to a plain address."""
    with serving(answer(200)) as server:
        body = json.dumps(grant(server)).encode()
        granted = HttpResponse(status=200, headers={}, body=body, url="https://api.example")
        monkeypatch.setattr(ProviderHttp, "get", lambda *_, **__: granted)
        client = scripted(server, base_url="https://api.example/api/v1")
        with pytest.raises(errors.UnexpectedResponse, match="https address"):
            client.submit(person, top=TOP)
        assert server.connections == 0


def test_a_refused_policy_submits_nothing(scripted, person):
    reply = {"code": "Throttling.RateQuota", "message": "Too fast.", "request_id": "r-4"}
    with serving(json_answer(reply, 403)) as server:
        client = scripted(server)
        with pytest.raises(errors.RateLimited):
            client.submit(person, top=TOP)
        assert {request.method for request in server.requests} == {"GET"}


def test_an_expired_policy_is_refused_by_the_emulator(open_emulator, person, top):
    _, client = open_emulator(policy_s=0)

    with pytest.raises(errors.VendorUnavailable, match="Policy expired") as caught:
        client.submit(person, top=top)
    assert caught.value.vendor_code == "OSS.AccessDenied"


def test_a_second_form_with_the_same_name_counts_as_stored(open_emulator, person, top):
    running, client = open_emulator("upload:drop*1")

    assert client.submit(person, top=running.ctx.publish(top)).id
    assert running.log.count("upload") == 2


def test_a_file_that_is_too_large_for_the_store(open_emulator, person, top):
    _, client = open_emulator(file_mb=0)

    with pytest.raises(errors.InputRefused, match="exceeds") as caught:
        client.submit(person, top=top)
    assert caught.value.vendor_code == "OSS.EntityTooLarge"
