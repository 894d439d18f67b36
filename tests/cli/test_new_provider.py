from new_providers import tutorial_exchanges


def test_all_that_is_wrong_is_named_at_once_and_nothing_is_written(tryon, folder):
    (folder / "here").mkdir()
    (folder / "here" / "mine.txt").write_text("mine")
    (folder / "bad.yaml").write_text("- operation: poll\n")
    ended = tryon("new-provider", "Acme-2", "--out", "here", "--from", "bad.yaml")
    assert ended.code == 2
    for said in ("3 problems", "such as acme", "here is not empty", "bad.yaml, entry 1"):
        assert said in ended.err
    assert [path.name for path in (folder / "here").iterdir()] == ["mine.txt"]


def test_placeholders_that_became_options_are_named(tryon, folder):
    ended = tryon("new-provider", "atelier", "--from", str(tutorial_exchanges(folder)))
    assert "Taken for options of the vendor: $count, $seed." in ended.err


def test_the_command_says_what_to_do_next_in_four_lines(tryon, folder):
    ended = tryon("new-provider", "atelier")
    assert (folder / "tryon-atelier/tryon_atelier/py.typed").is_file()
    assert "tryon-atelier/tryon_atelier/provider.py" in ended.out.splitlines()
    lines = ended.err.splitlines()
    assert [line[:2] for line in lines] == ["1.", "2.", "3.", "4."]
    assert "grep -rnI CHANGE ." in lines[1]
