"""The command line `tryon`: click and rich around the client."""

import importlib.util
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.streams import mend_streams
from tryon_core.installed import install_command

_NEEDED = (("click", "click"), ("rich", "rich"), ("PIL", "pillow"))


def main() -> NoReturn:
    """Run the command line; this is the entry point `tryon`.

    Without the extra `cli` it says what to install, and exits with 3.
    """
    mend_streams()
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
    # nohup and its kin have reasons to ignore a signal.
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End like Ctrl-C does: a job that was accepted is worth a resume command."""
    del number, frame
    raise KeyboardInterrupt
