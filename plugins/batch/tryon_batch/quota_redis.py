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

from tryon_batch.quota import CERTAIN, ENOUGH_TRIPS, PollPace, pace_of
from tryon_core import Clock, Quota
from tryon_core.errors import SettingsError

_SENDING_S, _JOB_S, _KEPT_S = 300, 600, 7200
"""Seconds after which the traces of a dead machine are forgotten: a request that it was sending, a
job that it does not poll any more, and everything when no process asks any more."""
_ROUNDING_S = 0.001
_TIMEOUT_S, _ASK_AGAIN_S, _PATIENCE_S, _POLLS_ALONE_S = 5.0, 1.0, 120.0, 30.0
_REMEDY = "Start the server or correct the address; memory:// counts for this process alone."
_log = logging.getLogger(__name__)

# Each step is one script, which Redis does as a whole: no other process comes in between. The time
# is that of Redis, so that the clocks of the machines need not agree.
_NOW = """
local parts = redis.call('TIME')
local now = parts[1] + parts[2] / 1000000
"""
_RESERVE = (
    _NOW
    + """
local window, sending, running, pause, trip = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local token, limit, window_s, most = ARGV[1], tonumber(ARGV[2]), ARGV[3] + 0, tonumber(ARGV[4])
local paused_ms = redis.call('PTTL', pause)
if paused_ms > 0 then return tostring(paused_ms / 1000) end
for _, key in ipairs({sending, running}) do
    redis.call('ZREM', key, token)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
end
if most > 0 and redis.call('ZCARD', running) >= most then return 'full' end
if limit > 0 then
    redis.call('ZREMRANGEBYSCORE', window, '-inf', now - window_s)
    local since = now - window_s + ARGV[7] * (redis.call('GET', trip) or 0)
    local recent = redis.call('ZRANGEBYSCORE', window, '(' .. string.format('%.6f', since), '+inf',
                              'WITHSCORES')
    if #recent / 2 + redis.call('ZCARD', sending) >= limit then
        return recent[2] and tostring(recent[2] - since) or 'full'
    end
end
for _, key in ipairs({sending, running}) do
    redis.call('ZADD', key, now + ARGV[5], token)
    redis.call('EXPIRE', key, ARGV[6])
end
return '0'
"""
)
_ANSWERED = (
    _NOW
    + """
local window, sending, running, trip = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, kept_s, took_s = ARGV[1], ARGV[2], tonumber(ARGV[3])
redis.call('ZADD', window, now, token)
redis.call('EXPIRE', window, kept_s)
redis.call('ZREM', sending, token)
redis.call('ZREM', running, token)
local least_s = tonumber(redis.call('GET', trip) or took_s)
redis.call('SET', trip, tostring(math.min(least_s, took_s)), 'EX', kept_s)
"""
)
_RUNS = (
    _NOW
    + """
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""
)
_POLL = (
    _NOW
    + """
local next = tonumber(redis.call('GET', KEYS[1]) or '0')
if next > now then return tostring(next - now) end
redis.call('SET', KEYS[1], string.format('%.6f', now + ARGV[1]), 'PX', math.ceil(ARGV[1] * 1000))
return '0'
"""
)
_PAUSE = """
if redis.call('PTTL', KEYS[1]) < ARGV[1] + 0 then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
"""


class SharedCounts:
    """What all processes of an account have sent, are sending and have running, in Redis.

    The times of what was answered are in one sorted set, what is being sent and what runs in two
    others, whose scores say until when that is believed without news. As `Trips` does for one
    process, the shortest trip of all processes tells how long before an answer plus the window the
    next submission may be reserved: the way back of the one and the way there of the other take at
    least so long together.

    Args:
        client: the connection to Redis.
        quota: what the vendor allows.
        account: whose they are.
        owner: tells this run from others; no two processes work for it at a time.
    """

    def __init__(self, client: Any, *, quota: Quota, account: str, owner: str) -> None:
        self._client = client
        self._quota = quota
        self._owner = owner
        self._process = secrets.token_hex(4)
        # The braces keep the keys of an account together in a cluster.
        self._window, self._sending, self._running, self._pause, self._trip, self._polls = (
            f"tryon:{{{account}}}:{name}"
            for name in ("window", "sending", "running", "pause", "trip", "polls")
        )
        self._kept_s = _KEPT_S + math.ceil(quota.window_s)
        self._scripts = {
            text: client.register_script(text)
            for text in (_RESERVE, _ANSWERED, _RUNS, _POLL, _PAUSE)
        }

    def reserve(self, name: str, *, certain: float = 0.0) -> float:
        """Return 0 when a submission may be sent now, which counts it; else the seconds to wait.

        Infinity means: not before a running job has ended or an awaited answer has come.

        Args:
            name: of the submission.
            certain: the part of the shortest trip that this process certainly takes, too.
        """
        quota = self._quota
        found = self._scripts[_RESERVE](
            keys=[self._window, self._sending, self._running, self._pause, self._trip],
            args=[
                self._token(name),
                quota.submissions or 0,
                quota.window_s + _ROUNDING_S,
                quota.running_jobs or 0,
                _SENDING_S,
                self._kept_s,
                certain,
            ],
        )
        return math.inf if found == b"full" else float(found)

    def answered(self, name: str, *, trip_s: float) -> None:
        """Note that the answer to a submission has come: it arrived now or before.

        Args:
            name: of the submission.
            trip_s: seconds since it was reserved.
        """
        self._answered(self._token(name), trip_s)

    def withdraw(self, name: str) -> None:
        """Forget a submission that was not sent."""
        token = self._token(name)
        self._client.pipeline().zrem(self._sending, token).zrem(self._running, token).execute()

    def runs(self, job_id: str) -> None:
        """Note that a job runs, or still runs."""
        self._runs(f"{self._owner}:job:{job_id}", _JOB_S)

    def ended(self, job_id: str) -> None:
        """Note that a job is over."""
        self._client.zrem(self._running, f"{self._owner}:job:{job_id}")

    def reserve_poll(self) -> float:
        """Return 0 when a poll may be sent now, which counts it; else the seconds to wait."""
        per_s = self._quota.queries_per_s
        return float(self._scripts[_POLL](keys=[self._polls], args=[1 / per_s])) if per_s else 0.0

    def pause(self, seconds: float) -> None:
        """Let all processes pause, unless they pause longer already."""
        args = [max(1, math.ceil(seconds * 1000))]
        self._scripts[_PAUSE](keys=[self._pause], args=args)

    def take_over(self, *, job_s: float) -> None:
        """Give back what an earlier process of this run was sending when it died.

        It may have arrived a moment ago, and counts so; and it may have become a job. Known jobs
        are polled on, and so end by themselves.

        Args:
            job_s: seconds for which such a job counts.
        """
        for token in self._client.zrange(self._sending, 0, -1):
            if token.startswith(f"{self._owner}:".encode()):
                self._answered(token, _SENDING_S)
                self._runs(token, job_s)

    def _answered(self, token: Any, trip_s: float) -> None:
        keys = [self._window, self._sending, self._running, self._trip]
        self._scripts[_ANSWERED](keys=keys, args=[token, self._kept_s, trip_s])

    def _runs(self, token: Any, seconds: float) -> None:
        self._scripts[_RUNS](keys=[self._running], args=[token, seconds, self._kept_s])

    def _token(self, name: str) -> str:
        return f"{self._owner}:{self._process}:{name}"


class RedisGate:
    """Keeps a quota over all processes that share it.

    Args:
        counts: what they count together.
        quota: what the vendor allows.
        clock: source of the time for what this process alone does, such as measuring jobs.
        typical_job_s: seconds that a job usually takes, until some were seen.
        shown: the address of the server, without a password.
    """

    def __init__(
        self,
        counts: SharedCounts,
        *,
        quota: Quota,
        clock: Clock,
        typical_job_s: float,
        shown: str,
    ) -> None:
        self._counts = counts
        self._clock = clock
        self._shown = shown
        self._pace = pace_of(quota)
        self._polls = PollPace(quota.queries_per_s)
        self._numbers = itertools.count()
        self._sent: deque[tuple[str, float]] = deque()
        self._trips = 0
        self._started_s: dict[str, float] = {}
        self._typical_job_s = typical_job_s
        self._unwritten: deque[Callable[[], None]] = deque()
        self._lost_since_s: float | None = None
        self._polls_alone_until_s = -math.inf

    def reserve(self) -> float:
        """Return 0 when a submission may be sent now, which counts it; else the seconds to wait.

        Raises:
            SettingsError: the server has not answered for two minutes.
        """
        wait_s = self._pace.wait_s(self._clock.monotonic())
        if wait_s > 0:
            return wait_s
        name = str(next(self._numbers))
        try:
            self._write_down()
            certain = CERTAIN if self._trips >= ENOUGH_TRIPS else 0.0
            wait_s = self._counts.reserve(name, certain=certain)
        except RedisError as error:
            self._unwritten.append(partial(self._counts.withdraw, name))
            self._note_loss(error)
            return _ASK_AGAIN_S
        self._lost_since_s = None
        if wait_s <= 0:
            now_s = self._clock.monotonic()
            self._sent.append((name, now_s))
            self._pace.sent(now_s)
        elif math.isinf(wait_s):
            # About 1 % of a job is lost until the end of another machine's work is seen.
            wait_s = max(0.02, self._typical_job_s / 100)
            wait_s *= random.uniform(0.5, 1.5)  # noqa: S311  (spreads the processes)
        # Another process may end its job or withdraw at any time, so no wait is long.
        return min(wait_s, _ASK_AGAIN_S)

    def reserve_poll(self) -> float:
        """Return 0 when a poll may be sent now, which counts it; else the seconds to wait.

        Without the server, polls go on at the pace of one process: they cost nothing.
        """
        now_s = self._clock.monotonic()
        if now_s >= self._polls_alone_until_s:
            try:
                return self._counts.reserve_poll()
            except RedisError:
                # It may take seconds to see that the server does not answer.
                self._polls_alone_until_s = now_s + _POLLS_ALONE_S
        return self._polls.reserve(now_s)

    def release(self, *, was_sent: bool = True) -> None:
        """Note that the answer to a reserved submission has come, or that it was not sent."""
        if not self._sent:
            return
        name, sent_s = self._sent.popleft()
        if was_sent:
            self._trips += 1
            trip_s = self._clock.monotonic() - sent_s
            self._do(partial(self._counts.answered, name, trip_s=trip_s))
        else:
            self._do(partial(self._counts.withdraw, name))

    def started(self, job_id: str) -> None:
        """Note that a job runs, or still runs."""
        self._started_s.setdefault(job_id, self._clock.monotonic())
        self._do(partial(self._counts.runs, job_id))

    def ended(self, job_id: str) -> None:
        """Note that a job is over."""
        since_s = self._started_s.pop(job_id, None)
        if since_s is not None:
            self._typical_job_s += (self._clock.monotonic() - since_s - self._typical_job_s) / 5
        self._do(partial(self._counts.ended, job_id))

    def slow_down(self, retry_after_s: float | None) -> None:
        """Note that the vendor refused a submission for coming too fast; all processes pause."""
        pause_s = self._pace.refused(self._clock.monotonic(), retry_after_s)
        self._do(partial(self._counts.pause, pause_s))

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


def open_gate(
    quota: Quota,
    *,
    account: str,
    owner: str,
    clock: Clock,
    typical_job_s: float,
    address: str,
    shown: str,
) -> RedisGate:
    """Return the gate of an account that is shared through a server.

    Args:
        quota: what the vendor allows.
        account: tells accounts apart.
        owner: tells this run from others, which no other process works for now.
        clock: source of time.
        typical_job_s: seconds that a job usually takes.
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
    # Not even a hash that was made for another purpose goes to another machine.
    account = hashlib.sha256(f"tryon quota {account}".encode()).hexdigest()[:32]
    try:
        client = Redis.from_url(address.replace("redis+unix://", "unix://", 1), **options)
        counts = SharedCounts(client, quota=quota, account=account, owner=owner)
        counts.take_over(job_s=2 * typical_job_s)
    except (RedisError, ValueError, OSError) as error:
        reason = str(error).replace(address, shown)
        raise SettingsError(f"quota storage {shown!r}: {reason}", remedy=_REMEDY) from None
    return RedisGate(counts, quota=quota, clock=clock, typical_job_s=typical_job_s, shown=shown)
