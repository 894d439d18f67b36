"""What holds for all tests, those of the plugins included."""

import os

import pytest

from tryon_testing.profiles import CI, PROFILE_ENV, register_profiles

os.environ.setdefault(PROFILE_ENV, CI)  # no deadlines: a loaded machine is no fault
register_profiles()
# A test that is about it says so; no other one writes to the folders of whoever runs it.
os.environ["TRYON_REMEMBER_JOBS"] = "0"


# They do the same many times over.
_REPEATING = ("test_properties", "test_storm", "test_crash", "test_remembered_crash")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage where a test repeats: it takes twice the time, and finds nothing new."""
    for item in items:
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_property or item.path.name.startswith(_REPEATING):
            item.add_marker("no_cover")
