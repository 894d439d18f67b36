"""AIDGE virtual try-on: the provider `aidge`."""

from tryon_aidge.provider import provider

__all__ = ["provider"]
