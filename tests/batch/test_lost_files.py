"""Images that are gone from the folder of a run come back where that is free."""

import pytest

from batch_runs import PERSON, TOP, ScriptedProvider, client_of, requests_of, run, states
from providers import fake_info, picture
from tryon_batch.costs import summarise
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import JobState
from tryon_testing.clocks import FakeClock


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def provider():
    return ScriptedProvider()


def _ledger(out):
    with JournalReader(out / JOURNAL_NAME) as journal:
        return summarise(journal.entries())


def test_a_file_that_is_gone_is_fetched_again_and_not_bought(out, provider, caplog):
    client = client_of(provider)
    requests = requests_of(client, 2)
    run(client, requests, out=out)
    (out / "item-1.png").unlink()
    outcomes = run(client, requests, out=out)
    assert states(outcomes) == dict.fromkeys(requests, "saved")
    assert (out / "item-1.png").read_bytes() == provider.images[0]
    assert sorted(provider.seeds) == [1, 2]
    assert _ledger(out).spent.amounts["USD"] * 10 == 2
    assert "1 file is gone" in caplog.text


def test_of_several_files_those_that_are_there_stay(out):
    provider = ScriptedProvider(images=[picture(), picture(kind="JPEG")])
    client = client_of(provider)
    requests = requests_of(client, 1)
    run(client, requests, out=out)
    first, second = out / "item-1.png", out / "item-1+2.jpg"
    before = first.stat().st_ino
    second.unlink()
    run(client, requests, out=out)
    assert (first.stat().st_ino, second.read_bytes()) == (before, provider.images[1])


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_what_the_vendor_has_no_longer_is_said_and_not_bought_silently(out, provider, state):
    client = client_of(provider)
    requests = requests_of(client, 1)
    run(client, requests, out=out)
    (out / "item-1.png").unlink()
    provider.state = state
    error = run(client, requests, out=out)["item-1"].error
    assert "the file item-1.png is gone, and the vendor has it no longer" in error.message
    assert "redo=['item-1']" in error.remedy
    again = run(client, requests, out=out)["item-1"]
    assert (again.state, again.entry.files, again.is_earlier) == ("failed", (), True)
    assert provider.seeds == [1]
    assert _ledger(out).spent.amounts["USD"] * 10 == 1, "it was paid all the same"


def test_a_job_that_has_expired_is_not_asked_for(out):
    clock = FakeClock()
    provider = ScriptedProvider(info=fake_info(job_lifetime_s=3600))
    client = client_of(provider, clock=clock)
    requests = requests_of(client, 1)
    run(client, requests, out=out)
    (out / "item-1.png").unlink()
    clock.advance(3601)
    polls = provider.calls.count("poll")
    outcome = run(client, requests, out=out)["item-1"]
    assert (outcome.state, outcome.entry.error["billed"]) == ("failed", "yes")
    assert provider.calls.count("poll") == polls


def test_a_file_that_somebody_changed_is_left_alone(out, provider, caplog):
    client = client_of(provider)
    requests = requests_of(client, 1)
    run(client, requests, out=out)
    (out / "item-1.png").write_bytes(b"retouched")
    assert states(run(client, requests, out=out)) == {"item-1": "saved"}
    assert (out / "item-1.png").read_bytes() == b"retouched"
    assert "was changed since it was saved" in caplog.text


def test_a_copy_that_is_gone_is_copied_again(out, provider):
    client = client_of(provider)
    request = client.request(PERSON, top=TOP)
    requests = {"a": request, "b": request}
    run(client, requests, out=out)
    (out / "b.png").unlink()
    assert states(run(client, requests, out=out)) == dict.fromkeys("ab", "saved")
    assert (out / "b.png").read_bytes() == (out / "a.png").read_bytes()
    assert len(provider.seeds) == 1


@pytest.mark.parametrize("policy", [BatchPolicy(), BatchPolicy(again=True)])
def test_a_copy_whose_source_is_gone_too_is_not_bought_silently(tmp_path, provider, policy):
    client = client_of(provider)
    request = client.request(PERSON, top=TOP)
    run(client, {"a": request}, out=tmp_path / "one")
    run(client, {"b": request}, out=tmp_path / "two")
    (tmp_path / "one" / "a.png").unlink()
    (tmp_path / "two" / "b.png").unlink()
    outcome = run(client, {"b": request}, out=tmp_path / "two", policy=policy)["b"]
    assert (outcome.state, outcome.entry.error["billed"]) == ("failed", "no")
    assert "redo=['b']" in outcome.entry.error["remedy"]
    assert len(provider.seeds) == 1


def test_a_run_that_ends_in_between_goes_on(out, provider):
    client = client_of(provider)
    requests = requests_of(client, 1)
    run(client, requests, out=out)
    (out / "item-1.png").unlink()
    provider.polls = None
    outcomes = run(client, requests, out=out, policy=BatchPolicy(job_timeout_s=1))
    assert states(outcomes) == {"item-1": "accepted"}
    assert _ledger(out).spent.amounts["USD"] * 10 == 1, "what was paid is not in doubt again"
    provider.polls = 0
    assert states(run(client, requests, out=out)) == {"item-1": "saved"}
    assert provider.seeds == [1]
