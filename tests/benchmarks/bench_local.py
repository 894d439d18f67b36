"""What the local provider costs on 768x1024 inputs: seconds, memory, and how right it is."""

import json
import os
import statistics
import subprocess
import sys

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_local.engine import dress_person, parse_garments

ROUNDS = 12
# In a process of its own, so that peak memory is that of the provider alone.
SCRIPT = """
import json, resource, time
import numpy as np
from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
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
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
        capture_output=True,
        text=True,
    )
    figures = json.loads(answer.stdout)
    dress, parse = (statistics.median(figures[name]) for name in ("dress", "parse"))
    record("local: try-on, median after load", f"{dress:.2f} s", "<= 1.0 s")
    record("local: parse, median after load", f"{parse:.2f} s", "<= 0.25 s")
    record("local: peak memory of the process", f"{figures['peak']:.0f} MB", "<= 600 MB")
    assert figures["peak"] <= 600


def _drawn(draw, styles):
    return {name: draw(style, (768, 1024)) for name, style in styles.items()}


def _overlap(one, other):
    if one is None or other is None:
        return float(one is other)
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, width) * max(0, height)
    areas = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (one, other))
    return both / (areas - both)


def test_parsing_is_right_on_drawn_people(record):
    overlaps = {"top": [], "bottom": [], "dress": []}
    for person in _drawn(draw_person, PERSON_STYLES).values():
        regions = parse_garments(np.asarray(person.image), tuple(overlaps))
        for category, region in zip(overlaps, regions, strict=True):
            truth = person.bboxes[category]
            if truth is not None or region is not None:
                overlaps[category].append(_overlap(region and region.bbox, truth))
    for category, values in overlaps.items():
        mean = statistics.mean(values)
        figures = f"{mean:.3f} mean, {min(values):.3f} least, n = {len(values)}"
        record(f"local: bbox IoU of {category} on drawn people", figures, ">= 0.90")
    assert all(statistics.mean(values) >= 0.9 for values in overlaps.values())


def test_colours_survive_and_nothing_else_changes(record):
    people = list(_drawn(draw_person, PERSON_STYLES).values())
    garments = list(_drawn(draw_garment, GARMENT_STYLES).values())
    errors, changed_outside = [], 0
    for index, garment in enumerate(garments):
        photo = np.asarray(people[index % len(people)].image)
        flat = np.asarray(garment.image.convert("RGB"))
        preview = dress_person(photo, {garment.category: flat})
        outside = ~preview.edit_mask
        changed_outside += int((preview.image[outside] != photo[outside]).sum())
        (region,) = parse_garments(preview.image, (garment.category,))
        if region is not None:
            worn = _mean_lab(preview.image, region.mask[..., 3] > 0)
            truth = _mean_lab(flat, np.asarray(garment.mask) > 127)
            errors.append(float(deltaE_ciede2000(worn, truth)))
    figures = f"{statistics.median(errors):.2f} median, {max(errors):.2f} most, n = {len(errors)}"
    record("local: CIEDE2000 of mean garment colour, drawn", figures, "<= 2 median")
    record("local: bytes changed outside the edit mask", str(changed_outside), "0")
    assert changed_outside == 0
    assert statistics.median(errors) <= 2


def _mean_lab(rgb, mask):
    return rgb2lab(rgb[mask][None])[0].mean(axis=0)
