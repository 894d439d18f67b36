"""`tryon jobs --unknown --look-up`, and `resume` of what is unknown: single jobs and items."""

import attrs
import pytest

from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import LookUp, NotAccepted, Undecided, errors
from tryon_core.registry import REGISTRY

TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")


@pytest.fixture(autouse=True)
def _remembering(monkeypatch):
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "1")


@pytest.fixture
def lost(tryon, offer, folder):
    """A single job and an item, both unknown; gives what lets the vendor answer about them."""
    provider = offer(on_submit=errors.OutcomeUnknown("lost."))
    assert tryon("submit", *TRY).code == 4
    (folder / "cat.csv").write_text("id,person,top\na,person.png,tee.png")
    assert tryon("batch", "cat.csv", "-p", "fake", "--out", "results").code == 4
    provider.on_submit = None

    def answer(finding):
        provider.finding = finding
        provider.info = attrs.evolve(provider.info, look_up=LookUp(settles_s=0, source="-"))
        REGISTRY.unregister("fake")
        REGISTRY.register(provider)
        return provider

    return answer


def _look_up(tryon):
    document = tryon("jobs", "--unknown", "--look-up", "--json").json
    return document, {one["id"]: one for one in document["looked_up"]}


def _state(folder):
    with JournalReader(folder / "results" / JOURNAL_NAME) as journal:
        return journal.get("a").state


def test_what_is_found_can_be_resumed(tryon, lost, folder):
    lost("job-7")
    single = tryon("jobs", "--json").json["jobs"][0]["id"]
    document, found = _look_up(tryon)
    assert (found[single]["outcome"], found[single]["job"]) == ("found", "job-7")
    assert found["a"]["outcome"] == "unknown", "a job is that of one submission"
    assert "another request" in found["a"]["message"]
    assert document["jobs"] == []
    command = found[single]["message"].split("tryon ")[1].replace("PATH", "one.png")
    assert tryon(*command.split()).code == 0
    assert (folder / "one.png").is_file()


def test_an_item_that_is_found_goes_on_with_its_run(tryon, lost, folder):
    lost("job-7")
    assert "not asked" not in tryon("jobs", "results", "--unknown", "--look-up").err
    assert _state(folder) == "accepted"
    assert tryon("batch", "--resume", "--out", "results").code == 0
    assert _state(folder) == "saved"


def test_what_was_not_accepted_is_taken_off_the_list_and_may_be_sent_again(tryon, lost, folder):
    provider = lost(NotAccepted())
    document, found = _look_up(tryon)
    assert {one["outcome"] for one in found.values()} == {"not_accepted"}
    assert document["jobs"] == document["unknown"] == []
    assert _state(folder) == "planned"
    assert tryon("batch", "--resume", "--out", "results").code == 0
    assert provider.calls.count("submit") == 3


def test_candidates_are_named_and_nothing_changes(tryon, lost, folder):
    lost(Undecided(candidates=["job-5", "job-6"]))
    ended = tryon("jobs", "--unknown", "--look-up")
    assert ended.err.count("may be the job job-5 or job-6") == 2
    assert _state(folder) == "outcome_unknown"
    assert len(tryon("jobs", "--unknown", "--json").json["jobs"]) == 1


def test_a_vendor_that_cannot_be_asked_is_not(tryon, lost):
    del lost
    document, found = _look_up(tryon)
    (single,) = found.values()
    assert single["outcome"] == "unknown"
    assert "dashboard" in single["message"]
    assert len(document["unknown"]) == 1


def test_a_vendor_that_does_not_answer_leaves_it_unknown(tryon, lost):
    lost(errors.AnswerLost("no answer came."))
    _, found = _look_up(tryon)
    assert all("o answer came." in one["message"] for one in found.values())


def test_resume_looks_it_up_first(tryon, lost):
    lost("job-7")
    ended = tryon("resume", "--last", "--out", "one.png")
    assert (ended.code, ended.out) == (0, "one.png\n")


@pytest.mark.parametrize(("finding", "code"), [(NotAccepted(), 1), (Undecided(), 4)])
def test_resume_says_what_is_known(tryon, lost, finding, code):
    lost(finding)
    assert tryon("resume", "--last", "--out", "one.png").code == code


def test_look_up_goes_with_unknown(tryon):
    assert tryon("jobs", "--look-up").code == 2
