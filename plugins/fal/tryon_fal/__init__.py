"""The try-on models that fal hosts, as a provider of tryon."""

from tryon_fal.provider import provider

__all__ = ["provider"]
