"""Send to a vendor on loopback under a quota that is shared through Redis.

Arguments: address of the storage, port of the vendor, submissions, window in seconds, jobs at once
(0 for any), seconds of a job, how many to send. It starts when a line comes on standard input.
"""

import sys

from quota_server import Sender
from quota_world import drive
from tryon_batch.quota import make_gate
from tryon_core.clock import SystemClock
from tryon_core.models import Quota

storage, port, submissions, window_s, running, job_s, count = sys.argv[1:]
quota = Quota(
    submissions=int(submissions), window_s=float(window_s), running_jobs=int(running) or None
)
clock, sender = SystemClock(), Sender(int(port))
gate = make_gate(quota, account="shared", clock=clock, storage=storage)
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
drive(gate, clock=clock, send=sender, count=int(count), job_s=float(job_s))
sender.close()
