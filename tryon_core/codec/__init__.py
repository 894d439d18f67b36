"""Strict conversion: vendor JSON into attrs classes, and option mappings into options classes."""

from tryon_core.codec.converter import (
    Amount,
    NonEmpty,
    WebAddress,
    decode,
    explain,
    make_converter,
    read_time,
    rename_keys,
)
from tryon_core.codec.options import OptionSpec, make_options, option_specs

__all__ = [
    "Amount",
    "NonEmpty",
    "OptionSpec",
    "WebAddress",
    "decode",
    "explain",
    "make_converter",
    "make_options",
    "option_specs",
    "read_time",
    "rename_keys",
]
