"""Ctrl-C during a run: what is in the air is finished first; the second time all ends at once."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from tryon_core.cli.exit_codes import ExitCode

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
            # Python lets the main thread alone listen; elsewhere somebody else does.
            if threading.current_thread() is threading.main_thread():
                for number in _numbers():
                    stack.callback(signal.signal, number, signal.getsignal(number))
                    signal.signal(number, self._on_signal)
            yield

    def request(self) -> None:
        """Stop as if somebody had pressed Ctrl-C once; any thread may ask for it."""
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
    # nohup and its kin have reasons to ignore a signal.
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
