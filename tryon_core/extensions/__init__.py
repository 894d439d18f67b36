"""What extensions are written with, and how they are found by name."""

from tryon_core.extensions.observer import observer

__all__ = ["observer"]
