"""AIDGE's own signature (version 2), written from the vendor's description, not with our plugin.

There is no package of it; the vendor publishes sample programs (Aidge-AI/aidge-python).
"""

import hashlib
import hmac
import json
import time

import pytest
import requests

SUBMIT = "/ai/virtual/tryon-pro"
QUERY = "/ai/virtual/tryon-results"


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("aidge", "--job-seconds=0.2", "--knob=submissions_per_minute=1000") as service:
        yield service


def signature(secret, timestamp_ms):
    text = f"{secret}{timestamp_ms}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


@pytest.fixture
def post(service):
    """Send JSON the way the vendor's samples do: everything but the work in the query."""

    def send(path, body, *, at=None, age_s=0, without=None, trial=False, **changed):
        account = (at or service).settings | changed
        timestamp_ms = int((time.time() - age_s) * 1000)
        query = {
            "partner_id": "aidge",
            "sign_method": "sha256",
            "sign_ver": "v2",
            "app_key": account["app_key"],
            "timestamp": timestamp_ms,
            "sign": signature(account["app_secret"], timestamp_ms),
        }
        query.pop(without, None)
        url = f"{account['base_url']}/rest{path}"
        answer = requests.post(
            url, params=query, json=body, headers={"x-iop-trial": str(trial).lower()}, timeout=20
        )
        assert answer.status_code == 200
        return answer.json()

    return send


@pytest.fixture
def jobs(address):
    clothes = [{"type": "tops", "imageUrl": address("top.png")}]
    return [{"clothesList": clothes, "modelImage": [address("person.jpg")], "generateCount": 1}]


def test_the_signature_is_the_one_of_the_contract():
    sign = signature("S3cr3tExampleKey0000000000000000", 1735689600000)
    assert sign == "8D20B98A92B2A35777DB09A55A9EBAC9C6448121ADECD112CE278611387542F7"


@pytest.mark.parametrize("name", ["paramJson", "requestParams"])
def test_a_signed_request_is_carried_out(post, jobs, download, name):
    result = post(SUBMIT, {name: json.dumps(jobs)})["data"]["result"]
    task = (json.loads(result) if isinstance(result, str) else result)["taskId"]
    deadline = time.monotonic() + 20
    while (body := post(QUERY, {"task_id": task}))["data"]["taskStatus"] != "finished":
        assert body["data"]["taskStatus"] in {"submitted", "running"}
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (part,) = body["data"]["taskResult"]
    (image,) = part["taskResult"]["result"]["imageList"]
    assert download(image["imageUrl"]).width >= 150


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"app_secret": "of somebody else"}, "IncompleteSignature"),
        ({"app_key": "999999"}, "InvalidAppKey"),
        ({"age_s": 3 * 3600}, "IllegalTimestamp"),
        ({"without": "sign"}, "MissingParameter"),
    ],
)
def test_a_wrongly_signed_request_is_refused(post, jobs, changed, code):
    answer = post(SUBMIT, {"paramJson": json.dumps(jobs)}, **changed)
    assert answer["code"] == code
    assert answer["message"]
    assert "data" not in answer


def test_no_job_starts_for_a_refused_request(post, jobs, service):
    before = service.log()["jobs"]
    post(SUBMIT, {"paramJson": json.dumps(jobs)}, app_secret="of somebody else")
    assert service.log()["jobs"] == before


def test_the_header_of_the_trial_uses_free_calls(post, jobs, emulate):
    body = {"paramJson": json.dumps(jobs)}
    with emulate("aidge", "--knob=paid_calls=0") as service:
        assert post(SUBMIT, body, at=service)["code"] == "NoResource"
        assert post(SUBMIT, body, at=service, trial=True)["code"] == "0"
