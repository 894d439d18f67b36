"""What listens to a run is told of all that is written, and harms nothing."""

import pytest

from batch_runs import ScriptedProvider, client_of, requests_of
from distributions import write_distribution
from tryon_batch import JournalReader, listeners
from tryon_batch.journal import JOURNAL_NAME
from tryon_batch.listeners import Listeners
from tryon_batch.output import TABLE
from tryon_core import errors

GROUP = "tryon_batch.tested"
MODULE = """
import json

class Listener:
    def __init__(self, folder):
        self.folder = folder
        self.told = []

    def written(self, entry):
        self.told.append([entry.id, entry.state])

    def ended(self):
        path = self.folder / "told.json"
        assert (self.folder / "manifest.out.csv").is_file()
        path.write_text(json.dumps(self.told))
        return path

class Deaf(Listener):
    def written(self, entry):
        raise ValueError(f"not {entry.id}!")

class Mute(Listener):
    def ended(self):
        raise OSError("no screen")

class Named(Listener):
    def ended(self):
        return self.folder / type(self).__name__

class First(Named):
    pass

class Second(Named):
    pass

class Silent(Listener):
    def ended(self):
        return None

def refusing(folder):
    raise RuntimeError("not today")
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return what installs listeners, by name."""
    monkeypatch.setattr(listeners, "GROUP", GROUP)
    number = iter(range(9))

    def install(**points):
        place = tmp_path / f"site-{next(number)}"
        write_distribution(
            place, "tryon-listening", group=GROUP, providers=points, modules={"listening": MODULE}
        )
        monkeypatch.syspath_prepend(str(place))

    return install


def _run(folder, script=None, count=2):
    client = client_of(ScriptedProvider(script=script or {}))
    return list(client.run_batch(requests_of(client, count), out=folder))


def test_a_listener_is_told_of_each_item_as_the_journal_has_it(tmp_path, install):
    install(good="listening:Listener")
    _run(tmp_path / "out")
    told = (tmp_path / "out" / "told.json").read_text()
    assert '["item-1", "intent"]' in told
    with JournalReader(tmp_path / "out" / JOURNAL_NAME) as journal:
        for entry in journal.entries():
            assert f'["{entry.id}", "{entry.state}"]' in told


def test_a_run_that_stops_tells_its_end_too(tmp_path, install):
    install(good="listening:Listener")
    refused = {seed: [errors.AuthenticationFailed("no such key.")] for seed in range(1, 9)}
    with pytest.raises(errors.BatchStopped):
        _run(tmp_path / "out", refused, count=8)
    assert '"planned"]]' in (tmp_path / "out" / "told.json").read_text()


def test_listeners_are_called_in_the_order_of_their_names(tmp_path, install):
    install(b="listening:Second", a="listening:First")
    assert [path.name for path in Listeners(tmp_path).ended()] == ["First", "Second"]


@pytest.mark.parametrize("broken", ["Deaf", "Mute", "refusing", "missing"])
def test_a_listener_that_fails_harms_neither_the_run_nor_others(tmp_path, install, caplog, broken):
    install(broken=f"listening:{broken}", good="listening:Listener")
    assert [outcome.state for outcome in _run(tmp_path / "out")] == ["saved", "saved"]
    assert (tmp_path / "out" / "told.json").is_file()
    named = [record for record in caplog.records if "'broken', which listens" in record.message]
    assert [record.name for record in named] == ["tryon.run"]


def test_the_files_of_those_that_have_one_are_named_once(tmp_path, install):
    install(first="listening:Listener", silent="listening:Silent")
    (tmp_path / TABLE).touch()
    listening = Listeners(tmp_path)
    assert listening.ended() == (tmp_path / "told.json",)
    assert listening.ended() == ()


def test_nobody_listens_to_a_run_in_memory(install):
    install(good="listening:Listener")
    assert _run(None)
    assert Listeners(None).ended() == ()
