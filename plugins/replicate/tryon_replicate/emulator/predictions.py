"""Predictions: what becomes of them by the clock, and what the vendor says of them."""

from datetime import datetime
from typing import Any

from tryon_replicate.emulator.knobs import Knobs
from tryon_testing.emulation import EmulatedJob, EmulatorContext

KEPT_S = 3600.0
_WORDS = {"pending": "starting", "running": "processing"}


class Predictions:
    """All predictions, each a job of the toolkit whose `failure` is its error.

    Args:
        ctx: clock, jobs and images.
        knobs: how to behave where the documents leave it open.
    """

    def __init__(self, ctx: EmulatorContext, knobs: Knobs) -> None:
        self._ctx, self._knobs = ctx, knobs
        self._stopped: dict[str, str] = {}

    def stop(self, job: EmulatedJob, *, after_s: float) -> None:
        """End a prediction a time from now, unless it has ended by then.

        It is aborted when that is a deadline before its start, else canceled.
        """
        at_s = self._ctx.clock.monotonic() + after_s
        if at_s < job.ends_s:
            is_aborted = after_s and at_s <= job.starts_s
            self._stopped[job.id] = "aborted" if is_aborted else "canceled"
            job.starts_s, job.ends_s = min(job.starts_s, at_s), at_s

    def shown(self, job: EmulatedJob) -> dict[str, Any]:
        """Return a prediction as the vendor shows it; an hour after its end without its data."""
        end = self._stopped.get(job.id, "failed" if job.failure else "succeeded")
        status, address = _WORDS.get(job.stage, end), f"{self._ctx.address}/v1/predictions/{job.id}"
        is_over, has_run = job.stage == "done", status not in {"starting", "aborted"}
        is_kept = (self._ctx.clock.now() - job.ended_at).total_seconds() < KEPT_S
        output: Any = None
        if status == "succeeded" and is_kept:
            kind = {"png": "PNG", "webp": "WEBP"}.get(
                job.data["input"].get("output_format"), "JPEG"
            )
            images = job.data["images"]
            output = self._ctx.publish_result(job, *images, kind=kind, lifetime_s=KEPT_S)
        return {
            "id": job.id,
            "model": job.data["model"],
            "version": job.data["version"] or "hidden",
            "status": status,
            "input": job.data["input"] if is_kept else {},
            "output": [output] if output and self._knobs.output == "list" else output,
            "error": job.failure if status == "failed" else None,
            "logs": "",
            "created_at": time_text(job.created_at),
            "started_at": time_text(job.started_at) if has_run else None,
            "completed_at": time_text(job.ended_at) if is_over else None,
            "data_removed": not is_kept,
            "source": "api",
            "metrics": {"predict_time": job.ends_s - job.starts_s} if is_over and has_run else {},
            "urls": {"get": address, "cancel": f"{address}/cancel"},
        }


def time_text(time: datetime) -> str:
    """Return a time as the vendor writes it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
