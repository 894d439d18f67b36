"""Outfits that take two steps: which items a row becomes, and what holds for both."""

from collections.abc import Collection, Iterable

import attrs

from tryon_batch.ids import first_step_id
from tryon_batch.items import BatchItem, Entry
from tryon_core import ProviderInfo
from tryon_core.engine import outfit_steps
from tryon_core.errors import InputRefused, JobFailed, OutcomeUnknown, TryOnError


def with_first_step(item: BatchItem, info: ProviderInfo) -> list[BatchItem]:
    """Return the items of an outfit: itself, after its first step where it takes two."""
    first, *more = outfit_steps(info, item.request)
    if not more:
        return [item]
    before = attrs.evolve(item, id=first_step_id(item.id), request=first, then=more[0])
    return [before, attrs.evolve(item, after=before.id)]


def linked(items: Iterable[BatchItem]) -> list[BatchItem]:
    """Return items that a journal had, with each first step knowing what comes after it."""
    found = list(items)
    then = {item.after: item.step for item in found if item.after is not None}
    return [attrs.evolve(item, then=then[item.id]) if item.id in then else item for item in found]


def both_steps(ids: Collection[str], items: Iterable[BatchItem]) -> frozenset[str]:
    """Return ids, and with each step of an outfit the other one."""
    pairs = [{item.id, item.after} for item in items if item.after is not None]
    return frozenset(ids).union(*(pair for pair in pairs if not pair.isdisjoint(ids)))


def not_put_on(entry: Entry, first: Entry) -> TryOnError:
    """Return the error for an item whose first step gave no image: it is not sent.

    Args:
        entry: the item.
        first: its first step.
    """
    told = first.error or {}
    why = str(told.get("message") or f"it is {first.state}.")
    kinds: dict[str, type[TryOnError]] = {"refused": InputRefused, "failed": JobFailed}
    kind = kinds.get(first.state, OutcomeUnknown)
    return kind(
        f"{entry.id} was not sent, since its first step {first.id} gave no image: {why}",
        provider=entry.provider,
        billed="no",
        remedy=str(told.get("remedy") or ""),
    )
