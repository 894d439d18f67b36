"""The side of the client, in a process of its own, so that its time and memory are its own.

Takes an order as JSON in its first argument and prints figures as JSON.
"""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import attrs

from acme import INFO, AcmeProvider
from quota_world import FastClock
from tryon_batch import listeners
from tryon_batch.items import BatchItem, SavedFile
from tryon_batch.journal import JOURNAL_NAME, Journal
from tryon_core import Client, Job, PollPolicy, Quota
from tryon_core.clock import SystemClock

_PAGE = os.sysconf("SC_PAGE_SIZE")
_WARM_UP = 20


def provider_of(order):
    """Return the provider with the limits that the vendor of the order has."""
    rules = attrs.evolve(INFO.capabilities.person_rules, max_bytes=30_000_000, max_side_px=4096)
    capabilities = attrs.evolve(
        INFO.capabilities,
        person_rules=rules,
        garment_rules=rules,
        quota=Quota(poll_interval_s=0, **order.get("quota", {})),
        typical_job_s=order.get("job_s", 0),
    )
    provider = AcmeProvider()
    provider.info = attrs.evolve(INFO, capabilities=capabilities)
    return provider


def open_client(order):
    """Return a client, on a fast clock when that is ordered."""
    clock = FastClock(order["factor"]) if "factor" in order else SystemClock()
    settings = {"base_url": order["address"], "api_key": "sk_obviously_fake_acme"}
    polling = PollPolicy(min_interval_s=order.get("pause_s", 0.02))
    return Client(provider_of(order), clock=clock, polling=polling, **settings)


def requests_of(client, order, *, first=1, count=None):
    """Return so many requests, each another work."""
    person, *garments = map(Path, order["pictures"])
    return {
        f"item-{number:05}": client.request(
            person, top=garments[number % len(garments)], options={"seed": number}
        )
        for number in range(first, first + (count or order["count"]))
    }


def resident_mb():
    """Return the memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 2**20


def batch(order):
    """Do a whole run; tell its CPU time and the memory that it took on top."""
    if not order.get("page"):
        listeners.GROUP = "nobody.listens"  # tryon-report makes a page of a run beside it
    with open_client(order) as client:
        warm = requests_of(client, order, first=1_000_000, count=order.get("warm_up", 0) or 1)
        if order.get("warm_up"):
            list(client.run_batch(warm, out=order["out"] + "-warm"))
        requests = requests_of(client, order)
        before_mb = most_mb = resident_mb()
        started_s, cpu_s, states = time.monotonic(), time.process_time(), {}
        for number, outcome in enumerate(client.run_batch(requests, out=order["out"])):
            states[outcome.state] = states.get(outcome.state, 0) + 1
            if number % 50 == 0:
                most_mb = max(most_mb, resident_mb())
        figures = {"cpu_s": time.process_time() - cpu_s, "wall_s": time.monotonic() - started_s}
    return {**figures, "states": states, "growth_mb": most_mb - before_mb}


def single(order):
    """Do the jobs one after the other with `try_on` and `save`."""
    folder = Path(order["out"])
    folder.mkdir()
    with open_client(order) as client:
        warm = requests_of(client, order, first=1_000_000, count=_WARM_UP)
        requests = requests_of(client, order)
        for name, request in warm.items():
            client.try_on(request).save(folder / f"warm-{name}.jpg")
        started_s, cpu_s = time.monotonic(), time.process_time()
        for name, request in requests.items():
            client.try_on(request).save(folder / f"{name}.jpg")
        return {"cpu_s": time.process_time() - cpu_s, "wall_s": time.monotonic() - started_s}


def bare(order):
    """Do the same jobs one after the other with nothing but `requests`."""
    import requests

    def one(session, number):
        person, *garments = order["pictures"]
        with open(person, "rb") as photo, open(garments[number % len(garments)], "rb") as top:  # noqa: PTH123  (as bare as can be)
            answer = session.post(
                f"{order['address']}/tasks",
                headers={"Authorization": "Bearer x"},
                data={"kind": "top", "seed": number},
                files={"garment": ("g.jpg", top), "person": ("p.jpg", photo)},
                timeout=30,
            )
        answer.raise_for_status()
        task = answer.json()["task_id"]
        if "pause_s" in order:  # ours waits before the first poll, too
            time.sleep(order["pause_s"])
        while True:
            status = session.get(f"{order['address']}/tasks/{task}", timeout=30).json()
            if status["status"] == "done":
                break
            time.sleep(order.get("pause_s", 0.02))
        picture = session.get(status["image_url"], timeout=30).content
        (folder / f"item-{number:05}.jpg").write_bytes(picture)

    folder = Path(order["out"])
    folder.mkdir()
    with requests.Session() as session:
        for number in range(_WARM_UP):
            one(session, 1_000_000 + number)
        started_s, cpu_s = time.monotonic(), time.process_time()
        for number in range(order["count"]):
            one(session, number)
        return {"cpu_s": time.process_time() - cpu_s, "wall_s": time.monotonic() - started_s}


def resume(order):
    """Write the journal of a process that ended, go on with it, and tell when that began."""
    with open_client(order) as client:
        requests = requests_of(client, order)
        path = Path(order["out"]) / JOURNAL_NAME
        path.parent.mkdir()
        items = [
            BatchItem(id=name, provider="acme", request=request)
            for name, request in requests.items()
        ]
        with Journal(path, clock=SystemClock()) as journal:
            journal.plan(items)
            journal.record([_left(entry, order["state"]) for entry in journal.entries()])
        started_s = time.monotonic()
        running = client.run_batch(requests, out=order["out"])
        for outcome in running:
            if not outcome.is_earlier:
                break
        running.close()
    return {"started_s": started_s}


def _left(entry, state):
    number = int(entry.id.partition("-")[2])
    if state == "planned" or (state == "saved" and number % 1000 == 0):
        return entry
    now = SystemClock().now()
    entry = attrs.evolve(entry, state=state, fingerprint=f"{number:064x}", attempts=1)
    before = now - timedelta(seconds=100)
    times = {"intent": before, state: before}
    if state == "accepted":
        job = Job(provider="acme", id=f"earlier-{number}", submitted_at=before)
        return attrs.evolve(entry, job=job, times=times)
    file = SavedFile(path=f"{entry.id}.jpg", sha256="0" * 64, bytes=1)
    return attrs.evolve(entry, files=(file,), times=times)


def upload(order):
    """Send one large picture; tell the memory that it took on top."""
    with open_client(order) as client:
        small, large = (client.request(path, top=order["pictures"][0]) for path in order["large"])
        client.submit(small)
        if order["traced"]:
            import tracemalloc

            tracemalloc.start()
            client.submit(large)
            return {"extra_mb": tracemalloc.get_traced_memory()[1] / 2**20}
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        before_mb = _peak_mb()
        client.submit(large)
        return {"extra_mb": _peak_mb() - before_mb}


def _peak_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(globals()[given["work"]](given)))  # noqa: T201  (the parent reads it)
