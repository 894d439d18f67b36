import pytest

from quota_server import redis_server, run_workers, vendor_server
from tryon_batch.quota import make_gate
from tryon_core.clock import SystemClock
from tryon_core.errors import SettingsError
from tryon_core.models import Quota


@pytest.fixture(scope="module")
def port():
    with redis_server() as port:
        yield port


@pytest.fixture
def address(port):
    client = pytest.importorskip("redis").Redis(port=port)
    client.flushall()
    client.close()
    return f"redis://127.0.0.1:{port}/0"


def gate_of(address, account="a", **quota):
    return make_gate(Quota(**quota), account=account, clock=SystemClock(), storage=address)


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


def test_all_processes_pause_after_a_refusal(address):
    first, second = (gate_of(address, submissions=10) for _ in range(2))
    first.slow_down(40.0)
    first.slow_down(3.0)
    assert second.reserve() == 1  # the most that one sleeps
    assert second._leases.now()[1] == pytest.approx(40, abs=5)


def test_leases_of_a_dead_machine_vanish(address):
    dead = gate_of(address, submissions=1, running_jobs=1)
    assert dead.reserve() == 0
    dead.started("1")
    alive = gate_of(address, submissions=1, running_jobs=1)
    assert alive._leases.enter("x", dead._leases.now()[0] + 4000) == (0, 0)


def test_no_account_reaches_the_server_in_clear(address, port):
    gate = gate_of(address, account="sk-fake-key", submissions=2, running_jobs=2)
    gate.reserve()
    gate.started("1")
    gate.release()
    gate.slow_down(5.0)
    keys = pytest.importorskip("redis").Redis(port=port).keys()
    assert len(keys) == 3
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
        gate = make_gate(Quota(submissions=3), account="a", clock=clock, storage=address)
        assert gate.reserve() == 0
    gate.release()
    gate.started("1")
    assert gate.reserve() == 1
    assert "nothing is sent meanwhile" in caplog.text
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
