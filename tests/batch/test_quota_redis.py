import pytest

from quota_server import redis_server, run_workers, vendor_server
from tryon_batch.quota import make_gate
from tryon_batch.quota_redis import SharedCounts
from tryon_core.clock import SystemClock
from tryon_core.errors import SettingsError
from tryon_core.models import Quota


@pytest.fixture(scope="module")
def port():
    with redis_server() as port:
        yield port


@pytest.fixture
def server(port):
    with pytest.importorskip("redis").Redis(port=port) as client:
        client.flushall()
        yield client


@pytest.fixture
def address(server, port):  # noqa: ARG001  (it must be empty)
    return f"redis://127.0.0.1:{port}/0"


def gate_of(address, *, account="a", owner=None, typical_job_s=5.0, **quota):
    return make_gate(
        Quota(**quota),
        account=account,
        owner=owner,
        clock=SystemClock(),
        storage=address,
        typical_job_s=typical_job_s,
    )


def test_processes_share_the_window(address):
    first, second = (gate_of(address, submissions=2, window_s=60.0) for _ in range(2))
    assert [first.reserve(), second.reserve()] == [0, 0]
    assert first.reserve() > 0
    first.release()
    assert 0 < second.reserve() <= 1  # it asks often, since others may withdraw


def test_what_was_not_sent_is_free_for_the_others(address):
    first, second = (gate_of(address, submissions=1, window_s=60.0) for _ in range(2))
    assert first.reserve() == 0
    first.release(was_sent=False)
    assert second.reserve() == 0


def test_processes_share_the_running_jobs(address):
    first, second = (gate_of(address, running_jobs=1) for _ in range(2))
    assert first.reserve() == 0
    first.started("1")
    first.release()
    assert 0 < second.reserve() < 1
    first.ended("1")
    assert second.reserve() == 0


def test_accounts_are_apart(address):
    assert gate_of(address, account="a", submissions=1).reserve() == 0
    assert gate_of(address, account="b", submissions=1).reserve() == 0


def test_all_processes_pause_after_a_refusal(address, server):
    first, second = (gate_of(address, submissions=10) for _ in range(2))
    first.slow_down(40.0)
    first.slow_down(3.0)
    assert second.reserve() == 1  # the most that one sleeps
    (pause,) = server.keys("*:pause")
    assert 35_000 < server.pttl(pause) <= 40_000


def test_processes_share_the_polls(address):
    first, second = (gate_of(address, queries_per_s=0.1) for _ in range(2))
    assert first.reserve_poll() == 0
    assert 5 < second.reserve_poll() <= 10
    assert gate_of(address).reserve_poll() == 0


@pytest.mark.parametrize(("kind", "most_s"), [("sending", 300), ("running", 600)])
def test_what_a_dead_machine_held_is_given_back_in_time(address, server, kind, most_s):
    dead = gate_of(address, submissions=1, running_jobs=1)
    assert dead.reserve() == 0
    if kind == "running":
        dead.started("1")
        dead.release(was_sent=False)
    (key,) = server.keys(f"*:{kind}")
    ((_, until_s),) = server.zrange(key, 0, -1, withscores=True)
    now_s = server.time()[0]
    assert now_s + most_s - 20 < until_s <= now_s + most_s + 1
    alive = gate_of(address, submissions=1, running_jobs=1)
    assert alive.reserve() > 0
    for held in server.keys("*:sending") + server.keys("*:running"):
        for one in server.zrange(held, 0, -1):
            server.zadd(held, {one: now_s - 1})
    assert alive.reserve() == 0


def test_the_shortest_trip_of_all_shortens_the_wait_of_those_who_know_theirs(server):
    quota = Quota(submissions=1, window_s=60.0)
    near, far = (SharedCounts(server, quota=quota, account="a", owner=name) for name in "nf")
    assert far.reserve("1") == 0
    far.answered("1", trip_s=40.0)
    assert far.reserve("2") == pytest.approx(60, abs=5)
    assert far.reserve("2", certain=0.9) == pytest.approx(60 - 36, abs=5)
    near.answered("1", trip_s=10.0)  # the far one must not come too soon after the near one
    far.answered("1", trip_s=40.0)
    assert far.reserve("2", certain=0.9) == pytest.approx(60 - 9, abs=5)


def test_a_run_that_goes_on_gives_back_at_once_what_it_was_sending(address):
    quota = {"submissions": 3, "window_s": 600.0, "running_jobs": 3}
    other = gate_of(address, **quota)
    dead = gate_of(address, owner="run", **quota)
    assert [dead.reserve(), dead.reserve()] == [0, 0]
    dead.started("1")
    dead.release()
    alive = gate_of(address, owner="run", typical_job_s=0.0, **quota)
    assert other.reserve() == 0  # only the job runs
    # What was being sent may have arrived: with it, three were sent within the window.
    assert alive.reserve() > 0
    other.release(was_sent=False)
    assert alive.reserve() == 0
    alive.release(was_sent=False)
    alive.ended("1")


def test_what_was_being_sent_may_have_become_a_job(address):
    dead = gate_of(address, owner="run", running_jobs=1)
    assert dead.reserve() == 0
    assert gate_of(address, owner="run", running_jobs=1, typical_job_s=50.0).reserve() > 0
    assert gate_of(address, owner="run", running_jobs=1, typical_job_s=0.0).reserve() > 0


def test_no_account_reaches_the_server_in_clear(address, server):
    gate = gate_of(address, account="sk-fake-key", submissions=2, running_jobs=2, queries_per_s=1)
    gate.reserve()
    gate.started("1")
    gate.release()
    gate.reserve_poll()
    gate.slow_down(5.0)
    keys = server.keys()
    assert len(keys) == 5
    assert not any(b"sk-fake" in key for key in keys)


@pytest.mark.parametrize("address", ["redis://me:pw@127.0.0.1:1/0", "redis://:pw@127.0.0.1:x/0"])
def test_an_address_that_does_not_work_is_named_without_its_password(address):
    with pytest.raises(SettingsError, match=r"\*\*\*\*@127\.0\.0\.1") as caught:
        gate_of(address)
    assert "pw" not in str(caught.value)


def test_a_wrong_password_is_told():
    with redis_server("--requirepass", "right") as port:
        assert gate_of(f"redis://:right@127.0.0.1:{port}/0").reserve() == 0
        with pytest.raises(SettingsError, match="quota storage"):
            gate_of(f"redis://:wrong@127.0.0.1:{port}/0")


def test_a_server_that_goes_away_stops_sending_and_is_named_in_the_end(caplog):
    with redis_server() as port:
        clock = _Stopped()
        address = f"redis://127.0.0.1:{port}/0"
        quota = Quota(submissions=3, queries_per_s=2)
        gate = make_gate(quota, account="a", clock=clock, storage=address)
        assert gate.reserve() == 0
    gate.release()
    gate.started("1")
    assert gate.reserve() == 1
    assert "nothing is sent meanwhile" in caplog.text
    assert [gate.reserve_poll(), gate.reserve_poll()] == [0, 0.5]  # they cost nothing
    clock.now_s += 200
    with pytest.raises(SettingsError, match="has not answered for 120 s"):
        gate.reserve()


class _Stopped(SystemClock):
    now_s = 0.0

    def monotonic(self):
        return self.now_s


@pytest.mark.parametrize(("running", "job_s"), [(0, 0.0), (3, 0.05)])
def test_four_processes_never_exceed_the_quota_together(address, running, job_s):
    quota = Quota(submissions=8, window_s=0.4, running_jobs=running or None)
    with vendor_server(quota, job_s=job_s) as (vendor, port):
        arguments = [address, port, 8, 0.4, running, job_s, 12]
        run_workers(arguments, count=4)
    assert (vendor.refused, vendor.over, len(vendor.arrivals)) == (0, 0, 48)
