"""The command line `tryon`: click and rich around the client."""

from tryon_core.cli.process import main

__all__ = ["main"]
