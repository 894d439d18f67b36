"""Ctrl-C during a run: what is being sent is finished first; the second time all ends at once."""

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TypeVar

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.clock import SystemClock

T = TypeVar("T")
_TICK_S = 0.1
_SHOW_CURSOR = b"\x1b[?25h"


class StopSwitch:
    """Set by signals, asked where a run may end without losing what a vendor has answered."""

    def __init__(self) -> None:
        self.is_set = False

    def check(self) -> None:
        """End the run, if that is wanted.

        Raises:
            KeyboardInterrupt: it is.
        """
        if self.is_set:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def listening(self, last_words: str) -> Iterator[None]:
        """Listen for SIGINT, SIGTERM and SIGHUP.

        Args:
            last_words: what to say when the second signal ends the process at once.
        """

        def on_signal(number: int, frame: FrameType | None) -> None:
            del number, frame
            if self.is_set:
                _end_at_once(last_words)
            self.is_set = True

        numbers = [
            number
            for name in ("SIGINT", "SIGTERM", "SIGHUP")
            if (number := getattr(signal, name, None)) is not None
            # nohup and its kin have reasons to ignore a signal.
            and signal.getsignal(number) is not signal.SIG_IGN
        ]
        before = [signal.signal(number, on_signal) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


class StoppableClock(SystemClock):
    """The clock of this machine, on which the deciding thread stops waiting when that is wanted.

    A signal that raised at any place would lose answers that were taken and not written down yet.

    Args:
        switch: says whether to stop.
    """

    def __init__(self, switch: StopSwitch) -> None:
        self._switch = switch

    def sleep(self, seconds: float) -> None:
        """Block this thread; other threads than the deciding one are not stopped."""
        if threading.current_thread() is not threading.main_thread():
            super().sleep(seconds)
            return
        until_s = time.monotonic() + seconds
        self._switch.check()
        while (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(left_s, _TICK_S))
            self._switch.check()

    def take(self, source: "queue.SimpleQueue[T]", timeout_s: float) -> T:
        """Block this thread until something comes."""
        until_s = time.monotonic() + timeout_s
        while True:
            self._switch.check()
            left_s = until_s - time.monotonic()
            try:
                return source.get(timeout=max(0.0, min(left_s, _TICK_S)))
            except queue.Empty:
                if left_s <= _TICK_S:
                    raise


def _end_at_once(last_words: str) -> None:
    """End without waiting for anything: the journal is made for that."""
    # Not through `sys.stderr`, in the middle of whose work the signal may have come.
    if sys.stderr.isatty():
        os.write(2, _SHOW_CURSOR)
    os.write(2, f"\n{last_words}\n".encode())
    os._exit(ExitCode.INTERRUPTED)
