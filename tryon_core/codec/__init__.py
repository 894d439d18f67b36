"""Strict conversion: vendor JSON into attrs classes, and option mappings into options classes."""

from tryon_core.codec.converter import decode, explain, make_converter, rename_keys
from tryon_core.codec.options import make_options

__all__ = ["decode", "explain", "make_converter", "make_options", "rename_keys"]
