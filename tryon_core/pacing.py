"""How fast submissions may follow each other, where a vendor declares a rate."""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from tryon_core.clock import Clock
from tryon_core.errors import NotSent
from tryon_core.models import Quota

_ROUNDING_S = 0.001


@attrs.define(eq=False)
class SubmissionWindow:
    """The submissions that may still count for the vendor, because their answers are recent.

    When a submission arrives is not seen, only that it is before its answer. So a submission is in
    the air first, which the caller counts, and in the window from its answer on: then the vendor
    can never see more of them than its window allows.

    Args:
        limit: submissions allowed within the window.
        window_s: length of the window in seconds.
    """

    _limit: int
    _window_s: float
    _answered_s: deque[float] = attrs.field(factory=deque, init=False)

    def wait_s(self, at_s: float, *, in_flight: int) -> float:
        """Return the seconds until one more may be sent beside those in flight.

        0 when it may be sent now, infinity when that depends on an answer that is still awaited.
        """
        while self._answered_s and self._answered_s[0] + self._window_s < at_s:
            self._answered_s.popleft()
        if len(self._answered_s) + in_flight < self._limit:
            return 0.0
        if not self._answered_s:
            return math.inf
        return self._answered_s[0] + self._window_s + _ROUNDING_S - at_s

    def record(self, at_s: float) -> None:
        """Count a submission that arrived at a time or before."""
        latest_s = self._answered_s[-1] if self._answered_s else at_s
        self._answered_s.append(max(at_s, latest_s))


def window_of(quota: Quota) -> SubmissionWindow | None:
    """Return the window that a quota describes, None where no rate is declared."""
    return SubmissionWindow(quota.submissions, quota.window_s) if quota.submissions else None


class Pacer:
    """Lets the submissions of one session through no faster than declared; safe for threads."""

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self._clock = clock
        self._window = window_of(quota)
        self._in_flight = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, on_wait: Callable[[float], None]) -> Iterator[None]:
        """Wait until one more may be sent, and count it until its answer has come and after.

        `on_wait` is called with the seconds before each wait whose length is known.
        """
        if self._window is None:
            yield
            return
        self._enter(self._window, on_wait)
        was_sent = True
        try:
            yield
        except NotSent:
            was_sent = False
            raise
        finally:
            with self._changed:
                self._in_flight -= 1
                if was_sent:
                    self._window.record(self._clock.monotonic())
                self._changed.notify_all()

    def _enter(self, window: SubmissionWindow, on_wait: Callable[[float], None]) -> None:
        while True:
            with self._changed:
                wait_s = window.wait_s(self._clock.monotonic(), in_flight=self._in_flight)
                if wait_s <= 0:
                    self._in_flight += 1
                    return
                if math.isinf(wait_s):
                    self._changed.wait()
                    continue
            on_wait(wait_s)
            self._clock.sleep(wait_s)
