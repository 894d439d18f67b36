"""A catalogue on one photo, worked on by processes, killed and resumed: one parsing is paid."""

import io
import json
import os
import random
import subprocess
import sys
from decimal import Decimal

import pytest
from PIL import Image

from tryon_batch.costs import summarise
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.clock import SystemClock
from tryon_dashscope.emulator import emulator
from tryon_testing.emulation import start

ROWS = 4  # the vendor works on five at once


@pytest.fixture
def vendor():
    """The emulator, on the clock of the processes that ask it."""
    with start(emulator, clock=SystemClock(), job_s=0.0) as running:
        yield running


@pytest.fixture
def call(tmp_path, vendor):
    """Begin a command in a process of its own; it prints its events."""
    names = {"base_url": "TRYON_DASHSCOPE_BASE_URL", "api_key": "TRYON_DASHSCOPE_API_KEY"}
    env = {**os.environ, **{names[name]: vendor.settings[name] for name in names}}
    begun = []

    def begin(*words):
        process = subprocess.Popen(
            [sys.executable, "-m", "tryon_core", "batch", *words, "--out", "run", "--json"],
            cwd=tmp_path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_one_parsing_is_paid_for_all(tmp_path, vendor, call):
    (tmp_path / "anna.png").write_bytes(_noise(0))
    lines = ["id,person,top,keep"]
    for number in range(ROWS):
        (tmp_path / f"{number}.png").write_bytes(_noise(number + 1))
        lines.append(f"r{number},anna.png,{number}.png,bottom")
    (tmp_path / "cat.csv").write_text("\n".join(lines))

    how = ("--executor", "processes", "--concurrency", "2")
    _submit(call("cat.csv", "-p", "dashscope", *how), most=1)
    _submit(call("--resume", *how), most=ROWS)

    # A submission that the kill has met is not sent again.
    assert vendor.log.count("submit") >= ROWS - 1
    assert vendor.log.count("parse") == 1
    with JournalReader(tmp_path / "run" / JOURNAL_NAME) as journal:
        ledger = summarise(journal.entries())
    (parsing,) = [line for line in ledger.lines if line.what == "parsing"]
    assert (parsing.items, parsing.amount) == (1, Decimal("0.004"))


def _submit(process, *, most):
    """Let a process submit what is planned, or so many, and kill it."""
    left = most
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "planned":
            left = min(left, event["counts"]["planned"])
        left -= event["event"] == "submitted"
        if not left:
            process.kill()
            break


def _noise(seed):
    # Large enough for a crop that the vendor takes.
    pixels = random.Random(seed).randbytes(400 * 600 * 3)  # noqa: S311  (images)
    buffer = io.BytesIO()
    Image.frombytes("RGB", (400, 600), pixels).save(buffer, "PNG")
    return buffer.getvalue()
