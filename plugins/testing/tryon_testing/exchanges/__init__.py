"""Documented exchanges: requests and answers of a vendor's documents, instead of an emulator."""

from tryon_testing.exchanges.coverage import covers, not_shown, shown_options, uncovered
from tryon_testing.exchanges.emulator import exchange_emulator
from tryon_testing.exchanges.entries import Exchange, ExchangeAnswer, ExchangeRequest
from tryon_testing.exchanges.placeholders import placeholders
from tryon_testing.exchanges.reading import read_exchanges

__all__ = [
    "Exchange",
    "ExchangeAnswer",
    "ExchangeRequest",
    "covers",
    "exchange_emulator",
    "not_shown",
    "placeholders",
    "read_exchanges",
    "shown_options",
    "uncovered",
]
