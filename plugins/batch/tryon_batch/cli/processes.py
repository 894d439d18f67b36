"""Signals during a run, and worker processes."""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from multiprocessing import connection
from types import FrameType

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.errors import TryOnError

_SHOW_CURSOR = b"\x1b[?25h"
# As they are called on POSIX; Windows has no SIGHUP.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Stop:
    """What the signals of a run do.

    Args:
        on_first: called when the first one comes, in the middle of anything.
        last_words: what to say when another one ends the process at once.

    Attributes:
        is_closing: whether the next signal ends the process at once.
    """

    def __init__(self, *, on_first: Callable[[], None], last_words: str) -> None:
        self.is_closing = False
        self._on_first = on_first
        self._last_words = last_words

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for SIGINT, SIGTERM and SIGHUP: the first one raises KeyboardInterrupt."""
        with contextlib.ExitStack() as stack:
            # Python lets only the main thread listen to signals.
            if threading.current_thread() is threading.main_thread():
                for number in _numbers():
                    stack.callback(signal.signal, number, signal.getsignal(number))
                    signal.signal(number, self._on_signal)
            yield

    def request(self) -> None:
        """Stop like Ctrl-C, once; any thread may ask for it."""
        if self.is_closing:
            return
        # Not SIGINT, which shells ignore for what runs in the background. It must reach the main
        # thread to wake it.
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        else:
            signal.raise_signal(signal.SIGTERM)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.is_closing:
            _end_at_once(self._last_words)
        self.is_closing = True
        self._on_first()
        raise KeyboardInterrupt


def _numbers() -> list[signal.Signals]:
    found = (getattr(signal, name, None) for name in _NAMES)
    # A signal that is ignored, such as by nohup, stays ignored.
    return [
        number
        for number in found
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN
    ]


def _end_at_once(last_words: str) -> None:
    """End without waiting for anything: the journal is made for that."""
    # Not through `sys.stderr`, in the middle of whose work the signal may have come.
    if sys.stderr.isatty():
        os.write(2, _SHOW_CURSOR)
    with contextlib.suppress(OSError):
        os.write(2, f"\n{last_words}\n".encode())
    os._exit(ExitCode.INTERRUPTED)


class ProcessLost(TryOnError):
    """A worker process was killed."""

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
        # A fork of a process with threads may inherit a lock that is never released.
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
