import pytest

from batch_runs import ScriptedProvider, client_of, requests_of, run
from providers import fake_info
from tryon_core import errors
from tryon_core.batch.items import BatchItem
from tryon_core.batch.journal import Journal
from tryon_core.batch.run import run_batch


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


def test_a_fault_of_ours_ends_the_run_and_is_shown(monkeypatch):
    client = client_of(ScriptedProvider(info=fake_info()))

    def broken(*_, **__):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("tryon_core.steps.prepare_submission", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        run(client, requests_of(client, 1))
