"""What a run works on, where each piece stands, and what became of it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core.errors import Billed, JobExpired, TryOnError
from tryon_core.models import Job, Notice, TryOnRequest
from tryon_core.results import TryOnResult

State: TypeAlias = Literal[
    "planned",
    "intent",
    "accepted",
    "finished",
    "saved",
    "refused",
    "failed",
    "outcome_unknown",
]
"""Where an item stands.

`planned` nothing was sent; `intent` the paid request is about to be sent; `accepted` the vendor has
taken it; `finished` its result is known and not fetched yet; `saved` its pictures are files;
`refused` the vendor did not take it; `failed` it took it and gave no result; `outcome_unknown` the
answer was lost.
"""
STATES: tuple[State, ...] = get_args(State)
SETTLED: frozenset[State] = frozenset({"saved", "refused", "failed", "outcome_unknown"})
"""States that a run leaves alone, unless it is told otherwise."""
UNFINISHED: tuple[State, ...] = tuple(state for state in STATES if state not in SETTLED)
"""States with which a later run goes on."""
Basis: TypeAlias = Literal["usage", "list", "expected"]
"""Where an amount comes from, see `Cost.basis`."""


@attrs.frozen(kw_only=True)
class BatchItem:
    """One try-on of a run.

    Attributes:
        id: unique within the run and fit for a file name; results are named after it.
        provider: id of the provider.
        request: what to try on; its options are an instance of the provider's options class.
        row: where it stands in the manifest, counted from 1; None when there is none.
        given: person and garments as they are written there, by column; the lists repeat it.
        own: the caller's own columns, which nobody looks at and the lists repeat.
        digest: of what the journal has under this id, when the item was taken from there; None
            when it is asked for anew, and may be something else.
    """

    id: str
    provider: str
    request: TryOnRequest
    row: int | None = None
    given: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    own: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    digest: str | None = None


@attrs.frozen(kw_only=True)
class Cost:
    """What one paid request cost, or may have cost.

    Attributes:
        amount: in `currency`; None when the price is unknown, never zero instead.
        currency: ISO 4217 code or `credits`; empty when unknown.
        units: images, or what else the vendor counts.
        basis: `usage` when the vendor said how many units it charged, `list` when it is what the
            price card says for the images that came, `expected` when it is what the price card says
            for the images that were asked for, since none have come.
    """

    amount: Decimal | None
    currency: str
    units: Decimal
    basis: Basis


@attrs.frozen(kw_only=True)
class SavedFile:
    """One picture of an item on disk.

    Attributes:
        path: relative to the folder of the run.
        sha256: of the file, as hex digits.
        bytes: its size.
    """

    path: str
    sha256: str
    bytes: int


@attrs.frozen
class EqualWork:
    """What equal work gave.

    Attributes:
        files: its images.
        notices: remarks about them.
    """

    files: tuple[Path, ...]
    notices: tuple[Notice, ...] = ()


@attrs.frozen(kw_only=True)
class Entry:
    """One item as the journal has it.

    Attributes:
        id: as `BatchItem.id`.
        provider: id of the provider.
        model: the option `model`, empty when the provider has none.
        row: as `BatchItem.row`.
        state: where it stands.
        fingerprint: identifies the work, None until its images were looked at.
        job: what the vendor accepted; once it is finished it carries where its images are.
        attempts: paid requests that were sent.
        error: what went wrong last, as plain values: `type`, `message`, `remedy`, `fault`, `retry`,
            `billed`, `vendor_code`, `request_id`; `body`, the beginning of an answer that was not
            understood, where there is one.
        files: the pictures, once saved.
        cost: what its paid request cost or may have cost; None when nothing can have been charged.
        times: when it reached a state (UTC), by state.
        notices: remarks about its images, once they are saved.
        given: as `BatchItem.given`.
        own: as `BatchItem.own`.
        earlier: how it stood before it was sent once more, wherever that may have cost something.
            The journal keeps this by itself; it is read from there and never written.
    """

    id: str
    provider: str
    model: str = ""
    row: int | None = None
    state: State = "planned"
    fingerprint: str | None = None
    job: Job | None = None
    attempts: int = 0
    error: Mapping[str, Any] | None = None
    files: tuple[SavedFile, ...] = ()
    cost: Cost | None = None
    times: Mapping[State, datetime] = attrs.field(factory=dict, hash=False)
    notices: tuple[Notice, ...] = ()
    given: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    own: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    earlier: "tuple[Entry, ...]" = ()


def was_saved(entry: Entry) -> bool:
    """Return whether the images of an item that is not saved were so before: its job was paid."""
    return entry.state in {"accepted", "finished"} and "saved" in entry.times


@attrs.frozen(kw_only=True)
class Outcome:
    """What a run says of one item when it is done with it.

    Attributes:
        item: what was asked.
        state: `saved`, `refused`, `failed` or `outcome_unknown`; what a later run can go on with
            is `planned`, `accepted` or `finished`, and `error` says why this one left it.
        entry: the same as the journal has it.
        paths: the pictures, where the run has a folder.
        result: the pictures, where it has none.
        error: why there are none.
        is_earlier: nothing was sent for it: this work had been done, or had failed, before.
    """

    item: BatchItem
    state: State
    entry: Entry
    paths: tuple[Path, ...] = ()
    result: TryOnResult | None = None
    error: TryOnError | None = None
    is_earlier: bool = False

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Remarks about the images, such as a sleeve that may be wrong."""
        return self.entry.notices


def gone(entry: Entry, *, billed: Billed, why: str) -> JobExpired:
    """Return the error for an item whose images are gone for good."""
    names = ", ".join(file.path for file in entry.files)
    return JobExpired(
        f"the file {names} is gone, and {why}.",
        provider=entry.provider,
        job=entry.job,
        billed=billed,
        remedy=f"Buy it again with redo=[{entry.id!r}], or put the file back.",
    )
