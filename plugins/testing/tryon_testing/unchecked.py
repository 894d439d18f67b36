"""What a check could not check, so that the end of a pytest run lists it.

A check that does not apply to a provider is skipped with `pytest.skip`, and is not listed.
"""

from typing import NoReturn

import pytest

_SENTENCES: dict[str, None] = {}


def tell_unchecked(sentence: str) -> None:
    """List something that was not checked; the check goes on with the rest.

    Args:
        sentence: what, and what to add so that it is checked.
    """
    _SENTENCES[sentence] = None


def skip_unchecked(sentence: str) -> NoReturn:
    """Skip the check, and list it as not checked.

    Args:
        sentence: what is missing, and what to add.

    Raises:
        Skipped: always.
    """
    tell_unchecked(sentence)
    pytest.skip(sentence)


def take_unchecked() -> list[str]:
    """Return the sentences since the last time, each sentence once; for the pytest plugin."""
    sentences = list(_SENTENCES)
    _SENTENCES.clear()
    return sentences
