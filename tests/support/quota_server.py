"""A loopback service that judges a quota, clients that use it, and a Redis server to share."""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench_vendor import bench_vendor

SUPPORT = Path(__file__).parent
WORKER = SUPPORT.parent / "scripts" / "quota_worker.py"


@contextlib.contextmanager
def vendor_server(quota, *, clock=None, job_s=0.0):
    """Serve a vendor that judges its quota; gives the judge and the port."""
    with bench_vendor(b"", quota=quota, clock=clock, job_s=job_s) as vendor:
        yield vendor.judge, urlsplit(vendor.address).port


class Sender:
    """Posts to a vendor, over one connection for each thread.

    Args:
        port: where the vendor listens.
    """

    def __init__(self, port):
        self._port = port
        self._local = threading.local()
        self._opened = []

    def __call__(self):
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port)
            self._opened.append(self._local.connection)
        self._local.connection.request("POST", "/")
        answer = self._local.connection.getresponse()
        answer.read()
        return answer.status == http.client.OK

    def close(self):
        for connection in self._opened:
            connection.close()


@contextlib.contextmanager
def redis_server(*options):
    """Start a Redis server that keeps nothing; gives its port, or skips the test."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed (Debian's package of that name)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(
        [binary, *place, "--daemonize", "no", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout:
            if "eady to accept connections" in line:
                break
        else:
            pytest.fail("redis-server ended before it was ready")
        yield port
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(timeout=20)


def run_workers(arguments, *, count):
    """Let processes that share a quota send to a vendor at the same time, and wait for them."""
    command = [sys.executable, str(WORKER), *map(str, arguments)]
    env = {"HOME": os.environ["HOME"], "PYTHONPATH": ":".join([str(SUPPORT), *sys.path])}
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(count)
    ]
    try:
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            worker.stdin.write("\n")
            worker.stdin.flush()
        for worker in workers:
            worker.communicate(timeout=120)
            assert worker.returncode == 0
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
