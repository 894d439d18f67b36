"""Standard streams that never decide what becomes of the work."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_STDERR = 2
# The reader of the pipe went away, the terminal is gone, the stream is closed.
_NOBODY_READS = frozenset({errno.EPIPE, errno.EIO, errno.EBADF})


class _Deaf(io.FileIO):
    """Standard error: what is told beside the work must not end it, whatever its fault."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def mend_streams() -> None:
    """Replace streams that are closed, and have standard error never fail.

    A daemon, a scheduler or `>&-` begins a program with streams closed, and a terminal can go while
    a paid job is waited for: the work goes on, and so does its exit code.
    """
    # Else the next file that is opened gets the number of a closed stream, and what is printed.
    for number in range(_STDERR + 1):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = _nowhere()
    elif os.name == "posix" and isinstance(sys.stdout, io.TextIOWrapper):
        # A path that is not UTF-8 is printed byte for byte, as scripts need it.
        is_strict = sys.stdout.errors == "strict"
        sys.stdout.reconfigure(errors="surrogateescape" if is_strict else sys.stdout.errors)
    if sys.stderr is None:
        sys.stderr = _nowhere()
    # Whoever has replaced it knows better, and consoles of Windows need their own kind of file.
    elif sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _deaf(sys.stderr) if os.name == "posix" else sys.stderr


@contextmanager
def dropping_unread() -> Iterator[None]:
    """Print what says that the work is done: it is, whether somebody reads of it or not."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOBODY_READS:
            raise


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  (for the whole process)


def _deaf(stream: io.TextIOWrapper) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(_Deaf(_STDERR, "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
