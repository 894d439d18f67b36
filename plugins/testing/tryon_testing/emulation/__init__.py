"""A toolkit for emulators: a vendor's service on this machine, strict, and able to fail on demand.

Needs Flask and Pillow.
"""

from tryon_testing.emulation.context import EmulatorContext
from tryon_testing.emulation.emulator import (
    Emulator,
    NoKnobs,
    RunningEmulator,
    load_emulator,
    start,
)
from tryon_testing.emulation.faults import Fault, FaultPlan, parse_fault
from tryon_testing.emulation.images import BadImage, ReceivedImage, SentImage
from tryon_testing.emulation.jobs import EmulatedJob, JobBoard, QuotaMeter, Stage, Understood
from tryon_testing.emulation.json_requests import (
    BadBody,
    BadField,
    Field,
    Refused,
    check_fields,
    json_object,
    key_sent,
    read_fields,
)
from tryon_testing.emulation.log import LoggedRequest, Part, RequestLog, read_parts
from tryon_testing.emulation.loopback import FetchRefused

__all__ = [
    "BadBody",
    "BadField",
    "BadImage",
    "EmulatedJob",
    "Emulator",
    "EmulatorContext",
    "Fault",
    "FaultPlan",
    "FetchRefused",
    "Field",
    "JobBoard",
    "LoggedRequest",
    "NoKnobs",
    "Part",
    "QuotaMeter",
    "ReceivedImage",
    "Refused",
    "RequestLog",
    "RunningEmulator",
    "SentImage",
    "Stage",
    "Understood",
    "check_fields",
    "json_object",
    "key_sent",
    "load_emulator",
    "parse_fault",
    "read_fields",
    "read_parts",
    "start",
]
