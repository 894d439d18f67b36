"""The emulated gateway, asked by hand: as the vendor's own clients and samples ask."""

import hashlib
import hmac
import json

import pytest
import requests

SUBMIT, QUERY = "/ai/virtual/tryon-pro", "/ai/virtual/tryon-results"
KEY, SECRET = "512345", "S3cr3tExampleKey0000000000000000"


def _hmac(message):
    return hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest().upper()


def _signed(path, params):
    text = path + "".join(name + params[name] for name in sorted(params))
    return params | {"sign": _hmac(text)}


@pytest.fixture
def now_ms(clock):
    """Tell the time as text, so many seconds away."""
    return lambda offset_s=0: str(int((clock.now().timestamp() + offset_s) * 1000))


@pytest.fixture
def v2(now_ms):
    """Make the query of a v2 call."""

    def v2(offset_s=0, **change):
        time_ms = now_ms(offset_s)
        query = {
            "partner_id": "aidge",
            "sign_method": "sha256",
            "sign_ver": "v2",
            "app_key": KEY,
            "timestamp": time_ms,
            "sign": _hmac(SECRET + time_ms),
        }
        return {name: value for name, value in (query | change).items() if value is not None}

    return v2


@pytest.fixture
def task(show):
    """Make the text of one task."""

    def task(running):
        return json.dumps([{"clothesList": [{"imageUrl": show(running), "type": "tops"}]}])

    return task


def _post(running, path, query=None, **body):
    answer = requests.post(f"{running.base_url}/rest{path}", params=query, timeout=5, **body)
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    return answer


def _code(running, path=SUBMIT, query=None, **body):
    answer = _post(running, path, query, **body)
    assert answer.status_code == 200
    body = answer.json()
    return body["code"] if body["code"] != "0" else body["resCode"]


def test_an_accepted_submission_looks_as_documented(emulate, v2, task):
    running = emulate()
    body = _post(running, SUBMIT, v2(), json={"paramJson": task(running)}).json()
    assert set(body) == {
        "code", "data", "requestId", "success", "resCode", "resMessage", "request_id",
    }  # fmt: skip
    assert (body["code"], body["success"], body["resCode"]) == ("0", "true", "200")
    assert body["resMessage"] == "success"
    assert json.loads(body["data"]["result"])["taskId"] == running.ctx.jobs.all()[0].id
    assert (len(body["requestId"]), len(body["request_id"])) == (30, 25)


def test_a_gateway_error_looks_as_on_the_sister_platforms(emulate, v2):
    body = _post(emulate(), SUBMIT, v2(app_key="1")).json()
    assert set(body) == {"type", "code", "message", "request_id"}
    assert (body["type"], body["code"]) == ("ISV", "InvalidAppKey")
    assert body["message"] == "The specified App Key is invalid"


def test_the_status_of_gateway_errors_is_a_knob(emulate, v2):
    running = emulate(gateway_status=400)
    assert _post(running, SUBMIT, v2(app_key="1")).status_code == 400


@pytest.mark.parametrize(("knob", "code"), [("zero", ("0", "700")), ("res_code", ("700", "700"))])
def test_the_code_beside_an_error_of_the_service_is_a_knob(emulate, v2, knob, code):
    body = _post(emulate(business_code=knob), QUERY, v2(), json={"task_id": "T"}).json()
    assert (body["code"], body["resCode"]) == code
    assert body["success"] == "false"
    assert "data" not in body


@pytest.mark.parametrize("name", ["app_key", "timestamp", "sign", "sign_method", "partner_id"])
def test_a_missing_parameter_is_named(emulate, v2, name):
    body = _post(emulate(), SUBMIT, v2(**{name: None})).json()
    assert body["code"] == "MissingParameter"
    assert f'"{name}"' in body["message"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"app_key": "600600"}, "InvalidAppKey"),
        ({"timestamp": "yesterday"}, "IllegalTimestamp"),
        ({"timestamp": "1"}, "IllegalTimestamp"),
        ({"timestamp": "9" * 5000}, "IllegalTimestamp"),
        ({"sign": "0" * 64}, "IncompleteSignature"),
        ({"sign": "ä"}, "IncompleteSignature"),
        ({"sign_method": "md5"}, "IncompleteSignature"),
        ({"sign_ver": None}, "IncompleteSignature"),
        ({"partner_id": "other"}, "IncompleteSignature"),
        ({"app_key": "600600", "sign": "0"}, "InvalidAppKey"),
        ({"timestamp": "1", "sign": "0"}, "IllegalTimestamp"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_refused_in_the_gateways_order(emulate, v2, change, code):
    assert _code(emulate(), SUBMIT, v2(**change)) == code


def test_a_signature_in_small_letters_is_refused(emulate, v2):
    assert _code(emulate(), SUBMIT, v2(sign=v2()["sign"].lower())) == "IncompleteSignature"


@pytest.mark.parametrize(("offset_s", "ok"), [(-7200, True), (7200, True), (-7201, False)])
def test_the_time_may_differ_by_two_hours(emulate, v2, offset_s, ok):
    code = _code(emulate(), QUERY, v2(offset_s), json={"task_id": "T"})
    assert code == ("700" if ok else "IllegalTimestamp")


def test_the_tolerance_of_time_is_a_knob(emulate, v2):
    assert _code(emulate(timestamp_window_s=10), QUERY, v2(11)) == "IllegalTimestamp"


@pytest.mark.parametrize("path", ["/ai/virtual/tryon", "/nothing", "", "/"])
def test_an_unknown_path_is_refused_behind_the_keys(emulate, v2, path):
    assert _code(emulate(), path, v2()) == "InvalidApiPath"
    assert _code(emulate(), path, v2(app_key="1")) == "InvalidAppKey"


def test_only_status_questions_may_be_a_get(emulate, v2):
    running = emulate()
    for path, code in ((SUBMIT, "InvalidApiPath"), (QUERY, "700")):
        query = v2() | {"task_id": "T"}
        answer = requests.get(f"{running.base_url}/rest{path}", params=query, timeout=5).json()
        assert code in {answer["code"], answer.get("resCode")}


def _java(path, business, time_ms):
    """The vendor's Java client: system parameters in the query, the others in a form."""
    system = {
        "app_key": KEY,
        "partner_id": "iop-sdk-java-20181207",
        "sign_method": "sha256",
        "timestamp": time_ms,
    }
    sign = _signed(path, {**system, **business})["sign"]
    return path, {"params": system | {"sign": sign}, "data": business}


def _lazop(path, business, time_ms):
    """`lazop-sdk`: everything in a form, the path in the URL."""
    params = {
        "app_key": KEY,
        "sign_method": "sha256",
        "timestamp": time_ms[:-3] + "000",
        "partner_id": "lazop-sdk-python-20181207",
        **business,
    }
    return path, {"data": _signed(path, params)}


def _python(path, business, time_ms):
    """The platform's Python client: everything in a form at `/rest`, the path as a parameter."""
    params = {
        "app_key": KEY,
        "sign_method": "sha256",
        "timestamp": time_ms[:-3] + "000",
        "partner_id": "iop-sdk-python-20220609",
        "method": path,
        "simplify": "false",
        "format": "json",
        **business,
    }
    return "", {"data": _signed(path, params)}


@pytest.mark.parametrize("client", [_java, _lazop, _python])
def test_the_platforms_own_clients_are_understood(emulate, task, now_ms, clock, client):
    running = emulate()
    path, sending = client(SUBMIT, {"paramJson": task(running)}, now_ms())
    url = f"{running.base_url}/rest"
    body = requests.post(url + path, timeout=5, **sending).json()
    task_id = json.loads(body["data"]["result"])["taskId"]
    clock.advance(30)
    path, sending = client(QUERY, {"task_id": task_id}, now_ms())
    body = requests.post(url + path, timeout=5, **sending).json()
    assert body["data"]["taskStatus"] == "finished"
    assert len(body["data"]["taskResult"][0]["taskResult"]["result"]["imageList"]) == 4


@pytest.mark.parametrize("client", [_java, _lazop, _python])
def test_a_parameter_that_was_changed_after_signing_is_noticed(emulate, now_ms, client):
    running = emulate()
    path, sending = client(QUERY, {"task_id": "T"}, now_ms())
    sending["data"]["task_id"] = "U"
    url = f"{running.base_url}/rest{path}"
    assert requests.post(url, timeout=5, **sending).json()["code"] == "IncompleteSignature"


@pytest.mark.parametrize("is_signed", [True, False])
def test_blank_parameters_may_be_signed_or_not(emulate, now_ms, is_signed):
    params = {"app_key": KEY, "sign_method": "sha256", "timestamp": now_ms(), "task_id": "T"}
    sign = _signed(QUERY, params | ({"access_token": ""} if is_signed else {}))["sign"]
    sent = params | {"access_token": "", "sign": sign}
    assert _code(emulate(), QUERY, data=sent) == "700"


def test_the_bare_path_is_a_knob(emulate, now_ms):
    path, sending = _python(QUERY, {"task_id": "T"}, now_ms())
    assert _code(emulate(bare_rest=False), path, **sending) == "IncompleteSignature"


@pytest.mark.parametrize(("knob", "code"), [(False, "IncompleteSignature"), (True, "700")])
def test_the_hybrid_signature_is_a_knob(emulate, v2, knob, code):
    query = v2()
    known = {name: query[name] for name in ("app_key", "sign_method", "timestamp")}
    query["sign"] = _signed(QUERY, known)["sign"]
    running = emulate(hybrid_signature=knob)
    assert _code(running, QUERY, query, json={"task_id": "T"}) == code


@pytest.mark.parametrize(
    "body",
    [
        {"data": "no JSON", "headers": {"Content-Type": "application/json"}},
        {"json": ["list"]},
        {"json": {"task_id": 5}},
        {"json": {"task_id": ""}},
        {"json": {"taskId": ["x"]}},
        {},
    ],
    ids=str,
)
def test_a_status_question_without_a_task_is_invalid(emulate, v2, body):
    assert _code(emulate(), QUERY, v2(), **body) == "700"


def test_names_of_the_task_in_a_question_are_a_knob(emulate, v2, task):
    running = emulate(query_field="taskId")
    submitted = _post(running, SUBMIT, v2(), json={"paramJson": task(running)}).json()
    found = json.loads(submitted["data"]["result"])
    assert _code(running, QUERY, v2(), json={"task_id": found["taskId"]}) == "700"
    assert _code(running, QUERY, v2(), json=found) == "200"


@pytest.mark.parametrize("body", [{}, {"apiPath": "/ai/other"}, {"apiPath": [1]}], ids=str)
def test_the_balance_needs_the_name_of_an_interface(emulate, v2, body):
    assert _code(emulate(), "/ai/query/balance", v2(), json=body) == "700"


def test_a_fourth_submission_within_a_minute_is_refused(emulate, v2, task, clock):
    running = emulate()
    body = {"paramJson": task(running)}
    codes = [_code(running, SUBMIT, v2(), json=body) for _ in range(4)]
    assert codes == ["200"] * 3 + ["501"]
    clock.advance(60)
    assert _code(running, SUBMIT, v2(), json=body) == "200"
