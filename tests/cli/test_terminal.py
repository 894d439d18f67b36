"""Tables on terminals of any width: no word is broken."""

import pytest

from tryon_core.cli.terminal import print_table

HEADS = ("PROVIDER", "STATE", "JOURNAL")
ROWS = [("dashscope", "saved", "/shop/results/run.tryon"), ("local", "-", "/x")]


@pytest.fixture
def printed(monkeypatch, capsys):
    def show(width, *, is_terminal=True):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("LINES", "40")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
        print_table(HEADS, ROWS)
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("width", [20, 40, 41, 42, 43, 60, 200])
def test_every_word_is_whole_whatever_the_width(printed, width):
    words = printed(width).split()
    for row in (HEADS, *ROWS):
        assert set(row) - {"-"} <= set(words)


def test_a_narrow_terminal_gets_a_line_for_each_cell(printed):
    assert printed(30).splitlines() == [
        "PROVIDER  dashscope",
        "STATE     saved",
        "JOURNAL   /shop/results/run.tryon",
        "",
        "PROVIDER  local",
        "JOURNAL   /x",
    ]


def test_a_pipe_gets_a_line_for_each_row(printed):
    assert len(printed(20, is_terminal=False).splitlines()) == 3


def test_no_line_ends_in_blanks(capsys):
    print_table(("A", "B"), [("1", "a long cell"), ("2", "-")])
    assert capsys.readouterr().out == "A  B\n1  a long cell\n2  -\n"
