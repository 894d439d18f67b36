"""What is learnt from refusals: first a pause, then a lower rate that slowly recovers."""

from collections import deque

import attrs

from tryon_core.models import Quota

_CUT, _LEAST, _STEP = 0.7, 0.25, 0.05
_LEAST_STEP_S, _STEP_WINDOWS = 30.0, 5
_LEAST_PAUSE_S, _MOST_PAUSE_S = 1.0, 60.0
_LEAST_SPACING_S, _USUAL_SPACING_S, _MOST_SPACING_S = 0.05, 1.0, 3.0


@attrs.define(kw_only=True, eq=False)
class Pace:
    """Spaces submissions evenly once the vendor has refused one; before, it costs nothing.

    A refusal takes the rate to 70 %, of a declared rate never below 25 %; each half minute, or
    five windows, without one gives 5 % back. Where none is declared, the rate measured last counts
    as the full one, but never less than one submission in 3 s: refusals cost nothing, and whoever
    is refused at that rate pauses longer each time anyway.

    Attributes:
        window_s: length of the vendor's window in seconds.
        declared_spacing_s: seconds between submissions at the declared rate, None without one.
        share: part of the full rate that is in use.
    """

    window_s: float
    declared_spacing_s: float | None
    share: float = 1.0
    _measured_spacing_s: float = 0.0
    _next_s: float = 0.0
    _changed_s: float = 0.0
    _paused_until_s: float = 0.0
    _refusals: int = 0
    _sent_s: deque[float] = attrs.field(factory=lambda: deque(maxlen=16))

    @property
    def spacing_s(self) -> float:
        """Seconds between submissions, 0 while nothing was learnt."""
        if self.declared_spacing_s is None:
            return self._measured_spacing_s / self.share
        return self.declared_spacing_s / self.share if self.share < 1 else 0.0

    def wait_s(self, now_s: float) -> float:
        """Return the seconds to wait for what was learnt, 0 when there is no reason to."""
        self._recover(now_s)
        return max(0.0, self._paused_until_s - now_s, self._next_s - now_s)

    def sent(self, now_s: float) -> None:
        """Note a submission."""
        self._sent_s.append(now_s)
        self._next_s = now_s + self.spacing_s

    def refused(self, now_s: float, retry_after_s: float | None) -> float:
        """Note a refusal; those that come while a pause lasts are no further lesson.

        Returns:
            The seconds to pause.
        """
        pause_s = retry_after_s or 0.0
        if now_s >= self._paused_until_s:
            if retry_after_s is None:
                pause_s = self._backoff_s()
            self._cut_down(now_s)
        self._paused_until_s = max(self._paused_until_s, now_s + pause_s)
        return self._paused_until_s - now_s

    def _backoff_s(self) -> float:
        return min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, self.window_s) * 2.0**self._refusals)

    def _cut_down(self, now_s: float) -> None:
        self._refusals = min(self._refusals + 1, 10)
        self._changed_s = now_s
        if self.declared_spacing_s is None:
            self._measured_spacing_s = min(_MOST_SPACING_S, self._measure_s())
            self.share = _CUT
            self._sent_s.clear()
        else:
            self.share = max(_LEAST, self.share * _CUT)

    def _measure_s(self) -> float:
        if len(self._sent_s) < 2:  # noqa: PLR2004  (an interval has two ends)
            return max(_USUAL_SPACING_S, self.spacing_s)
        mean_s = (self._sent_s[-1] - self._sent_s[0]) / (len(self._sent_s) - 1)
        return max(_LEAST_SPACING_S, mean_s, self.spacing_s)

    def _recover(self, now_s: float) -> None:
        step_s = max(_LEAST_STEP_S, _STEP_WINDOWS * self.window_s)
        steps = int((now_s - self._changed_s) // step_s) if self._refusals or self.spacing_s else 0
        if steps > 0:
            self._refusals = 0
            self._changed_s += steps * step_s
            self.share += steps * _STEP
            if self.declared_spacing_s is not None:
                self.share = min(1.0, self.share)


def pace_of(quota: Quota) -> Pace:
    """Return the pace at the beginning."""
    spacing_s = quota.window_s / quota.submissions if quota.submissions else None
    return Pace(window_s=quota.window_s, declared_spacing_s=spacing_s)
