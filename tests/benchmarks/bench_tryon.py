"""What one try-on costs the processor, beside a bare loop that sends the same requests."""

import io
import statistics
import time
from pathlib import Path

import pytest
from PIL import Image

from bench_vendor import bench_vendor
from bench_workers import measure, pictures
from providers import FakeProvider, fake_info
from tryon_core import Client, ImageRules
from tryon_testing import FakeClock

ROUNDS, COUNT, WARM_UP, POLLS = 3, 100, 20, 3
VERDICTS = 20


@pytest.mark.parametrize(("name", "pause_s"), [("polls at once", 1e-6), ("pauses of 20 ms", 0.02)])
def test_processor_time_of_a_try_on(record, tmp_path, name, pause_s):
    paths = pictures(tmp_path, size=(1536, 2048))
    result = Path(paths[0]).read_bytes()
    assert 100_000 < len(result) < 200_000
    times = {"bare": [], "single": []}
    with bench_vendor(result, polls=POLLS) as vendor:
        order = {"address": vendor.address, "pictures": paths, "count": COUNT, "pause_s": pause_s}
        for turn in range(ROUNDS):
            for work, seconds in times.items():
                before = dict(vendor.seen)
                folder = tmp_path / f"{work}-{turn}"
                done = measure(folder, work, out=f"{folder}-out", **order)
                sent = {kind: vendor.seen[kind] - before[kind] for kind in before}
                jobs = COUNT + WARM_UP
                assert sent == {"submit": jobs, "poll": POLLS * jobs, "fetch": jobs}
                seconds.append(done["cpu_s"] / COUNT)
    bare_s, single_s = (statistics.median(times[work]) for work in ("bare", "single"))
    ratio = f"{single_s / bare_s:.2f} ({single_s * 1000:.1f} ms / {bare_s * 1000:.1f} ms)"
    record(f"try-on: CPU / bare `requests` loop, 150 kB images, 3 polls, {name}", ratio, "<= 1.3")
    assert single_s <= 0.05


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("JPEG of 0.8 MP", (768, 1024), "JPEG"),
        ("JPEG of 7.7 MP", (2400, 3200), "JPEG"),
        ("PNG of 0.8 MP", (768, 1024), "PNG"),
    ],
)
def test_processor_time_of_a_verdict(record, tmp_path, name, size, kind):
    person, *_ = pictures(tmp_path, size=size)
    drawn = Image.open(person).rotate(3)
    buffer = io.BytesIO()
    drawn.save(buffer, kind)
    info = fake_info(person_rules=ImageRules(), garment_rules=ImageRules())
    client = Client(FakeProvider(info=info, images=[buffer.getvalue()]), clock=FakeClock())
    results = [client.try_on(Path(person), top=Path(person)) for _ in range(VERDICTS)]
    assert results.pop().problems == ()  # the photo is looked at once
    began_s = time.process_time()
    assert {result.verdict for result in results} == {"passed"}
    verdict_s = (time.process_time() - began_s) / len(results)
    record(f"try-on: CPU of a verdict, {name}", f"{verdict_s * 1000:.1f} ms", "none")
    assert verdict_s <= 0.1
