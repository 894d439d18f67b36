"""Whatever breaks around a run, it ends, and knows what was paid for."""

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

import pytest

from batch_runs import (
    ScriptedProvider,
    client_of,
    one_at_a_time,
    requests_of,
    run,
    states,
)
from tryon_batch import workers
from tryon_batch.history import RunHistory
from tryon_batch.items import BatchItem, BatchPolicy
from tryon_batch.journal import Journal
from tryon_batch.output import OutputFolder
from tryon_batch.quota import MemoryGate
from tryon_batch.run import run_batch
from tryon_core import errors


def _items(client, requests):
    return [
        BatchItem(id=name, provider=client.info.id, request=request)
        for name, request in requests.items()
    ]


def _run(client, requests, journal, **arguments):
    """Run with a journal that can be looked at afterwards."""
    sessions = {client.info.id: client.session}
    return list(run_batch(_items(client, requests), sessions, journal=journal, **arguments))


class _Refusing(ThreadPoolExecutor):
    """Takes no more work after the first of a kind."""

    def __init__(self, step, error):
        super().__init__(4)
        self._step, self._error = step, error
        self._seen = 0

    def submit(self, fn, /, *args, **kwargs):
        self._seen += args[1] is self._step
        if self._seen > 1:
            raise self._error
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize(
    "step", [workers.prepare, workers.send, workers.poll, workers.fetch, workers.reuse]
)
def test_an_executor_that_takes_no_more_work_ends_the_run_and_pays_for_nothing(tmp_path, step):
    provider = ScriptedProvider()
    client = client_of(provider)
    requests = requests_of(client, 4)
    requests |= {f"{name}-again": request for name, request in requests.items()}
    broken = BrokenProcessPool("a process ended.")
    with (
        Journal(None, clock=client.session.clock) as journal,
        closing(RunHistory(tmp_path / "data", clock=client.session.clock)) as history,
    ):
        how = {"output": OutputFolder(tmp_path / "out"), "history": history}
        with _Refusing(step, broken) as executor, pytest.raises(BrokenProcessPool):
            _run(client, requests, journal, executor=executor, **how)
        assert journal.counts["intent"] == 0
        assert sum(entry.job is not None for entry in journal.entries()) == len(provider.seeds)
        _run(client, requests, journal, **how)
        assert journal.counts == {"saved": 8}
    assert sorted(provider.seeds) == [1, 2, 3, 4]


def test_a_quota_that_cannot_be_asked_any_more_ends_the_run(monkeypatch):
    reserved = []
    reserve = MemoryGate.reserve

    def failing(gate):
        reserved.append(gate)
        if len(reserved) == 3:
            raise errors.SettingsError("the server has not answered.")
        return reserve(gate)

    monkeypatch.setattr(MemoryGate, "reserve", failing)
    provider = ScriptedProvider()
    client = client_of(provider)
    with Journal(None, clock=client.session.clock) as journal:
        with pytest.raises(errors.BatchStopped, match="has not answered"):
            _run(client, requests_of(client, 6), journal)
        assert journal.counts["intent"] == 0
        assert sum(entry.job is not None for entry in journal.entries()) == len(provider.seeds)


def test_an_index_that_breaks_costs_no_answer(tmp_path, monkeypatch):
    provider = ScriptedProvider()
    client = client_of(provider)
    requests = requests_of(client, 20)

    def failing(*_):
        raise errors.OutputError("cannot use the history of runs: disk full.")

    monkeypatch.setattr(RunHistory, "settle", failing)
    assert set(states(run(client, requests, out=tmp_path / "out")).values()) == {"saved"}


def test_an_index_that_cannot_be_read_costs_no_answer(tmp_path):
    client = client_of(ScriptedProvider())
    with closing(RunHistory(tmp_path / "data", clock=client.session.clock)) as history:
        history._db.execute("DROP TABLE work")
        with Journal(None, clock=client.session.clock) as journal:
            _run(
                client,
                requests_of(client, 3),
                journal,
                output=OutputFolder(tmp_path / "out"),
                history=history,
            )
            assert journal.counts == {"saved": 3}


class _Damaged(Journal):
    """Is found to be damaged once a job was accepted."""

    def record(self, entries):
        if any(entry.state == "accepted" for entry in entries):
            raise errors.InputError("the journal is damaged.")
        super().record(entries)


def test_jobs_that_a_damaged_journal_could_not_take_are_in_the_error():
    provider = ScriptedProvider()
    client = client_of(provider)
    with (
        _Damaged(None, clock=client.session.clock) as journal,
        pytest.raises(errors.OutputError, match="damaged") as caught,
    ):
        _run(client, requests_of(client, 4), journal)
    lines = [line for line in caught.value.message.splitlines() if line.startswith("item-")]
    assert len(lines) == len(provider.seeds)


class _Watched(Journal):
    """Tells somebody who cannot be told."""

    let_go = None

    def record(self, entries):
        super().record(entries)
        if any(entry.state == "accepted" for entry in entries):
            self.let_go.set()
            raise UnicodeEncodeError("ascii", "é", 0, 1, "cannot be printed")


def test_whoever_watches_and_fails_ends_the_run_and_loses_no_answer():
    provider = ScriptedProvider(held=frozenset({2, 3, 4}))
    client = client_of(provider)
    with _Watched(None, clock=client.session.clock) as journal:
        journal.let_go = provider.let_go
        with pytest.raises(UnicodeEncodeError):
            _run(client, requests_of(client, 4), journal)
        assert sum(entry.job is not None for entry in journal.entries()) == len(provider.seeds)


class _LikeDask(Executor):
    """Its futures can be cancelled while they are worked on, as Dask's can."""

    def __init__(self, pool):
        self._pool = pool

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self._pool.submit(fn, *args, **kwargs).add_done_callback(
            lambda done: future.cancelled() or self._hand_on(done, future)
        )
        return future

    @staticmethod
    def _hand_on(done, future):
        if done.exception():
            future.set_exception(done.exception())
        else:
            future.set_result(done.result())


def test_what_a_worker_may_be_sending_is_never_taken_back():
    provider = ScriptedProvider(held=frozenset({2}), info=one_at_a_time())
    client = client_of(provider)
    with Journal(None, clock=client.session.clock) as journal, ThreadPoolExecutor(4) as pool:
        sessions = {"fake": client.session}
        items = _items(client, requests_of(client, 3))
        executor = _LikeDask(pool)
        how = {"executor": executor, "policy": BatchPolicy(executor_runs_once=True)}
        with closing(run_batch(items, sessions, journal=journal, **how)) as outcomes:
            assert next(outcomes).item.id == "item-1"
            assert provider.entered.wait(30)
            threading.Timer(0.5, provider.let_go.set).start()  # when the run is being closed
        assert journal.get("item-2").state == "accepted"
        assert journal.get("item-3").state == "planned"


class _Cancelling(Executor):
    """Cancels by itself what it was given to send, as a cluster does that is closed."""

    def __init__(self, pool, begun):
        self._pool, self._begun = pool, begun

    def submit(self, fn, /, *args, **kwargs):
        if args[1] is not workers.send:
            return self._pool.submit(fn, *args, **kwargs)
        future = Future()
        future.cancel()
        self._begun.append(future)
        return future


def test_what_an_executor_cancels_by_itself_may_have_been_sent():
    client = client_of(ScriptedProvider())
    begun = []
    with Journal(None, clock=client.session.clock) as journal, ThreadPoolExecutor(4) as pool:
        how = {
            "executor": _Cancelling(pool, begun),
            "policy": BatchPolicy(executor_runs_once=True),
        }
        (outcome,) = _run(client, requests_of(client, 1), journal, **how)
    assert outcome.state == "outcome_unknown"
    assert len(begun) == 1


def test_an_executor_that_is_closed_in_the_middle_is_named():
    provider = ScriptedProvider(held=frozenset({1}))
    client = client_of(provider)
    with Journal(None, clock=client.session.clock) as journal:
        executor = ThreadPoolExecutor(1)

        def close():
            assert provider.entered.wait(30)
            executor.shutdown(wait=False, cancel_futures=True)
            provider.let_go.set()

        threading.Thread(target=close).start()
        with pytest.raises((errors.BatchStopped, RuntimeError), match=r"dropped|shutdown"):
            _run(client, requests_of(client, 3), journal, executor=executor)
        assert journal.get("item-1").state == "accepted"
        assert journal.counts["planned"] == 2
