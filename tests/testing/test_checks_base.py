"""New checks are off for one minor release."""

import pytest

from tryon_testing.checks.base import is_new, since


@pytest.mark.parametrize(
    ("minor", "version", "expected"),
    [
        ("0.1", "0.1.0", False),
        ("0.2", "0.2.0", True),
        ("0.2", "0.2.7", True),
        ("0.2", "0.3.0", False),
        ("0.9", "0.10.0", False),
        ("0.10", "0.9.1", True),
        ("1.0", "1.0.0rc1", True),
        ("0.9", "1.0", False),
    ],
)
def test_a_check_is_new_in_the_minor_release_that_brings_it(minor, version, expected):
    assert is_new(minor, version) is expected


def test_what_is_no_version_is_refused():
    with pytest.raises(ValueError, match="'next' is not a version"):
        is_new("next", "0.1")


class _Checks:
    enable_new_checks = False
    ran = False

    @since("99.0")
    def check(self):
        self.ran = True

    @since("0.1")
    def old_check(self):
        self.ran = True


def test_a_new_check_is_skipped_and_says_how_to_turn_it_on():
    checks = _Checks()
    with pytest.raises(pytest.skip.Exception, match="enable_new_checks = True"):
        checks.check()
    assert not checks.ran


def test_a_new_check_runs_when_it_is_turned_on():
    checks = _Checks()
    checks.enable_new_checks = True
    checks.check()
    assert checks.ran


def test_an_old_check_runs():
    checks = _Checks()
    checks.old_check()
    assert checks.ran


def test_every_check_says_since_when_it_is_there():
    from tryon_testing import ProviderContract

    checks = [value for name, value in vars_of(ProviderContract) if name.startswith("test_")]
    assert len(checks) > 30
    assert {check.since for check in checks} == {"0.1"}


def vars_of(cls):
    return [(name, getattr(cls, name)) for name in dir(cls)]
