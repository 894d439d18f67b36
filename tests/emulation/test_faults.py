import pytest
import requests

from providers import picture
from toy_emulator import KEY, emulator
from tryon_core import errors
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import Fault, FaultPlan, parse_fault, start


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def run(clock):
    return lambda *faults: start(emulator, clock=clock, faults=faults)


def _submit(toy):
    return requests.post(
        f"{toy.ctx.address}/jobs", files={"photo": picture()}, headers={"X-Key": KEY}, timeout=5
    )


def test_a_lost_answer_leaves_the_job_behind(run):
    with run("submit:drop*1") as toy:
        with pytest.raises(requests.ConnectionError):
            _submit(toy)
        assert len(toy.ctx.jobs.all()) == 1
        assert _submit(toy).status_code == 202
    assert [(entry.status, entry.fault) for entry in toy.log] == [(None, "drop"), (202, None)]


def test_a_connection_that_ends_first_leaves_nothing_behind(run):
    with run("submit:drop-before") as toy:
        with pytest.raises(requests.ConnectionError):
            _submit(toy)
        assert toy.ctx.jobs.all() == []
        assert toy.log.count("submit") == 1


def test_a_connection_that_ends_within_the_answer(run):
    with run("submit:cut") as toy, pytest.raises(requests.exceptions.ChunkedEncodingError):
        _submit(toy)
    assert len(toy.ctx.jobs.all()) == 1


def test_half_an_answer_is_whole_to_the_protocol(run):
    with run("submit:truncated") as toy:
        answer = _submit(toy)
    assert answer.status_code == 202
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_a_page_stands_in_the_way_of_the_vendor(run):
    with run("submit:html") as toy:
        answer = _submit(toy)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert toy.ctx.jobs.all() == []


@pytest.mark.parametrize("status", [200, 302, 404, 408, 503])
def test_a_page_has_any_status(run, status):
    with run(f"submit:page={status}*1") as toy:
        answer = requests.post(f"{toy.ctx.address}/jobs", allow_redirects=False, timeout=5)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert toy.ctx.jobs.all() == []
        assert _submit(toy).status_code == 202


def test_a_page_that_redirects_leads_to_a_page(run):
    with run("poll:page=302") as toy:
        answer = requests.get(f"{toy.ctx.address}/jobs/1", timeout=5)
    assert (answer.status_code, len(answer.history)) == (200, 1)
    assert answer.text.startswith("<html>")


def test_another_service_may_answer(run):
    with run("submit:foreign") as toy:
        answer = _submit(toy)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert toy.ctx.jobs.all() == []


def test_an_answer_may_have_lost_its_body(run):
    with run("submit:empty") as toy:
        answer = _submit(toy)
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(toy.ctx.jobs.all()) == 1


def test_a_slow_answer_waits_on_the_emulator_s_clock(run, clock):
    with run("submit:slow=3") as toy:
        assert _submit(toy).status_code == 202
    assert clock.sleeps == [3.0]


def test_an_answer_may_come_byte_by_byte(run, clock):
    with run("submit:drip=3") as toy:
        answer = _submit(toy)
        assert answer.status_code == 202
        assert len(toy.ctx.jobs.all()) == 1
    assert len(clock.sleeps) == len(answer.content)
    assert sum(clock.sleeps) == pytest.approx(3)


def test_a_status_is_answered_with_the_vendor_s_own_words(run):
    with run("submit:429*2") as toy:
        answers = [_submit(toy) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 202]
    assert answers[0].json() == {"code": "429", "path": "/jobs"}


def test_a_code_of_the_vendor_is_answered(run):
    with run("submit:BadPhoto") as toy:
        answer = _submit(toy)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadPhoto")


def test_a_status_of_which_the_vendor_says_nothing_has_a_plain_text(run):
    with run("submit:418") as toy:
        assert _submit(toy).status_code == 418


def test_the_next_job_fails_with_a_code_after_its_time(run, clock):
    with run("poll:job=BadPose*1") as toy:
        doomed, fine = (toy.ctx.jobs.get(_submit(toy).json()["id"]) for _ in range(2))
        url = f"{toy.ctx.address}/jobs/{doomed.id}"
        assert requests.get(url, timeout=5).json()["stage"] == "pending"
        clock.advance(10)
        assert requests.get(url, timeout=5).json() == {"stage": "failed", "code": "BadPose"}
    assert fine.failure is None
    assert {entry.fault for entry in toy.log} == {None}


def test_a_job_that_fails_by_itself_keeps_its_own_code(run):
    with run("poll:job=BadPose") as toy:
        assert toy.ctx.jobs.create(failure="TooDark").failure == "TooDark"


@pytest.mark.parametrize("fault", [Fault(operation="submit", kind="job", code="BadPose"),
                                   Fault(operation="poll", kind="job")])  # fmt: skip
def test_a_fault_of_jobs_belongs_to_poll_and_has_a_code(run, fault):
    with run() as toy, pytest.raises(errors.InputError, match="poll:job=CODE"):
        toy.faults.add(fault)


def test_a_result_can_be_refused(run):
    with run("result:403") as toy:
        url = toy.ctx.publish(picture())
        assert requests.get(url, timeout=5).status_code == 403


def test_everything_can_have_a_fault_but_the_log(run):
    with run("*:503") as toy:
        assert _submit(toy).status_code == 503
        assert requests.get(f"{toy.ctx.address}/_tryon/log", timeout=5).status_code == 200


def test_faults_may_come_and_go_while_it_runs(run):
    with run() as toy:
        toy.faults.add(parse_fault("submit:429"))
        assert _submit(toy).status_code == 429
        toy.faults.clear()
        assert _submit(toy).status_code == 202


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("submit:429*2", Fault(operation="submit", kind="429", count=2)),
        ("poll:slow=2.5%5", Fault(operation="poll", kind="slow", seconds=2.5, percent=5)),
        ("poll:drip=600", Fault(operation="poll", kind="drip", seconds=600)),
        ("*:drop-before", Fault(operation="*", kind="drop-before")),
        ("poll:page=302*1", Fault(operation="poll", kind="page", status=302, count=1)),
        ("poll:job=No body.*2", Fault(operation="poll", kind="job", code="No body.", count=2)),
        ("upload:InvalidParameter.DataInspection", Fault(
            operation="upload", kind="InvalidParameter.DataInspection")),
    ],
)  # fmt: skip
def test_a_fault_is_read(spec, fault):
    assert parse_fault(spec) == fault


@pytest.mark.parametrize(
    "spec",
    ["", "submit", "submit:", ":429", "poll:slow", "poll:drop=3", "poll:slow=x", "poll:drip",
     "poll:job", "poll:page", "poll:page=99", "poll:page=600"],
)  # fmt: skip
def test_what_is_no_fault_is_named_with_examples(spec):
    with pytest.raises(errors.InputError, match=r"cannot be read.*submit:429\*2"):
        parse_fault(spec)


def test_an_operation_that_does_not_exist_is_refused_with_those_that_do(run):
    with (
        pytest.raises(errors.InputError, match=r"'sbmit'.*It has: cancel, poll, result, submit"),
        run("sbmit:drop"),
    ):
        pass


@pytest.mark.parametrize("kind", ["dorp", "BadFoto", "42", "900"])
def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(run, kind):
    with (
        pytest.raises(errors.InputError, match=f"'{kind}'.*cut, drip=SECONDS, drop, .*page=STATUS"),
        run(f"submit:{kind}"),
    ):
        pass


def test_a_fault_that_comes_while_it_runs_is_checked_too(run):
    with run() as toy, pytest.raises(errors.InputError, match="'poll_all'"):
        toy.faults.add(parse_fault("poll_all:429"))


def test_a_share_of_requests_is_faulty_repeatably():
    def taken():
        plan = FaultPlan([parse_fault("submit:drop%20")], seed=4)
        return [plan.take("submit") is not None for _ in range(1000)]

    assert taken() == taken()
    assert 150 < sum(taken()) < 250
    assert FaultPlan([parse_fault("submit:drop%0")]).take("submit") is None
