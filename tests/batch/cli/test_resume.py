"""Runs that go on: by their journal alone, beside an edited manifest, and item by item."""

import csv
import json
from pathlib import Path

import pytest

from providers import picture
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core import Client
from tryon_core.errors import AuthenticationFailed, InputRefused, OutcomeUnknown
from tryon_core.models import JobState

BATCH = ("batch", "cat.csv", "-p", "fake", "--out", "run")
RESUME = ("batch", "--resume", "--out", "run")
LOST = OutcomeUnknown("no answer came.")
BAD_KEY = AuthenticationFailed("the key is wrong.")


@pytest.fixture
def write(folder):
    """Write a manifest of these garments by id."""

    def make(garments, name="cat.csv"):
        with (folder / name).open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "person", "top", "SKU"])
            for number, (item_id, garment) in enumerate(garments.items(), 1):
                if not (folder / garment).exists():
                    (folder / garment).write_bytes(picture((80, 80), (number, 90, 160)))
                rows.writerow([item_id, "person.png", garment, f"sku-{item_id}"])

    return make


def _states():
    with JournalReader(Path("run") / JOURNAL_NAME) as journal:
        return {entry.id: entry.state for entry in journal.entries()}


class TestWithoutAManifest:
    @pytest.mark.parametrize("is_gone", [True, False])
    def test_planned_rows_are_sent_as_they_were_asked(self, tryon, offer, folder, write, is_gone):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png", "b": "y.png"})
        assert tryon(*BATCH, "-o", "seed=7").code == 3
        provider.on_submit = None
        if is_gone:
            (folder / "cat.csv").unlink()
        (folder / "elsewhere").mkdir()
        ended = tryon(*RESUME)
        assert (ended.code, _states()) == (0, {"a": "saved", "b": "saved"})
        assert "note:" not in ended.err
        assert {request.options.seed for request in provider.requests} == {7}
        assert "sku-a" in (folder / "run/manifest.out.csv").read_text("utf-8-sig")

    def test_what_was_accepted_is_fetched_without_any_image(self, tryon, offer, folder, write):
        provider = offer(polls=None)
        write({"a": "x.png"})
        provider.state = JobState.RUNNING
        provider.before_submit = lambda: None
        client = Client(provider)
        request = client.request(folder / "person.png", top=folder / "x.png")
        next(iter(client.run_batch({"a": request}, out="run", policy=_impatient())))
        assert _states() == {"a": "accepted"}
        for name in ("cat.csv", "x.png", "person.png"):
            (folder / name).unlink()
        provider.polls, provider.state = 0, None
        ended = tryon(*RESUME)
        assert (ended.code, _states()) == (0, {"a": "saved"})
        assert provider.calls.count("submit") == 1

    def test_rows_whose_images_are_gone_are_left_and_the_others_done(
        self, tryon, offer, folder, write
    ):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png", "b": "y.png"})
        tryon(*BATCH)
        provider.on_submit = None
        (folder / "x.png").unlink()
        ended = tryon(*RESUME)
        assert ended.code == 2
        assert "left: a (row 2): top: there is no file" in ended.err
        assert "1 item is unfinished" in ended.err
        assert _states() == {"a": "planned", "b": "saved"}
        again = tryon(*RESUME, "--json")
        assert [event["id"] for event in map(json.loads, again.out.splitlines())
                if event["event"] == "left"] == ["a"]  # fmt: skip
        assert "there is no file" in (folder / "run/results.jsonl").read_text("utf-8")

    def test_a_run_of_which_nothing_can_be_done_is_refused(self, tryon, offer, folder, write):
        offer(on_submit=BAD_KEY)
        write({"a": "x.png"})
        tryon(*BATCH)
        (folder / "x.png").unlink()
        ended = tryon(*RESUME)
        assert ended.code == 2
        assert "1 problem in the run in 'run'; nothing was sent." in ended.err

    def test_an_image_within_the_table_comes_from_the_table_again(self, tryon, offer, folder):
        provider = offer(on_submit=BAD_KEY)
        address = "data:image/png;base64," + _base64(picture((80, 80)))
        (folder / "cat.csv").write_text(f'id,person,top\na,person.png,"{address}"\n')
        tryon(*BATCH)
        provider.on_submit = None
        (folder / "cat.csv").rename("kept.csv")
        ended = tryon(*RESUME)
        assert ended.code == 2
        assert "the journal does not hold its images" in ended.err
        (folder / "kept.csv").rename("cat.csv")
        ended = tryon(*RESUME)
        assert (ended.code, _states()) == (0, {"a": "saved"})
        assert "the manifest is read again" in ended.err

    def test_what_was_sent_is_fetched_when_the_table_must_be_read_and_has_it_no_more(
        self, tryon, offer, folder, write
    ):
        provider = offer(polls=None)
        write({"b": "y.png"})
        client = Client(provider)
        request = client.request(folder / "person.png", top=folder / "y.png")
        list(client.run_batch({"b": request}, out="run", policy=_impatient()))
        address = "data:image/png;base64," + _base64(picture((80, 80)))
        (folder / "cat.csv").write_text(f'id,person,top\na,person.png,"{address}"\n')
        provider.on_submit = BAD_KEY
        tryon("batch", "cat.csv", "-p", "fake", *RESUME[1:], "--only", "a")
        assert _states() == {"a": "planned", "b": "accepted"}
        provider.on_submit, provider.polls = None, 0
        assert (tryon(*RESUME).code, _states()) == (0, {"a": "saved", "b": "saved"})
        assert len({request.top for request in provider.requests}) == 2

    def test_an_estimate_counts_what_the_journal_has(self, tryon, offer, folder, write):
        offer(on_submit=BAD_KEY)
        write({"a": "x.png", "b": "y.png"})
        tryon(*BATCH)
        (folder / "cat.csv").unlink()
        assert "fake: 2 images x 0.10 USD" in tryon(*RESUME, "--estimate").out

    def test_a_run_that_a_program_began_goes_on(self, tryon, offer, folder, write):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png"})
        client = Client(provider)
        request = client.request(folder / "person.png", top=folder / "x.png")
        list(client.run_batch({"a": request}, out="run"))
        provider.on_submit = None
        assert tryon(*RESUME).code == 0
        assert _states() == {"a": "saved"}


class TestAnEditedManifest:
    def test_it_is_told_and_not_followed(self, tryon, offer, folder, write):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png", "b": "y.png", "c": "z.png"})
        tryon(*BATCH)
        provider.on_submit = None
        write({"a": "x.png", "b": "other.png", "d": "z.png"})
        ended = tryon(*RESUME)
        assert ended.code == 0
        (told,) = [line for line in ended.err.splitlines() if line.startswith("note:")]
        for part in ("changed: row 3; new: row 4; gone: row 4", "with what was asked then"):
            assert part in told
        assert _states() == {"a": "saved", "b": "saved", "c": "saved"}
        # Named, it is followed.
        assert "cat.csv --resume --out run" in told

    def test_named_it_is_followed_and_what_changes_is_told(self, tryon, offer, write):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png", "b": "y.png"})
        tryon(*BATCH, "-o", "seed=7")
        provider.on_submit = None
        write({"a": "x.png", "b": "other.png"})
        ended = tryon("batch", "cat.csv", *RESUME[1:])
        assert ended.code == 0
        assert "note: the manifest asks for something else than before: row 3." in ended.err
        assert {request.options.seed for request in provider.requests} == {7}
        names = [request.top.path.name for request in provider.requests[-2:]]
        assert sorted(names) == ["other.png", "x.png"]

    def test_one_with_problems_keeps_nothing_from_being_done(self, tryon, offer, folder, write):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png"})
        tryon(*BATCH)
        provider.on_submit = None
        (folder / "cat.csv").write_text("id,persn\na,b\n")
        ended = tryon(*RESUME)
        assert (ended.code, _states()) == (0, {"a": "saved"})
        assert "(problems, such as row 1: unknown column 'persn'" in ended.err

    def test_what_was_refused_is_mended_in_it(self, tryon, offer, write):
        provider = offer(on_submit=InputRefused("nobody there."))
        write({"a": "x.png"})
        ended = tryon(*BATCH)
        command = ended.err.splitlines()[-1].split()
        assert command == [
            "tryon",
            "batch",
            "cat.csv",
            "--resume",
            "--out",
            "run",
            "--retry-failed",
        ]
        provider.on_submit = None
        write({"a": "better.png"})
        assert tryon(*command[1:]).code == 0
        assert provider.requests[-1].top.path.name == "better.png"


def test_a_file_that_was_deleted_comes_back_and_is_paid_once(tryon, offer, folder, write):
    provider = offer()
    write({"a": "x.png", "b": "y.png"})
    tryon(*BATCH)
    tryon(*RESUME, "--redo", "a")
    (folder / "run/a.png").unlink()
    ended = tryon(*RESUME)
    assert (ended.code, (folder / "run/a.png").is_file()) == (0, True)
    assert ended.err.splitlines()[-1] == "2 saved; spent 0.30 USD"
    assert "1 file is gone from run, such as a.png: fetched again where that is free" in ended.err
    assert provider.calls.count("submit") == 3


class TestItemByItem:
    def test_only_these_are_sent_now(self, tryon, offer, write):
        provider = offer()
        write({"a": "x.png", "b": "y.png", "c": "z.png"})
        ended = tryon(*BATCH, "--only", "a", "--only", "c")
        assert ended.code == 0
        assert "2 of 2 items are to be sent, for at most 0.20 USD" in ended.err
        assert _states() == {"a": "saved", "b": "planned", "c": "saved"}
        assert tryon(*BATCH, "--resume").code == 0
        assert provider.calls.count("submit") == 3

    def test_only_these_go_on(self, tryon, offer, write):
        provider = offer(on_submit=BAD_KEY)
        write({"a": "x.png", "b": "y.png"})
        tryon(*BATCH)
        provider.on_submit = None
        ended = tryon(*RESUME, "--only", "b")
        assert (ended.code, _states()) == (0, {"a": "planned", "b": "saved"})
        assert "note:" not in ended.err
        assert tryon(*RESUME).code == 0

    def test_an_item_is_bought_again_at_a_cost_that_is_said(self, tryon, offer, folder, write):
        provider = offer()
        write({"a": "x.png", "b": "y.png"})
        tryon(*BATCH)
        provider.images = [picture(colour=(1, 2, 3))]
        assert "fake: 1 image x 0.10" in tryon(*RESUME, "--redo", "a", "--estimate").out
        assert tryon(*RESUME, "--redo", "a", "--max-cost", "0.25USD").code == 2
        ended = tryon(*RESUME, "--redo", "a", "--max-cost", "0.30USD")
        assert ended.code == 0
        assert "1 of 2 items is to be sent, for at most 0.10 USD" in ended.err
        assert (folder / "run/a.png").read_bytes() == provider.images[0]
        assert (folder / "run/b.png").read_bytes() != provider.images[0]
        assert tryon(*RESUME).code == 0
        assert provider.calls.count("submit") == 3

    @pytest.mark.parametrize("option", ["--only", "--redo"])
    def test_an_item_that_is_not_there_is_named(self, tryon, fake, write, option):
        write({"spring-1": "x.png"})
        ended = tryon(*BATCH, option, "spring1")
        assert ended.code == 2
        assert "no item 'spring1'" in ended.err
        assert "Did you mean 'spring-1'?" in ended.err
        assert fake.calls.count("submit") == 0

    def test_a_run_that_begins_with_some_items_goes_on_with_the_others(self, tryon, fake, write):
        write({"a": "x.png", "b": "y.png"})
        ended = tryon(*BATCH, "--only", "b")
        assert (ended.code, _states()) == (0, {"a": "planned", "b": "saved"})
        ended = tryon(*RESUME)
        assert (ended.code, _states()) == (0, {"a": "saved", "b": "saved"})
        assert "was edited" not in ended.err
        assert fake.calls.count("submit") == 2
        write({"a": "z.png", "b": "y.png", "c": "x.png"})
        ended = tryon(*BATCH, "--resume", "--only", "c")
        assert (ended.code, _states()) == (0, {"a": "saved", "b": "saved", "c": "saved"})

    def test_an_item_without_its_images_is_left_and_not_called_unknown(
        self, tryon, offer, folder, write
    ):
        provider = offer()
        write({"a": "x.png", "b": "y.png"})
        tryon(*BATCH)
        (folder / "x.png").unlink()
        ended = tryon(*RESUME, "--redo", "a", "--redo", "b")
        assert "left: a (row 2): top: there is no file" in ended.err
        assert "no item" not in ended.err
        assert (ended.code, _states()) == (2, {"a": "saved", "b": "saved"})
        assert provider.calls.count("submit") == 3

    def test_the_estimate_of_an_edited_manifest_is_that_of_the_run(self, tryon, offer, write):
        offer(on_submit=InputRefused("nobody there."))
        write({"a": "x.png", "b": "y.png"})
        assert tryon(*BATCH).code == 1
        assert "nothing is to be sent" in tryon(*BATCH, "--resume", "--estimate").out
        write({"a": "z.png", "b": "y.png"})
        assert "fake: 1 image x 0.10" in tryon(*BATCH, "--resume", "--estimate").out

    def test_the_estimate_refuses_other_work_under_the_id_of_a_saved_item(self, tryon, fake, write):
        write({"a": "x.png"})
        tryon(*BATCH)
        write({"a": "z.png"})
        for more in ([], ["--estimate"]):
            ended = tryon(*BATCH, "--resume", *more)
            assert ended.code == 2
            assert "'a' asks for something else than before, and is already saved" in ended.err

    def test_what_the_dashboard_shows_is_said_item_by_item(self, tryon, offer, write):
        provider = offer(on_submit=LOST)
        write({"a": "x.png", "b=1": "y.png"})
        ended = tryon(*BATCH)
        assert ended.code == 4
        assert "--settle ID=not-charged or --settle ID=JOB" in ended.err
        provider.on_submit = None
        ended = tryon(*RESUME, "--settle", "a=not-charged", "--settle", "b=1=job-77")
        assert (ended.code, _states()) == (0, {"a": "saved", "b=1": "saved"})
        assert "1 of 2 items is to be sent, for at most 0.10 USD" in ended.err
        assert len(provider.requests) == 3
        costs = tryon("costs", "run", "--json").json
        assert (costs["spent"], costs["possibly_billed"]) == ({"USD": "0.20"}, 0)

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ((*BATCH, "--settle", "a=x"), "there is no run in which anything could be settled"),
            ((*BATCH, "--settle", "a"), "there is no run"),
        ],
    )
    def test_nothing_is_settled_before_there_is_a_run(self, tryon, fake, write, command, said):
        write({"a": "x.png"})
        ended = tryon(*command)
        assert ended.code == 2
        assert said in ended.err
        assert fake.calls.count("submit") == 0

    @pytest.mark.parametrize(
        ("text", "said"),
        [("a", "is not ID=not-charged or ID=JOB"), ("c=x", "no item 'c'"), ("a=x", "is saved")],
    )
    def test_what_cannot_be_settled_is_said(self, tryon, fake, write, text, said):
        write({"a": "x.png"})
        tryon(*BATCH)
        ended = tryon(*RESUME, "--settle", text)
        assert ended.code == 2
        assert said in ended.err
        assert fake.calls.count("submit") == 1

    def test_two_different_things_of_one_item_are_refused(self, tryon, offer, write):
        offer(on_submit=LOST)
        write({"a": "x.png"})
        tryon(*BATCH)
        ended = tryon(*RESUME, "--settle", "a=not-charged", "--settle", "a=job-77")
        assert ended.code == 2
        assert "two different things are said of 'a'" in ended.err
        assert _states() == {"a": "outcome_unknown"}


def _impatient():
    from tryon_batch.items import BatchPolicy

    return BatchPolicy(job_timeout_s=0.0)


def _base64(data):
    import base64

    return base64.b64encode(data).decode()
