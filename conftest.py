"""What holds for all tests, those of the plugins included."""

import os

from tryon_testing.profiles import register_profiles

register_profiles()
# A test that is about it says so; no other one writes to the folders of whoever runs it.
os.environ["TRYON_REMEMBER_JOBS"] = "0"
