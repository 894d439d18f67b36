"""Faults that an emulator is told to have: `submit:429*2`, `submit:drop`, `result:403`."""

import random
import re
import threading
from collections.abc import Iterable

import attrs

from tryon_core.errors import InputError

ANY = "*"
DROP, DROP_BEFORE, CUT, SLOW, HTML, TRUNCATED = (
    "drop", "drop-before", "cut", "slow", "html", "truncated",
)  # fmt: skip
_SPEC = re.compile(
    r"(?P<operation>[a-z_]+|\*):(?P<kind>[^*%=]+)(=(?P<seconds>[0-9]*\.?[0-9]+))?"
    r"(\*(?P<count>[0-9]+)|%(?P<percent>[0-9]*\.?[0-9]+))?"
)


@attrs.frozen(kw_only=True)
class Fault:
    """One way in which an emulator misbehaves.

    Attributes:
        operation: what it spoils, such as `submit`, `poll` or `result`; `*` for everything.
        kind: `drop` (the work is done and the answer lost), `drop-before` (nothing is done), `cut`
            (the connection ends within the answer), `slow`, `html` (a page with status 502, nothing
            is done), `truncated` (half the answer), an HTTP status, or one of the vendor's codes.
        seconds: how long the answer is held back, for `slow`.
        count: how many requests it spoils, None for all.
        percent: how likely a request is spoiled, 0 to 100.
    """

    operation: str
    kind: str
    seconds: float = 0.0
    count: int | None = None
    percent: float = 100.0


def parse_fault(spec: str) -> Fault:
    """Read `OPERATION:KIND`, with `*N` behind it for the first N requests or `%P` for P percent.

    Raises:
        InputError: the text is no such thing.
    """
    found = _SPEC.fullmatch(spec)
    is_slow = found is not None and found["kind"] == SLOW
    if found is None or is_slow != bool(found["seconds"]):
        raise InputError(
            f"the fault {spec!r} cannot be read.",
            remedy="Write OPERATION:KIND, such as submit:429*2, submit:drop%5, poll:slow=3, "
            "poll:html or result:403.",
        )
    return Fault(
        operation=found["operation"],
        kind=found["kind"],
        seconds=float(found["seconds"] or 0),
        count=int(found["count"]) if found["count"] else None,
        percent=float(found["percent"] or 100),
    )


class FaultPlan:
    """Decides which request is spoiled; safe to use from many threads.

    Args:
        faults: the first that fits and is not used up counts.
        seed: makes the choice of those with a percentage repeatable.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self._faults = list(faults)
        self._used = [0] * len(self._faults)
        self._random = random.Random(seed)  # noqa: S311  (chooses faults, not secrets)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Have one more."""
        with self._lock:
            self._faults.append(fault)
            self._used.append(0)

    def clear(self) -> None:
        """Behave from now on."""
        with self._lock:
            self._faults, self._used = [], []

    def take(self, operation: str) -> Fault | None:
        """Return the fault that this request has, None when it is served well."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                is_meant = fault.operation in {operation, ANY}
                is_left = fault.count is None or self._used[index] < fault.count
                if is_meant and is_left and 100 * self._random.random() < fault.percent:
                    self._used[index] += 1
                    return fault
        return None
