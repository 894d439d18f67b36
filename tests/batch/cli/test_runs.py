import shutil
from pathlib import Path

import pytest

from tryon_batch.journal import JOURNAL_NAME
from tryon_core.errors import InputRefused, OutcomeUnknown
from tryon_core.remembered import data_folder


@pytest.fixture
def batch(tryon, folder):
    def run(out, *more):
        (folder / "cat.csv").write_text("id,person,top\na,person.png,tee.png")
        return tryon("batch", "cat.csv", "-p", "fake", "--out", out, *more)

    return run


@pytest.mark.usefixtures("fake")
def test_runs_are_listed_with_the_latest_first(tryon, folder, batch):
    batch("one")
    batch("two", "--again")
    ended = tryon("jobs")
    rows = [line.split() for line in ended.out.splitlines()]
    assert rows[0] == ["ID", "STARTED", "ITEMS", "COST", "JOURNAL"]
    found = [(row[3:5], row[5:7], row[-1]) for row in rows[1:]]
    assert found == [
        (["1", "saved"], ["0.10", "USD"], str(folder / name / JOURNAL_NAME))
        for name in ("two", "one")
    ]
    document = tryon("jobs", "--json").json
    assert [run["id"] for run in document["runs"]] == [row[0] for row in rows[1:]]
    assert document["runs"][0]["spent"] == {"USD": "0.10"}


def test_no_run_is_no_error_and_leaves_nothing_behind(tryon):
    ended = tryon("jobs")
    assert (ended.code, ended.out) == (0, "")
    assert "Nothing was submitted yet" in ended.err
    assert tryon("jobs", "--unknown").err == "Nothing is unknown.\n"
    assert not data_folder().exists()


def _ids(tryon):
    return {
        Path(run["journal"]).parent.name: run["id"] for run in tryon("jobs", "--json").json["runs"]
    }


@pytest.mark.usefixtures("fake")
def test_the_id_of_a_run_and_its_beginning_stay_whatever_comes_after(tryon, batch):
    batch("one")
    before, started = _ids(tryon)["one"], tryon("jobs", "--json").json["runs"][0]["started_at"]
    batch("two", "--again")
    batch("one", "--resume")
    assert _ids(tryon)["one"] == before
    runs = {run["id"]: run for run in tryon("jobs", "--json").json["runs"]}
    assert runs[before]["started_at"] == started
    found = [
        tryon("jobs", before[:5], "--json").json["journal"],
        *tryon("costs", before[:5], "--json").json["journals"],
    ]
    assert [Path(journal).parent.name for journal in found] == ["one", "one"]


@pytest.mark.usefixtures("fake")
def test_a_run_can_be_forgotten_and_its_files_stay(tryon, folder, batch):
    batch("one")
    batch("two", "--again")
    assert tryon("jobs", "--forget", _ids(tryon)["one"]).code == 0
    assert set(_ids(tryon)) == {"two"}
    assert (folder / "one" / "a.png").is_file()
    assert tryon("jobs", "one").code == 0
    assert "no job or run 'nowhere'" in tryon("jobs", "--forget", "nowhere").err


@pytest.mark.usefixtures("fake")
def test_a_beginning_that_several_runs_have_is_told(tryon, batch):
    batch("one")
    batch("two", "--again")
    assert "is the beginning of 2 ids of runs" in tryon("costs", "r").err


@pytest.mark.usefixtures("fake")
def test_a_run_that_is_gone_stays_in_the_list_and_is_said_to_be_gone(tryon, folder, batch):
    batch("one")
    shutil.rmtree(folder / "one")
    ended = tryon("jobs")
    assert ended.code == 0
    assert "there is no journal" in ended.out
    (run,) = tryon("jobs", "--json").json["runs"]
    assert run["counts"] is None
    assert "there is no journal" in run["problem"]


def test_the_items_of_a_run_by_state(tryon, offer, batch):
    provider = offer(on_submit=InputRefused("nobody is there."))
    batch("one")
    run_id = _ids(tryon)["one"]
    for name in ("one", f"one/{JOURNAL_NAME}", run_id):
        ended = tryon("jobs", name)
        assert ended.err == "1 refused\n"
        state, item, row, *_ = ended.out.splitlines()[1].split()
        assert (state, item, row) == ("refused", "a", "2")
        assert "nobody is there." in ended.out
    provider.on_submit = None
    batch("one", "--retry-failed")
    assert tryon("jobs", run_id).out == ""
    assert tryon("jobs", run_id, "--all").out.splitlines()[1].split()[:2] == ["saved", "a"]
    document = tryon("jobs", run_id, "--json").json
    assert document["counts"]["saved"] == 1
    assert document["items"][0]["files"][0]["path"] == "a.png"


def test_unknowns_of_all_runs_are_listed_with_what_to_do(tryon, offer, folder, batch):
    offer(on_submit=OutcomeUnknown("lost."))
    batch("one")
    batch("two", "--again")
    ended = tryon("jobs", "--unknown")
    assert len(ended.out.splitlines()) == 3
    assert "Look at the vendor's dashboard" in ended.err
    assert ended.err.splitlines()[1:] == [
        f"  tryon batch --resume --out {folder / name} --retry-unknown" for name in ("two", "one")
    ]
    found = tryon("jobs", "one", "--unknown", "--json").json["unknown"]
    assert [(entry["id"], entry["row"]) for entry in found] == [("a", 2)]
    assert found[0]["at_most"]["amount"] == "0.10"
    assert found[0]["sent_at"] is not None


@pytest.mark.parametrize("command", ["jobs", "costs"])
def test_a_run_that_nobody_knows_is_named(tryon, command):
    for name, words in {"nowhere": "Name its folder", "3": "run '3'"}.items():
        ended = tryon(command, name)
        assert ended.code == 2
        assert words in ended.err
    assert "is no journal" in tryon(command, "person.png").err
