"""Strict conversion: vendor JSON into attrs classes, and option mappings into options classes."""

from tryon_core.codec.converter import decode, explain, make_converter, rename_keys
from tryon_core.codec.options import OptionSpec, make_options, option_specs

__all__ = [
    "OptionSpec",
    "decode",
    "explain",
    "make_converter",
    "make_options",
    "option_specs",
    "rename_keys",
]
