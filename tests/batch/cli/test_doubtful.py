"""What judges say of the images of a run, and how doubtful ones are bought again."""

import csv
import json
import sqlite3
import threading

import attrs
import pytest

from batch_runs import PERSON, TOP, ScriptedProvider, client_of, requests_of, run
from providers import FakeProvider, dressed, fake_info, picture
from tryon_batch.history import HISTORY_NAME
from tryon_batch.items import BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import hookimpl
from tryon_core.engine import REGISTRY, data_folder
from tryon_core.errors import JobExpired

BATCH = ("batch", "cat.csv", "-p", "fake", "--out", "run")
REDO = ("batch", "--resume", "--out", "run", "--redo-doubtful")
BLANK = picture()
LOCK = threading.Lock()


class Vendor(FakeProvider):
    """Gives a blank image for `tee-b.png`, the first time."""

    @hookimpl
    def submit(self, request, ctx):
        job = FakeProvider.submit(self, request, ctx)
        names = [one.top.path.name for one in self.requests]
        is_blank = request.top.path.name == "tee-b.png" and names.count("tee-b.png") == 1
        return attrs.evolve(job, id=f"{job.id}-blank" if is_blank else job.id)

    @hookimpl
    def poll(self, job, ctx):
        with LOCK:
            self.images = [BLANK if job.id.endswith("blank") else dressed()]
            return FakeProvider.poll(self, job, ctx)


@pytest.fixture
def vendor(folder):
    """A provider, and a manifest of three rows."""
    rows = "".join(f"{name},person.png,tee-{name}.png\n" for name in "abc")
    (folder / "cat.csv").write_text(f"id,person,top\n{rows}")
    for number, name in enumerate("abc"):
        (folder / f"tee-{name}.png").write_bytes(picture((80, 80), (number, 90, 160)))
    provider = Vendor(info=fake_info(keeps_unnamed_garments=True))
    REGISTRY.register(provider)
    yield provider
    REGISTRY.unregister("fake")


def _entries(folder, name="run"):
    with JournalReader(folder / name / JOURNAL_NAME) as journal:
        return {entry.id: entry for entry in journal.entries()}


def _codes(entry):
    return None if entry.problems is None else [problem.code for problem in entry.problems]


def _doubtful(tryon, vendor):
    ended = tryon(*BATCH)
    assert ended.code == 0
    assert vendor.calls.count("submit") == 3
    return ended


def test_the_run_says_what_is_doubtful_and_what_it_would_cost_again(tryon, vendor, folder):
    ended = _doubtful(tryon, vendor)
    *_, line, command = ended.err.splitlines()
    assert line == (
        "1 of 3 are doubtful: the column `problems` says why. To buy them again, for 0.10 USD:"
    )
    assert command == "  tryon batch --resume --out run --redo-doubtful"
    with (folder / "run/manifest.out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert [row["verdict"] for row in rows.values()] == ["passed", "doubtful", "passed"]
    assert "one colour" in rows["b"]["problems"]
    assert rows["a"]["problems"] == ""
    lines = (folder / "run/results.jsonl").read_text().splitlines()
    told = {record["id"]: record for record in map(json.loads, lines)}
    assert told["b"]["verdict"] == "doubtful"
    assert [problem["code"] for problem in told["b"]["problems"]] == ["result_blank"]
    assert (told["a"]["verdict"], told["a"]["problems"]) == ("passed", [])


def test_programs_hear_of_it_as_the_images_come(tryon, vendor):
    events = [json.loads(line) for line in
              tryon(*BATCH, "--json").out.splitlines()]  # fmt: skip
    saved = {event["id"]: event["verdict"] for event in events if event["event"] == "saved"}
    assert saved == {"a": "passed", "b": "doubtful", "c": "passed"}
    assert (events[-1]["doubtful"], events[-1]["redo_doubtful"]) == (1, {"USD": "0.10"})
    assert vendor.calls.count("submit") == 3


def test_nothing_is_bought_again_by_itself(tryon, vendor, folder):
    _doubtful(tryon, vendor)
    assert tryon("batch", "--resume", "--out", "run").code == 0
    assert vendor.calls.count("submit") == 3
    assert _codes(_entries(folder)["b"]) == ["result_blank"]


def test_what_is_doubtful_is_bought_again_when_asked_and_then_it_is_not_any_more(
    tryon, vendor, folder
):
    _doubtful(tryon, vendor)
    estimate = tryon(*REDO, "--estimate", "--json").json
    assert (estimate["to_send"], estimate["totals"]) == (1, {"USD": "0.10"})
    assert tryon(*REDO, "--max-cost", "0.35USD").code == 2
    assert vendor.calls.count("submit") == 3
    ended = tryon(*REDO, "--max-cost", "0.40USD")
    assert ended.code == 0
    assert "doubtful" not in ended.err
    assert vendor.calls.count("submit") == 4
    entry = _entries(folder)["b"]
    assert (entry.verdict, entry.problems) == ("passed", ())
    assert [_codes(one) for one in entry.earlier] == [["result_blank"]]
    assert (folder / "run/b.png").read_bytes() == dressed()
    assert tryon(*REDO).code == 0
    assert vendor.calls.count("submit") == 4


def test_without_a_run_nothing_can_be_doubtful(tryon, vendor):
    ended = tryon(*BATCH, "--redo-doubtful")
    assert ended.code == 2
    assert "there is no run" in ended.err
    assert vendor.requests == []


class TestRunsInPython:
    def test_each_outcome_has_its_verdict_with_and_without_a_folder(self, tmp_path):
        client = client_of(ScriptedProvider(images=[BLANK]))
        for out in (None, tmp_path / "out"):
            (outcome,) = run(client, requests_of(client, 1), out=out).values()
            assert (outcome.verdict, outcome.state) == ("doubtful", "saved")
            assert [problem.code for problem in outcome.problems] == ["result_blank"]

    def test_images_are_compared_with_the_photo_also_when_another_process_goes_on(self, tmp_path):
        provider = ScriptedProvider(images=[PERSON], polls=None)
        requests = requests_of(client_of(provider), 1)
        run(client_of(provider), requests, out=tmp_path, policy=BatchPolicy(job_timeout_s=1))
        provider.polls = 0
        (outcome,) = run(client_of(provider), requests, out=tmp_path).values()
        assert outcome.state == "saved"
        assert outcome.verdict == "doubtful"

    def test_copies_of_equal_work_have_its_verdict_here_and_in_later_runs(self, tmp_path):
        client = client_of(ScriptedProvider(images=[BLANK]))
        request = client.request(PERSON, top=TOP)
        first = run(client, {"a": request, "b": request}, out=tmp_path / "one")
        later = run(client, {"c": request}, out=tmp_path / "two")
        assert later["c"].entry.cost is None, "nothing was bought"
        assert {one.verdict for one in (*first.values(), *later.values())} == {"doubtful"}

    def test_the_history_of_an_older_version_knows_no_verdict(self, tmp_path):
        client = client_of(ScriptedProvider(images=[BLANK]))
        request = client.request(PERSON, top=TOP)
        run(client, {"a": request}, out=tmp_path / "one")
        history = sqlite3.connect(data_folder() / HISTORY_NAME)
        history.execute("DELETE FROM verdicts")
        history.commit()
        history.close()
        (later,) = run(client, {"c": request}, out=tmp_path / "two").values()
        assert (later.verdict, later.problems) == ("", None)

    def test_a_judge_of_ones_own_has_its_say_and_its_faults_lose_nothing(self, tmp_path, caplog):
        class Judge:
            @hookimpl
            def check_result(self, result, ctx):
                raise JobExpired(f"{ctx.request.options.seed}: no.")

        client = client_of(ScriptedProvider(), extensions=[Judge()])
        (outcome,) = run(client, requests_of(client, 1), out=tmp_path).values()
        assert (outcome.state, outcome.verdict) == ("saved", "passed")
        assert "failed in check_result(): JobExpired: 1: no." in caplog.text

    @pytest.mark.parametrize(("has_pillow", "verdict"), [(True, "passed"), (False, "")])
    def test_without_pillow_a_run_has_no_verdicts(self, tmp_path, monkeypatch, has_pillow, verdict):
        monkeypatch.setattr("tryon_core.defaults.has_pillow", lambda: has_pillow)
        client = client_of(ScriptedProvider())
        (outcome,) = run(client, requests_of(client, 1), out=tmp_path).values()
        assert outcome.verdict == verdict
        assert (outcome.problems is not None) == has_pillow
        with JournalReader(tmp_path / JOURNAL_NAME) as journal:
            assert journal.get("item-1").problems == outcome.problems
