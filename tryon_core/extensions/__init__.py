"""Opt-in wrappers around hooks, written only against the public hooks."""

from tryon_core.extensions.call_log import CallLog
from tryon_core.extensions.observer import observer

__all__ = ["CallLog", "observer"]
