"""A comparison as its folder has it."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from tryon_batch import Entry, JournalReader
from tryon_batch.costs import was_charged, was_free
from tryon_batch.ids import is_first_step
from tryon_batch.journal import JOURNAL_NAME
from tryon_core.errors import InputError
from tryon_report.comparing.values import (
    JSON_NAME,
    Compared,
    Comparison,
    Indicator,
    Reason,
)

NOTE = "comparison"
"""Name under which the journal keeps that its run is a comparison, and of what."""
_SAVED = "saved"


def is_comparison(meta: Mapping[str, str]) -> bool:
    """Return whether the run of a journal is a comparison, by its `meta`."""
    return NOTE in meta


def read_comparison(folder: Path | str) -> Comparison:
    """Return the comparison of a folder, also while it is under way; nothing is written.

    Args:
        folder: of the run.

    Raises:
        InputError: there is no run, or it is no comparison.
    """
    folder = Path(folder)
    with JournalReader(folder / JOURNAL_NAME) as journal:
        meta, entries = journal.meta, list(journal.entries())
    if not is_comparison(meta):
        raise InputError(
            f"the run in {str(folder)!r} is no comparison.",
            remedy="Make one with tryon compare, or look at the run with tryon report.",
        )
    note = json.loads(meta[NOTE])
    known, why_none = _known_indicators(folder)
    by_id = {entry.id: _compared(entry, folder, known) for entry in entries}
    vendors = [
        attrs.evolve(by_id[entry.id], first_step=by_id.get(entry.after or ""))
        for entry in entries
        if not is_first_step(entry.id)
    ]
    return Comparison(
        folder=folder,
        created_at=datetime.fromisoformat(meta["created_at"]),
        person=folder / note["person"],
        garments={name: folder / place for name, place in note["garments"].items()},
        vendors=(*vendors, *(_left_out(*pair) for pair in note["left_out"].items())),
        no_indicators=why_none,
    )


def _compared(entry: Entry, folder: Path, known: Mapping[str, tuple[Indicator, ...]]) -> Compared:
    is_saved = entry.state == _SAVED
    digest = entry.files[0].sha256 if entry.files else ""
    return Compared(
        provider=entry.provider,
        model=entry.model,
        state=entry.state,
        images=tuple(folder / file.path for file in entry.files) if is_saved else (),
        sha256=digest if is_saved else "",
        reason=None if is_saved or not entry.error else Reason.of(entry.error),
        seconds=_seconds(entry, "intent", "saved"),
        job_s=_seconds(entry, "accepted", "finished"),
        cost=entry.cost,
        charged=was_charged(entry),
        is_copy=was_free(entry),
        notices=entry.notices,
        verdict=entry.verdict,
        problems=entry.problems or (),
        indicators=known.get(digest, ()) if is_saved else (),
    )


def _seconds(entry: Entry, begin: Any, end: Any) -> float | None:
    times = entry.times
    # Of an item that was sent again, an earlier time may stand behind a later one.
    if entry.state != _SAVED or was_free(entry) or begin not in times or end not in times:
        return None
    return round((times[end] - times[begin]).total_seconds(), 3)


def _left_out(provider: str, errors: list[dict[str, Any]]) -> Compared:
    reasons = [Reason.of(error) for error in errors]
    first = attrs.evolve(
        reasons[0],
        message=" ".join(one.message for one in reasons),
        remedy=" ".join(one.remedy for one in reasons if one.remedy),
    )
    return Compared(provider=provider, state="left_out", reason=first)


def _known_indicators(folder: Path) -> tuple[Mapping[str, tuple[Indicator, ...]], str]:
    """Return those that were computed before, by the digest of the image, or why there are none."""
    try:
        found = json.loads((folder / JSON_NAME).read_text(encoding="utf-8"))
        known = {
            vendor["sha256"]: tuple(Indicator.from_document(one) for one in vendor["indicators"])
            for vendor in found["vendors"]
            if vendor["indicators"]
        }
        return known, found["no_indicators"] or ""
    except (OSError, ValueError, KeyError, TypeError):
        return {}, ""
