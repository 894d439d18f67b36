"""Processes of `tryon batch --shard K/N` in front of one vendor, with their quota in one Redis."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from bench_vendor import bench_vendor
from bench_workers import blank, pictures
from processes import unmeasured
from quota_server import redis_server
from tryon_core.models import Quota

TESTS = Path(__file__).parents[1]


class Machines:
    """Starts a process for each shard, each with a data folder of its own, as on other machines.

    Args:
        folder: where all of them have their files.
        quota: what the vendor allows, as arguments of `Quota`.
        count: rows of the manifest.
        storage: address of the Redis server.
        vendor: address of the vendor.
    """

    def __init__(self, folder, *, quota, count, storage, vendor):
        self.folder = folder
        self._quota = json.dumps(quota)
        self._storage = storage
        self._vendor = vendor
        self._begun = []
        person, *garments = pictures(folder, size=(256, 256))
        self.rows = [f"sku-{number}" for number in range(count)]
        lines = ["id,person,top,option.seed"]
        for number, row in enumerate(self.rows):
            lines.append(f"{row},{person},{garments[number % len(garments)]},{number}")
        (folder / "catalogue.csv").write_text("\n".join(lines))

    def begin(self, shard, *options):
        """Start a process for `K/N`, which waits for a line when all is loaded."""
        name = shard.replace("/", "-of-")
        words = ["batch", "--out", str(self.folder / name), *options]
        if "--resume" not in options:
            words += [str(self.folder / "catalogue.csv"), "-p", "acme", "--shard", shard]
            words += ["--quota-storage", self._storage]
        environment = {
            **unmeasured(os.environ),
            "PYTHONPATH": os.pathsep.join([str(TESTS / "support"), *filter(None, sys.path)]),
            "TRYON_DATA_DIR": str(self.folder / f"{name}-data"),
            "TRYON_ACME_BASE_URL": self._vendor,
            "TRYON_ACME_API_KEY": "sk_obviously_fake_acme",
            "NO_PROXY": "127.0.0.1",
        }
        process = subprocess.Popen(
            [sys.executable, str(TESTS / "scripts" / "shard_run.py"), self._quota, *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._begun.append(process)
        return process

    def kill(self):
        """End whatever still works."""
        for process in self._begun:
            process.kill()
            process.communicate()


def start(*processes):
    """Let processes begin at the same time."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def next_event(process, name):
    """Wait until a run says something, and return it."""
    return next(event for line in process.stdout if (event := json.loads(line))["event"] == name)


def code_of(process):
    """Wait for the end of a run that prints no events; return its exit code."""
    process.communicate(timeout=240)
    return process.returncode


@contextlib.contextmanager
def machines(folder, *, quota, count, job_s):
    """Give machines, and the vendor that judges their quota."""
    with (
        redis_server() as port,
        bench_vendor(blank(), quota=Quota(**quota), job_s=job_s) as vendor,
    ):
        storage = f"redis://127.0.0.1:{port}/0"
        found = Machines(folder, quota=quota, count=count, storage=storage, vendor=vendor.address)
        try:
            yield found, vendor
        finally:
            found.kill()
