"""Keep one line of the inference runtime off standard error."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

# The runtime announces its delegate from C++ and has no switch for it.
_ANNOUNCEMENT = b"Created TensorFlow Lite XNNPACK delegate"
_STDERR = 2


@contextlib.contextmanager
def without_announcement() -> Iterator[None]:
    """Hold back what is written to standard error inside; show it afterwards, less one line."""
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is no standard error
        yield
        return
    with tempfile.TemporaryFile() as buffer:
        sys.stderr.flush()
        os.dup2(buffer.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
            buffer.seek(0)
            for line in buffer:
                if _ANNOUNCEMENT not in line:
                    os.write(_STDERR, line)
