"""Pixelcut's virtual try-on (beta) as a provider of tryon."""

from tryon_pixelcut.provider import provider

__all__ = ["provider"]
