import re

import pytest
from hypothesis import core, settings, strategies as st

from tryon_testing import profiles
from tryon_testing.checks.base import CheckFailed, fail
from tryon_testing.profiles import for_all, register_profiles


@pytest.fixture(autouse=True)
def _same_profile_afterwards():
    before = settings.get_current_profile_name()
    yield
    settings.load_profile(before)


def test_two_profiles_are_registered(monkeypatch):
    monkeypatch.delenv("HYPOTHESIS_PROFILE", raising=False)
    before = settings.get_current_profile_name()
    register_profiles()
    assert settings.get_current_profile_name() == before
    quick, thorough = settings.get_profile("ci"), settings.get_profile("thorough")
    assert quick.derandomize
    assert quick.max_examples < settings.get_profile("default").max_examples
    assert not thorough.derandomize
    assert thorough.max_examples >= 1000
    assert quick.deadline is thorough.deadline is None


def test_the_environment_chooses_one(monkeypatch):
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "thorough")
    register_profiles()
    assert settings.get_current_profile_name() == "thorough"


def test_a_profile_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "sloppy")
    with pytest.raises(Exception, match="sloppy"):
        register_profiles()


def _tried():
    seen = []
    for_all(seen.append, st.integers(), database=None)
    return seen


def test_the_same_is_tried_in_every_run():
    register_profiles()
    for profile in ("default", "ci"):
        settings.load_profile(profile)
        assert _tried() == _tried()


def test_another_seed_can_be_asked_for(monkeypatch):
    usual = _tried()
    monkeypatch.setattr(core, "global_force_seed", 7)
    assert _tried() == _tried() != usual


def _message(check, values):
    with pytest.raises(CheckFailed) as caught:
        for_all(check, values, database=None)
    return str(caught.value)


def test_a_failure_names_the_seed_that_finds_it_again(monkeypatch):
    monkeypatch.setattr(profiles, "THOROUGH_EXAMPLES", 1)  # a seed of its own for each run
    check = lambda value: fail(f"{value} is large.") if value > 1000 else None  # noqa: E731
    first = _message(check, st.integers())
    assert first.startswith("1001 is large. Found with --hypothesis-seed=")
    (number,) = re.findall(r"seed=(\d+)", first)
    assert int(number) != profiles.SEED
    monkeypatch.setattr(core, "global_force_seed", int(number))
    assert _message(check, st.integers()) == first
