"""Finds the garments on a run, and dies like a killed process: `hotspots_killed.py RUN MOMENT`.

It dies at the second image, before or after what was found is written into the folder.
"""

import os
import sys
from pathlib import Path

import attrs

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from providers import FakeProvider, fake_info
from tryon_core import hookimpl
from tryon_core.cli.app import cli
from tryon_core.registry import REGISTRY
from tryon_report.hotspots import record


@attrs.define(kw_only=True, eq=False)
class Noting(FakeProvider):
    """Notes each call in `calls.txt`."""

    @hookimpl
    def parse_garment(self, request, ctx):
        """Find a top."""
        with Path("calls.txt").open("a", encoding="utf-8") as calls:
            calls.write(f"{request.image.path.name}\n")
        return [self._region(category) for category in request.categories]


def dying(write, moment):
    """Return the function that writes, and kills the process when it is called again."""
    count = 0

    def written(*arguments):
        nonlocal count
        count += 1
        if count == 2 and moment == "before":
            os._exit(77)
        write(*arguments)
        if count == 2:
            os._exit(77)

    return written


if __name__ == "__main__":
    run, when = sys.argv[1:]
    REGISTRY.register(Noting(info=fake_info(parse_price=fake_info().capabilities.price)))
    record._append = dying(record._append, when)
    cli(["hotspots", run, "--concurrency", "1", "--quiet"])
