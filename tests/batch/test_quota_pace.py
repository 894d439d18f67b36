import pytest
from hypothesis import given, strategies as st

from quota_world import QuotaJudge, Simulation, Trip
from tryon_batch.quota import make_gate, pace_of
from tryon_core.models import Quota
from tryon_testing.clocks import FakeClock

TEN = Quota(submissions=10, window_s=1.0)


def test_without_a_refusal_nothing_is_spaced():
    pace = pace_of(TEN)
    pace.sent(0.0)
    assert pace.wait_s(0.0) == 0


@given(retry_after_s=st.floats(0.1, 1000))
def test_the_vendor_says_how_long_to_wait(retry_after_s):
    clock = FakeClock()
    gate = make_gate(TEN, account="a", clock=clock)
    gate.slow_down(retry_after_s)
    assert gate.reserve() == pytest.approx(retry_after_s)


def test_pauses_grow_while_refusals_go_on_and_have_a_most():
    pace, now_s, pauses = pace_of(TEN), 0.0, []
    for _ in range(8):
        pauses.append(pace.refused(now_s, None))
        now_s += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_refusals_of_one_burst_are_one_lesson():
    pace = pace_of(TEN)
    for _ in range(5):
        pace.refused(10.0, None)
    assert pace.share == 0.7


def test_a_declared_rate_is_cut_to_a_quarter_at_most():
    pace = pace_of(TEN)
    for number in range(20):
        pace.refused(100.0 * number, 1.0)
    assert pace.share == 0.25
    assert pace.spacing_s == pytest.approx(0.4)


def test_the_full_rate_comes_back_slowly():
    pace, now_s = pace_of(TEN), 1000.0
    pace.refused(now_s, 1.0)
    shares = []
    for _ in range(7):
        now_s += 30.0
        pace.wait_s(now_s)
        shares.append(pace.share)
    assert shares == pytest.approx([0.75, 0.8, 0.85, 0.9, 0.95, 1, 1])
    assert pace.spacing_s == 0


def test_an_undeclared_rate_is_learnt_from_what_was_sent():
    pace = pace_of(Quota())
    for number in range(11):
        pace.sent(0.2 * number)
    pace.refused(2.0, 0.5)
    assert pace.spacing_s == pytest.approx(0.2 / 0.7)
    pace.sent(3.0)
    assert pace.wait_s(3.0) == pytest.approx(0.2 / 0.7)


def test_refusals_without_a_reason_do_not_bring_a_run_to_a_standstill():
    pace, now_s = pace_of(Quota()), 0.0
    for _ in range(50):
        for _ in range(20):
            now_s += pace.wait_s(now_s)
            pace.sent(now_s)
        pace.refused(now_s, None)
    assert pace.spacing_s <= 3.0 / 0.7


@pytest.mark.parametrize("declared", [TEN, Quota(running_jobs=4)])
def test_a_vendor_that_allows_less_is_soon_served_at_its_rate(declared):
    clock = FakeClock()
    gate = make_gate(declared, account="a", clock=clock)
    vendor = QuotaJudge(Quota(submissions=5, window_s=1.0))
    trips = [Trip(there_s=0.02, back_s=0.02)] * 1000
    Simulation(gate=gate, clock=clock, vendor=vendor, trips=trips).run()
    assert 5 <= vendor.refused <= 60
    last = vendor.arrivals[-500:]
    assert 499 / (last[-1] - last[0]) >= 2.5
