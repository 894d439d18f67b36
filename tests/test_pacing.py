import threading

import pytest
from hypothesis import given, strategies as st

from providers import FakeProvider, fake_info, picture
from quota_world import QuotaJudge
from tryon_core import Client, errors
from tryon_core.models import Quota
from tryon_core.pacing import Pacer
from tryon_core.submitting import SubmitPolicy
from tryon_testing.clocks import FakeClock

PERSON, TOP = picture(), picture(colour=(10, 120, 200))


def _ignore(_):
    """Stand in for whoever is told of waits."""


@given(
    trips=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=40),
    limit=st.integers(1, 5),
    window_s=st.sampled_from([0.25, 1.0, 60.0]),
)
def test_one_after_another_never_comes_too_fast_however_long_the_ways_are(trips, limit, window_s):
    clock, quota = FakeClock(), Quota(submissions=limit, window_s=window_s)
    vendor, pacer = QuotaJudge(quota), Pacer(quota, clock)
    for there_s, back_s in trips:
        with pacer.turn(_ignore):
            clock.advance(there_s)
            assert vendor.accepts(clock.monotonic())
            clock.advance(back_s)


def test_a_burst_of_a_client_waits_for_the_declared_rate_and_tells_it():
    clock, waits = FakeClock(), []
    provider = FakeProvider(info=fake_info(quota=Quota(submissions=3, window_s=60.0)))
    client = Client(provider, clock=clock, submitting=SubmitPolicy(on_wait=waits.append))
    for _ in range(7):
        client.submit(PERSON, top=TOP)
    assert len(provider.requests) == 7
    assert waits == clock.sleeps == [pytest.approx(60, abs=0.01)] * 2


def test_without_a_declared_rate_nothing_waits():
    clock = FakeClock()
    client = Client(FakeProvider(), clock=clock)
    for _ in range(20):
        client.submit(PERSON, top=TOP)
    assert clock.sleeps == []


def test_what_was_not_sent_takes_no_place():
    clock = FakeClock()
    pacer = Pacer(Quota(submissions=1, window_s=60.0), clock)
    with pytest.raises(errors.NotSent), pacer.turn(_ignore):
        raise errors.NotSent("no route.")
    with pacer.turn(_ignore):
        assert clock.sleeps == []


@pytest.mark.parametrize("kind", [errors.InputRefused, errors.OutcomeUnknown, KeyboardInterrupt])
def test_what_may_have_come_takes_its_place_however_it_ends(kind):
    clock = FakeClock()
    pacer = Pacer(Quota(submissions=1, window_s=60.0), clock)
    with pytest.raises(kind), pacer.turn(_ignore):
        raise kind("no.")
    with pacer.turn(_ignore):
        assert clock.sleeps == [pytest.approx(60, abs=0.01)]


def test_a_thread_waits_for_the_answer_that_another_one_awaits():
    clock = FakeClock()
    pacer = Pacer(Quota(submissions=1, window_s=60.0), clock)
    begun = threading.Event()

    def second():
        begun.set()
        with pacer.turn(_ignore):
            pass

    other = threading.Thread(target=second)
    with pacer.turn(_ignore):
        other.start()
        assert begun.wait(30)
        clock.advance(5)
    other.join(30)
    assert not other.is_alive()
    assert clock.monotonic() >= 1000 + 5 + 60
