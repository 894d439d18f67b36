"""A quota for several processes and machines, which share one account through Redis."""

import hashlib
import itertools
import logging
import math
import random
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tryon_batch.quota import pace_of
from tryon_core import Clock, Quota
from tryon_core.errors import SettingsError

_SENDING_S, _JOB_S, _KEPT_S = 300, 3600, 7200
"""Seconds after which the traces of a dead machine are forgotten: a request that it was sending, a
job that ran, and everything when no process asks any more."""
_ROUNDING_S = 0.001
_TIMEOUT_S, _ASK_AGAIN_S, _PATIENCE_S = 5.0, 1.0, 120.0
_REMEDY = "Start the server or correct the address; memory:// counts for this process alone."
_log = logging.getLogger(__name__)


class SharedWindow:
    """Counts as `SubmissionWindow` of the engine API does, for all processes.

    The times of what was answered are in a sorted set. Redis says what time it is, so that the
    clocks of the machines need not agree.

    Args:
        client: the connection to Redis.
        limit: submissions allowed within the window.
        window_s: length of the window in seconds.
        account: whose they are.
    """

    def __init__(self, client: Any, *, limit: int, window_s: float, account: str) -> None:
        self._client = client
        self._limit = limit
        self._window_s = window_s + _ROUNDING_S
        self._key = f"tryon:{account}:window"

    def wait_s(self, at_s: float, *, in_flight: int) -> float:
        """Return the seconds until one more may be sent beside those in flight.

        0 when it may be sent now, infinity when that depends on an answer that is still awaited.
        """
        since = f"({at_s - self._window_s}"
        found = self._client.zrangebyscore(self._key, since, "+inf", withscores=True)
        if len(found) + in_flight < self._limit:
            return 0.0
        if not found:
            return math.inf
        oldest_s: float = found[0][1]
        return max(0.0, oldest_s + self._window_s - at_s) + _ROUNDING_S

    def record(self, token: str, at_s: float) -> None:
        """Count a submission that arrived at a time or before."""
        pipe = self._client.pipeline()
        pipe.zremrangebyscore(self._key, "-inf", at_s - self._window_s)
        pipe.zadd(self._key, {token: at_s})
        pipe.expire(self._key, _KEPT_S + math.ceil(self._window_s))
        pipe.execute()


class Leases:
    """What is being sent and what runs, over all processes; forgotten when no process renews it.

    Args:
        client: the connection to Redis.
        account: whose they are.
    """

    def __init__(self, client: Any, account: str) -> None:
        self._client = client
        self._sending, self._running, self._pause = (
            f"tryon:{account}:{name}" for name in ("sending", "running", "pause")
        )

    def now(self) -> tuple[float, float]:
        """Return the time of Redis in seconds, and the seconds that a pause still lasts."""
        (seconds, micros), pause_ms = self._client.pipeline().time().pttl(self._pause).execute()
        return seconds + micros / 1e6, max(0, pause_ms) / 1000

    def enter(self, token: str, at_s: float) -> tuple[int, int]:
        """Announce a submission; return how many were sent before it, and how many ran."""
        pipe = self._client.pipeline()
        for key in (self._sending, self._running):
            pipe.zremrangebyscore(key, "-inf", at_s)
            pipe.zadd(key, {token: at_s + _SENDING_S})
            pipe.zcard(key)
            pipe.expire(key, _KEPT_S)
        answers = pipe.execute()
        return answers[2] - 1, answers[6] - 1

    def leave(self, token: str) -> None:
        """Forget a submission."""
        self._client.pipeline().zrem(self._sending, token).zrem(self._running, token).execute()

    def start(self, job_id: str) -> None:
        """Note that a job runs."""
        at_s, _ = self.now()
        self._client.zadd(self._running, {f"job:{job_id}": at_s + _JOB_S})

    def end(self, job_id: str) -> None:
        """Note that a job is over."""
        self._client.zrem(self._running, f"job:{job_id}")

    def pause(self, seconds: float) -> None:
        """Let all processes pause, unless they pause longer already."""
        if self.now()[1] < seconds:
            self._client.set(self._pause, "1", px=max(1, math.ceil(seconds * 1000)))


class RedisGate:
    """Keeps a quota over all processes that share it.

    A submission is announced first and then judged by those announced before it and by the window;
    it is withdrawn where there is no room. So no lock is needed, and however the processes
    interleave, the last one to come sees all the others.

    Args:
        quota: what the vendor allows.
        account: whose submissions are counted.
        clock: source of the time for what this process alone does, such as measuring jobs.
        client: the connection to Redis.
        shown: its address, without a password.
    """

    def __init__(
        self, quota: Quota, *, account: str, clock: Clock, client: Any, shown: str
    ) -> None:
        # Not even a hash that was made for another purpose goes to another machine.
        account = hashlib.sha256(f"tryon quota {account}".encode()).hexdigest()[:32]
        self._clock = clock
        self._shown = shown
        self._window_s = quota.window_s
        self._most_running = quota.running_jobs or math.inf
        self._pace = pace_of(quota)
        self._window = None
        if quota.submissions:
            self._window = SharedWindow(
                client, limit=quota.submissions, window_s=quota.window_s, account=account
            )
        self._leases = Leases(client, account)
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._tokens: deque[str] = deque()
        self._started_s: dict[str, float] = {}
        self._typical_job_s = 5.0
        self._unwritten: deque[Callable[[], None]] = deque()
        self._lost_since_s: float | None = None

    def reserve(self) -> float:
        """Return 0 when a submission may be sent now, which counts it; else the seconds to wait.

        Raises:
            SettingsError: the server has not answered for two minutes.
        """
        wait_s = self._pace.wait_s(self._clock.monotonic())
        if wait_s > 0:
            return wait_s
        token = f"{self._name}:{next(self._numbers)}"
        try:
            self._write_down()
            wait_s = self._ask(token)
        except RedisError as error:
            self._unwritten.append(partial(self._leases.leave, token))
            self._note_loss(error)
            return _ASK_AGAIN_S
        self._lost_since_s = None
        if wait_s <= 0:
            self._tokens.append(token)
            self._pace.sent(self._clock.monotonic())
        # Another process may end its job or withdraw at any time, so no wait is long.
        return min(wait_s, _ASK_AGAIN_S)

    def release(self, *, was_sent: bool = True) -> None:
        """Note that the answer to a reserved submission has come, or that it was not sent."""
        if self._tokens:
            token = self._tokens.popleft()
            self._do(partial(self._record if was_sent else self._leases.leave, token))

    def started(self, job_id: str) -> None:
        """Note that a job runs."""
        self._started_s[job_id] = self._clock.monotonic()
        self._do(partial(self._leases.start, job_id))

    def ended(self, job_id: str) -> None:
        """Note that a job is over."""
        since_s = self._started_s.pop(job_id, None)
        if since_s is not None:
            self._typical_job_s += (self._clock.monotonic() - since_s - self._typical_job_s) / 5
        self._do(partial(self._leases.end, job_id))

    def slow_down(self, retry_after_s: float | None) -> None:
        """Note that the vendor refused a submission for coming too fast; all processes pause."""
        pause_s = self._pace.refused(self._clock.monotonic(), retry_after_s)
        self._do(partial(self._leases.pause, pause_s))

    def _ask(self, token: str) -> float:
        at_s, wait_s = self._leases.now()
        if wait_s > 0:
            return wait_s
        sending, running = self._leases.enter(token, at_s)
        if running >= self._most_running:
            # About 2 % of a job are lost until the end of another machine's job is seen.
            wait_s = min(_ASK_AGAIN_S, max(0.02, self._typical_job_s / 50))
            wait_s *= random.uniform(0.5, 1.5)  # noqa: S311  (spreads the processes)
        elif self._window is not None:
            # An awaited answer frees its place a whole window later at the earliest.
            wait_s = min(self._window.wait_s(at_s, in_flight=sending), self._window_s)
        if wait_s > 0:
            self._leases.leave(token)
        return wait_s

    def _record(self, token: str) -> None:
        if self._window is not None:
            at_s, _ = self._leases.now()
            self._window.record(token, at_s)
        self._leases.leave(token)

    def _do(self, change: Callable[[], None]) -> None:
        self._unwritten.append(change)
        # What cannot be written now is written before the next submission.
        with suppress(RedisError):
            self._write_down()

    def _write_down(self) -> None:
        while self._unwritten:
            self._unwritten[0]()
            self._unwritten.popleft()

    def _note_loss(self, error: RedisError) -> None:
        now_s = self._clock.monotonic()
        if self._lost_since_s is None:
            self._lost_since_s = now_s
            _log.warning("quota storage %s: %s; nothing is sent meanwhile", self._shown, error)
        elif now_s > self._lost_since_s + _PATIENCE_S:
            raise SettingsError(
                f"quota storage {self._shown!r} has not answered for {_PATIENCE_S:.0f} s: {error}",
                remedy=_REMEDY,
            ) from error


def open_gate(quota: Quota, *, account: str, clock: Clock, address: str, shown: str) -> RedisGate:
    """Return the gate of an account that is shared through a server.

    Args:
        quota: what the vendor allows.
        account: tells accounts apart.
        clock: source of time.
        address: of the server.
        shown: the same without a password, for messages.

    Raises:
        SettingsError: the server cannot be reached or does not let us in.
    """
    options: dict[str, Any] = {
        "socket_timeout": _TIMEOUT_S,
        "socket_connect_timeout": _TIMEOUT_S,
        "retry": Retry(NoBackoff(), 1),
    }
    try:
        client = Redis.from_url(address.replace("redis+unix://", "unix://", 1), **options)
        client.ping()
    except (RedisError, ValueError, OSError) as error:
        reason = str(error).replace(address, shown)
        raise SettingsError(f"quota storage {shown!r}: {reason}", remedy=_REMEDY) from None
    return RedisGate(quota, account=account, clock=clock, client=client, shown=shown)
