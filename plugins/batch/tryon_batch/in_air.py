"""What an executor is doing for a run: begun, awaited, and taken back where that is safe."""

import queue
from collections.abc import Collection
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from typing import Any

import attrs

from tryon_batch import work
from tryon_batch.items import Outcome
from tryon_batch.lane import Lane, Ticket
from tryon_core.errors import OutcomeUnknown

HONEST = (ThreadPoolExecutor, ProcessPoolExecutor)
"""They do each call at most once, and what they cancelled was certainly never begun. Dask repeats
the work of a worker that it lost, and its futures can be cancelled while a worker is at it."""


@attrs.frozen
class Start:
    """A step that is to begin."""

    lane: Lane
    ticket: Ticket
    kind: str
    step: work.Step
    arguments: tuple[Any, ...]


@attrs.frozen(kw_only=True)
class Done:
    """A step that came to its end; the value is None when it was never begun."""

    start: Start
    value: Any
    future: "Future[Any]"


class InAir:
    """The steps that an executor is doing; only the deciding thread calls it.

    Args:
        executor: does them.

    Attributes:
        ends: where their ends arrive, beside what others have to tell the deciding thread.
    """

    def __init__(self, executor: Executor) -> None:
        self.ends: queue.SimpleQueue[Done | Outcome | None] = queue.SimpleQueue()
        self._executor = executor
        self._is_honest = isinstance(executor, HONEST)
        self._kinds: dict[Future[Any], str] = {}

    def __bool__(self) -> bool:
        """Whether anything is being done."""
        return bool(self._kinds)

    def launch(self, start: Start) -> None:
        """Begin a step; raises what the executor raises, which then has not begun it."""
        source = start.lane.source
        future = self._executor.submit(work.perform, source, start.step, *start.arguments)
        self._kinds[future] = start.kind
        future.add_done_callback(partial(self._ended, start))

    def landed(self, done: Done) -> None:
        """Note that the end of a step was taken in."""
        self._kinds.pop(done.future, None)

    def take_back(self) -> None:
        """Cancel what was not begun, and never what may be on its way to a vendor."""
        for future, kind in tuple(self._kinds.items()):
            if kind != "send" or self._is_honest:
                future.cancel()

    def has(self, kinds: Collection[str]) -> bool:
        """Return whether a step of one of these kinds is being done."""
        return any(kind in kinds for kind in self._kinds.values())

    def _ended(self, start: Start, future: "Future[Any]") -> None:
        """Hand the end of a step to the deciding thread; this runs in another one."""
        if not future.cancelled():
            value = future.exception() or future.result()
        elif start.kind == "send" and not self._is_honest:
            value = _lost(start)
        else:
            value = None
        self.ends.put(Done(start=start, value=value, future=future))


def _lost(start: Start) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the executor cancelled {start.ticket.item.id}, perhaps while it was being sent.",
        fingerprint=start.ticket.entry.fingerprint,
        provider=start.lane.info.id,
    )
