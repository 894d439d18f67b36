"""Items as rows of the journal, and back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs

from tryon_batch.items import BatchItem, Cost, Entry, SavedFile
from tryon_core.fingerprint import canonical
from tryon_core.models import BytesSource, ImageSource, Job, LibraryModel, Notice, PathSource
from tryon_core.text import one_line

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "TEXT NOT NULL UNIQUE",
        "provider": "TEXT NOT NULL",
        "model": "TEXT NOT NULL",
        "row": "INTEGER",
        "state": "TEXT NOT NULL",
        "fingerprint": "TEXT",
        "job": "TEXT",
        "attempts": "INTEGER NOT NULL",
        "error": "TEXT",
        "files": "TEXT",
        "cost": "TEXT",
        "times": "TEXT NOT NULL",
        "notices": "TEXT",
        "given": "TEXT",
        "own": "TEXT",
    }
)
"""The columns of the table of items, each a field of `Entry`."""
SINCE_2: tuple[str, ...] = ("notices", "given", "own")
"""Those that journals of version 1 do not have; all of them may be empty."""


def values_of(entry: Entry) -> dict[str, Any]:
    """Return an item as values that SQLite takes."""
    return {
        "id": entry.id,
        "provider": entry.provider,
        "model": entry.model,
        "row": entry.row,
        "state": entry.state,
        "fingerprint": entry.fingerprint,
        "job": None if entry.job is None else entry.job.to_token(),
        "attempts": entry.attempts,
        "error": None if entry.error is None else json.dumps(entry.error),
        "files": json.dumps([attrs.asdict(file) for file in entry.files]) if entry.files else None,
        "cost": None if entry.cost is None else json.dumps(attrs.asdict(entry.cost), default=str),
        "times": json.dumps({state: at.isoformat() for state, at in entry.times.items()}),
        "notices": _json([attrs.asdict(notice) for notice in entry.notices]),
        "given": _json(entry.given),
        "own": _json(entry.own),
    }


def entry_of(row: Sequence[Any]) -> Entry:
    """Return an item from the values of its row, in the order of `COLUMNS`."""
    values = dict(zip(COLUMNS, row, strict=True))
    files = json.loads(values["files"] or "[]")
    times = json.loads(values["times"])
    return Entry(
        **{name: values[name] for name in ("id", "provider", "model", "row", "state", "attempts")},
        fingerprint=values["fingerprint"],
        job=None if values["job"] is None else Job.from_token(values["job"]),
        error=None if values["error"] is None else _error(values["error"]),
        files=tuple(SavedFile(**file) for file in files),
        cost=_cost(values["cost"]),
        times={state: datetime.fromisoformat(at) for state, at in times.items()},
        notices=tuple(Notice(**notice) for notice in json.loads(values["notices"] or "[]")),
        given=json.loads(values["given"] or "{}"),
        own=json.loads(values["own"] or "{}"),
    )


def _error(text: str) -> Mapping[str, Any]:
    """Read an error; versions before this one wrote a vendor's words as they came."""
    found = json.loads(text).items()
    return {name: one_line(value) if isinstance(value, str) else value for name, value in found}


def _json(value: Any) -> str | None:
    """Return a value as text, None when it holds nothing."""
    return json.dumps(value) if value else None


def request_digest(item: BatchItem) -> str:
    """Return a digest of what an item asks for, by the names of its files, not by their content."""
    request = item.request
    person = request.person
    facts = {
        "provider": item.provider,
        "images": {name: _named(source) for name, source in request.images.items()},
        "library": person if isinstance(person, LibraryModel) else None,
        "options": request.options,
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def _named(source: ImageSource) -> str:
    if isinstance(source, BytesSource):
        return hashlib.sha256(source.data).hexdigest()
    return str(source.path.absolute()) if isinstance(source, PathSource) else source.url


def _cost(text: str | None) -> Cost | None:
    if text is None:
        return None
    values = json.loads(text)
    amount = values["amount"]
    return Cost(
        amount=None if amount is None else Decimal(amount),
        currency=values["currency"],
        units=Decimal(values["units"]),
        basis=values["basis"],
    )
