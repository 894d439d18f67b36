"""Virtual try-on models on Replicate as a provider of tryon."""

from tryon_replicate.provider import provider

__all__ = ["provider"]
