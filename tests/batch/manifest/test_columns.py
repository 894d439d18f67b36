"""The table of columns, and the report of everything that is wrong with a manifest."""

import pickle

from hypothesis import given, strategies as st

from tryon_batch.manifest import ManifestProblems, RowProblem, read_manifest
from tryon_batch.manifest.columns import COLUMNS, MAX_LINES, Column, report_lines
from tryon_core import PathSource


def test_a_line_of_the_table_is_all_that_a_column_needs(tmp_path, monkeypatch):
    new = Column("portrait", COLUMNS["person"].read, field="person")
    monkeypatch.setitem(COLUMNS, "portrait", new)
    for name, text in {
        "m.csv": "Portrait,top,portrat\na.jpg,t.jpg,1\n",
        "m.jsonl": '{"portrait": "a.jpg", "top": "t.jpg", "person": 7}',
    }.items():
        (tmp_path / name).write_text(text)
    table = read_manifest(tmp_path / "m.csv", provider="fake", options={})
    assert table.rows[0].person == PathSource(tmp_path / "a.jpg")
    assert (table.problems, table.rows[0].id) == ((), "a--t")
    (problem, *_) = read_manifest(tmp_path / "m.jsonl", provider="fake", options={}).problems
    assert (problem.column, problem.message) == ("person", "it is a number, not text.")


def _problem(row, column="top", message="it is torn.", remedy="Mend it."):
    return RowProblem(row, column, message=message, remedy=remedy)


def _lines(*problems):
    return list(report_lines(problems))


def test_a_line_names_row_column_message_and_remedy():
    assert _lines(_problem(7)) == ["row 7, top: it is torn. Mend it."]
    assert _lines(_problem(7, column="", remedy="")) == ["row 7: it is torn."]
    assert _lines(_problem(None)) == ["top: it is torn. Mend it."]
    assert _lines(_problem(None, column="")) == ["it is torn. Mend it."]


def test_equal_problems_are_told_once():
    def named(*rows):
        (line,) = _lines(*map(_problem, rows))
        return line.partition(", top")[0]

    assert named(3, 2) == "rows 2 and 3"
    assert named(2, 3, 5, 7) == "rows 2, 3, 5 and 7"
    assert named(2, 3, 5, *range(7, 1241)) == "rows 2, 3, 5 and 1,234 more"
    assert named(2, 2) == "row 2"


def test_lines_are_in_the_order_of_their_first_rows():
    lines = _lines(_problem(9), _problem(3, "person"), _problem(None, ""), _problem(2))
    assert [line.partition(":")[0] for line in lines] == [
        "it is torn. Mend it.",
        "rows 2 and 9, top",
        "row 3, person",
    ]


def test_a_report_says_how_many_problems_there_are_and_shows_the_first():
    problems = [_problem(row, message=f"{row} is torn.") for row in range(2, 2 + MAX_LINES + 50)]
    error = ManifestProblems(problems, source="the manifest 'm.csv'")
    first, *lines, last = str(error).splitlines()
    assert first == "150 problems in the manifest 'm.csv'; nothing was sent."
    assert len(lines) == MAX_LINES
    assert last == "and 50 more problems."
    assert len(error.problems) == 150


def test_a_report_survives_a_process():
    error = ManifestProblems([_problem(2)], source="m.csv")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
    assert (str(copy), copy.problems, copy.fault) == (str(error), error.problems, "input")
    assert str(error).startswith("1 problem in m.csv;")


_PROBLEMS = st.builds(
    _problem, st.none() | st.integers(1, 30), st.sampled_from(["", "top"]), st.sampled_from("abc")
)


@given(st.lists(_PROBLEMS))
def test_no_problem_is_left_out(problems):
    lines = _lines(*problems)
    assert len(lines) == len({(found.column, found.message) for found in problems})
    for found in problems:
        assert any(f"{found.message} {found.remedy}" in line for line in lines)
