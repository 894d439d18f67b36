"""`python -m tryon_core` is the command line."""

import sys

from tryon_core.cli import main

sys.exit(main())
