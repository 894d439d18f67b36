"""How a command can end: the exit codes, and the errors that only the command line has."""

import enum

from tryon_core.errors import (
    AuthenticationFailed,
    BatchStopped,
    ConfigurationError,
    InputError,
    JobError,
    OutcomeUnknown,
    PollTimeout,
    TryOnError,
)


class ExitCode(enum.IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1
    INVALID_INPUT = 2
    NOT_CONFIGURED = 3
    OUTCOME_UNKNOWN = 4
    TIMED_OUT = 5
    UNCHECKED = 6
    INTERRUPTED = 130


class Interrupted(TryOnError):
    """The user, or the system, stopped the command."""


class UsageError(InputError):
    """The command line itself cannot be understood."""


class InternalError(TryOnError):
    """The program failed in a way that nobody foresaw."""

    remedy = "This is a fault in tryon: run it again with --debug and report what it prints."


# The first family that fits decides.
_BY_CLASS: tuple[tuple[type[TryOnError], ExitCode], ...] = (
    (Interrupted, ExitCode.INTERRUPTED),
    (OutcomeUnknown, ExitCode.OUTCOME_UNKNOWN),
    (PollTimeout, ExitCode.TIMED_OUT),
    (ConfigurationError, ExitCode.NOT_CONFIGURED),
    (AuthenticationFailed, ExitCode.NOT_CONFIGURED),
    (InputError, ExitCode.INVALID_INPUT),
)


def exit_code(error: TryOnError) -> ExitCode:
    """Return the exit code for an error that ended a command."""
    if isinstance(error, BatchStopped):
        return exit_code(error.cause)
    for family, code in _BY_CLASS:
        if isinstance(error, family):
            return code
    if error.fault == "input":
        return ExitCode.INVALID_INPUT
    # An answer that nobody understood, to a submission that may have been accepted: whoever
    # repeats it as a plain failure may pay twice.
    if error.billed == "unknown" and error.job is None and not isinstance(error, JobError):
        return ExitCode.OUTCOME_UNKNOWN
    return ExitCode.FAILED
