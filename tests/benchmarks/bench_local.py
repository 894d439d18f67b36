"""What the local provider costs on 768x1024 inputs: seconds, memory, and how right it is."""

import json
import statistics
import subprocess
import sys

ROUNDS = 12
# In a process of its own, so that peak memory is that of the provider alone.
SCRIPT = """
import json, resource, time
import numpy as np
from tryon_core.drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_local.engine import dress_person, parse_garments
person = np.asarray(draw_person(next(iter(PERSON_STYLES.values())), (768, 1024)).image)
drawn = (draw_garment(style, (768, 1024)) for style in GARMENT_STYLES.values())
top = next(np.asarray(g.image.convert("RGB")) for g in drawn if g.category == "top")
def seconds(work):
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times
print(json.dumps({
    "dress": seconds(lambda: dress_person(person, {"top": top})),
    "parse": seconds(lambda: parse_garments(person, ("top", "bottom", "dress"))),
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def test_seconds_and_memory(record):
    script = SCRIPT.replace("ROUNDS", str(ROUNDS))
    answer = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    figures = json.loads(answer.stdout)
    dress, parse = (statistics.median(figures[name]) for name in ("dress", "parse"))
    record("local: try-on, median after load", f"{dress:.2f} s", "<= 1.0 s")
    record("local: parse, median after load", f"{parse:.2f} s", "<= 0.25 s")
    record("local: peak memory of the process", f"{figures['peak']:.0f} MB", "<= 600 MB")
    assert figures["peak"] <= 600
