"""The command `tryon` with an invented vendor, which has the quota that the first argument says.

`ready` on standard output means that all is loaded; it begins when a line comes on standard input.
"""

import json
import sys

import attrs

import tryon_batch.cli.plan  # noqa: F401  (loaded before it begins)
from acme import INFO, AcmeProvider
from tryon_core import Quota
from tryon_core.cli import main
from tryon_core.engine import REGISTRY

quota = Quota(poll_interval_s=0.02, **json.loads(sys.argv.pop(1)))
capabilities = attrs.evolve(INFO.capabilities, quota=quota, typical_job_s=0.2)
provider = AcmeProvider()
provider.info = attrs.evolve(INFO, capabilities=capabilities)
REGISTRY.register(provider)
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
main()
