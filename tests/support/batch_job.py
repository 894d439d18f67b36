"""One batch as a process of its own does it, and the points at which that process can be killed."""

import itertools
import os
import pathlib
import signal
import time
from pathlib import Path

import attrs

from quota_world import FastClock
from tryon_batch.history import RunHistory
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import Journal
from tryon_core import engine
from tryon_core.client import Client
from tryon_core.remembered import FOLDER_ENV
from tryon_core.transport import TransportPolicy

_WRITES = (
    (Journal, "plan"),
    (Journal, "record"),
    (RunHistory, "settle"),
    (os, "fsync"),
    (os, "link"),
    (os, "unlink"),
)
_REQUESTS = ((engine, "submit_prepared"), (engine, "poll_job"), (engine, "fetch_result"))


TRANSPORT = TransportPolicy(
    call_timeout_s=1e9, download_timeout_s=1e9, allow_private_addresses=True
)
"""On a clock that runs fast, a busy machine makes a call seem to take minutes."""


@attrs.frozen(kw_only=True)
class BatchJob:
    """What a process is told to do; plain values only, so that it can be sent as JSON.

    Attributes:
        provider: id of the provider.
        settings: its settings.
        clock: what `FastClock` is made of.
        rows: paths of person and garment, by name.
        out: folder of the run.
        data: folder of the list of runs.
        retry_unknown: whether what may have been paid for is sent again.
        max_in_flight: requests at once, None for the usual number.
    """

    provider: str
    settings: dict
    clock: list
    rows: dict
    out: str
    data: str
    retry_unknown: bool = False
    max_in_flight: int | None = None

    moments = (*_WRITES, *_REQUESTS)

    def run(self):
        """Yield what became of each row."""
        os.environ[FOLDER_ENV] = self.data
        policy = BatchPolicy(
            retry_unknown=self.retry_unknown,
            max_in_flight=self.max_in_flight,
            job_timeout_s=1e9,
            stop_after=1000,
        )
        with Client(
            self.provider,
            clock=FastClock(*self.clock),
            config={},
            transport=TRANSPORT,
            **self.settings,
        ) as client:
            requests = {
                name: client.request(Path(person), top=Path(garment))
                for name, (person, garment) in self.rows.items()
            }
            yield from client.run_batch(requests, out=self.out, policy=policy)


class Points:
    """The moments directly before and after each write and each request of this process.

    They have names such as `before submit_prepared`, `after link` or `before record accepted`.

    Args:
        kill_at: the moment at which the process is killed: its number, counted from 1, or its name
            for the first of that name; None for never.
        moments: what is watched, as owner and name of a function.
        slow_s: seconds by which each write to the journal is late.
    """

    def __init__(self, kill_at, *, moments, slow_s=0.0):
        self._kill_at = kill_at
        self._moments = moments
        self._slow_s = slow_s
        self._numbers = itertools.count(1)
        self.passed = 0

    def arm(self):
        # The paths of Python 3.10 keep functions of `os` in a class of their own.
        kept = getattr(pathlib, "_NormalAccessor", None)
        for owner, name in self._moments:
            framed = self._between(getattr(owner, name), name)
            setattr(owner, name, framed)
            if owner is os and hasattr(kept, name):
                setattr(kept, name, staticmethod(framed))

    def _between(self, function, name):
        def framed(*arguments, **more):
            called = name
            if name == "record":
                entries = arguments[1]
                if not entries:
                    return function(*arguments, **more)
                called = " ".join([name, *sorted({entry.state for entry in entries})])
                time.sleep(self._slow_s)
            if name == "note":
                called = f"note {arguments[2]}"
            self._point(f"before {called}")
            try:
                return function(*arguments, **more)
            finally:
                self._point(f"after {called}")

        return framed

    def _point(self, name):
        self.passed = next(self._numbers)
        if self._kill_at in {self.passed, name}:
            os.kill(os.getpid(), signal.SIGKILL)
