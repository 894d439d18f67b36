"""Kling AI's virtual try-on as a provider of tryon."""

from tryon_kling.provider import provider

__all__ = ["provider"]
