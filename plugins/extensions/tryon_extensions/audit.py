"""An audit trail: what was asked of which vendor, with what outcome, as JSON lines."""

import json
import logging
import os
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from tryon_core import (
    Attempt,
    CallContext,
    GarmentRegion,
    ImageSource,
    Job,
    JobUpdate,
    ParseRequest,
    TryOnRequest,
    UrlSource,
    hookimpl,
)
from tryon_core.errors import SettingsError
from tryon_core.images import digest
from tryon_extensions.audit_lines import Finding, asked, fault, of_job, outcome

T = TypeVar("T")
_LOGGER = logging.getLogger("tryon.extensions")


@attrs.define(kw_only=True, eq=False)
class Audit:
    """Appends one line for each call of a hook to a file, which several processes may share.

    A paid request is not sent when the file cannot be written. No line holds a key, an image, or an
    address of one: images are named by their SHA-256.

    Attributes:
        file: where to; it is made, for its owner only, and never shortened.
    """

    file: Path = attrs.field(converter=Path)

    @hookimpl(wrapper=True, tryfirst=True)
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, Job]:
        """Note a paid request, its images and the job."""
        facts = {"fingerprint": ctx.fingerprint, "attempt": ctx.attempt and ctx.attempt.key}
        self._require()
        return (yield from self._noted("submit", ctx, facts | asked(request, ctx)))

    @hookimpl(wrapper=True, tryfirst=True)
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Generator[None, Sequence[GarmentRegion | None], Sequence[GarmentRegion | None]]:
        """Note a parsing and its photo."""
        self._require()
        return (yield from self._noted("parse_garment", ctx, asked(request, ctx)))

    @hookimpl(wrapper=True, tryfirst=True)
    def poll(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, JobUpdate]:
        """Note a poll and the state."""
        return (yield from self._noted("poll", ctx, of_job(job, ctx)))

    @hookimpl(wrapper=True, tryfirst=True)
    def cancel(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, JobUpdate]:
        """Note that a job was to be cancelled."""
        return (yield from self._noted("cancel", ctx, of_job(job, ctx)))

    @hookimpl(wrapper=True, tryfirst=True)
    def publish_image(
        self, image: ImageSource, ctx: CallContext
    ) -> Generator[None, UrlSource, UrlSource]:
        """Note that an image left this machine."""
        facts = {"fingerprint": ctx.fingerprint, "image": digest(image)}
        return (yield from self._noted("publish_image", ctx, facts))

    @hookimpl(wrapper=True, tryfirst=True)
    def find_submission(
        self, attempt: Attempt, ctx: CallContext
    ) -> Generator[None, Finding, Finding]:
        """Note a look-up of a request whose answer was lost."""
        facts = {"fingerprint": attempt.fingerprint, "attempt": attempt.key}
        return (yield from self._noted("find_submission", ctx, facts))

    def _noted(
        self, hook: str, ctx: CallContext, facts: Mapping[str, Any]
    ) -> Generator[None, T, T]:
        line = {"at": ctx.clock.now().isoformat(), "process": os.getpid(), "hook": hook}
        line |= {"provider": ctx.provider, "account": ctx.settings.account, **facts}
        started = time.perf_counter()
        try:
            answer = yield
        except BaseException as error:
            self._write(line | fault(error, ctx), started)
            raise
        self._write(line | outcome(answer, ctx), started)
        return answer

    def _require(self) -> None:
        """Refuse what could not be noted, before it is sent."""
        try:
            os.close(self._opened())
        except OSError as error:
            raise SettingsError(
                f"the audit trail {str(self.file)!r} cannot be written: {error.strerror}.",
                remedy="Correct 'file' of the extension audit, or make room.",
            ) from error

    def _write(self, line: Mapping[str, Any], started: float) -> None:
        """Write a line at once, so that those of other processes stay whole as well."""
        seconds = round(time.perf_counter() - started, 3)
        data = (json.dumps({**line, "seconds": seconds}) + "\n").encode()
        try:
            file = self._opened()
            try:
                os.write(file, data)
                if line["hook"] in {"submit", "parse_garment"}:
                    os.fsync(file)
            finally:
                os.close(file)
        except OSError:  # the call is over, and may be paid
            _LOGGER.exception("A line is missing in the audit trail %s.", self.file)

    def _opened(self) -> int:
        return os.open(self.file, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
