import hashlib
import sqlite3

import pytest

from tryon_batch.history import RunHistory
from tryon_batch.items import Entry, SavedFile
from tryon_core.errors import OutputError
from tryon_core.remembered import FOLDER_ENV, data_folder
from tryon_testing.clocks import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def history(tmp_path, clock):
    history = RunHistory(tmp_path / "data", clock=clock)
    yield history
    history.close()


def _saved(folder, mark, *contents):
    folder.mkdir(exist_ok=True)
    files = []
    for number, data in enumerate(contents):
        (folder / f"{mark}-{number}.png").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        files.append(SavedFile(path=f"{mark}-{number}.png", sha256=digest, bytes=len(data)))
    return Entry(id=mark, provider="fake", state="saved", fingerprint=mark, files=tuple(files))


def test_the_latest_run_comes_first_and_each_once(history, clock, tmp_path):
    for name in ("a", "b", "a"):
        clock.advance(60)
        history.add_run(tmp_path / name)
    assert [run.journal for run in history.runs()] == [tmp_path / "a", tmp_path / "b"]
    assert history.runs()[0].started_at == clock.now()


def test_a_run_is_one_by_whatever_way_its_folder_is_named(history, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    for name in ("../out/run.tryon", tmp_path / "out" / "run.tryon"):
        history.add_run(tmp_path.__class__(name))
    assert [run.journal for run in history.runs()] == [tmp_path / "out" / "run.tryon"]


def test_work_is_claimed_by_one_run_until_it_is_released(tmp_path, clock):
    histories = [RunHistory(tmp_path / "data", clock=clock) for _ in range(2)]
    one, two = histories
    refused = Entry(id="a", provider="fake", state="refused", fingerprint="x")
    for name, history in zip(("one", "two"), histories, strict=True):
        assert history.claim("x") is None, "who is no run claims nothing"
        history.add_run(tmp_path / name)
    assert (one.claim("x"), one.claim("x"), two.claim("y")) == (None, None, None)
    assert two.claim("x") == tmp_path / "one"
    assert two.claim("x", instead_of=tmp_path / "other") == tmp_path / "one"
    two.settle([refused], tmp_path)
    assert two.claim("x") == tmp_path / "one"
    assert two.claim("x", instead_of=tmp_path / "one") is None
    assert one.claim("x") == tmp_path / "two"
    two.settle([refused], tmp_path)
    assert one.claim("x") is None
    for history in histories:
        history.close()


def test_work_is_found_by_other_processes_with_all_its_pictures_in_order(history, clock, tmp_path):
    folder = tmp_path / "out"
    history.settle([_saved(folder, "x", b"1", b"2"), _saved(folder, "y", b"3")], folder)
    other = RunHistory(tmp_path / "data", clock=clock)
    assert other.find("x").files == (folder / "x-0.png", folder / "x-1.png")
    assert other.find("z") is None
    other.close()


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"!")])
def test_a_picture_that_is_gone_or_was_changed_makes_the_work_unknown(history, tmp_path, harm):
    folder = tmp_path / "out"
    history.settle([_saved(folder, "x", b"1", b"2")], folder)
    harm(folder / "x-1.png")
    assert history.find("x") is None


def test_later_work_replaces_earlier_whole(history, tmp_path):
    history.settle([_saved(tmp_path / "one", "x", b"1", b"2")], tmp_path / "one")
    history.settle([_saved(tmp_path / "two", "x", b"3")], tmp_path / "two")
    assert history.find("x").files == (tmp_path / "two" / "x-0.png",)


def test_paths_are_kept_absolute(history, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry = _saved(tmp_path / "out", "x", b"1")
    history.settle([entry], tmp_path.__class__("out"))
    monkeypatch.chdir("/")
    assert history.find("x").files == (tmp_path / "out" / "x-0.png",)


def test_what_cannot_be_found_again_is_not_kept(history, tmp_path):
    history.settle([Entry(id="a", provider="fake", state="saved")], tmp_path)
    assert history.find("") is None


def test_a_damaged_index_is_named_with_what_to_do(tmp_path, clock):
    (tmp_path / "runs.sqlite").write_bytes(b"this is no database, whatever its name" * 100)
    with pytest.raises(OutputError, match=FOLDER_ENV) as caught:
        RunHistory(tmp_path, clock=clock)
    assert str(tmp_path / "runs.sqlite") in str(caught.value)
    assert isinstance(caught.value.__cause__, sqlite3.Error)


def test_the_folder_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_ENV, str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.undo()
    assert data_folder().name == "tryon"
