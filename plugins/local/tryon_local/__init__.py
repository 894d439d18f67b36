"""The keyless provider: a geometric try-on preview that runs on this machine."""

from tryon_local.provider import provider

__all__ = ["provider"]
