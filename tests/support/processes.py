"""Processes that tests start."""

import os


def unmeasured(environment):
    """Return an environment in which a process runs without coverage.

    A signal that hits coverage's tracer while it holds its lock leaves the lock taken, and the
    process waits for it for ever (about one in two hundred runs of a process that is interrupted
    where it enters modules). So whoever sends a signal that Python handles wants this.
    """
    return {name: value for name, value in environment.items() if "COVERAGE_PROCESS" not in name}


def read_terminal(ours):
    """Return all that is shown on a terminal until its other side is closed; close ours then."""
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # what Linux says when the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return shown
