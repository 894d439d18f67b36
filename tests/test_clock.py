import random
import time
from datetime import datetime, timedelta, timezone

from tryon_core.clock import SystemClock, full_jitter_s


def test_the_clock_of_the_machine_tells_utc_and_never_goes_back(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = SystemClock()
    first = clock.monotonic()
    clock.sleep(2.5)
    assert slept == [2.5]
    assert clock.monotonic() >= first
    assert clock.now().tzinfo is timezone.utc
    assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_the_pause_after_a_failure_doubles_its_limit_up_to_the_most(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda least, most: (least, most))
    pauses = [full_jitter_s(failures, base_s=0.5, most_s=3.0) for failures in (1, 2, 3, 4, 5000)]
    assert pauses == [(0, 0.5), (0, 1.0), (0, 2.0), (0, 3.0), (0, 3.0)]
