"""How a command can end: the exit codes, and the errors that only the command line has."""

import enum
from collections.abc import Collection

from tryon_core.errors import (
    AnswerLost,
    AuthenticationFailed,
    BatchStopped,
    ConfigurationError,
    InputError,
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
    """The program failed in a way that was not foreseen."""

    remedy = "Run it again with --debug and report what it prints."


# The first family that fits decides.
_BY_CLASS: tuple[tuple[type[TryOnError], ExitCode], ...] = (
    (Interrupted, ExitCode.INTERRUPTED),
    (OutcomeUnknown, ExitCode.OUTCOME_UNKNOWN),
    (PollTimeout, ExitCode.TIMED_OUT),
    (ConfigurationError, ExitCode.NOT_CONFIGURED),
    (AuthenticationFailed, ExitCode.NOT_CONFIGURED),
    (InputError, ExitCode.INVALID_INPUT),
)
_HAS_ITS_OWN = (Interrupted, PollTimeout)


def exit_code(error: TryOnError) -> ExitCode:
    """Return the exit code for an error that ended a command."""
    if isinstance(error, BatchStopped):
        return exit_code(error.cause)
    # Before all others: a script repeats plain failures, and would perhaps pay twice.
    if error.billed == "unknown" and error.job is None and not isinstance(error, _HAS_ITS_OWN):
        return ExitCode.OUTCOME_UNKNOWN
    # Nobody knows what became of the job, and to ask again costs nothing.
    if isinstance(error, AnswerLost) and error.job is not None:
        return ExitCode.TIMED_OUT
    for family, code in _BY_CLASS:
        if isinstance(error, family):
            return code
    return ExitCode.INVALID_INPUT if error.fault == "input" else ExitCode.FAILED


def run_exit_code(
    states: Collection[str], *, left_by: TryOnError | None, has_unchecked: bool
) -> ExitCode:
    """Return the exit code for a run over many items.

    Args:
        states: those that its items have, such as `saved` and `outcome_unknown`.
        left_by: why items were left to a later run.
        has_unchecked: whether saved images could not be checked.
    """
    if "outcome_unknown" in states:
        return ExitCode.OUTCOME_UNKNOWN
    if "refused" in states or "failed" in states:
        return ExitCode.FAILED
    # An item that is bought again and was left has the state `saved`, from its earlier images.
    if left_by is not None:
        return exit_code(left_by)
    if any(state != "saved" for state in states):
        return ExitCode.FAILED
    return ExitCode.UNCHECKED if has_unchecked else ExitCode.DONE
