"""A provider that computes on this machine is not slowed down by waiting."""

import threading

import attrs

from batch_runs import client_of, requests_of, run, states
from providers import FakeProvider, fake_info
from tryon_core import Job, JobState, JobUpdate, Quota, hookimpl
from tryon_testing.clocks import FakeClock

JOB_S, WORKERS = 1.0, 2


@attrs.define(kw_only=True, eq=False)
class Workshop(FakeProvider):
    """Does one job a second with each of its two workers, in the order of submission."""

    clock: FakeClock
    free_at_s: list = attrs.field(factory=lambda: [0.0] * WORKERS)
    done_at_s: dict = attrs.field(factory=dict)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    @hookimpl
    def submit(self, request, ctx) -> Job:
        job = super().submit(request, ctx)
        with self.lock:
            self.free_at_s.sort()
            begins_s = max(self.free_at_s[0], self.clock.monotonic())
            self.free_at_s[0] = self.done_at_s[job.id] = begins_s + JOB_S
        return job

    @hookimpl
    def poll(self, job, ctx) -> JobUpdate:
        if self.clock.monotonic() < self.done_at_s[job.id]:
            return JobUpdate(state=JobState.RUNNING)
        return super().poll(job, ctx)


def _took_s(count):
    clock = FakeClock()
    quota = Quota(poll_interval_s=0.05, running_jobs=16)
    provider = Workshop(clock=clock, info=fake_info(quota=quota, typical_job_s=1.0))
    client = client_of(provider, clock=clock)
    began_s = clock.monotonic()
    for _ in range(2):
        outcomes = run(client, requests_of(client, count))
        assert set(states(outcomes).values()) == {"saved"}
    return (clock.monotonic() - began_s) / 2


def test_a_run_takes_hardly_longer_than_the_work():
    # The work of 18 jobs takes 9 s on two workers, and 18 s in a loop.
    assert _took_s(18) < 11


def test_one_item_is_waited_for_no_longer_than_it_takes():
    assert _took_s(1) < 1.2
