"""The page of a run as values: rows, totals, commands; without any HTML."""

import shlex
from contextlib import ExitStack
from datetime import timedelta

import pytest

from providers import FakeOptions, picture
from shown_runs import JOB, TIMES, Made, each_state, write_run
from tryon_batch.cli.costs import sentences
from tryon_batch.costs import summarise
from tryon_batch.ids import first_step_id
from tryon_core import LibraryModel, Problem, UrlSource
from tryon_report.run_page.page import RunToShow, make_page
from tryon_report.run_page.rows import RESULT_PX, images_of
from tryon_report.thumbnails import ThumbnailStore


def _page(*runs, is_running=False):
    shown = []
    with ExitStack() as stack:
        for run in runs:
            store = stack.enter_context(ThumbnailStore(None))
            store.make_all(images_of(run, run.entries(), run.asked()))
            shown.append(RunToShow(run=run, thumbnail=store.find, is_running=is_running))
        return make_page(shown, link=str)


def _row(page, item_id):
    (row,) = (row for row in page.rows if row.id == item_id)
    return row


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "out put", *each_state())


class TestRows:
    def test_a_saved_row_shows_what_went_in_and_what_came(self, run):
        row = _row(_page(run), "saved")
        assert [(one.role, one.missing) for one in row.inputs if one.thumbnail is None] == []
        assert [one.role for one in (*row.inputs, *row.results)] == ["person", "top", "result"]
        assert row.results[0].link == str(run.folder / row.results[0].name)
        assert (row.cost, row.error, row.dies_at) == ("0.10 USD", "", None)

    def test_a_row_without_images_says_why_there_is_none(self, run):
        page = _page(run)
        missing = {row.id: row.results[0].missing for row in page.rows if row.id != "saved"}
        assert missing == {
            "planned": "not sent yet",
            "intent": "unknown",
            "accepted": "at the vendor",
            "finished": "not fetched yet",
            "refused": "refused",
            "failed": "failed",
            "outcome_unknown": "unknown",
        }

    def test_an_error_is_said_in_the_words_of_the_shell(self, run):
        row = _row(_page(run), "refused")
        assert row.error.endswith("too small. Pass --fit.")

    def test_images_that_are_not_saved_say_until_when_the_vendor_has_them(self, run):
        page = _page(run)
        until = {row.id: row.dies_at for row in page.rows if row.dies_at}
        assert until == dict.fromkeys(("accepted", "finished"), JOB.expires_at)

    def test_a_run_that_goes_on_counts_no_time_down_and_asks_for_nothing(self, run):
        page = _page(run, is_running=True)
        assert not any(row.dies_at or row.actions for row in page.rows)
        assert page.actions == ()
        assert _row(page, "intent").word == "being sent"

    def test_several_results_are_all_there(self, tmp_path):
        files = {"a.png": picture(), "a+2.png": picture()}
        row = _page(write_run(tmp_path / "out", Made(id="a", files=files))).rows[0]
        assert [one.role for one in row.results] == ["result", "result 2"]

    def test_what_the_request_asked_for_is_among_the_facts(self, tmp_path):
        options = FakeOptions(seed=7, quality="high")
        made = Made(id="a", own={"season": "AW26"}, inputs={"options": options})
        facts = dict(_page(write_run(tmp_path / "out", made)).rows[0].facts)
        assert facts["option quality"] == "high"
        assert (facts["season"], facts["job"], facts["at the vendor"]) == (
            "AW26",
            "job-1",
            "10.0 s",
        )


class TestInputsThatCannotBeShown:
    @pytest.mark.parametrize(
        ("data", "missing"),
        [
            (None, "the file is gone"),
            (b"", "no image"),
            (b"%PDF-1.7", "no image"),
            (picture()[:90], "the file is cut off"),
        ],
    )
    def test_the_row_says_why(self, tmp_path, data, missing):
        row = _page(write_run(tmp_path / "out", Made(id="a", person=data))).rows[0]
        person = row.inputs[0]
        assert (person.thumbnail, person.missing) == (None, missing)
        assert row.results[0].thumbnail is not None

    def test_a_result_that_is_gone_has_no_link(self, tmp_path):
        row = _page(write_run(tmp_path / "out", Made(id="a", files={"a.png": None}))).rows[0]
        assert (row.results[0].link, row.results[0].missing) == (None, "the file is gone")

    def test_an_address_is_named_and_not_fetched(self, tmp_path):
        inputs = {"top": UrlSource("https://shop.example/tee.png?key=1")}
        row = _page(write_run(tmp_path / "out", Made(id="a", inputs=inputs))).rows[0]
        assert row.inputs[1].missing == "at shop.example"
        assert row.inputs[1].link is None

    def test_a_person_of_the_vendors_library_is_described(self, tmp_path):
        inputs = {"person": LibraryModel(gender="female", age="youngadult")}
        row = _page(write_run(tmp_path / "out", Made(id="a", inputs=inputs))).rows[0]
        assert (row.inputs[0].name, row.inputs[0].missing) == (
            "female youngadult",
            "of the vendor's library",
        )


class TestCommands:
    def test_an_unknown_row_has_the_commands_that_settle_it(self, tmp_path):
        run = write_run(tmp_path / "it's", Made(id="$(rm) 'a'", state="outcome_unknown"))
        commands = [shlex.split(one.command) for one in _page(run).rows[0].actions]
        base = ["tryon", "batch", "--resume", "--out", str(tmp_path / "it's")]
        assert commands == [
            [*base, "--settle", "$(rm) 'a'=not-charged"],
            [*base, "--settle", "$(rm) 'a'=JOB"],
            [*base, "--only", "$(rm) 'a'", "--retry-unknown"],
        ]

    @pytest.mark.parametrize(
        ("state", "flags"),
        [
            ("refused", ["--only", "a", "--retry-failed"]),
            ("failed", ["--only", "a", "--retry-failed"]),
            ("accepted", ["--only", "a"]),
            ("saved", ["--redo", "a"]),
        ],
    )
    def test_other_rows_have_the_command_that_goes_on(self, tmp_path, state, flags):
        run = write_run(tmp_path / "out", Made(id="a", state=state))
        (action,) = _page(run).rows[0].actions
        assert shlex.split(action.command)[-len(flags) :] == flags

    def test_the_run_says_what_is_left_to_do(self, run):
        said = [action.when for action in _page(run).actions]
        assert [text.split(":")[0] for text in said] == [
            "4 rows are unfinished",
            "1 row is unknown and may have been charged",
            "2 rows are refused or failed",
        ]
        words = shlex.split(_page(run).actions[1].command)
        assert words == ["tryon", "jobs", str(run.folder), "--unknown", "--look-up"]

    def test_a_run_that_is_done_leaves_nothing_to_do(self, tmp_path):
        assert _page(write_run(tmp_path / "out", Made(id="a"))).actions == ()


class TestTotals:
    def test_the_costs_are_those_of_tryon_costs(self, run):
        page = _page(run)
        assert page.spent == tuple(sentences(summarise(run.entries())))
        assert len(page.cost_table) == 1 + len((*page.ledger.lines, *page.ledger.open))

    def test_nothing_paid_needs_no_table(self, tmp_path):
        assert _page(write_run(tmp_path / "out", Made(id="a", state="planned"))).cost_table == ()

    def test_states_and_notices_are_counted(self, run):
        page = _page(run)
        assert page.summary == (
            "2 unknown, 1 failed, 1 refused, 1 finished, 1 accepted, 1 planned, 1 saved"
        )
        assert (page.noticed, page.codes) == (1, {"sleeve_uncertain": 1})

    def test_what_a_person_must_look_at_comes_first(self, run):
        assert [row.id for row in _page(run).rows][:4] == [
            "outcome_unknown", "intent", "failed", "refused",
        ]  # fmt: skip

    def test_while_a_run_goes_on_the_latest_image_comes_before_what_is_to_come(self, tmp_path):
        later = {**TIMES, "saved": TIMES["saved"] + timedelta(seconds=5)}
        made = [Made(id="a"), Made(id="b", facts={"times": later}), Made(id="c", state="planned")]
        page = _page(write_run(tmp_path / "out", *made), is_running=True)
        assert [row.id for row in page.rows] == ["b", "a", "c"]

    def test_an_empty_run_is_a_page_too(self, tmp_path):
        page = _page(write_run(tmp_path / "out"))
        assert (page.rows, page.summary, page.changed_at) == ((), "no rows", None)


class TestVerdicts:
    @pytest.fixture
    def page(self, tmp_path):
        blank = Problem("result", "the image is blank.", code="result_blank")
        odd = Problem("result", "odd.", code="result_size", severity="warning")
        facts = {"a": (), "b": (blank,), "c": None, "d": (odd,)}
        made = [Made(id=name, facts={"problems": found}) for name, found in facts.items()]
        return _page(write_run(tmp_path / "out", *made))

    def test_each_row_says_what_judges_found(self, page):
        assert {row.id: row.verdict for row in page.rows} == {
            "a": "passed",
            "b": "doubtful",
            "c": "",
            "d": "passed",
        }
        assert _row(page, "d").problems == (("result_size", "odd."),)

    def test_what_is_doubtful_comes_before_what_has_remarks(self, page):
        assert [row.id for row in page.rows] == ["b", "d", "a", "c"]
        assert page.verdicts == {"doubtful": 1, "passed": 2}
        assert page.codes == {"result_blank": 1, "result_size": 1}

    def test_all_that_is_doubtful_is_bought_again_by_one_command(self, page):
        (action,) = page.actions
        assert action.when.startswith("1 row is doubtful")
        assert action.command.endswith(" --redo-doubtful")


def test_several_runs_are_one_page(tmp_path):
    first = write_run(tmp_path / "one", Made(id="a"), Made(id="b", state="failed"))
    second = write_run(tmp_path / "two", Made(id="a"), Made(id="c", state="planned"))
    page = _page(first, second)
    assert [(row.folder.name, row.id) for row in page.rows] == [
        ("one", "b"),
        ("two", "c"),
        ("one", "a"),
        ("two", "a"),
    ]
    assert len({row.key for row in page.rows}) == 4
    assert page.folders == (tmp_path / "one", tmp_path / "two")
    assert page.spent == ("spent: 0.20 USD",)


class TestOutfitsInTwoSteps:
    def _page(self, tmp_path, **steps):
        step = first_step_id("look")
        first = Made(id=step, state=steps["first"])
        row = Made(id="look", state=steps["row"], after=step)
        return _page(write_run(tmp_path / "out", first, row))

    def test_the_first_step_is_shown_under_its_row_and_both_are_paid(self, tmp_path):
        page = self._page(tmp_path, first="saved", row="saved")
        (row,) = page.rows
        assert (row.id, row.cost, page.summary) == ("look", "0.20 USD", "1 saved")
        assert [one.role for one in row.first_step] == ["first step"]
        assert row.first_step[0].thumbnail is not None

    def test_a_row_waits_for_a_first_step_of_which_nobody_knows(self, tmp_path):
        (row,) = self._page(tmp_path, first="outcome_unknown", row="planned").rows
        assert (row.word, row.error) == ("unknown", "the answer was lost.")
        assert f"{first_step_id('look')}=not-charged" in shlex.split(row.actions[0].command)


def test_what_may_have_been_charged_is_no_certain_cost(tmp_path):
    run = write_run(tmp_path / "out", Made(id="a", state="outcome_unknown"))
    assert _page(run).rows[0].cost == "perhaps 0.10 USD"


def test_thumbnails_of_results_are_larger_than_those_of_what_went_in(tmp_path):
    made = Made(id="a", person=picture((600, 900)), files={"a.png": picture((600, 900))})
    row = _page(write_run(tmp_path / "out", made)).rows[0]
    assert row.results[0].thumbnail.height == RESULT_PX > row.inputs[0].thumbnail.height
