"""`python -m tryon_core` is the command line."""

from tryon_core.cli import main

main()
