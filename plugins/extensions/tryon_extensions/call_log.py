"""Log every call to the vendor, with its outcome and duration."""

import contextlib
import logging
import time
from collections.abc import Generator, Iterator, Sequence

import attrs

from tryon_core import (
    CallContext,
    GarmentRegion,
    Job,
    JobUpdate,
    ParseRequest,
    TryOnRequest,
    hookimpl,
)
from tryon_core.extensions import observer


@attrs.define(kw_only=True, eq=False)
class CallLog:
    """Writes one line per call of the vendor to a logger; failures as warnings.

    No image, key or address is written.

    Attributes:
        logger: name of the logger.
    """

    logger: str = "tryon.calls"

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, None]:
        """Log a submission and the id of the accepted job."""
        with self._line(f"{ctx.provider} submit {' + '.join(request.garments)}") as line:
            job = yield
            line.outcome = ctx.shown(f"job {job.id}")

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def poll(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        """Log a poll and the vendor's word for the state."""
        with self._line(ctx.shown(f"{ctx.provider} poll {job.id}")) as line:
            update = yield
            line.outcome = ctx.shown(update.vendor_status or update.state.value)

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Generator[None, Sequence[GarmentRegion | None], None]:
        """Log a parsing and what was found."""
        with self._line(f"{ctx.provider} parse {', '.join(request.categories)}") as line:
            regions = yield
            line.outcome = ", ".join("none" if r is None else str(r.bbox) for r in regions)

    @contextlib.contextmanager
    def _line(self, what: str) -> Iterator["_Line"]:
        logger, line = logging.getLogger(self.logger), _Line()
        started = time.perf_counter()
        try:
            yield line
        except Exception as error:
            seconds = time.perf_counter() - started
            logger.warning("%s: failed with %s in %.2f s", what, type(error).__name__, seconds)
            raise
        logger.info("%s: %s in %.2f s", what, line.outcome, time.perf_counter() - started)


class _Line:
    """What a log line will say happened."""

    outcome = "done"
