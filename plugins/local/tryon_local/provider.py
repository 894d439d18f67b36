"""The provider: the four hooks over jobs on disk and a pool of threads."""

import functools
import os
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from platformdirs import user_cache_path

from tryon_core import (
    Artifact,
    CallContext,
    Capabilities,
    Failure,
    GarmentRegion,
    ImageRules,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    ParseRequest,
    PathSource,
    Price,
    Problem,
    Provider,
    ProviderInfo,
    Quota,
    SettingSpec,
    TryOnRequest,
    hookimpl,
)
from tryon_core.errors import CancelRefused
from tryon_core.images import read_bytes
from tryon_local.notices import NOTICES
from tryon_local.options import Options
from tryon_local.spool import Spool, SpooledJob

if TYPE_CHECKING:
    from tryon_local.workshop import Workshop

_JOB_LIFETIME = timedelta(hours=24)
_GARMENT_RULES = ImageRules(
    formats={"JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"},
    max_bytes=50 * 1024 * 1024,
    min_side_px=64,
    max_side_px=8192,
    is_any_pixel_fine=True,
    source="tryon-local",
)
# A preview takes 3 s and 0.7 GB at this size, and about four times as much at twice the size.
_PERSON_RULES = attrs.evolve(_GARMENT_RULES, max_side_px=2048)
# What is taken is worked off before the process ends, and few results are kept, so a catalogue may
# not queue up here: enough for many processor cores, and what can be waited for after Ctrl-C.
_RUNNING_JOBS = 16
_FREE = Price(
    amount=Decimal(0),
    currency="USD",
    as_of=date(2026, 11, 21),
    source="runs on your own machine",
)
_INFO = ProviderInfo(
    id="local",
    name="Local preview",
    options=Options,
    notices=NOTICES,
    size_of=lambda _: "person",
    homepage="https://github.com/tryon-py/tryon/tree/main/plugins/local",
    settings=(
        SettingSpec(
            name="spool_dir",
            help="Folder in which jobs are kept for a day; the user's cache folder by default.",
        ),
        SettingSpec(
            name="workers",
            kind=int,
            above=0,
            default="2",
            help="Jobs worked on at once; whole number from 1.",
        ),
    ),
    capabilities=Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}, {"top", "bottom"}],
        person_rules=_PERSON_RULES,
        garment_rules=_GARMENT_RULES,
        delivery={"upload"},
        parse_categories=("top", "bottom", "dress"),
        keeps_unnamed_garments=True,
        result_lifetime_s=_JOB_LIFETIME.total_seconds(),
        job_lifetime_s=_JOB_LIFETIME.total_seconds(),
        typical_job_s=1.0,
        price=_FREE,
        parse_price=_FREE,
        quota=Quota(poll_interval_s=0.05, running_jobs=_RUNNING_JOBS),
    ),
)


class LocalProvider:
    """A keyless, deterministic, geometric preview on the CPU.

    It warps the flat garment onto the person and relights it. It is not a generative model: it
    cannot invent what the images do not show.
    """

    info = _INFO

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Find nothing: the declared limits are all there is."""
        return ()

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Store the job and queue it."""
        spool = _spool(ctx)
        now = ctx.clock.now()
        spool.purge(now, _JOB_LIFETIME)
        images = {name: read_bytes(image, field=name) for name, image in request.images.items()}
        spooled = spool.add(images, attrs.asdict(request.options), now)
        _workshop(ctx).take(spooled)
        return ctx.new_job(spooled.id)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Look at the job's outcome; go on with it when no process is at work on it."""
        spooled = _spool(ctx).find(job.id)
        if spooled is None:
            return JobUpdate(state=JobState.NOT_FOUND, vendor_status="gone")
        outcome = spooled.outcome
        if outcome is not None:
            return _finished(job, spooled, outcome)
        workshop = _workshop(ctx)
        workshop.take(spooled)
        status = workshop.status(spooled)
        state = JobState.RUNNING if status == "working" else JobState.PENDING
        return JobUpdate(state=state, vendor_status=status)

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Find the garments at once; nothing is stored."""
        from tryon_local.worn import worn_garments  # noqa: PLC0415  (heavy)

        return worn_garments(request)

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Take a queued job back."""
        spooled = _spool(ctx).find(job.id)
        if spooled is None:
            return JobUpdate(state=JobState.NOT_FOUND, vendor_status="gone")
        if spooled.outcome is not None or not _workshop(ctx).withdraw(spooled):
            raise CancelRefused(
                f"the job {job.id} has already been started.",
                job=job,
                billed="no",
                remedy="It takes about a second; resume it or forget it.",
            )
        spooled.finish({"state": "cancelled"})
        return JobUpdate(state=JobState.CANCELLED, vendor_status="cancelled")


def _finished(job: Job, spooled: SpooledJob, outcome: dict[str, Any]) -> JobUpdate:
    state = JobState(outcome["state"])
    if state is JobState.FAILED:
        failure = Failure(
            code=outcome["code"],
            message=outcome["message"],
            fault=outcome["fault"],
            retry="after_change" if outcome["fault"] == "input" else "no",
            billed="no",
        )
        return JobUpdate(state=state, vendor_status="failed", failure=failure)
    if state is JobState.CANCELLED:
        return JobUpdate(state=state, vendor_status="cancelled")
    image = Artifact(
        source=PathSource(spooled.folder / outcome["image"]), expires_at=job.expires_at
    )
    result = JobResult(
        images=[image],
        notices=[_notice(code) for code in outcome["notices"]],
        usage={"backend": outcome["backend"]},
    )
    return JobUpdate(state=state, vendor_status="done", result=result)


def _notice(code: str) -> Notice:
    return Notice(code, NOTICES[code])


def _spool(ctx: CallContext) -> Spool:
    if "spool_dir" in ctx.settings:
        return Spool(Path(ctx.settings.text("spool_dir")).expanduser())
    return Spool(user_cache_path("tryon", appauthor=False) / "local")


def _workshop(ctx: CallContext) -> "Workshop":
    return _workshop_of(int(ctx.settings.text("workers")), os.getpid())


@functools.cache
def _workshop_of(workers: int, pid: int) -> "Workshop":
    # By process: threads do not survive a fork, and a forked child must not wait for them.
    del pid
    from tryon_local.workshop import Workshop  # noqa: PLC0415  (heavy)

    return Workshop(workers)


provider: Provider = LocalProvider()
