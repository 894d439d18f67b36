"""The deciding thread: no signal reaches it, so no answer is lost between vendor and journal."""

import queue
import threading
from collections.abc import Iterator
from typing import TypeAlias

from tryon_core.batch.items import Outcome
from tryon_core.batch.scheduler import Scheduler

_Handed: TypeAlias = "Outcome | BaseException | None"
# On Windows a wait without an end cannot be interrupted.
_TICK_S = 0.5


def decided(scheduler: Scheduler) -> Iterator[Outcome]:
    """Yield what became of each item while another thread decides what is done next.

    Python raises KeyboardInterrupt in the main thread, between any two of its steps. Whoever
    iterates may thus be interrupted at any point, and nothing is lost: the end of the iteration,
    however it comes, stops the scheduler and waits until what is being paid for is written down.

    Raises:
        BatchStopped: so many failures of one kind came in a row that going on makes no sense.
        OutputError: the journal cannot be written.
    """
    handed: queue.SimpleQueue[_Handed] = queue.SimpleQueue()
    thread = threading.Thread(target=_decide, args=(scheduler, handed), name="tryon-decider")
    thread.start()
    try:
        while (found := _next(handed)) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
            scheduler.taken(found)
    finally:
        scheduler.stop()
        thread.join()


def _decide(scheduler: Scheduler, handed: "queue.SimpleQueue[_Handed]") -> None:
    try:
        scheduler.run(handed.put)
    except BaseException as error:  # noqa: BLE001  (raised where somebody sees it)
        handed.put(error)
    else:
        handed.put(None)


def _next(handed: "queue.SimpleQueue[_Handed]") -> _Handed:
    while True:
        try:
            return handed.get(timeout=_TICK_S)
        except queue.Empty:
            continue
