"""How fast one account of a vendor may be asked."""

import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol

from tryon_batch.quota_memory import MemoryGate
from tryon_core.clock import Clock
from tryon_core.errors import MissingExtra, SettingsError
from tryon_core.installed import install_command
from tryon_core.models import Quota
from tryon_core.settings import MASK

_SHARED = ("redis", "rediss", "redis+unix")


class QuotaGate(Protocol):
    """Decides when a submission may be sent; one for each account in a run."""

    def reserve(self) -> float:
        """Return 0 when a submission may be sent now, which counts it; else the seconds to wait.

        Infinity means: not before a running job has ended or an awaited answer has come.
        """
        ...

    def release(self, *, was_sent: bool = True) -> None:
        """Note that the answer to a reserved submission has come, or that it was not sent.

        Where the answer names a job, `started` is called before, so that its place stays taken.
        """
        ...

    def started(self, job_id: str) -> None:
        """Note that a job runs."""
        ...

    def ended(self, job_id: str) -> None:
        """Note that a job is over."""
        ...

    def slow_down(self, retry_after_s: float | None) -> None:
        """Note that the vendor refused a submission for coming too fast."""
        ...


def make_gate(
    quota: Quota,
    *,
    account: str,
    clock: Clock,
    storage: str = "memory://",
    recent_s: Sequence[float] = (),
) -> QuotaGate:
    """Return the gate of one account.

    Args:
        quota: what the vendor allows.
        account: tells accounts apart; not the key itself.
        clock: source of time.
        storage: where submissions are counted: `memory://` in this process, or the address of a
            Redis server (`redis://`, `rediss://`, `redis+unix://`) for machines that share the
            account.
        recent_s: seconds since each submission that an earlier process sent; a shared storage
            knows them by itself.

    Raises:
        MissingExtra: a library that it needs is not installed.
        SettingsError: the storage cannot be used.
    """
    scheme, separator, _ = storage.partition("://")
    if not separator or scheme not in ("memory", *_SHARED):
        raise SettingsError(
            f"quota storage {masked(storage)!r}: unknown kind of address.",
            remedy=f"Use memory:// or one of {', '.join(f'{name}://' for name in _SHARED)}.",
        )
    if scheme == "memory":
        return MemoryGate(quota, clock=clock, recent_s=recent_s)
    for module in ("limits", "redis"):
        _require(module, "Sharing a vendor's quota among machines", "batch,redis")
    from tryon_batch.quota_redis import open_gate  # noqa: PLC0415  (extra `redis`)

    return open_gate(quota, account=account, clock=clock, address=storage, shown=masked(storage))


def masked(address: str) -> str:
    """Return an address without the password and the options, which may hold one."""
    plain = address.partition("?")[0]
    return re.sub(r"(?<=://)([^/]*?)(:.*)?@", rf"\1:{MASK}@", plain)


def _require(module: str, purpose: str, extra: str) -> None:
    if find_spec(module) is None:
        raise MissingExtra(
            f"{purpose} needs the library {module}, which is not installed.",
            remedy=f"Install it with: {install_command('tryon-batch', extra)}",
        )
