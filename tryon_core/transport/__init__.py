"""The way to the network: time-outs, caps, retries, and errors that say whether it was sent.

Nothing here imports `requests` before the first request is made.
"""

from tryon_core.transport.addresses import Trust, host_of, is_private_url
from tryon_core.transport.policy import TransportPolicy
from tryon_core.transport.transport import Download, Transport

__all__ = [
    "Download",
    "Transport",
    "TransportPolicy",
    "Trust",
    "host_of",
    "is_private_url",
]
