"""`lazop-sdk`, the client of the platform that AIDGE runs on, against the emulator of AIDGE."""

import json
import time

import pytest

SUBMIT = "/ai/virtual/tryon-pro"
QUERY = "/ai/virtual/tryon-results"


@pytest.fixture(scope="module")
def lazop(tmp_path_factory):
    """The client, which makes a folder `logs` in the home folder as soon as it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        import lazop_sdk
    for handler in list(lazop_sdk.base.logger.handlers):
        lazop_sdk.base.logger.removeHandler(handler)
        handler.close()
    return lazop_sdk


@pytest.fixture(autouse=True)
def _no_lookup(lazop, monkeypatch):
    """For every refusal the client looks up this machine's name, which need not have one."""
    monkeypatch.setattr(lazop.base.socket, "gethostbyname", lambda _: "127.0.0.1")


@pytest.fixture(scope="module")
def service(emulate):
    with emulate("aidge", "--job-seconds=0.2", "--knob=submissions_per_minute=1000") as service:
        yield service


@pytest.fixture
def client(lazop, service):
    def make(at=None, **changed):
        account = (at or service).settings | changed
        url = f"{account['base_url']}/rest"
        return lazop.LazopClient(url, account["app_key"], account["app_secret"])

    return make


@pytest.fixture
def execute(lazop, client):
    """Send a request: `execute(QUERY, task_id="…")`."""

    def send(path, method="POST", by=None, **params):
        request = lazop.LazopRequest(path, method)
        for name, value in params.items():
            request.add_api_param(name, value)
        return (by or client()).execute(request)

    return send


@pytest.fixture
def outfit(address):
    """The list of jobs as text: `outfit(tops="top.png")`."""

    def build(*clothes, **fields):
        worn = [{"type": kind, "imageUrl": address(name)} for kind, name in clothes]
        job = {"clothesList": worn, "modelImage": [address("person.jpg")], "generateCount": 1}
        return json.dumps([job | fields])

    return build


OURS = {
    "app_key": "512345",
    "partner_id": "iop-sdk-java-20181207",
    "sign_method": "sha256",
    "timestamp": "1735689600000",
}
JOBS = '[{"clothesList":[{"imageUrl":"http://h/a.jpg","type":"tops"}],"generateCount":1}]'
SIGNATURES = {
    "a submission": (
        ("S3cr3tExampleKey0000000000000000", SUBMIT, OURS | {"paramJson": JOBS}),
        "FC1E783A3E9CC6622A15313F1475F8FA6CE06DDFFD745FF64FFF0CE0FD31BAE7",
    ),
    "a query": (
        (
            "S3cr3tExampleKey0000000000000000",
            QUERY,
            OURS | {"task_id": "1ce4fd33-b9d5-4e21-a24c-0c4027d2b105"},
        ),
        "C46E606F9E55D2E5F4249C365B3C073B63368C2EF0C4D7486F4EEFE4C4C1EE9F",
    ),
    "the operator's own example (AliExpress Open Platform, docId 1385)": (
        (
            "helloworld",
            "/auth/token/create",
            {
                "app_key": "12345678",
                "code": "3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26",
                "sign_method": "sha256",
                "timestamp": "1517820392000",
            },
        ),
        "35607762342831B6A417A0DED84B79C05FEFBF116969C48AD6DC00279A9F4D81",
    ),
}


@pytest.mark.parametrize(("signed", "expected"), SIGNATURES.values(), ids=SIGNATURES)
def test_the_clients_signature_is_the_one_of_the_contract(lazop, signed, expected):
    assert lazop.base.sign(*signed) == expected


def task_id(answer):
    result = answer.body["data"]["result"]
    return (json.loads(result) if isinstance(result, str) else result)["taskId"]


@pytest.fixture
def finish(execute):
    """Ask until the task is at its end; gives the states seen and the last answer."""

    def wait(task, method="POST", name="task_id", by=None):
        states = []
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            body = execute(QUERY, method, by, **{name: task}).body
            states.append(body["data"]["taskStatus"])
            if states[-1] in {"finished", "failed"}:
                return states, body
            time.sleep(0.1)
        pytest.fail(f"the task is not at its end: {states}")

    return wait


def image_urls(body):
    return [
        image["imageUrl"]
        for part in body["data"]["taskResult"]
        for image in part["taskResult"]["result"]["imageList"]
    ]


@pytest.mark.parametrize(
    "clothes",
    [
        [("tops", "top.png")],
        [("bottoms", "bottom.png")],
        [("dresses", "dress.png")],
        [("tops", "top.png"), ("bottoms", "bottom.png")],
        [("bottoms", "bottom.png"), ("tops", "top.png")],
    ],
)
def test_every_garment_combination_gives_a_picture(execute, outfit, finish, download, clothes):
    answer = execute(SUBMIT, paramJson=outfit(*clothes))
    assert (answer.type, answer.code) == (None, "0")
    states, body = finish(task_id(answer))
    assert states[-1] == "finished"
    (url,) = image_urls(body)
    assert download(url).width >= 150


def test_a_task_passes_through_its_states(execute, emulate, client, outfit, finish):
    with emulate("aidge", "--job-seconds=2") as service:
        by = client(service)
        task = task_id(execute(SUBMIT, by=by, paramJson=outfit(("tops", "top.png"))))
        states, _ = finish(task, by=by)
    assert states[0] in {"submitted", "running"}
    assert states == sorted(states, key=["submitted", "running", "finished"].index)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["task_id", "taskId"])
def test_the_query_takes_both_methods_and_both_names(execute, outfit, finish, method, name):
    task = task_id(execute(SUBMIT, paramJson=outfit(("tops", "top.png"))))
    states, _ = finish(task, method, name)
    assert states[-1] == "finished"


def test_several_pictures_come_when_asked_for(execute, outfit, finish, download):
    answer = execute(SUBMIT, paramJson=outfit(("tops", "top.png"), generateCount=3, modelImage=[]))
    _, body = finish(task_id(answer))
    assert len({url for url in image_urls(body) if download(url)}) == 3


def test_the_name_of_the_vendors_samples_is_taken_too(execute, outfit):
    jobs = outfit(("tops", "top.png"))
    assert task_id(execute(SUBMIT, requestParams=jobs))
    assert task_id(execute(SUBMIT, requestParams=json.dumps(json.loads(jobs)[0])))


def test_a_wrong_secret_is_refused_with_the_vendors_code(execute, client, outfit):
    jobs = outfit(("tops", "top.png"))
    answer = execute(SUBMIT, by=client(app_secret="of somebody else"), paramJson=jobs)
    assert (answer.type, answer.code) == ("ISV", "IncompleteSignature")
    assert answer.message
    assert answer.request_id


def test_an_unknown_app_key_is_refused(execute, client, outfit):
    answer = execute(SUBMIT, by=client(app_key="999999"), paramJson=outfit(("tops", "top.png")))
    assert (answer.type, answer.code) == ("ISV", "InvalidAppKey")


def test_a_clock_that_is_far_off_is_refused(execute, lazop, monkeypatch, outfit):
    now = time.time()
    monkeypatch.setattr(lazop.base.time, "time", lambda: now - 3 * 3600)
    assert execute(SUBMIT, paramJson=outfit(("tops", "top.png"))).code == "IllegalTimestamp"


def test_an_unknown_path_is_refused(execute):
    assert execute("/ai/virtual/tryon/result", task_id="x").code == "InvalidApiPath"


def test_an_unknown_task_is_refused(execute):
    answer = execute(QUERY, task_id="1ce4fd33-b9d5-4e21-a24c-0c4027d2b105")
    assert (answer.code, str(answer.body["resCode"])) == ("0", "700")


def test_two_tops_are_no_outfit(execute, outfit):
    answer = execute(SUBMIT, paramJson=outfit(("tops", "top.png"), ("tops", "top.png")))
    assert (answer.code, str(answer.body["resCode"])) == ("0", "700")


def test_the_fourth_submission_of_a_minute_is_too_much(execute, emulate, client, outfit):
    jobs = outfit(("tops", "top.png"))
    with emulate("aidge") as strict:
        answers = [execute(SUBMIT, by=client(strict), paramJson=jobs) for _ in range(4)]
    codes = [str(answer.body["resCode"]) for answer in answers]
    assert codes == ["200", "200", "200", "501"]


@pytest.mark.parametrize(
    ("picture", "code"), [("gone.png", "701"), ("text.jpg", "701"), ("tiny.png", "703")]
)
def test_a_bad_picture_has_the_vendors_code(execute, outfit, picture, code):
    answer = execute(SUBMIT, paramJson=outfit(("tops", picture)))
    assert (answer.code, str(answer.body["resCode"])) == ("0", code)


@pytest.mark.parametrize("business_code", ["zero", "res_code"])
def test_every_form_of_the_verdict_is_read(execute, emulate, client, outfit, business_code):
    knobs = ("--knob=verdict_types=native", f"--knob=business_code={business_code}")
    with emulate("aidge", *knobs) as service:
        good = execute(SUBMIT, by=client(service), paramJson=outfit(("tops", "top.png")))
        bad = execute(SUBMIT, by=client(service), paramJson="[]")
    assert (good.code, good.body["resCode"]) == ("0", 200)
    assert (bad.code, bad.body["resCode"]) == ("0" if business_code == "zero" else "700", 700)


def test_a_refusal_is_read_whatever_its_status(execute, emulate, client, outfit):
    jobs = outfit(("tops", "top.png"))
    with emulate("aidge", "--knob=gateway_status=400") as service:
        answer = execute(SUBMIT, by=client(service, app_secret="other"), paramJson=jobs)
    assert answer.code == "IncompleteSignature"


def test_an_account_without_calls_is_refused(execute, emulate, client, outfit):
    """This client cannot send the header of the trial, so the free calls do not help."""
    with emulate("aidge", "--knob=paid_calls=0") as service:
        answer = execute(SUBMIT, by=client(service), paramJson=outfit(("tops", "top.png")))
    assert answer.code == "NoResource"


def test_the_remaining_quota_can_be_read(execute):
    answer = execute("/ai/query/balance", apiPath=SUBMIT)
    assert answer.code == "0"
    assert answer.body["data"]["balance"] > 0
