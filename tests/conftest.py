"""Fixtures that many tests use."""

from served_folder import http_folder

__all__ = ["http_folder"]
