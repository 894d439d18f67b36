"""Processes for a run whose provider computes on this machine."""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from multiprocessing import connection

from tryon_core.errors import TryOnError


class ProcessLost(TryOnError):
    """A process that did a part of the work was ended by somebody else."""

    retry = "later"
    remedy = (
        "Most often the memory was used up: try fewer processes, such as --concurrency 1, and "
        "resume the run."
    )


@contextlib.contextmanager
def open_executor(kind: str, *, workers: int | None) -> Iterator[Executor | None]:
    """Give what does the requests of a run, None for its own threads.

    Args:
        kind: `threads` or `processes`.
        workers: how many processes, None for one per processor core.

    Raises:
        ProcessLost: one of the processes was killed.
    """
    if kind != "processes":
        yield None
        return
    pool = ProcessPoolExecutor(
        workers or os.cpu_count(),
        # A fork of a process with threads may inherit a lock that nobody opens again.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=begin_worker,
    )
    with pool:
        try:
            yield pool
        except BrokenExecutor as error:
            # The pool ends the others by the signal that they ignore, and would wait for ever.
            for process in multiprocessing.active_children():
                process.kill()
            raise ProcessLost("a process that did a part of the work was killed.") from error


def begin_worker() -> None:
    """Set up a process of the pool: it ends with its parent, and not by signals of its own."""
    # Ctrl-C reaches the whole group; the parent waits for what is under way, and writes it down.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    # Its notes would come between the lines of the parent.
    logging.getLogger("tryon").addHandler(logging.NullHandler())
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    # A pool whose parent was killed would wait for work for ever.
    connection.wait([sentinel])
    os._exit(1)
