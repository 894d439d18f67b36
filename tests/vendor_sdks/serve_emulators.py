"""Run emulators for the tests of a worker, in the environment that has tryon.

Each line of the input is a list: `["fashn", "--job-seconds=0"]` starts an emulator with the options
of `tryon emulate`, and `[]` ends the one that was started last. Each line is answered with one.
"""

import contextlib
import json
import secrets
import sys

from tryon_testing.cli.emulate import emulate
from tryon_testing.emulation.emulator import load_emulator, start


def _announced(running):
    return {"settings": running.settings, "log": f"{running.ctx.address}/_tryon/log"}


def _started(arguments):
    given = emulate.make_context("emulate", arguments).params
    return start(
        load_emulator(given["provider"]),
        job_s=given["job_s"],
        faults=given["faults"],
        knobs=given["knobs"],
        seed=secrets.token_hex(8),
    )


def main():
    open_ones = []
    for line in sys.stdin:
        arguments = json.loads(line)
        if arguments:
            emulator = contextlib.ExitStack()
            said = _announced(emulator.enter_context(_started(arguments)))
            open_ones.append(emulator)
        else:
            open_ones.pop().close()
            said = {}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
