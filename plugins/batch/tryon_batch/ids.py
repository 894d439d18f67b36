"""Ids that a caller names: those of items that are there."""

import difflib
from collections.abc import Collection, Iterable

from tryon_core.errors import InputError


def require_known(named: Iterable[str], known: Collection[str]) -> None:
    """Make sure that all items that somebody names are there.

    Raises:
        InputError: one is not; the message names the nearest that is.
    """
    for item_id in named:
        if item_id not in known:
            near = difflib.get_close_matches(item_id, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise InputError(
                f"there is no item {item_id[:100]!r} in this run.{hint}",
                remedy="manifest.out.csv lists its items.",
            )
