"""What importing costs, against `import requests` in the same run."""

import statistics
import subprocess
import sys
import time

ROUNDS = 15


def _seconds(*statements):
    """Return the median wall time of fresh interpreters, statements taken in turn."""
    times = {statement: [] for statement in statements}
    for _ in range(ROUNDS):
        for statement in statements:
            started = time.perf_counter()
            subprocess.run([sys.executable, "-I", "-c", statement], check=True)
            times[statement].append(time.perf_counter() - started)
    return [statistics.median(times[statement]) for statement in statements]


def test_import_cost(record):
    bare, core, hooks, client, requests = _seconds(
        "pass",
        "import tryon_core",
        "import tryon_core.hookspecs",
        "from tryon_core import Client",
        "import requests",
    )
    price = requests - bare
    record("import requests", f"{price * 1000:.0f} ms", "the measure")
    ratio = (core - bare) / price
    record("import tryon_core / import requests", f"{ratio:.2f}", "<= 0.6")
    record("import tryon_core.hookspecs / import requests", f"{(hooks - bare) / price:.2f}", "none")
    record(
        "from tryon_core import Client / import requests", f"{(client - bare) / price:.2f}", "none"
    )
    assert ratio <= 0.6
