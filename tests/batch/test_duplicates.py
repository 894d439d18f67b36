import hashlib

import pytest

from batch_entries import item
from tryon_batch.duplicates import Duplicates
from tryon_batch.history import RunHistory
from tryon_batch.items import Entry, SavedFile
from tryon_batch.output import OutputFolder
from tryon_batch.provider_queue import Ticket
from tryon_testing.clocks import FakeClock


@pytest.fixture
def history(tmp_path):
    history = RunHistory(tmp_path / "data", clock=FakeClock())
    yield history
    history.close()


@pytest.fixture
def output(tmp_path):
    return OutputFolder(tmp_path / "out")


def _entry(name, state="planned", mark="f1", **facts):
    return Entry(id=name, provider="fake", state=state, fingerprint=mark, **facts)


def _saved(output, name, mark="f1"):
    data = name.encode()
    (output.path / f"{name}.png").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    file = SavedFile(path=f"{name}.png", sha256=digest, bytes=len(data))
    return _entry(name, "saved", mark, files=(file,))


def _ticket(name, mark="f1"):
    return Ticket(item=item(name), entry=_entry(name, mark=mark))


def _duplicates(entries=(), *, output=None, history=None, **facts):
    return Duplicates(entries, output=output, history=history, **{"scopes": {}, **facts})


class TestSavedWork:
    def test_it_is_found_where_this_run_saved_it(self, output):
        duplicates = _duplicates([_saved(output, "a")], output=output)
        assert duplicates.saved(_entry("b")).files == (output.path / "a.png",)
        assert duplicates.saved(_entry("b", mark="f2")) is None

    def test_work_of_a_moment_ago_is_found_as_well(self, output):
        duplicates = _duplicates(output=output)
        duplicates.settle(_saved(output, "a"))
        assert duplicates.saved(_entry("b")).files == (output.path / "a.png",)

    @pytest.mark.parametrize(
        "harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"!")]
    )
    def test_pictures_that_are_gone_or_were_changed_are_not_used(self, output, history, harm):
        duplicates = _duplicates([_saved(output, "a")], output=output, history=history)
        harm(output.path / "a.png")
        assert duplicates.saved(_entry("b")) is None

    def test_the_next_run_finds_it_though_nobody_told_the_index(self, tmp_path, output, history):
        _duplicates([_saved(output, "a")], output=output, history=history)
        other = _duplicates(output=OutputFolder(tmp_path / "other"), history=history)
        assert other.saved(_entry("b")).files == (output.path / "a.png",)

    def test_a_run_without_a_folder_takes_nothing_from_others(self, output, history):
        _duplicates([_saved(output, "a")], output=output, history=history)
        assert _duplicates(history=history).saved(_entry("b")) is None

    def test_work_of_an_emulator_is_not_the_vendors(self, tmp_path, output, history):
        scopes = {"fake": "http://127.0.0.1:5000"}
        _duplicates([_saved(output, "a")], output=output, history=history, scopes=scopes)
        folder = OutputFolder(tmp_path / "other")
        assert _duplicates(output=folder, history=history).saved(_entry("b")) is None
        assert _duplicates(output=folder, history=history, scopes=scopes).saved(_entry("b"))


class TestUnknownWork:
    def test_equal_work_is_named_whether_it_is_old_or_new(self):
        lost = _entry("a", "outcome_unknown")
        assert _duplicates([lost]).unknown(_entry("b")) == lost
        duplicates = _duplicates()
        assert duplicates.unknown(_entry("b")) is None
        duplicates.settle(lost)
        assert duplicates.unknown(_entry("b")) == lost
        assert duplicates.unknown(_entry("b", mark="f2")) is None


class TestWorkUnderWay:
    def test_the_first_leads_and_the_others_wait_for_it(self):
        duplicates = _duplicates()
        leader, *followers = map(_ticket, "abc")
        assert [duplicates.follows(ticket) for ticket in (leader, *followers)] == [
            False,
            True,
            True,
        ]
        assert duplicates.settle(_entry("a", "saved")) == followers
        assert duplicates.settle(_entry("a", "saved")) == []
        assert not duplicates.follows(_ticket("d"))

    @pytest.mark.parametrize("state", ["accepted", "finished"])
    def test_what_an_earlier_process_sent_leads(self, state):
        duplicates = _duplicates([_entry("a", state)])
        follower = _ticket("b")
        assert duplicates.follows(follower)
        assert duplicates.settle(_entry("a", "failed")) == [follower]

    def test_other_work_waits_for_nobody(self):
        duplicates = _duplicates()
        assert not duplicates.follows(_ticket("a"))
        assert not duplicates.follows(_ticket("b", mark="f2"))

    def test_the_end_of_another_item_frees_only_those_whom_its_pictures_help(self):
        duplicates = _duplicates()
        leader, follower = _ticket("a"), _ticket("b")
        duplicates.follows(leader)
        duplicates.follows(follower)
        assert duplicates.settle(_entry("z", "failed")) == []
        assert duplicates.settle(_entry("z", "saved")) == [follower]

    def test_an_item_that_never_got_a_fingerprint_frees_nobody(self):
        assert _duplicates().settle(_entry("a", "refused", mark=None)) == []


def test_who_wants_all_anew_is_told_of_no_equal_work(output, history):
    old = [_saved(output, "a"), _entry("b", "outcome_unknown", mark="f2")]
    duplicates = _duplicates(old, output=output, history=history, is_reusing=False)
    assert duplicates.saved(_entry("c")) is None
    assert duplicates.unknown(_entry("c", mark="f2")) is None
    assert not duplicates.follows(_ticket("c"))
    assert not duplicates.follows(_ticket("d"))
