"""A paid request as it is noted before it is sent, and what a look-up of it can say."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import attrs

from tryon_core.models.job import Job
from tryon_core.models.request import TryOnRequest
from tryon_core.models.sources import UrlSource, strip_query, with_zone
from tryon_core.text import one_line

CLOCK_MARGIN = timedelta(minutes=2)
"""How much the vendor's clock may differ from ours when a window of time is asked for."""
LONGEST_CALL = timedelta(minutes=30)
"""After this time a request has certainly ended, though nobody saw its end: 25 MB take 13 min at
the slowest that the transport allows by default, and an answer that a vendor holds back 5 min."""
_PLAIN = (str, int, float, bool, type(None))


def new_key() -> str:
    """Return 32 hex digits that no other request has."""
    return secrets.token_hex(16)


@attrs.frozen(kw_only=True)
class Attempt:
    """One paid request: on disk before it is sent, so that any process can look it up afterwards.

    Attributes:
        provider: id of the provider.
        key: 32 hex digits that no other request has. A plugin sends it where the vendor takes an
            id of the caller's own.
        sent_at: directly before it was sent (UTC).
        ended_at: when its answer was given up (UTC); None when nobody saw the end.
        fingerprint: identifies the work.
        options: the options that were sent and have a plain value, by name.
        images: the addresses of the images that were sent by address, without their queries, by
            field.
        account: a name for the account that sent it, made from its keys by a hash.
        base_url: the vendor's address that it was sent to; None where a provider has none.
        was_taken: the answer could not be read, but had the status of a success: then no absence
            proves that nothing was accepted.
        ends_with_process: whether it has ended when the process is gone that noted it. Not where
            another process sends it.
    """

    provider: str
    key: str
    sent_at: datetime = attrs.field(validator=with_zone)
    ended_at: datetime | None = attrs.field(default=None, validator=with_zone)
    fingerprint: str | None = None
    options: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    images: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    account: str | None = None
    base_url: str | None = None
    was_taken: bool = False
    ends_with_process: bool = True

    @classmethod
    def new(cls, request: TryOnRequest, **facts: Any) -> "Attempt":
        """Return what is to be noted of a request that is about to be sent.

        Args:
            request: as it is sent.
            facts: further attributes.
        """
        options: Any = request.options
        plain = {name: getattr(options, name) for name in attrs.fields_dict(type(options))}
        return cls(
            key=new_key(),
            options={name: value for name, value in plain.items() if type(value) in _PLAIN},
            images={
                field: strip_query(image.url).partition("?")[0]
                for field, image in request.images.items()
                if isinstance(image, UrlSource)
            },
            **facts,
        )

    @property
    def is_over_at(self) -> datetime:
        """When the vendor can have received it at the latest, by our clock."""
        return self.ended_at or self.sent_at + LONGEST_CALL

    @property
    def earliest(self) -> datetime:
        """When the vendor can have accepted it at the earliest, by its own clock."""
        return self.sent_at - CLOCK_MARGIN

    @property
    def latest(self) -> datetime:
        """When the vendor can have accepted it at the latest, by its own clock."""
        return self.is_over_at + CLOCK_MARGIN

    def to_plain(self) -> dict[str, Any]:
        """Return it as values that JSON has."""
        plain = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        times = {name: plain[name] and plain[name].isoformat() for name in _TIMES}
        return {**plain, **times, "options": dict(self.options), "images": dict(self.images)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Attempt":
        """Return what `to_plain` gave, also that of another version."""
        known = {name: plain[name] for name in attrs.fields_dict(cls) if name in plain}
        times = {name: datetime.fromisoformat(known[name]) for name in _TIMES if known.get(name)}
        return cls(**{**known, **times})


_TIMES = ("sent_at", "ended_at")


@attrs.frozen
class Found:
    """The vendor accepted the request, and this is certainly its job.

    Attributes:
        job: `ctx.new_job(...)`.
    """

    job: Job = attrs.field(validator=attrs.validators.instance_of(Job))


@attrs.frozen
class NotAccepted:
    """The vendor has no job of the request, in an answer in which it could not be missing."""


def _lines(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(one_line, values))


@attrs.frozen(kw_only=True)
class Undecided:
    """The vendor's answer proves nothing.

    Attributes:
        reason: why not, as a sentence.
        candidates: ids of jobs that may be that of the request; they are named to the user, and
            never taken.
    """

    reason: str = attrs.field(default="", converter=one_line)
    candidates: tuple[str, ...] = attrs.field(default=(), converter=_lines)


Finding: TypeAlias = Found | NotAccepted | Undecided
"""What a look-up says of a request whose answer was lost."""
