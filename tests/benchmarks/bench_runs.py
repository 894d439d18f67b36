"""What a whole catalogue run makes of a quota, and what it costs, over real sockets.

The client is a process of its own. Use is judged by the vendor at arrival: its window divided by
the mean time in which as many submissions arrived as it allows.
"""

import statistics

import pytest

from bench_vendor import bench_vendor
from bench_workers import blank, measure, pictures
from quota_world import FastClock
from shard_runs import code_of, machines, start
from tryon_core.models import Quota

ROUNDS = 3


@pytest.mark.parametrize(
    ("name", "quota", "order"),
    [
        (
            "10/s & 5 running",
            {"submissions": 10, "running_jobs": 5},
            {"job_s": 0.2, "factor": 1, "count": 150},
        ),
        (
            "3 per 60 s, clock 30 times faster",
            {"submissions": 3, "window_s": 60},
            {"job_s": 1, "factor": 30, "count": 36},
        ),
    ],
)
def test_a_run_uses_the_quota(record, tmp_path, name, quota, order):
    paths, clock = pictures(tmp_path, size=(256, 256)), FastClock(order["factor"])
    count, job_s = order["count"], order["job_s"]
    with bench_vendor(blank(), quota=Quota(**quota), clock=clock, job_s=job_s) as vendor:
        order = {"quota": quota, **order}
        done = measure(
            tmp_path, "batch", address=vendor.address, pictures=paths, out=f"{tmp_path}/o", **order
        )
    assert done["states"] == {"saved": count}
    judge = vendor.judge
    assert (judge.refused, judge.over, len(judge.arrivals)) == (0, 0, count)
    record(f"run: throughput / quota, {name}", f"{judge.use:.3f}, no refusal", ">= 0.97")
    assert judge.use >= 0.97


def test_a_run_whose_jobs_fill_all_places(record, tmp_path):
    """Here the end of a job must be seen before the next one can be sent."""
    paths, quota, job_s, count = pictures(tmp_path, size=(256, 256)), {"running_jobs": 5}, 2.0, 60
    with bench_vendor(blank(), quota=Quota(**quota), job_s=job_s) as vendor:
        order = {"quota": quota, "job_s": job_s, "count": count}
        done = measure(
            tmp_path, "batch", address=vendor.address, pictures=paths, out=f"{tmp_path}/o", **order
        )
    assert done["states"] == {"saved": count}
    assert vendor.judge.over == 0
    arrivals = vendor.judge.arrivals
    gaps = [later - sooner for sooner, later in zip(arrivals[20:], arrivals[25:], strict=False)]
    use = job_s * len(gaps) / sum(gaps)
    figures = f"{use:.3f}, no refusal, {vendor.seen['poll'] / count:.1f} polls per job"
    record("run: throughput / quota, 5 running jobs of 2 s", figures, "none")


@pytest.mark.parametrize("more", [{}, {"running_jobs": 5}])
def test_four_shards_use_the_quota_together(record, tmp_path, more):
    """Each is a process of `tryon batch --shard K/4` with a data folder of its own."""
    quota = {"submissions": 10, "window_s": 1.0, **more}
    with machines(tmp_path, quota=quota, count=240, job_s=0.2) as (world, vendor):
        processes = [world.begin(f"{k}/4") for k in (1, 2, 3, 4)]
        start(*processes)
        codes = [code_of(process) for process in processes]
    assert codes == [0] * 4  # all images are there
    judge = vendor.judge
    assert (judge.refused, judge.over, len(judge.arrivals)) == (0, 0, 240)
    name = "10/s & 5 running" if more else "10/s"
    record(
        f"run: throughput / quota, {name}, 4 shards sharing Redis",
        f"{judge.use:.3f}, no refusal",
        ">= 0.97",
    )
    assert judge.use >= 0.9  # below the target, where four processes share two cores


@pytest.mark.parametrize(
    ("name", "size"), [("40 kB images", (768, 1024)), ("300 kB images", (2400, 3200))]
)
def test_processor_time_of_a_job(record, tmp_path, name, size):
    paths, count = pictures(tmp_path, size=size), 200
    with open(paths[0], "rb") as person:  # noqa: PTH123  (a str)
        result = person.read()
    times = {"bare": [], "batch": [], "page": []}
    with bench_vendor(result) as vendor:
        order = {"address": vendor.address, "pictures": paths, "count": count}
        for turn in range(ROUNDS):
            for kind, seconds in times.items():
                before = dict(vendor.seen)
                folder = tmp_path / f"{kind}-{turn}"  # else the index knows the work
                work = "bare" if kind == "bare" else "batch"
                more = {"warm_up": 20, "page": kind == "page"}
                done = measure(folder, work, out=f"{folder}-out", **more, **order)
                asked = {one: vendor.seen[one] - before[one] for one in before}
                # The same requests, so that only what is done around them differs.
                assert asked == dict.fromkeys(asked, count + 20)
                seconds.append(done["cpu_s"] / count)
    bare_s, batch_s, page_s = (statistics.median(seconds) for seconds in times.values())
    ratio = f"{batch_s / bare_s:.1f} ({batch_s * 1000:.1f} ms / {bare_s * 1000:.1f} ms)"
    record(f"run: CPU per job / bare `requests` loop, {name}", ratio, "<= 2.5")
    ratio = f"{page_s / bare_s:.1f} ({page_s * 1000:.1f} ms / {bare_s * 1000:.1f} ms)"
    record(f"run: the same with its page, {name}", ratio, "none")
    # Above the targets: others use the processors, and only a run looks at the images.
    assert batch_s <= 5 * bare_s
    assert page_s <= 9 * bare_s


def test_memory_of_ten_thousand_jobs(record, tmp_path):
    paths, count, job_s = pictures(tmp_path, size=(256, 256)), 10_000, 5.0
    with bench_vendor(blank(), job_s=job_s) as vendor:
        done = measure(
            tmp_path,
            "batch",
            address=vendor.address,
            pictures=paths,
            count=count,
            job_s=job_s,
            out=f"{tmp_path}/out",
        )
    assert done["states"] == {"saved": count}
    figures = f"{done['growth_mb']:.0f} MB in {done['wall_s']:.0f} s"
    record("run: memory on top with 10 000 jobs", figures, "<= 50 MB")
    assert done["growth_mb"] <= 50


@pytest.mark.parametrize("state", ["planned", "accepted", "saved"])
def test_start_of_a_run_that_goes_on(record, tmp_path, state):
    paths = pictures(tmp_path, size=(256, 256))
    with bench_vendor(blank()) as vendor:
        order = {"address": vendor.address, "pictures": paths, "count": 10_000, "state": state}
        done = measure(tmp_path, "resume", out=f"{tmp_path}/out", **order)
    start_s = vendor.first_s - done["started_s"]
    record(f"run: resume to first request, 10 000 items {state}", f"{start_s:.2f} s", "<= 2 s")
    assert start_s <= 2


@pytest.mark.parametrize(("name", "traced"), [("of the process", False), ("as traced", True)])
def test_memory_of_a_large_upload(record, tmp_path, name, traced):
    paths = pictures(tmp_path, size=(256, 256))
    with open(paths[0], "rb") as small:  # noqa: PTH123  (a str)
        data = small.read()
    large = tmp_path / "large.jpg"
    large.write_bytes(padded(data, 25_000_000))
    with bench_vendor(blank()) as vendor:
        order = {"address": vendor.address, "pictures": paths, "traced": traced}
        done = measure(tmp_path, "upload", large=[paths[0], str(large)], **order)
    figures = f"{done['extra_mb']:.1f} MB"
    record(f"upload of 25 MB: memory on top, {name}", figures, "<= 8 MB")
    assert done["extra_mb"] <= 8


def padded(jpeg, size):
    """Return a JPEG with bytes behind its end, which every decoder leaves alone."""
    return jpeg + b" " * (size - len(jpeg))
