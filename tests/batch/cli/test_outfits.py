"""`tryon batch --chain`: rows that take two steps, as the command tells of them."""

import json
import re
from pathlib import Path

import pytest

from providers import picture
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.errors import AuthenticationFailed, InputRefused, OutcomeUnknown

BATCH = ("batch", "cat.csv", "-p", "fake", "--out", "run", "--chain")
RESUME = ("batch", "--resume", "--out", "run")
LOST = OutcomeUnknown("no answer came.")
JOURNAL = Path("run") / JOURNAL_NAME


@pytest.fixture
def provider(offer):
    """Offer a provider of one garment at a time."""
    return offer(garments=[{"top"}, {"bottom"}])


@pytest.fixture
def write(folder):
    """Write a manifest of outfits by id; all have the same bottom."""

    def make(*ids, head="id,person,top,bottom", more=""):
        (folder / "jeans.png").write_bytes(picture(colour=(9, 9, 99)))
        rows = [head]
        for number, name in enumerate(ids):
            (folder / f"{name}.png").write_bytes(picture(colour=(number, 200, 9)))
            rows.append(f"{name},person.png,{name}.png,jeans.png{more}")
        (folder / "cat.csv").write_text("\n".join(rows))

    return make


def _states():
    with JournalReader(JOURNAL) as journal:
        return {entry.id: entry.state for entry in journal.entries()}


def _refuse(provider, *numbers, error=None):
    """Refuse the requests of these numbers, from 1 on."""

    def refuse():
        if len(provider.requests) in numbers:
            raise error or InputRefused("it is not liked.")

    provider.before_submit = refuse


def test_rows_are_counted_and_not_their_steps(tryon, provider, write):
    write("a", "b")
    ended = tryon(*BATCH)
    assert ended.code == 0
    assert "2 of 2 items are to be sent, for at most 0.40 USD" in ended.err
    assert "2 saved; spent 0.30 USD" in ended.err
    assert len(provider.requests) == 3
    listed = tryon("jobs", "run", "--all")
    assert listed.err.strip() == "2 saved"
    assert "a~bottom" in listed.out


def test_events_tell_steps_from_rows(tryon, provider, write):
    write("a")
    lines = [json.loads(line) for line in tryon(*BATCH, "--json").out.splitlines()]
    assert [line["event"] for line in lines if line["event"] != "planned"] == [
        "first_step_submitted", "first_step_saved", "submitted", "saved", "summary",
    ]  # fmt: skip
    assert (lines[0]["items"], lines[-1]["counts"]["saved"]) == (1, 1)
    assert provider.calls.count("submit") == 2


@pytest.mark.parametrize(("cell", "bought"), [("yes", 2), ("TRUE", 2), ("no", 0), ("0", 0)])
def test_a_column_says_it_for_its_row(tryon, provider, write, cell, bought):
    write("a", head="id,person,top,bottom,chain", more=f",{cell}")
    command = BATCH[:-1] if bought else BATCH
    assert tryon(*command).code == (0 if bought else 2)
    assert len(provider.requests) == bought


def test_a_cell_that_is_neither_is_refused_and_so_is_the_id_of_a_first_step(tryon, provider, write):
    write("a~bottom", head="id,person,top,bottom,chain", more=",perhaps")
    ended = tryon(*BATCH)
    assert "row 2, chain: 'perhaps' is neither yes nor no." in ended.err
    assert "row 2, id: 'a~bottom' ends in ~bottom, which is kept for first steps" in ended.err
    assert provider.requests == []


def test_a_refused_pair_names_the_flag(tryon, provider, write):
    write("a")
    ended = tryon(*BATCH[:-1])
    assert "row 2, bottom: top + bottom cannot be combined here" in ended.err
    assert "--chain does it in two steps, which cost twice" in ended.err
    assert provider.requests == []


def test_what_is_wrong_with_either_garment_is_reported_before_anything_is_sent(
    tryon, provider, write, folder
):
    write("a")
    (folder / "a.png").write_bytes(b"no image")
    (folder / "jeans.png").unlink()
    ended = tryon(*BATCH)
    assert (ended.code, provider.requests) == (2, [])
    assert "row 2, top: " in ended.err
    assert "row 2, bottom: " in ended.err
    assert "person" not in ended.err


def test_the_estimate_of_a_run_that_goes_on_has_what_is_still_to_pay(tryon, provider, write):
    write("a", "b")
    _refuse(provider, 3, error=AuthenticationFailed("the key is wrong."))
    assert tryon(*BATCH, "--concurrency", "1", "--stop-after", "1").code == 3
    ended = tryon(*RESUME, "--estimate")
    assert ended.out.startswith("fake: 1 image x 0.10 USD = 0.10 USD")
    assert "first step" not in ended.out
    provider.before_submit = lambda: None
    assert tryon(*RESUME).code == 0
    assert len(provider.requests) == 4, "one of them was refused"


def test_a_budget_counts_both_steps(tryon, provider, write):
    write("a")
    assert tryon(*BATCH, "--max-cost", "0.19USD").code == 2
    assert provider.requests == []
    assert tryon(*BATCH, "--max-cost", "0.20USD").code == 0


def test_an_unknown_first_step_is_told_and_settled_by_the_row(tryon, provider, write):
    write("a", "b")
    _refuse(provider, 1, error=LOST)
    ended = tryon(*BATCH, "--concurrency", "1")
    assert ended.code == 4
    assert _states()["a~bottom"] == "outcome_unknown"
    assert re.search("^unknown: a~bottom \\(row 2\\): no answer came.$", ended.err, re.MULTILINE)
    assert "left: a (row 2): a was not sent, since its first step a~bottom" in ended.err
    assert "1 item may have been charged, and nobody knows" in ended.err
    assert "a~bottom" in tryon("jobs", "run", "--unknown").out
    assert tryon(*RESUME).code == 4
    assert len(provider.requests) == 1
    assert tryon(*RESUME, "--settle", "a=not-charged").code == 0
    assert set(_states().values()) == {"saved"}
    assert len(provider.requests) == 4


def test_what_was_refused_goes_once_more_with_both_steps(tryon, provider, write):
    write("a")
    _refuse(provider, 1)
    ended = tryon(*BATCH)
    assert ended.code == 1
    assert "1 refused" in ended.err
    assert "refused: a~bottom" not in ended.err
    assert "refused: a (row 2): a was not sent, since its first step a~bottom" in ended.err
    (command,) = re.findall("^  tryon (.*--retry-failed)$", ended.err, re.MULTILINE)
    provider.before_submit = lambda: None
    assert tryon(*command.split()).code == 0
    assert set(_states().values()) == {"saved"}


def test_only_and_redo_of_a_row_mean_both_steps(tryon, provider, write):
    write("a", "b")
    assert tryon(*BATCH, "--only", "b").code == 0
    assert _states() == {
        "a~bottom": "planned", "a": "planned", "b~bottom": "saved", "b": "saved",
    }  # fmt: skip
    assert tryon(*RESUME).code == 0
    assert len(provider.requests) == 3
    assert "0.20 USD" in tryon(*RESUME, "--redo", "b", "--estimate").out
    assert tryon(*RESUME, "--redo", "b").code == 0
    assert len(provider.requests) == 5


def test_where_the_top_is_gone_the_bottom_is_not_bought_either(tryon, provider, write, folder):
    write("a", "b")
    _refuse(provider, 1, error=AuthenticationFailed("the key is wrong."))
    tryon(*BATCH, "--concurrency", "1", "--stop-after", "1")
    provider.before_submit = lambda: None
    for name in ("a.png", "cat.csv"):
        (folder / name).unlink()
    ended = tryon(*RESUME)
    assert ended.code != 0
    assert "left: a~bottom (row 2): its other step cannot be sent" in ended.err
    states = _states()
    assert (states["a~bottom"], states["a"], states["b"]) == ("planned", "planned", "saved")


def test_another_bottom_in_the_manifest_is_noticed_as_a_change_of_one_row(
    tryon, provider, write, folder
):
    write("a", "b")
    _refuse(provider, 1, 2)
    tryon(*BATCH, "--concurrency", "1")
    provider.before_submit = lambda: None
    (folder / "other.png").write_bytes(picture(colour=(99, 9, 9)))
    text = (folder / "cat.csv").read_text().replace("a.png,jeans.png", "a.png,other.png")
    (folder / "cat.csv").write_text(text)
    ended = tryon("batch", "cat.csv", "-p", "fake", "--chain", *RESUME[1:], "--retry-failed")
    assert "the manifest asks for something else than before: row 2." in ended.err
    assert ended.code == 0
    assert set(_states().values()) == {"saved"}


def test_a_photo_that_is_gone_is_needed_for_the_first_step_only(tryon, provider, write, folder):
    write("a")
    _refuse(provider, 2, error=AuthenticationFailed("the key is wrong."))
    tryon(*BATCH, "--stop-after", "1")
    assert _states() == {"a~bottom": "saved", "a": "planned"}
    provider.before_submit = lambda: None
    for name in ("person.png", "jeans.png", "cat.csv"):
        (folder / name).unlink()
    assert tryon(*RESUME).code == 0
    assert _states()["a"] == "saved"
