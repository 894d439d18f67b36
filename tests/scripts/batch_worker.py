"""Do batches, or single jobs, in processes that are killed: a forked child for each line on stdin.

Everything is imported once, before the first fork, so that a child costs a few milliseconds. A line
is a JSON object: `job` as of BatchJob or SingleJob, `report` (a file where the child says how it
ended), and optionally `kill_after_s`, `kill_at` and `slow_s` (see Points), `file_bytes` (largest
file that the child may write) and `user` (as whom it works). Each line is answered by two: the id
of the child, and how it ended. A child that ended is kept as a zombie until the next line comes, so
that its id is nobody else's meanwhile. The very first lines, with `is_rehearsal`, are done without
a child, so that all is imported that is imported on first use.
"""

import gc
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback

from batch_job import BatchJob, Points
from outfit_job import OutfitJob
from single_job import SingleJob
from tryon_batch import listeners
from tryon_core.errors import TryOnError

LONGEST_S = 100.0
listeners.GROUP = "nobody"  # what listens has tests of its own
STUCK, TROUBLE = 3, 2


def say(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def job_of(order):
    facts = order["job"]
    if "bottom" in facts:
        return OutfitJob(**facts)
    return SingleJob(**facts) if "garment" in facts else BatchJob(**facts)


def limit(order):
    if order.get("file_bytes"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"], order["file_bytes"]))
    if order.get("user"):
        os.setgroups([])
        os.setgid(order["user"])
        os.setuid(order["user"])


def work(order, report):
    job = job_of(order)
    slow_s = order.get("slow_s", 0.0)
    points = Points(order.get("kill_at"), moments=job.moments, slow_s=slow_s)
    points.arm()
    limit(order)
    start_s = time.monotonic()
    states = report["states"] = {}
    for outcome in job.run():
        states[outcome.item.id] = outcome.state
    report.update(points=points.passed, took_s=time.monotonic() - start_s)


def child(order):
    code, report = STUCK, {}
    file = os.open(order["report"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        work(order, report)
        code = 0
    except TryOnError as error:
        report.update(error=type(error).__name__, message=error.message, remedy=error.remedy)
        code = TROUBLE
    except BaseException:  # noqa: BLE001  (whatever it is, the test shows it)
        traceback.print_exc()
    finally:
        os.write(file, json.dumps(report).encode())
        sys.stderr.flush()
        os._exit(code)


def watch(pid, kill_after_s):
    """Kill a child when its time has come; return how it ended, without letting go of its id."""
    patience_s = LONGEST_S if kill_after_s is None else kill_after_s
    is_late = signal.sigtimedwait({signal.SIGCHLD}, patience_s) is None
    if is_late:
        os.kill(pid, signal.SIGKILL)
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    signal.sigtimedwait({signal.SIGCHLD}, 0)
    if is_late and kill_after_s is None:
        return STUCK
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status


def rehearse(order):
    for outcome in job_of(order).run():
        assert outcome.state == "saved", outcome
    # A process with threads must not fork.
    assert threading.active_count() == 1, threading.enumerate()
    gc.freeze()


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    last = None
    for line in sys.stdin:
        if last is not None:
            os.waitpid(last, 0)
            last = None
        order = json.loads(line)
        if order.get("is_rehearsal"):
            rehearse(order)
            say(pid=os.getpid())
            say(code=0)
            continue
        last = os.fork()
        if not last:
            child(order)
        say(pid=last)
        say(code=watch(last, order.get("kill_after_s")))


main()
