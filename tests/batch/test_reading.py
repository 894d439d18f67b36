import csv
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from batch_entries import USD, item
from tryon_batch import RunFolder, read_runs, same_ids
from tryon_batch.items import SavedFile
from tryon_batch.journal import JOURNAL_NAME, Journal
from tryon_batch.output import LINES, TABLE
from tryon_batch.reading import write_lists_of
from tryon_core.errors import InputError
from tryon_testing.clocks import FakeClock


@pytest.fixture
def begin(tmp_path):
    """Write a run in which every item has an image."""

    def run(name, *ids):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        with Journal(folder / JOURNAL_NAME, clock=FakeClock()) as journal:
            journal.plan([item(item_id) for item_id in ids])
            journal.record([_saved(entry, folder) for entry in journal.entries()])
        return folder

    return run


def _saved(entry, folder):
    path = f"{entry.id}.png"
    (folder / path).write_bytes(b"image")
    file = SavedFile(path=path, sha256="0", bytes=5)
    return attrs.evolve(entry, state="saved", cost=USD, files=(file,))


def test_first_steps_stay_with_their_rows_though_two_runs_have_a_row_of_that_id(begin, tmp_path):
    folders = [begin(name, "a~bottom", "a") for name in ("one", "two")]
    for folder in folders:
        with closing(sqlite3.connect(folder / JOURNAL_NAME)) as db, db:
            db.execute("UPDATE items SET after = 'a~bottom' WHERE id = 'a'")
    runs = read_runs(folders)
    assert list(same_ids(runs)) == ["a"]
    _, lines = write_lists_of(runs, tmp_path / "both")
    rows = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert [(row["id"], row["first_step"]["files"][0]["path"]) for row in rows] == [
        ("a", f"../{name}/a~bottom.png") for name in ("one", "two")
    ]


def test_several_folders_are_read_as_one(begin):
    folders = [begin("one", "a", "b"), begin("two", "c")]
    runs = read_runs([folders[0], str(folders[1] / JOURNAL_NAME)])
    assert [run.folder for run in runs] == folders
    assert [entry.id for run in runs for entry in run.entries()] == ["a", "b", "c"]
    assert [
        path.read_bytes() for run in runs for entry in run.entries() for path in run.paths(entry)
    ]
    assert list(runs[0].asked()) == ["a", "b"]
    assert not same_ids(runs)


def test_a_run_that_goes_on_is_read_anew(begin):
    folder = begin("one", "a")
    (run,) = read_runs([folder])
    with Journal(run.journal, clock=FakeClock()) as journal:
        journal.plan([item("b")])
        assert [entry.id for entry in run.entries("planned")] == ["b"]


def test_a_run_that_was_read_has_no_file_more_than_before(begin):
    folder = begin("one", "a")
    before = sorted(path.name for path in folder.iterdir())
    (run,) = read_runs([folder])
    assert [entry.id for entry in run.entries()] == ["a"]
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_folder_that_is_named_twice_counts_once(begin, tmp_path):
    folder = begin("one", "a")
    (tmp_path / "link").symlink_to(folder)
    runs = read_runs([folder, folder / JOURNAL_NAME, tmp_path / "link"])
    assert [run.folder for run in runs] == [folder]


def test_a_copy_beside_its_run_is_refused(begin, tmp_path):
    folder = begin("one", "a")
    shutil.copytree(folder, tmp_path / "copy")
    with pytest.raises(InputError, match=r"copy.*one.*are the same run: one is a copy"):
        read_runs([folder, tmp_path / "copy"])


def test_a_run_that_is_not_there_is_named():
    with pytest.raises(InputError, match="there is no run 'nowhere'"):
        read_runs(["nowhere"])


def test_an_id_of_two_runs_is_named_with_their_folders(begin):
    folders = [begin("one", "a", "B"), begin("two", "b", "c"), begin("three", "d")]
    assert same_ids(read_runs(folders)) == {"B": tuple(folders[:2])}


@pytest.mark.parametrize("place", ["lists", "deep/er/lists", "."])
def test_lists_of_several_runs_name_their_images_from_where_they_lie(begin, tmp_path, place):
    runs = read_runs([begin("one", "a"), begin("two", "b")])
    table, lines = write_lists_of(runs, tmp_path / place)
    assert (table, lines) == (tmp_path / place / TABLE, tmp_path / place / LINES)
    records = [json.loads(line) for line in lines.read_text().splitlines()]
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["id"] for row in rows] == [record["id"] for record in records] == ["a", "b"]
    for row, record in zip(rows, records, strict=True):
        assert row["files"] == record["files"][0]["path"]
        assert (lines.parent / row["files"]).read_bytes() == b"image"
        assert (lines.parent / row["run_folder"] / JOURNAL_NAME).is_file()


def test_what_was_replaced_is_named_from_there_too(begin, tmp_path):
    (run,) = read_runs([begin("one", "a")])
    with Journal(run.journal, clock=FakeClock()) as journal:
        (entry,) = journal.entries()
        journal.record([attrs.evolve(entry, state="planned", cost=None)])
    _, lines = write_lists_of([run], tmp_path / "lists")
    (record,) = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [one["files"][0]["path"] for one in record["earlier"]] == ["../one/a.png"]


def test_lists_in_a_folder_behind_a_link_are_right(begin, tmp_path):
    runs = read_runs([begin("one", "a")])
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "here").symlink_to(tmp_path / "far" / "away")
    table, _ = write_lists_of(runs, tmp_path / "here")
    (row,) = csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines())
    assert (table.parent / row["files"]).read_bytes() == b"image"


def test_the_lists_of_a_run_are_not_replaced_by_those_of_several(begin):
    folders = [begin("one", "a"), begin("two", "b")]
    with pytest.raises(InputError, match="is the folder of a run"):
        write_lists_of(read_runs(folders), folders[0])
    assert not (folders[0] / TABLE).exists()


def test_a_run_on_another_drive_is_named_by_its_whole_path(begin, tmp_path, monkeypatch):
    def elsewhere(path, start):
        raise ValueError(f"{path} is on another drive than {start}")

    folder = begin("one", "a")
    monkeypatch.setattr("os.path.relpath", elsewhere)
    _, lines = write_lists_of([RunFolder(folder / JOURNAL_NAME, {})], tmp_path / "lists")
    record = json.loads(lines.read_text())
    assert Path(record["files"][0]["path"]) == folder / "a.png"
