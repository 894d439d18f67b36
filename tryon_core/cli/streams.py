"""Standard streams that never decide what becomes of the work."""

import errno
import io
import os
import sys
from typing import Any, TextIO

_STDOUT, _STDERR = 1, 2
# The terminal is gone, or the stream is closed. When the reader of a pipe goes away instead, a run
# that somebody followed ends in order.
_NOBODY_READS = frozenset({errno.EIO, errno.EBADF})


class _Deaf(io.FileIO):
    """An output that takes what nobody reads any more, and drops it.

    Args:
        number: that of the stream.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self._may_fail = number == _STDERR

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # What is told beside the work must never end it, for whatever reason it fails.
            if error.errno not in _NOBODY_READS and not self._may_fail:
                raise
            return memoryview(data).nbytes


def mend_streams() -> None:
    """Replace streams that are closed, and have those whose reader goes away drop the rest.

    A daemon, a scheduler or `>&-` begins a program with streams closed, and a terminal can go while
    a paid job is waited for: the work goes on, and so does its exit code.
    """
    # Else the next file that is opened gets the number of a closed stream, and what is printed.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    # Whoever has replaced a stream knows better.
    if sys.stdout is sys.__stdout__:
        sys.stdout = _mended(_STDOUT, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _mended(_STDERR, sys.stderr)


def _mended(number: int, stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  (for the whole process)
    # Consoles of Windows need their own kind of file.
    if os.name != "posix" or not isinstance(stream, io.TextIOWrapper):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Deaf(number)),
        encoding=stream.encoding,
        # The path of a paid result is printed byte for byte, also when it is not UTF-8.
        errors="surrogateescape" if stream.errors == "strict" else stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
