"""AILabTools "Try on Clothes" and its Pro, Premium and Refiner models."""

from tryon_ailab.provider import provider

__all__ = ["provider"]
