import pytest
from hypothesis import settings

from tryon_testing.profiles import register_profiles


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
