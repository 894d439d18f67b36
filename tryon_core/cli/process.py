"""The process `tryon`: its standard streams, its signals, its exit code."""

import importlib.util
import io
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn, TextIO

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.installed import install_command

_NEEDED = (("click", "click"), ("rich", "rich"), ("PIL", "pillow"))


def main() -> NoReturn:
    """Run the command line; this is the entry point `tryon`.

    Without the extra `cli` it says what to install, and exits with 3.
    """
    repair_streams()
    missing = [name for module, name in _NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        sys.stderr.write(
            f"error: the command line needs {' and '.join(missing)}. "
            f"Install it with: {install_command('tryon-core', 'cli')}\n"
        )
        sys.exit(ExitCode.NOT_CONFIGURED)
    try:
        from tryon_core.cli.app import cli  # noqa: PLC0415  (click may be absent)

        _end_in_order(signal.SIGTERM)
        if hasattr(signal, "SIGHUP"):  # not on Windows
            _end_in_order(signal.SIGHUP)
        sys.exit(cli(prog_name="tryon"))
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    finally:
        _drop_what_cannot_be_written()


def _drop_what_cannot_be_written() -> None:
    # What a full disk left in the buffer is written once more when Python ends, and that failure
    # would replace our exit code by 120.
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_in_order(number: signal.Signals) -> None:
    # nohup and similar programs have reasons to ignore a signal.
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End like Ctrl-C does: a job that was accepted is worth a resume command."""
    del number, frame
    raise KeyboardInterrupt


_STDERR = 2


class _NeverFails(io.FileIO):
    """Standard error that never fails: messages beside the work must not end it."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def repair_streams() -> None:
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
    # Code that has replaced it knows better, and consoles of Windows need their own kind of file.
    elif sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _never_failing(sys.stderr) if os.name == "posix" else sys.stderr


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  (for the whole process)


def _never_failing(stream: io.TextIOWrapper) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(_NeverFails(_STDERR, "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
