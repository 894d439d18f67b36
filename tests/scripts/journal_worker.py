"""Work on a journal in a process of its own, told by lines on standard input.

`hold` opens it for writing, `get ID` prints the state of an item, and the end of the input, or
being killed, ends it.
"""

import sys
from pathlib import Path

from tryon_batch.journal import Journal, JournalReader
from tryon_core.clock import SystemClock


def main() -> None:
    """Do what is asked, and say so."""
    path = Path(sys.argv[1])
    held = []
    for line in sys.stdin:
        word, _, item_id = line.strip().partition(" ")
        if word == "hold":
            held.append(Journal(path, clock=SystemClock()))
            answer = "held"
        else:
            with JournalReader(path) as reader:
                entry = reader.get(item_id)
                answer = "none" if entry is None else entry.state
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


main()
