"""Fixtures of the tests of commands."""

from command_line import fake, folder, offer, tryon

__all__ = ["fake", "folder", "offer", "tryon"]
