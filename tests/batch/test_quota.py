import itertools
import math

import pytest
from hypothesis import given, strategies as st

from quota_world import QuotaJudge, Simulation, Trip
from tryon_batch.quota import make_gate, masked
from tryon_core.errors import MissingExtra, SettingsError
from tryon_core.models import Quota
from tryon_testing.clocks import FakeClock

ways = st.floats(0, 3, allow_nan=False)
trips = st.lists(
    st.builds(
        Trip, there_s=ways, back_s=ways, job_s=st.floats(0, 20), is_sent=st.sampled_from([1, 1, 0])
    ),
    min_size=1,
    max_size=60,
)
quotas = st.builds(
    Quota,
    submissions=st.none() | st.integers(1, 8),
    window_s=st.sampled_from([0.25, 1.0, 60.0]),
    running_jobs=st.none() | st.integers(1, 6),
)


def simulated(quota, trips, *, vendor=None):
    clock = FakeClock()
    gate = make_gate(quota, account="a", clock=clock)
    return Simulation(gate=gate, clock=clock, vendor=vendor or QuotaJudge(quota), trips=trips).run()


@given(quota=quotas, trips=trips)
def test_no_moving_window_of_arrivals_and_no_number_of_jobs_is_exceeded(quota, trips):
    vendor = simulated(quota, trips).vendor
    assert (vendor.refused, vendor.over) == (0, 0)
    assert len(vendor.arrivals) == sum(bool(trip.is_sent) for trip in trips)


@given(quota=quotas, trips=trips)
def test_after_the_delay_that_is_told_there_is_room(quota, trips):
    assert simulated(quota, trips).dishonest == 0


@given(data=st.data(), base=st.floats(0, 0.3), quota=quotas)
def test_what_is_known_of_the_shortest_way_never_costs_a_refusal(data, base, quota):
    # The way there never varies by more than the whole trip exceeds the shortest one.
    slow = data.draw(st.lists(st.floats(0, 0.5), min_size=50, max_size=120))
    fixed = Trip(there_s=base, back_s=0.05)
    varied = [Trip(there_s=base + more, back_s=0.05) for more in slow]
    assert simulated(quota, [fixed, *varied]).vendor.refused == 0


@pytest.mark.parametrize(("there_s", "least"), [(0.01, 0.98), (0.2, 0.96), (1.0, 0.85)])
def test_long_ways_cost_little_of_the_quota(there_s, least):
    quota = Quota(submissions=10, window_s=1.0)
    vendor = simulated(quota, [Trip(there_s=there_s, back_s=0.02)] * 600).vendor
    vendor.arrivals = vendor.arrivals[100:]  # the ways must be known first
    assert vendor.use >= least


def test_the_third_of_two_waits_for_the_answer_and_a_window():
    clock = FakeClock()
    gate = make_gate(Quota(submissions=2, window_s=1.0), account="a", clock=clock)
    assert [gate.reserve(), gate.reserve(), gate.reserve()] == [0, 0, math.inf]
    clock.advance(0.5)
    gate.release()
    assert gate.reserve() == pytest.approx(1.0, abs=0.002)


def test_what_was_not_sent_gives_its_place_back():
    gate = make_gate(Quota(submissions=1), account="a", clock=FakeClock())
    assert gate.reserve() == 0
    gate.release(was_sent=False)
    assert gate.reserve() == 0


def test_a_release_without_a_reservation_counts_nothing():
    gate = make_gate(Quota(submissions=1), account="a", clock=FakeClock())
    gate.release()
    assert gate.reserve() == 0


def test_running_jobs_keep_their_places_until_they_end():
    gate = make_gate(Quota(running_jobs=1), account="a", clock=FakeClock())
    gate.started("1")
    gate.started("1")
    assert gate.reserve() == math.inf
    gate.ended("1")
    gate.ended("unknown")
    assert gate.reserve() == 0


def test_submissions_of_an_earlier_process_count():
    clock = FakeClock()
    quota = Quota(submissions=2, window_s=60.0)
    gate = make_gate(quota, account="a", clock=clock, recent_s=[70.0, 10.0, 20.0])
    assert gate.reserve() == pytest.approx(40.0, abs=0.01)


def _asked_at_s(clock, gate, due_s):
    """Return when a poll is sent by somebody who waits as long as told."""
    clock.advance(max(0.0, due_s - clock.monotonic()))
    while (wait_s := gate.reserve_poll()) > 0:
        clock.advance(wait_s)
    return clock.monotonic()


def test_without_a_quota_of_polls_they_are_sent_when_they_are_due():
    gate = make_gate(Quota(), account="a", clock=FakeClock())
    assert [gate.reserve_poll() for _ in range(3)] == [0, 0, 0]


@given(
    due=st.lists(st.floats(0, 100), min_size=2, max_size=30).map(sorted),
    per_s=st.sampled_from((0.5, 2.0, 20.0)),
)
def test_polls_are_never_closer_than_the_vendor_allows_and_no_later_than_needed(due, per_s):
    clock = FakeClock()
    gate = make_gate(Quota(queries_per_s=per_s), account="a", clock=clock)
    start_s = clock.monotonic()
    times = [_asked_at_s(clock, gate, start_s + at_s) for at_s in due]
    for (earlier, later), at_s in zip(itertools.pairwise(times), due[1:], strict=True):
        assert later == pytest.approx(max(start_s + at_s, earlier + 1 / per_s), abs=1e-5)


def test_no_quota_is_no_gate():
    gate = make_gate(Quota(), account="a", clock=FakeClock())
    assert {gate.reserve() for _ in range(1000)} == {0}


@pytest.mark.parametrize("address", ["memcached://h", "redis", "", "postgres://me:pw@h/1"])
def test_an_unknown_storage_is_named(address):
    with pytest.raises(SettingsError) as caught:
        make_gate(Quota(), account="a", clock=FakeClock(), storage=address)
    assert masked(address) in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("storage", "module", "extra"),
    [("redis://h", "redis", "batch,redis")],
)
def test_a_missing_library_names_the_extra(monkeypatch, storage, module, extra):
    monkeypatch.setattr(
        "tryon_batch.quota.find_spec", lambda name: None if name == module else name
    )
    with pytest.raises(MissingExtra, match=rf"\[{extra}\]") as caught:
        make_gate(Quota(), account="a", clock=FakeClock(), storage=storage)
    assert module in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://host:1/2", "redis://host:1/2"),
        ("redis://:pw@host", "redis://:********@host"),
        ("redis://me:p@w:x@host:1", "redis://me:********@host:1"),
        ("redis://me:p/w@host", "redis://me:********@host"),
        ("redis://host?password=pw", "redis://host"),
        ("redis+unix://me:pw@/run/r.sock?db=1", "redis+unix://me:********@/run/r.sock"),
    ],
)
def test_passwords_in_addresses_are_masked(address, shown):
    assert masked(address) == shown
