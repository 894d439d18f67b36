"""A clock on which time passes only when somebody sleeps."""

from tryon_testing.clocks import START, FakeClock

__all__ = ["START", "FakeClock"]
