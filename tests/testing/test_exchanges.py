"""An emulator of documented exchanges answers like them, and says what a request has otherwise."""

import base64
from pathlib import Path

import attrs
import pytest
import requests
from flask import Flask, request

import acme
from tryon_core.clock import SystemClock
from tryon_core.errors import InputError
from tryon_testing.checks.base import CheckFailed
from tryon_testing.clocks import FakeClock
from tryon_testing.contract import ProviderContract
from tryon_testing.emulation import parse_fault, start
from tryon_testing.exchanges import (
    Exchange,
    ExchangeAnswer,
    ExchangeRequest,
    exchange_emulator,
    read_exchanges,
    uncovered,
)
from tryon_testing.exchanges.comparing import Comparison, sent_request
from tryon_testing.samples import sample_requests
from tryon_testing.unchecked import take_unchecked

FILE = Path(acme.__file__).with_name("acme_exchanges.yaml")
DOCS = "https://acme.example/docs"
KEY = {"Authorization": "Bearer obviously_fake_api_key"}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def running(clock):
    with start(exchange_emulator(acme.INFO, read_exchanges(FILE)), clock=clock, job_s=10) as made:
        yield made


def _png():
    return next(iter(sample_requests(acme.INFO))).person.data


def _submit(running, **headers):
    return requests.post(
        f"{running.base_url}/tasks",
        data={"kind": "top"},
        files={"person": _png(), "garment": _png()},
        headers=headers or KEY,
        timeout=5,
    )


def _poll(running, task, **headers):
    return requests.get(f"{running.base_url}/tasks/{task}", headers=headers or KEY, timeout=5)


def test_a_job_has_an_id_of_its_own_and_goes_through_its_states(running, clock):
    first, second = (_submit(running).json()["task_id"] for _ in range(2))
    said = []
    for _ in range(4):
        said.append(_poll(running, first).json()["status"])
        clock.advance(4)
    assert first != second
    assert said == ["queued", "queued", "working", "done"]


def test_the_image_of_a_job_has_one_address(running, clock):
    task = _submit(running).json()["task_id"]
    clock.advance(11)
    answers = [_poll(running, task).json() for _ in range(2)]
    assert answers[0] == answers[1]
    image = requests.get(answers[0]["image_url"], timeout=5)
    assert image.content.startswith(b"\x89PNG")


def test_a_job_fails_with_the_code_that_it_is_told(running, clock):
    running.faults.add(parse_fault("poll:job=bad_image"))
    task = _submit(running).json()["task_id"]
    clock.advance(11)
    assert _poll(running, task).json()["code"] == "bad_image"
    assert running.ctx.billed == {}
    assert running.emulator.failures == ("bad_image",)


def test_jobs_that_fail_without_a_code_get_each_such_answer_in_turn(clock):
    words = [{"task_id": "$id", "status": word} for word in ("failed", "timeout")]
    nameless = [_entry("poll", "/tasks/$id", answer, fails=True) for answer in words]
    emulator = exchange_emulator(acme.INFO, [*read_exchanges(FILE), *nameless])
    assert emulator.failures == ("bad_image",)
    assert exchange_emulator(acme.INFO, nameless).failures == ()
    with start(emulator, clock=clock, job_s=10) as running:
        said = []
        for _ in range(3):
            running.faults.add(parse_fault("poll:job=anything"))
            task = _submit(running).json()["task_id"]
            running.faults.clear()
            clock.advance(61)
            said.append(_poll(running, task).json())
    assert [answer["status"] for answer in said] == ["failed", "timeout", "failed"]
    assert not any("anything" in str(answer) for answer in said)


def test_jobs_get_each_finished_answer_in_turn(clock):
    inline = {"task_id": "$id", "status": "done", "image": "$image_base64"}
    entries = [*read_exchanges(FILE), _entry("poll", "/tasks/$id", inline)]
    with start(exchange_emulator(acme.INFO, entries), clock=clock, job_s=10) as running:
        tasks = [_submit(running).json()["task_id"] for _ in range(3)]
        clock.advance(11)
        places = [set(_poll(running, task).json()) - {"task_id", "status"} for task in tasks]
    assert places == [{"image_url"}, {"image"}, {"image_url"}]


def test_a_cancelled_job_is_polled_as_such_and_a_finished_one_is_not_cancelled(clock):
    stopped = Exchange(
        operation="poll",
        source=DOCS,
        request=ExchangeRequest(path="/tasks/$id", method="GET"),
        answer=ExchangeAnswer(json={"task_id": "$id", "status": "stopped"}),
        cancelled=True,
    )
    emulator = exchange_emulator(acme.INFO, [*read_exchanges(FILE), stopped])
    with start(emulator, clock=clock, job_s=10) as running:
        first, second = (_submit(running).json()["task_id"] for _ in range(2))
        address = f"{running.base_url}/tasks"
        assert requests.delete(f"{address}/{first}", headers=KEY, timeout=5).status_code == 200
        clock.advance(11)
        assert _poll(running, first).json()["status"] == "stopped"
        late = requests.delete(f"{address}/{second}", headers=KEY, timeout=5)
        assert (late.status_code, late.json()["code"]) == (409, "too_late")
        assert _poll(running, second).json()["status"] == "done"


def test_a_refusal_is_given_only_where_it_is_asked_for(running):
    assert _submit(running).status_code == 200
    refusal = running.emulator.refuse("no_credits")
    assert (refusal.status_code, refusal.json["code"]) == (402, "no_credits")
    assert running.emulator.refuse("429").json["code"] == "slow_down"
    assert running.emulator.refuse("unheard of") is None


def test_a_wrong_key_gets_the_refusal_with_its_status(running):
    answer = _submit(running, Authorization="Bearer another")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_key")


def test_the_header_with_the_key_is_wanted_everywhere(running):
    task = _submit(running).json()["task_id"]
    answer = _poll(running, task, Authorization="another")
    assert "the header Authorization" in answer.json()["message"]
    assert _poll(running, task, Authorization="Bearer another").status_code == 401


def test_an_unknown_job_gets_the_documented_refusal(running):
    answer = _poll(running, "another")
    assert (answer.status_code, answer.json()["code"]) == (404, "gone")


def test_an_unknown_address_is_named_beside_those_that_are_known(running):
    answer = requests.post(f"{running.base_url}/runs", headers=KEY, timeout=5)
    assert answer.status_code == 404
    text = "the provider sends POST /runs, the exchanges have "
    assert answer.json()["message"].startswith(text)
    assert "POST /tasks" in answer.json()["message"]


def test_the_emulator_reports_what_it_understood(running):
    _submit(running)
    (job,) = running.ctx.jobs.all()
    assert job.understood.person == _png()
    assert job.understood.garments == {"top": _png()}
    assert running.ctx.billed == {job.id: 1}


def _emulator(*entries):
    return exchange_emulator(acme.INFO, entries)


def _entry(operation, path, answer=None, json=None, method="GET", **more):
    return Exchange(
        operation=operation,
        source=DOCS,
        request=ExchangeRequest(path=path, method=method, json=json),
        answer=ExchangeAnswer(json=answer),
        **more,
    )


def _run(json, answer):
    return _entry("submit", "/run", answer, json, method="POST")


def test_what_the_vendor_does_not_tell_apart_is_understood_as_either():
    entries = [
        _run({"person": "$person", "upper": f"${kind}"}, {"id": "$id", "url": "$image"})
        for kind in ("top", "dress")
    ]
    with start(_emulator(*entries), clock=SystemClock()) as running:
        given = {"person": _uri(b"p"), "upper": _uri(b"g")}
        requests.post(f"{running.base_url}/run", json=given, timeout=5)
        (job,) = running.ctx.jobs.all()
    assert job.understood.garments == {"top|dress": b"g"}


def test_images_are_as_many_as_were_asked_for():
    json = {"n": "$outputs", "person": "$person", "garments": "$garments"}
    entries = [_run(json, {"id": "$id"}), _entry("poll", "/run/$id", {"images": ["$image"]})]
    with start(_emulator(*entries), clock=SystemClock()) as running:
        given = {"n": 3, "person": _uri(_png()), "garments": [_uri(_png())] * 2}
        task = requests.post(f"{running.base_url}/run", json=given, timeout=5).json()["id"]
        images = requests.get(f"{running.base_url}/run/{task}", timeout=5).json()["images"]
        assert len({requests.get(url, timeout=5).content for url in images}) == 3
        (job,) = running.ctx.jobs.all()
    assert job.understood.outputs == 3
    assert job.understood.garments == [_png(), _png()]


def test_the_vendors_own_addresses_become_those_of_the_emulator():
    answer = {"id": "$id", "see": "https://api.acme.example/run/$id", "url": "$image"}
    given = {"person": _uri(_png())}
    entry = _run({"person": "$person", "top": "$top"}, answer)
    with start(_emulator(entry), clock=SystemClock()) as running:
        body = {**given, "top": _uri(_png())}
        said = requests.post(f"{running.base_url}/run", json=body, timeout=5).json()
        assert said["see"] == f"{running.ctx.address}/run/{said['id']}"


def test_an_image_may_be_the_answer_or_stand_in_it_as_base64():
    text = Exchange(
        operation="submit",
        source=DOCS,
        request=ExchangeRequest(path="/run", method="POST", json={"top": "$top"}),
        answer=ExchangeAnswer(text="$image_bytes"),
    )
    inline = _entry("poll", "/run/$id", {"uri": "data:image/png;base64,$image_base64"})
    with start(_emulator(text, inline), clock=SystemClock()) as running:
        body = {"top": _uri(_png())}
        answer = requests.post(f"{running.base_url}/run", json=body, timeout=5)
        assert answer.headers["Content-Type"] == "image/png"
        (job,) = running.ctx.jobs.all()
        said = requests.get(f"{running.base_url}/run/{job.id}", timeout=5).json()
    assert said["uri"].startswith("data:image/png;base64,iVBOR")


def _uri(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _differences(wanted, sent, **settings):
    """Return what a JSON request has otherwise than an exchange says."""
    comparison = Comparison(
        settings=settings,
        secrets=frozenset({"api_key"}),
        options=frozenset({"seed", "mode"}),
        images=("data_uri", "base64"),
    )
    with Flask("x").test_request_context("/?q=1", json=sent, method="POST"):
        wanted = ExchangeRequest(path="/?q=1", json=wanted)
        comparison.compare(wanted, sent_request(request))
    return "; ".join(comparison.differences), comparison.found


@pytest.mark.parametrize(
    ("wanted", "sent", "told"),
    [
        ({"a": 1}, {"a": "1"}, "the exchange says a: 1, the provider sends 1"),
        ({"a": True}, {"a": 1}, "the exchange says a: true, the provider sends 1"),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, "the exchange says a.b: x, the provider sends y"),
        ({"a": ["x"]}, {"a": ["x", "y"]}, 'says a: ["x"], the provider sends ["x", "y"]'),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "says a[0].b: 1, the provider sends 2"),
        (
            {"in": {"model_image": "$person"}},
            {"in": {"person_image": "data:image/png;base64,AAAA"}},
            "the exchange says in.model_image, the provider sends in.person_image",
        ),
        ({"a": "x", "b": 2}, {"b": 2}, "the exchange says a: x, the provider does not send it"),
        ({"b": 2}, {"b": 2, "c": 3}, "sends c: 3, which the exchange does not have"),
        ({"a": "$person"}, {"a": "no image!"}, "a: no image"),
        ({"a": "$person"}, {"a": 7}, "says a: $person, the provider sends 7"),
        ({"a": "data:image/png;base64,$person"}, {"a": "AAAA"}, "a: no image"),
        ({"k": {"$category": {"top": "upper"}}}, {"k": "top"}, "the provider sends top"),
        ({"a": "m-$seed"}, {"a": "7"}, "says a: m-$seed, the provider sends 7"),
        ({"a": "v$region"}, {"a": "vus"}, "says a: v$region, the provider sends vus"),
        ({"a": "$person"}, [1], "says the body: {"),
    ],
)
def test_a_difference_is_told_in_words(wanted, sent, told):
    text, _ = _differences(wanted, sent, region="eu")
    assert told in text


def test_what_is_as_the_exchange_says_is_no_difference():
    wanted = {
        "seed": "$seed",
        "more": {"mode": {"$mode": {"fast": 1, "good": 2}}},
        "left": {"seed": "$seed"},
        "ref": "$any",
        "name": "job-${seed}x",
        "key": "$api_key",
    }
    sent = {"more": {"mode": 2}, "ref": [1], "name": "job-7x", "key": "k"}
    text, found = _differences(wanted, sent, api_key="k")
    assert text == ""
    assert found == {"mode": "good", "seed": "7"}


def test_a_form_in_place_of_json_is_told():
    comparison = Comparison(settings={}, secrets=frozenset(), options=frozenset())
    with Flask("x").test_request_context("/", data={"a": "1"}, method="POST"):
        comparison.compare(ExchangeRequest(path="/", json={"a": 1}), sent_request(request))
        comparison.compare(ExchangeRequest(path="/", form={"a": 1}), sent_request(request))
    assert comparison.differences == ["the exchange sends json, the provider sends form"]


def test_a_key_in_another_header_is_told():
    comparison = Comparison(
        settings={"api_key": "k-123"}, secrets=frozenset({"api_key"}), options=frozenset()
    )
    comparison.compare_headers({"Authorization": "Bearer $api_key"}, {"x-api-key": "k-123"})
    (told,) = comparison.differences
    assert told.endswith("Bearer $api_key, the provider sends it in the header x-api-key")


def test_placeholders_that_nobody_knows_are_named_at_once():
    entry = _entry("submit", "/run/$typo", {"id": "$id", "at": "$imagee"}, {"a": "$sede"})
    with pytest.raises(InputError) as caught:
        _emulator(entry)
    for told in ("$sede in the request", "did you mean $seed?", "$typo", "$imagee in the answer"):
        assert told in str(caught.value)


def test_what_no_exchange_is_about_is_told_and_not_sent():
    entries = [_run({"person": "$person", "top": "$top"}, {"id": "$id"})]
    info = acme.INFO
    top, dress = (
        next(it for it in sample_requests(acme.INFO) if kind in it.garments)
        for kind in ("top", "dress")
    )
    assert uncovered(info, entries, top) is None
    assert uncovered(info, entries, dress) == "no entry submits a dress: add one"
    seeded = attrs.evolve(top, options=acme.Options(seed=1))
    assert "has $seed in its request" in uncovered(info, entries, seeded)
    pro = [attrs.evolve(entries[0], model="pro")]
    assert "about the model ''" in uncovered(info, pro, top)


def _contract(path, text):
    path.write_text(text)
    return type("Contract", (ProviderContract,), {"provider": acme.provider, "exchanges": path})()


@pytest.fixture
def without(tmp_path):
    """Give a contract whose exchanges lack some operations."""

    def make(*operations):
        kept = [
            part
            for part in FILE.read_text().split("\n- operation: ")
            if not part.startswith(operations)
        ]
        return _contract(tmp_path / "exchanges.yaml", "\n- operation: ".join(kept))

    return make


@pytest.mark.parametrize(
    ("lacking", "check", "told"),
    [
        ("cancel", "cancelling_stops_a_job_or_refuses", "no entry has the operation cancel"),
        ("balance", "the_balance_is_read", "no entry has the operation balance"),
        ("parse", "parsing_gives_a_region_for_each_category", "the operation parse"),
        ("parse", "a_lost_parsing_is_one_request", "no entry has the operation parse"),
    ],
)
def test_a_check_without_its_exchange_is_skipped_and_listed(without, lacking, check, told):
    contract = without(lacking)
    take_unchecked()
    with pytest.raises(pytest.skip.Exception, match=told):
        getattr(contract, f"test_{check}")()
    assert [told in sentence for sentence in take_unchecked()] == [True]


def test_a_file_that_is_about_no_request_fails_the_check(tmp_path):
    text = FILE.read_text().replace("{top: top, dress: dress}", "{bottom: bottom}")
    contract = _contract(tmp_path / "exchanges.yaml", text)
    with pytest.raises(CheckFailed, match="is about none of the provider's requests: no entry su"):
        contract.test_every_sample_request_gives_images()


def test_a_file_with_faults_fails_the_check(tmp_path):
    contract = _contract(tmp_path / "exchanges.yaml", "- operation: submit")
    with pytest.raises(CheckFailed, match="required field missing @ source"):
        contract.test_every_sample_request_gives_images()
