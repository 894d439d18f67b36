import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pluggy import Result

from providers import KEY, FakeProvider, fake_info, picture
from tryon_core import errors
from tryon_core.client import Client
from tryon_core.hookspecs import hookimpl
from tryon_core.models import Job
from tryon_core.tracing import HookTrace
from tryon_testing.clocks import START, FakeClock

SECRET = "sk-live-f00dfeed"
JOB = Job(provider="fake", id="t-1", submitted_at=START)


@pytest.fixture(autouse=True)
def traced(monkeypatch):
    monkeypatch.setenv("TRYON_TRACE_HOOKS", "1")


def _client(provider=None, *extensions):
    provider = provider or FakeProvider(info=fake_info(settings=[KEY]))
    return Client(provider, extensions=extensions, clock=FakeClock(), api_key=SECRET)


def test_every_call_is_one_line_with_its_outcome_time_and_those_asked(capfd):
    client = _client()
    client.wait(client.submit(picture(), top=picture()))
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 3
    for line, (hook, outcome) in zip(
        lines,
        [("validate_inputs", r"list\[2\]"), ("submit", "Job"), ("poll", "JobUpdate")],
        strict=True,
    ):
        asked = r" \(asked: .*\(registered in this process\)(, tryon-core)?\)"
        assert re.fullmatch(rf"\[tryon\] fake\.{hook} -> {outcome} in \d+\.\d ms{asked}", line)
    assert "tryon-core, " in lines[0]


def test_a_failure_is_traced_with_its_words_but_without_keys(capfd):
    class Leaky(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            raise errors.VendorUnavailable(f"503 for {ctx.settings.text('api_key')}.")

    with pytest.raises(errors.VendorUnavailable):
        _client(Leaky(info=fake_info(settings=[KEY]))).poll(JOB)
    err = capfd.readouterr().err
    assert "fake.poll -> VendorUnavailable: 503 for ********." in err
    assert SECRET not in err


def test_a_photo_that_the_vendor_quotes_is_not_traced(capfd):
    class Quoting(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            raise errors.VendorUnavailable(f"422 for data:image/png;base64,{'iVBORw0K' * 99}.")

    with pytest.raises(errors.VendorUnavailable):
        _client(Quoting(info=fake_info(settings=[KEY]))).poll(JOB)
    err = capfd.readouterr().err
    assert "data:image/png;base64,<792 base64 characters>." in err
    assert "iVBORw0K" not in err


def test_values_are_not_shown(capfd):
    client = _client()
    client.try_on(picture(), top=picture())
    err = capfd.readouterr().err
    assert SECRET not in err
    assert "job-1" not in err
    assert "PNG" not in err


def test_calls_inside_calls_keep_their_own_times(capfd):
    class Nosy:
        @hookimpl(wrapper=True)
        def poll(self, job, ctx):
            if job.id == "t-1":
                client.poll(Job(provider="fake", id="t-2", submitted_at=START))
            return (yield)

    client = _client(None, Nosy())
    client.poll(JOB)
    times = [
        float(part) for part in re.findall(r"fake\.poll .* in (\d+\.\d) ms", capfd.readouterr().err)
    ]
    assert len(times) == 2
    assert times[0] <= times[1]


def test_a_call_is_timed_from_its_own_beginning_whatever_other_threads_do(capfd, monkeypatch):
    time_s = 0.0
    monkeypatch.setattr("tryon_core.tracing.time.perf_counter", lambda: time_s)
    trace, outcome = HookTrace(), Result.from_call(lambda: None)
    arguments = {"ctx": _client()._session.context()}
    trace.before("poll", [], arguments)
    time_s = 10.0
    other = threading.Thread(target=trace.before, args=("poll", [], arguments))
    other.start()
    other.join()
    time_s = 11.0
    trace.after(outcome, "poll", [], arguments)
    assert "in 11000.0 ms" in capfd.readouterr().err


def test_threads_are_traced_apart(capfd):
    barrier = threading.Barrier(4)

    class Slow(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            barrier.wait(timeout=30)
            return super().poll(job, ctx)

    client = _client(Slow(info=fake_info(settings=[KEY])))
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(client.poll, JOB) for _ in range(4)]:
            future.result()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("[tryon] fake.poll -> JobUpdate in ") for line in lines)
