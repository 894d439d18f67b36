import gc
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from batch_runs import ScriptedProvider, client_of, one_at_a_time, requests_of, run
from providers import fake_info
from tryon_batch.items import BatchItem, BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_batch.run import run_batch
from tryon_core import errors, hookimpl
from tryon_core.clock import SystemClock


class BrokenJournal(Journal):
    """Cannot be written any more once a job was accepted."""

    def record(self, entries):
        if any(entry.state == "accepted" for entry in entries):
            raise errors.OutputError("the journal cannot be written: disk full.")
        super().record(entries)


def _items(client, count):
    return [
        BatchItem(id=name, provider="fake", request=request)
        for name, request in requests_of(client, count).items()
    ]


def test_jobs_that_no_journal_could_take_are_in_the_error():
    client = client_of(ScriptedProvider())
    with BrokenJournal(None, clock=client.session.clock) as journal:
        outcomes = run_batch(_items(client, 1), {"fake": client.session}, journal=journal)
        with pytest.raises(errors.OutputError, match="disk full") as caught:
            list(outcomes)
    (line,) = [line for line in caught.value.message.splitlines() if line.startswith("item-1: ")]
    job = client.resume(line.partition(": ")[2]).job
    assert job.id == "job-1"


def test_a_run_goes_on_with_such_a_job_when_it_is_told_its_token(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    with BrokenJournal(tmp_path / JOURNAL_NAME, clock=client.session.clock) as journal:
        outcomes = run_batch(_items(client, 1), {"fake": client.session}, journal=journal)
        with pytest.raises(errors.OutputError) as caught:
            list(outcomes)
    assert "settle={ID: TOKEN}" in caught.value.remedy
    policy = BatchPolicy(settle=dict([caught.value.message.splitlines()[-1].split(": ")]))
    (outcome,) = run(client, requests_of(client, 1), out=tmp_path, policy=policy).values()
    assert (outcome.state, provider.seeds) == ("saved", [1])


def test_a_fault_of_ours_ends_the_run_and_is_shown(monkeypatch):
    client = client_of(ScriptedProvider(info=fake_info()))

    def broken(*_, **__):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("tryon_core.engine.prepare_submission", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        run(client, requests_of(client, 1))


def _program(folder):
    """Return a program that ends in the middle of a run, without closing it."""
    return (
        "import sys, time\n"
        "from batch_runs import ScriptedProvider, client_of, requests_of\n"
        "from tryon_core.clock import SystemClock\n"
        "provider = ScriptedProvider()\n"
        "client = client_of(provider, clock=SystemClock())\n"
        f"outcomes = client.run_batch(requests_of(client, 200), out={folder!r})\n"
        "next(outcomes)\n"
        # Without a folder it soon waits for somebody to take pictures.
        "while len(provider.calls) < 16:\n"
        "    time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        "sys.exit(7)\n"
    )


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_program_that_ends_in_the_middle_ends_the_run_in_order(tmp_path, has_folder):
    folder = str(tmp_path / "out") if has_folder else None
    paths = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]
    ended = subprocess.run(
        [sys.executable, "-c", _program(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        timeout=30,
        check=False,
        capture_output=True,
    )
    assert ended.returncode == 7, ended.stderr.decode()
    if has_folder:
        with JournalReader(tmp_path / "out" / JOURNAL_NAME) as journal:
            assert journal.counts["intent"] == 0
            assert journal.counts["saved"] > 0


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals wake no thread here")
def test_who_presses_twice_does_not_lose_the_answer_that_is_waited_for(tmp_path):
    provider = ScriptedProvider(held=frozenset({2}), info=one_at_a_time())
    # Time must pass: on a clock that stands still the first outcome may wait for the second item.
    client = client_of(provider, clock=SystemClock())

    def press():
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        threading.Timer(0.1, provider.let_go.set).start()

    with ThreadPoolExecutor(4) as executor:
        outcomes = client.run_batch(requests_of(client, 3), out=tmp_path, executor=executor)
        next(outcomes)
        assert provider.entered.wait(30)
        timer = threading.Timer(1.0, press)  # when the run certainly knows of the first one
        timer.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                outcomes.close()
        finally:
            timer.cancel()  # an interruption after the test would end all tests
    with JournalReader(tmp_path / JOURNAL_NAME) as journal:
        assert journal.get("item-2").state == "accepted"
        came_before = 3 in provider.seeds
        assert journal.get("item-3").state == ("saved" if came_before else "planned")
    assert provider.seeds[-1] == 2, provider.seeds


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals wake no thread here")
def test_a_signal_that_interrupts_no_wait_is_answered_all_the_same(tmp_path):
    """It came just before the wait, or to another thread; nobody presses a third time."""
    provider = ScriptedProvider(held=frozenset({2}), info=one_at_a_time())
    client = client_of(provider, clock=SystemClock())
    was_late = []

    def answer(*_):
        was_late.append(provider.let_go.is_set())
        provider.let_go.set()
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGUSR1, answer)
    at_last = threading.Timer(15, provider.let_go.set)
    try:
        with ThreadPoolExecutor(4) as executor:
            outcomes = client.run_batch(requests_of(client, 3), out=tmp_path, executor=executor)
            next(outcomes)
            assert provider.entered.wait(30)
            threading.Timer(
                0.5, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
            ).start()
            at_last.start()
            with pytest.raises(KeyboardInterrupt):
                outcomes.close()
    finally:
        at_last.cancel()
        signal.signal(signal.SIGUSR1, earlier)
    assert was_late == [False]


def test_no_thread_is_left_of_a_run():
    before = set(threading.enumerate())
    client = client_of(ScriptedProvider())
    run(client, requests_of(client, 3))
    with closing(client.run_batch(requests_of(client, 30))) as outcomes:
        next(outcomes)
    for thread in set(threading.enumerate()) - before:
        # The library below ours that counts in memory has timers of a hundredth of a second.
        if thread.name.startswith("tryon") or isinstance(thread, threading.Timer):
            thread.join(30)
    assert set(threading.enumerate()) <= before


class _Collecting(ScriptedProvider):
    """Collects garbage where a request is sent."""

    @hookimpl
    def submit(self, request, ctx):
        job = super().submit(request, ctx)
        if request.options.seed in self.held:
            gc.collect()
        return job


@pytest.mark.parametrize("where", ["worker", "thread of the run"])
def test_a_run_that_is_collected_as_garbage_by_its_own_threads_ends_in_order(
    tmp_path, monkeypatch, where
):
    others = set(threading.enumerate())
    kind = _Collecting if where == "worker" else ScriptedProvider
    provider = kind(held=frozenset({2}), info=one_at_a_time())
    client = client_of(provider)
    record = Journal.record

    def collecting(journal, entries):
        if where == "thread of the run" and any(entry.state == "accepted" for entry in entries):
            gc.collect()
        record(journal, entries)

    monkeypatch.setattr(Journal, "record", collecting)
    gc.collect()
    gc.disable()
    try:
        holder = [client.run_batch(requests_of(client, 9), out=tmp_path / "out")]
        holder.append(holder)
        next(holder[0])
        assert provider.entered.wait(30)
        del holder
        provider.let_go.set()
        for thread in set(threading.enumerate()) - others:
            thread.join(30)
            assert not thread.is_alive()
    finally:
        gc.enable()
    with JournalReader(tmp_path / "out" / JOURNAL_NAME) as journal:
        assert journal.get("item-2").state == "accepted"
        assert journal.counts["intent"] == 0
        assert journal.counts["planned"] > 0
    assert "saved" in {
        outcome.state for outcome in client.run_batch(requests_of(client, 9), out=tmp_path / "out")
    }
