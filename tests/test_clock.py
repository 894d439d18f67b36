import time
from datetime import datetime, timedelta, timezone

from tryon_core.clock import SystemClock


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
