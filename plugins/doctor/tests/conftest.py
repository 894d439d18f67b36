"""Fixtures of the tests of commands."""

from command_line import fake, folder, offer, tryon
from served_folder import http_folder

__all__ = ["fake", "folder", "http_folder", "offer", "tryon"]
