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


@pytest.fixture
def service(emulate):
    with emulate("aidge", "--job-seconds=0.3") as service:
        yield service


@pytest.fixture
def client(lazop, service):
    def make(**changed):
        account = service.settings | changed
        url = f"{service.base_url}/rest"
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


def task_id(answer):
    result = answer.body["data"]["result"]
    return (json.loads(result) if isinstance(result, str) else result)["taskId"]


@pytest.fixture
def finish(execute):
    """Ask until the task is at its end; gives the states seen and the last answer."""

    def wait(task, method="POST", name="task_id"):
        states = []
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            body = execute(QUERY, method, **{name: task}).body
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


def test_a_task_passes_through_its_states(execute, outfit, finish):
    states, _ = finish(task_id(execute(SUBMIT, paramJson=outfit(("tops", "top.png")))))
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


def test_two_tops_are_no_outfit(execute, outfit):
    answer = execute(SUBMIT, paramJson=outfit(("tops", "top.png"), ("tops", "top.png")))
    assert (answer.code, str(answer.body["resCode"])) == ("0", "700")


def test_the_fourth_submission_of_a_minute_is_too_much(execute, outfit):
    jobs = outfit(("tops", "top.png"))
    codes = [str(execute(SUBMIT, paramJson=jobs).body["resCode"]) for _ in range(4)]
    assert codes == ["200", "200", "200", "501"]


@pytest.mark.parametrize(("picture", "code"), [("gone.png", "701"), ("tiny.png", "703")])
def test_a_bad_picture_has_the_vendors_code(execute, outfit, picture, code):
    answer = execute(SUBMIT, paramJson=outfit(("tops", picture)))
    assert (answer.code, str(answer.body["resCode"])) == ("0", code)


def test_the_remaining_quota_can_be_read(execute):
    answer = execute("/ai/query/balance", apiPath=SUBMIT)
    assert answer.code == "0"
    assert answer.body["data"]["balance"] > 0
