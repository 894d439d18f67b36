"""Runs in processes of their own: signals, killing, two at once, terminals, and local computing."""

import contextlib
import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from processes import read_terminal, unmeasured
from providers import picture
from tryon_batch.journal import JOURNAL_NAME, JournalReader
from tryon_core.errors import InputError
from tryon_testing.emulation import load_emulator, start

# Polls as seldom as for the real vendors would make these tests wait for minutes.
_QUICK = "from tryon_core import waiting; waiting.next_delay_s = lambda *_, **__: 0.05; "
TRYON = [sys.executable, "-c", f"{_QUICK}from tryon_core.cli import main; main()"]
ROWS = 6
BATCH = ("batch", "cat.csv", "-p", "pixelcut", "--out", "run")
RESUME = ("batch", "--resume", "--out", "run")


@pytest.fixture
def catalogue(folder):
    """A manifest that a real vendor would take; every row is other work."""
    (folder / "p.png").write_bytes(picture((300, 400)))
    lines = ["id,person,top"]
    for number in range(1, ROWS + 1):
        (folder / f"t{number}.png").write_bytes(picture((300, 300), (9 * number, 90, 160)))
        lines.append(f"i{number},p.png,t{number}.png")
    (folder / "cat.csv").write_text("\n".join(lines))


@pytest.fixture
def emulate(monkeypatch, catalogue):  # noqa: ARG001  (an emulator alone is nobody's test)
    """Run an emulator, and point processes at it."""

    def begin(provider="pixelcut", **how):
        running = start(load_emulator(provider), **{"job_s": 0.2, **how})
        emulator = running.__enter__()
        begun.append(running)
        for name, value in emulator.settings.items():
            monkeypatch.setenv(f"TRYON_{provider.upper()}_{name.upper()}", value)
        return emulator

    begun = []
    yield begin
    for running in begun:
        running.__exit__(None, None, None)


@pytest.fixture
def begin():
    """Start the command line in a process."""
    processes = []

    def start_it(*args, **streams):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **streams}
        process = subprocess.Popen([*TRYON, *args], env=unmeasured(os.environ), **pipes)
        processes.append(process)
        return process

    yield start_it
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _read_until(stream, sign):
    seen = ""
    while sign not in seen:
        line = stream.readline()
        assert line, f"it ended early: {seen}"
        seen += line
    return seen


def _states(folder):
    with JournalReader(folder / "run" / JOURNAL_NAME) as journal:
        return Counter(entry.state for entry in journal.entries())


def _assert_paid_once(emulator, folder):
    assert list(emulator.ctx.billed.values()) == [1] * ROWS
    assert _states(folder) == {"saved": ROWS}
    assert len(list((folder / "run").glob("i*"))) == ROWS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_order_and_the_command_that_it_prints_goes_on(
    folder, emulate, begin, number
):
    emulator = emulate(job_s=3)
    process = begin(*BATCH, "--json", "--concurrency", "2")
    _read_until(process.stdout, '"submitted"')
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopping: waiting for the requests in flight" in err
    assert "Traceback" not in err
    assert [json.loads(line)["event"] for line in out.splitlines()][-2:] == ["summary", "stopped"]
    states = _states(folder)
    assert states["accepted"] == len(emulator.ctx.billed) < ROWS
    assert states["intent"] == states["outcome_unknown"] == 0
    assert len((folder / "run/results.jsonl").read_text().splitlines()) == ROWS
    command = shlex.split(err.splitlines()[-1])
    assert command[0] == "tryon"
    again = begin(*command[1:])
    assert again.communicate(timeout=60)[0] == "run/manifest.out.csv\nrun/results.jsonl\n"
    assert again.returncode == 0
    _assert_paid_once(emulator, folder)


def test_a_killed_run_goes_on_and_pays_for_nothing_twice(folder, emulate, begin):
    emulator = emulate(job_s=1)
    process = begin(*BATCH, "--json")
    _read_until(process.stdout, '"submitted"')
    process.kill()
    process.communicate()
    again = begin(*RESUME)
    _, err = again.communicate(timeout=60)
    states = _states(folder)
    assert again.returncode == (4 if states["outcome_unknown"] else 0), err
    # An answer may have been on its way when the process died; everything else is a picture.
    assert states["saved"] + states["outcome_unknown"] == ROWS
    assert states["saved"] <= len(emulator.ctx.billed) <= ROWS


def test_the_second_signal_ends_at_once(folder, emulate, begin):
    emulator = emulate(faults=["submit:slow=20"])
    process = begin(*BATCH, "--concurrency", "1")
    _read_until(process.stderr, "checking")
    _wait_for_state(folder, "intent")
    # What is written down and not begun yet would be taken back, and the run would end by itself.
    _wait_for_request(emulator)
    process.send_signal(signal.SIGINT)
    seen = _read_until(process.stderr, "stopping")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert (seen + err).endswith("ended at once; resume with:\n  tryon batch --resume --out run\n")
    assert _states(folder)["intent"] == 1


def _wait_for_request(emulator):
    pause = threading.Event()
    for _ in range(1000):
        if emulator.log:
            return
        pause.wait(0.02)
    raise AssertionError("the emulator was asked nothing")


def _wait_for_state(folder, state):
    path = folder / "run" / JOURNAL_NAME
    pause = threading.Event()
    for _ in range(1000):
        # It may be missing, or be empty, at first.
        with contextlib.suppress(InputError), JournalReader(path) as journal:
            if journal.counts.get(state):
                return
        pause.wait(0.02)
    raise AssertionError(f"nothing became {state}")


def test_a_second_process_in_the_same_folder_is_refused(folder, emulate, begin, tryon):
    emulator = emulate(job_s=4)
    process = begin(*BATCH, "--json")
    _read_until(process.stdout, '"submitted"')
    for command in (BATCH, RESUME):
        ended = tryon(*command)
        assert ended.code == 3
        assert f"process {process.pid} on " in ended.err
        assert "two at once would pay twice" in ended.err
    assert "accepted" in tryon("jobs").out
    assert tryon(*BATCH, "--estimate").code == 0
    process.communicate(timeout=60)
    assert process.returncode == 0
    _assert_paid_once(emulator, folder)


def test_a_reader_that_goes_away_ends_the_run_in_order(folder, emulate, begin):
    emulator = emulate(job_s=1)
    process = begin(*BATCH, "--json", "--concurrency", "1")
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "nobody reads the output any more; resume with:" in err
    states = _states(folder)
    assert states["accepted"] + states["saved"] == len(emulator.ctx.billed) < ROWS
    assert (folder / "run/results.jsonl").is_file()


@pytest.mark.parametrize("provider", ["pixelcut", "dashscope"])
def test_faults_of_the_vendor_cost_nothing_twice(folder, emulate, begin, provider):
    emulator = emulate(provider, faults=["submit:429*1", "poll:500*2", "result:cut*2"])
    process = begin("batch", "cat.csv", "-p", provider, "--out", "run")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    _assert_paid_once(emulator, folder)


def test_a_terminal_gets_a_bar(emulate, begin):
    emulate(job_s=0.5)
    ours, theirs = pty.openpty()
    process = begin(*BATCH, stderr=theirs)
    os.close(theirs)
    shown = read_terminal(ours)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"/{ROWS}".encode() in shown
    assert b" running" in shown
    assert b"quota" in shown
    assert b"\x1b[2K" in shown  # the bar is erased and drawn again
    assert shown.count(b"6 saved; spent") == 1


@pytest.fixture
def drawn(folder):
    """Four small try-ons that the local provider can do."""
    draw_person(PERSON_STYLES["ivan"], (192, 256)).image.save(folder / "p.png")
    tops = [style for style in GARMENT_STYLES.values() if style.category == "top"][:4]
    lines = ["id,person,top"]
    for number, style in enumerate(tops):
        draw_garment(style, (200, 200)).image.save(folder / f"t{number}.png")
        lines.append(f"i{number},p.png,t{number}.png")
    (folder / "cat.csv").write_text("\n".join(lines))


@pytest.mark.skipif(sys.platform != "linux", reason="who has which children is asked of /proc")
@pytest.mark.usefixtures("drawn")
def test_processes_do_the_work_of_a_local_provider_and_end_with_their_parent(folder, begin):
    local = ("batch", "cat.csv", "-p", "local", "--out", "run")
    workers = ("--executor", "processes", "--concurrency", "2")
    process = begin(*local, *workers, "--json")
    seen = _read_until(process.stdout, '"submitted"')
    assert '"planned"' in seen
    children = _children(process.pid)
    assert len(children) >= 2
    process.kill()
    process.communicate()
    _wait_for_the_end_of(children)
    again = begin(*RESUME)
    _, err = again.communicate(timeout=60)
    assert again.returncode in {0, 4}, err
    assert _states(folder)["saved"] >= 3


@pytest.mark.skipif(sys.platform != "linux", reason="who has which children is asked of /proc")
@pytest.mark.usefixtures("drawn")
def test_a_killed_process_of_the_pool_ends_the_run_with_its_remedy(folder, begin):
    process = begin(
        *("batch", "cat.csv", "-p", "local", "--out", "run", "--json"),
        *("--executor", "processes", "--concurrency", "2"),
    )
    _read_until(process.stdout, '"submitted"')
    os.kill(_workers(process.pid)[-1], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "error: a process that did a part of the work was killed." in err
    assert "--concurrency 1" in err
    assert err.splitlines()[-1].strip() == "tryon batch --resume --out run"
    stopped = json.loads(out.splitlines()[-1])
    assert (stopped["event"], stopped["error"]["type"]) == ("stopped", "ProcessLost")
    again = begin(*RESUME)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert set(_states(folder)) == {"saved"}


def _workers(pid):
    """Return the processes of a pool, without the one that tracks its resources."""
    return [
        child
        for child in _children(pid)
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def _children(pid):
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text().split()]


def _wait_for_the_end_of(pids):
    pause = threading.Event()
    for _ in range(500):
        if not any(_is_alive(pid) for pid in pids):
            return
        pause.wait(0.02)
    raise AssertionError(f"{pids} did not end")


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
