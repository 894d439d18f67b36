"""Providers under test find folders of the kit in place of the user's."""

import os
import tempfile
from pathlib import Path

import pytest

import acme_careless
from acme_emulator import emulator as acme_emulator
from cassette_suites import SUITES
from tryon_core.remembered import data_folder
from tryon_testing import ProviderContract
from tryon_testing.cassettes import suite as cassettes
from tryon_testing.checks.base import CheckFailed
from tryon_testing.folders import noting_writes, own_folders


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    return tmp_path


class Contract(ProviderContract):
    emulator = acme_emulator


CHECK = "test_nothing_is_kept_in_the_users_folders"


def test_a_cache_is_not_written_into_the_users_home(home):
    contract = Contract()
    contract.provider = acme_careless.KeepsACache()
    with pytest.raises(CheckFailed, match=r"wrote ~/.cache/acme"):
        getattr(contract, CHECK)()
    assert not list(home.iterdir())


def test_a_folder_that_was_chosen_before_is_named(home):
    class Early(acme_careless.KeepsACache):
        folder = home / "early"

    contract = Contract()
    contract.provider = Early()
    with pytest.raises(CheckFailed, match=f"wrote {home}/early, {home}/early/jobs.txt"):
        getattr(contract, CHECK)()


@pytest.mark.usefixtures("home")
def test_every_place_of_the_user_is_replaced_and_put_back():
    before = (tempfile.gettempdir(), dict(os.environ))
    with own_folders() as folder:
        for place in (Path.home(), data_folder(), Path(tempfile.gettempdir())):
            assert place.is_dir()
            assert folder in place.parents
        assert Path(os.environ["XDG_CACHE_HOME"]).is_relative_to(Path.home())
    assert not folder.exists()
    assert (tempfile.gettempdir(), dict(os.environ)) == before


def test_reading_and_temporary_files_are_no_traces(home):
    (home / "there").write_text("x")
    with own_folders() as folder, noting_writes(folder) as written:
        (home / "there").read_text()
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x")
        (home / "new").write_text("x")
        (home / "new").rename(home / "renamed")
        Path(os.devnull).write_text("x")
    assert written == [str(home / "new"), str(home / "renamed")]
    (home / "later").write_text("x")
    assert len(written) == 2


def test_cassettes_are_played_in_folders_of_the_kit(home, monkeypatch):
    seen = []

    def noting(*asked):
        seen.append(Path.home())
        perform(*asked)

    perform = cassettes.perform
    monkeypatch.setattr(cassettes, "perform", noting)
    suite = SUITES["fashn"]
    suite.play(suite.cases[0])
    assert seen
    assert home not in seen
    assert not list(home.iterdir())
