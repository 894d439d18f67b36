"""FASHN's virtual try-on as a provider of tryon."""

from tryon_fashn.provider import provider

__all__ = ["provider"]
