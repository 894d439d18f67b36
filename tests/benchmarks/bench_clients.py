"""What the plugin mechanism costs: starting a client, calling a hook."""

import os
import statistics
import subprocess
import sys
import time
import timeit

import attrs

from distributions import write_distribution
from tryon_core import Capabilities, Client, Job, JobState, JobUpdate, ProviderInfo, hookimpl

ROUNDS = 15
MODULE = """
from tryon_core import *
class Fake:
    info = ProviderInfo(id="{name}", name="Fake", capabilities=Capabilities(garments=[["top"]]))
    @hookimpl
    def validate_inputs(self, request, ctx): return []
    @hookimpl
    def submit(self, request, ctx): return ctx.new_job("1")
    @hookimpl
    def poll(self, job, ctx): raise NotImplementedError
    @hookimpl
    def parse_garment(self, request, ctx): raise NotImplementedError
provider = Fake()
"""
START = "from tryon_core import Client; Client('fake0')"


def _folder_of(tmp_path, count):
    folder = tmp_path / str(count)
    folder.mkdir()
    for index in range(count):
        name = f"fake{index}"
        write_distribution(folder, f"tryon-{name}", providers={name: f"{name}:provider"})
        (folder / f"{name}.py").write_text(MODULE.format(name=name))
    return folder


def test_a_hundred_installed_plugins_hardly_slow_the_start(tmp_path, record):
    folders = {count: _folder_of(tmp_path, count) for count in (1, 100)}
    times = {count: [] for count in folders}
    for _ in range(ROUNDS):
        for count, folder in folders.items():
            env = {**os.environ, "PYTHONPATH": str(folder)}
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", START], check=True, env=env)
            times[count].append(time.perf_counter() - started)
    one, hundred = (statistics.median(times[count]) for count in folders)
    record("client start, whole process, 1 plugin", f"{one * 1000:.0f} ms", "none")
    record("client start with 100 plugins / with 1", f"{hundred / one:.2f}", "<= 1.2")
    assert hundred / one <= 1.2


class Instant:
    """Answers at once."""

    info = ProviderInfo(id="instant", name="Instant", capabilities=Capabilities(garments=[["top"]]))
    update = JobUpdate(state=JobState.RUNNING)

    @hookimpl
    def validate_inputs(self, request, ctx):
        return []

    @hookimpl
    def submit(self, request, ctx):
        return ctx.new_job("1")

    @hookimpl
    def poll(self, job, ctx):
        return self.update

    @hookimpl
    def parse_garment(self, request, ctx):
        raise NotImplementedError


@attrs.define(eq=False)
class Wrapper:
    """Sees every question."""

    seen: int = 0

    @hookimpl(wrapper=True)
    def poll(self, job, ctx):
        self.seen += 1
        return (yield)


def _microseconds(client):
    job = Job(provider="instant", id="1", submitted_at=client._session.clock.now())
    ctx = client._session.context()
    runs = timeit.repeat(lambda: client._session.bound.poll(job, ctx), number=2000, repeat=7)
    return min(runs) / 2000 * 1e6


def test_hook_call_cost(record):
    plain = _microseconds(Client(Instant()))
    wrapped = _microseconds(Client(Instant(), extensions=[Wrapper(), Wrapper(), Wrapper()]))
    record("one hook call", f"{plain:.1f} µs", "none")
    record("one hook call through three wrappers", f"{wrapped:.1f} µs", "none")
