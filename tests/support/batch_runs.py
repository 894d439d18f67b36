"""A provider whose answers are written beforehand, and runs with it that nobody waits for."""

import threading

import attrs

from providers import FakeProvider, fake_info, picture
from tryon_core import Client, Job, Quota, hookimpl
from tryon_testing.clocks import FakeClock

PERSON, TOP = picture(), picture(colour=(10, 120, 200))


@attrs.define(kw_only=True, eq=False)
class ScriptedProvider(FakeProvider):
    """Answers submissions by the option `seed`, which tells the items of a run apart.

    Attributes:
        script: errors to raise, one for each submission of that seed; then it is accepted.
        held: seeds whose submission waits for `let_go`.
        entered: set when such a submission has begun.
        let_go: ends their waiting.
        seeds: what was submitted, in order.
    """

    script: dict = attrs.field(factory=dict)
    held: frozenset = frozenset()
    entered: threading.Event = attrs.field(factory=threading.Event)
    let_go: threading.Event = attrs.field(factory=threading.Event)
    seeds: list = attrs.field(factory=list)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    @hookimpl
    def submit(self, request, ctx) -> Job:
        seed = request.options.seed
        with self._lock:
            self.seeds.append(seed)
            count = len(self.seeds)
            errors = self.script.get(seed, [])
            error = errors.pop(0) if errors else None
        if seed in self.held:
            self.entered.set()
            assert self.let_go.wait(30)
        if error is not None:
            raise error
        return ctx.new_job(f"job-{count}", request_id=f"submit-{count}")


def one_at_a_time(**changes):
    """Return a declaration under which jobs follow one another."""
    return fake_info(quota=Quota(running_jobs=1, poll_interval_s=0), **changes)


def client_of(provider, **arguments):
    """Return a client on whose clock nobody waits."""
    return Client(provider, clock=arguments.pop("clock", None) or FakeClock(), **arguments)


def requests_of(client, count, *, first=1):
    """Return requests by name, each another work."""
    return {
        f"item-{seed}": client.request(PERSON, top=TOP, options={"seed": seed})
        for seed in range(first, first + count)
    }


def run(client, requests, **arguments):
    """Run to the end; return the outcomes by id."""
    return {outcome.item.id: outcome for outcome in client.run_batch(requests, **arguments)}


def states(outcomes):
    """Return only in which state each ended."""
    return {name: outcome.state for name, outcome in outcomes.items()}
