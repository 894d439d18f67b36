"""The deciding thread: no signal reaches it, so no answer is lost between vendor and journal."""

import queue
import threading
from collections.abc import Iterator
from typing import TypeAlias

from tryon_batch.items import Outcome
from tryon_batch.scheduler import Scheduler

_Handed: TypeAlias = "Outcome | BaseException | None"
# On Windows a wait without an end cannot be interrupted.
_TICK_S = 0.5


def decided(scheduler: Scheduler) -> Iterator[Outcome]:
    """Yield what became of each item while another thread decides what is done next.

    Python raises KeyboardInterrupt in the main thread, between any two of its steps. Whoever
    iterates may thus be interrupted at any point, and nothing is lost: the end of the iteration,
    however it comes, stops the scheduler and waits until what is being paid for is written down;
    only in another thread than the one that iterates it does not wait.

    Raises:
        BatchStopped: so many failures of one kind came in a row that going on makes no sense.
        OutputError: the journal cannot be written.
    """
    handed: queue.SimpleQueue[_Handed] = queue.SimpleQueue()
    ended = threading.Event()
    arguments = scheduler, handed, ended
    thread = threading.Thread(target=_decide, args=arguments, name="tryon-decider")
    guard = threading.Thread(
        target=_end_with_program, args=arguments, name="tryon-guard", daemon=True
    )
    consumer = threading.get_ident()
    try:
        # Whatever interrupts this, the thread may have begun.
        thread.start()
        guard.start()
        while (found := _next(handed)) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
            consumer = threading.get_ident()
            scheduler.taken(found)
    finally:
        scheduler.stop()
        # Garbage is collected in any thread, also in one that the run itself is waiting for.
        if threading.get_ident() == consumer:
            _wait_twice(thread, ended)
            # Whoever forks afterwards needs a process without other threads.
            if guard.is_alive():
                guard.join()


def _wait_twice(thread: threading.Thread, ended: threading.Event) -> None:
    try:
        _wait_for(thread, ended)
    except BaseException:
        # Pressed once more while an answer is waited for: only a third time leaves it.
        _wait_for(thread, ended)
        raise


def _wait_for(thread: threading.Thread, ended: threading.Event) -> None:
    # One that has not begun finds that it was told to stop, and does nothing.
    if thread.is_alive():
        # A `join` that is interrupted takes the thread for ended, up to Python 3.12.
        ended.wait()
        thread.join()


def _decide(
    scheduler: Scheduler, handed: "queue.SimpleQueue[_Handed]", ended: threading.Event
) -> None:
    try:
        scheduler.run(handed.put)
    except BaseException as error:  # noqa: BLE001  (raised where somebody sees it)
        handed.put(error)
    else:
        handed.put(None)
    finally:
        ended.set()


def _end_with_program(
    scheduler: Scheduler, handed: "queue.SimpleQueue[_Handed]", ended: threading.Event
) -> None:
    """Stop when the program has ended without closing the iteration, which is kept alive by us."""
    while not ended.wait(_TICK_S):
        if not threading.main_thread().is_alive():
            handed.put(RuntimeError("the program has ended, and so has the run."))
            scheduler.stop()
            return


def _next(handed: "queue.SimpleQueue[_Handed]") -> _Handed:
    while True:
        try:
            return handed.get(timeout=_TICK_S)
        except queue.Empty:
            continue
