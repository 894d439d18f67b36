"""How a run goes: counts, speed, use of the quota, money; as a bar or as lines."""

import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from tryon_batch.costs import Money, was_charged, was_free
from tryon_batch.ids import is_first_step
from tryon_batch.items import SETTLED, Entry, State
from tryon_core import Clock, ProviderInfo
from tryon_core.engine import UNCHECKED

if TYPE_CHECKING:
    from rich.console import Group


_RECENT = 50
_AT_VENDOR: frozenset[State] = frozenset({"intent", "accepted"})
"""States that count against the vendor's limit of running jobs; fetching images does not."""
_RUNNING: frozenset[State] = _AT_VENDOR | {"finished"}


@attrs.define(kw_only=True, eq=False)
class Progress:
    """Counts the events of a run in one thread, for a display in another one.

    Attributes:
        clock: source of time.
        infos: the providers, by id.
        counts: items by state.
        spent: what was charged.
        free: items that were saved without being bought: the same work had been done before.
        in_doubt: ids of first steps of outfits whose outcome is unknown; else these are not counted
            as items, but their costs are.
        noticed: ids of saved items about whose images there are remarks.
        doubtful: ids of saved items whose images are doubtful to a judge.
        unchecked: ids of saved items whose images came whole and are not sound.
        is_stopping: whether the run only waits for the requests in flight.
    """

    clock: Clock
    infos: Mapping[str, ProviderInfo]
    counts: Counter[State] = attrs.field(factory=Counter)
    spent: Money = attrs.field(factory=Money)
    free: int = 0
    in_doubt: set[str] = attrs.field(factory=set)
    noticed: set[str] = attrs.field(factory=set)
    doubtful: set[str] = attrs.field(factory=set)
    unchecked: set[str] = attrs.field(factory=set)
    is_stopping: bool = False
    _lock: threading.Lock = attrs.field(factory=threading.Lock)
    _states: dict[str, State] = attrs.field(factory=dict)
    _paid: set[tuple[str, str]] = attrs.field(factory=set)
    _parsings: set[str] = attrs.field(factory=set)
    _running: dict[str, tuple[str, State]] = attrs.field(factory=dict)
    _settled_at_s: deque[float] = attrs.field(factory=lambda: deque(maxlen=_RECENT))
    _sent_at_s: dict[str, deque[float]] = attrs.field(factory=dict)

    def begin(self, entries: Iterable[Entry]) -> None:
        """Count what the journal has before the run."""
        for entry in entries:
            self._take(entry)
            for request in entry.earlier:
                self._charge(request)
        self._settled_at_s.append(self.clock.monotonic())

    def follow(self, entry: Entry) -> bool:
        """Count an item that was written; return whether its state has changed."""
        now_s = self.clock.monotonic()
        with self._lock:
            is_new = self._take(entry)
            if is_new and entry.state in SETTLED and not is_first_step(entry.id):
                self._settled_at_s.append(now_s)
            if is_new and entry.state == "intent":
                self._sent_at_s.setdefault(entry.provider, deque()).append(now_s)
        return is_new

    def leave(self, item_id: str) -> None:
        """Stop counting an item as running: this run leaves it to a later one."""
        with self._lock:
            self._running.pop(item_id, None)

    @property
    def total(self) -> int:
        """How many items there are."""
        return self.counts.total()

    @property
    def settled(self) -> int:
        """How many items the run is done with."""
        return sum(self.counts[state] for state in SETTLED)

    @property
    def running(self) -> int:
        """How many items are in progress, those included whose images are being fetched."""
        return len(self._running)

    @property
    def per_s(self) -> float | None:
        """How many items end per second, lately; None before any has."""
        ends = self._settled_at_s
        passed_s = self.clock.monotonic() - ends[0] if ends else 0.0
        return (len(ends) - 1) / passed_s if len(ends) > 1 and passed_s > 0 else None

    @property
    def left(self) -> timedelta | None:
        """How long it will take, None when that is not known."""
        per_s = self.per_s
        missing = self.total - self.settled
        return timedelta(seconds=round(missing / per_s)) if per_s else None

    @property
    def quota_use(self) -> float | None:
        """The share of the quota that is used, of the provider that is used most."""
        shares = [share for info in self.infos.values() for share in self._shares(info)]
        return max(shares, default=None)

    def words(self) -> list[str]:
        """Return how it goes, as short phrases; what is zero or unknown is left out."""
        with self._lock:
            return (
                ["stopping (once more ends at once)", *self._words()]
                if self.is_stopping
                else self._words()
            )

    def _words(self) -> list[str]:
        per_s, left, use = self.per_s, self.left, self.quota_use
        failed = self.counts["refused"] + self.counts["failed"]
        return [
            f"{self.counts['saved']} done",
            f"{self.running} running",
            *([f"{failed} failed"] if failed else []),
            *([f"{self.counts['outcome_unknown']} unknown"] * (self.counts["outcome_unknown"] > 0)),
            *([] if per_s is None else [_speed(per_s)]),
            *([] if use is None else [f"quota {use:.0%}"]),
            *([str(self.spent)] if self.spent else []),
            *([f"{left} left"] if left else []),
        ]

    def _take(self, entry: Entry) -> bool:
        for parsing in entry.parsings:
            if parsing.billed == "yes" and parsing.id not in self._parsings:
                self._parsings.add(parsing.id)
                self.spent += Money.of(parsing.amount, parsing.currency)
        before = self._states.get(entry.id)
        if before == entry.state:
            return False
        if not is_first_step(entry.id):
            self._count(entry, before)
        elif entry.state == "outcome_unknown":
            self.in_doubt.add(entry.id)
        else:
            self.in_doubt.discard(entry.id)
        if entry.state in _RUNNING:
            self._running[entry.id] = entry.provider, entry.state
        else:
            self._running.pop(entry.id, None)
        self._states[entry.id] = entry.state
        self._charge(entry)
        return True

    def _count(self, entry: Entry, before: State | None) -> None:
        if before is not None:
            self.counts[before] -= 1
        self.counts[entry.state] += 1
        is_saved = entry.state == "saved"
        for ids, is_one in (
            (self.noticed, is_saved and bool(entry.notices)),
            (self.doubtful, is_saved and entry.verdict == "doubtful"),
            (self.unchecked, any(file.path.endswith(UNCHECKED) for file in entry.files)),
        ):
            (ids.add if is_one else ids.discard)(entry.id)

    def _charge(self, entry: Entry) -> None:
        self.free += was_free(entry) and not is_first_step(entry.id)
        if entry.cost is None or was_charged(entry) != "yes":
            return
        if entry.job is not None:
            # Files that were gone are fetched again: the job is saved twice and was paid once.
            paid = entry.id, entry.job.id
            if paid in self._paid:
                return
            self._paid.add(paid)
        self.spent += Money.of(entry.cost.amount, entry.cost.currency)

    def _shares(self, info: ProviderInfo) -> Iterable[float]:
        quota = info.capabilities.quota
        if quota.running_jobs:
            at_vendor = [name for name, state in self._running.values() if state in _AT_VENDOR]
            yield at_vendor.count(info.id) / quota.running_jobs
        if quota.submissions:
            sent = self._sent_at_s.get(info.id, deque())
            while sent and sent[0] <= self.clock.monotonic() - quota.window_s:
                sent.popleft()
            yield len(sent) / quota.submissions


def _speed(per_s: float) -> str:
    if per_s >= 1:
        return f"{per_s:.1f}/s"
    per_min = per_s * 60
    return f"{per_min:.1f}/min" if per_min >= 1 else f"{per_min * 60:.1f}/h"


_LINE_EVERY_S = 10.0
_STOPPING = b"stopping: waiting for the requests in flight; once more ends at once\n"


@attrs.frozen
class Display:
    """What shows the progress.

    Attributes:
        changed: called whenever something has changed, in the thread that writes the journal.
        stopping: called in a signal handler when the run is to end.
    """

    changed: Callable[[], None]
    stopping: Callable[[], None]


@contextmanager
def show_batch(progress: Progress, *, quiet: bool) -> Iterator[Display]:
    """Give what shows the progress.

    Args:
        progress: how the run goes.
        quiet: show nothing.
    """
    if quiet:
        yield Display(_show_nothing, _show_nothing)
    elif sys.stderr.isatty():
        with _live_bar(progress):
            # The bar looks for itself, and says that the run is stopping.
            yield Display(_show_nothing, _show_nothing)
    else:
        yield Display(_Lines(progress), _say_stopping)


def _show_nothing() -> None:
    """Show nothing."""


def _say_stopping() -> None:
    # Not through `sys.stderr`, in the middle of whose work the signal may have come.
    with suppress(OSError):
        os.write(2, _STOPPING)


class _Lines:
    """A line every few seconds, for logs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._began_s = progress.clock.monotonic()
        self._next_s = self._began_s + _LINE_EVERY_S

    def __call__(self) -> None:
        now_s = self._progress.clock.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + _LINE_EVERY_S
        share = f"{self._progress.settled}/{self._progress.total}"
        words = ", ".join(self._progress.words())
        sys.stderr.write(f"{now_s - self._began_s:6.1f} s  {share}: {words}\n")
        sys.stderr.flush()


@contextmanager
def _live_bar(progress: Progress) -> Iterator[None]:
    from rich.console import Console  # noqa: PLC0415  (only on a terminal)
    from rich.live import Live  # noqa: PLC0415  (only on a terminal)

    # Standard output carries results, and is perhaps no terminal.
    with Live(
        console=Console(stderr=True),
        get_renderable=lambda: _rendered(progress),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ):
        yield


def _rendered(progress: Progress) -> "Group":
    from rich.console import Group  # noqa: PLC0415  (only on a terminal)
    from rich.progress_bar import ProgressBar  # noqa: PLC0415  (only on a terminal)
    from rich.table import Table  # noqa: PLC0415  (only on a terminal)
    from rich.text import Text  # noqa: PLC0415  (only on a terminal)

    head = Table.grid(expand=True, padding=(0, 1))
    head.add_column(ratio=1)
    head.add_column(no_wrap=True, justify="right")
    head.add_row(
        ProgressBar(total=max(1, progress.total), completed=progress.settled),
        f"{progress.settled}/{progress.total}",
    )
    return Group(head, Text("  ".join(progress.words()), overflow="fold"))
