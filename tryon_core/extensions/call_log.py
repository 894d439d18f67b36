"""Log every call to the vendor, with its outcome and duration."""

import contextlib
import logging
import time
from collections.abc import Generator, Iterator, Sequence

from tryon_core.context import CallContext
from tryon_core.extensions.observer import observer
from tryon_core.hookspecs import hookimpl
from tryon_core.masking import masked
from tryon_core.models import GarmentRegion, Job, JobUpdate, ParseRequest, TryOnRequest
from tryon_core.text import one_line


class CallLog:
    """Writes one line per hook call to a logger; failures as warnings.

    Args:
        logger: where to write; `tryon.calls` unless given. No image, key or address is written.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("tryon.calls")

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, None]:
        """Log a submission and the id of the accepted job."""
        with _line(self._logger, f"{ctx.provider} submit {' + '.join(request.garments)}") as line:
            job = yield
            line.outcome = _shown(f"job {job.id}", ctx)

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def poll(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        """Log a poll and the vendor's word for the state."""
        with _line(self._logger, _shown(f"{ctx.provider} poll {job.id}", ctx)) as line:
            update = yield
            line.outcome = _shown(update.vendor_status or update.state.value, ctx)

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Generator[None, Sequence[GarmentRegion | None], None]:
        """Log a parsing and what was found."""
        with _line(self._logger, f"{ctx.provider} parse {', '.join(request.categories)}") as line:
            regions = yield
            line.outcome = ", ".join("none" if r is None else str(r.bbox) for r in regions)


class _Line:
    """What a log line will say happened."""

    outcome = "done"


def _shown(text: str, ctx: CallContext) -> str:
    """Return what a vendor wrote, fit for a log: this is called before the core masks it."""
    return str(masked(one_line(text), ctx.settings.secrets))


@contextlib.contextmanager
def _line(logger: logging.Logger, what: str) -> Iterator[_Line]:
    line = _Line()
    started = time.perf_counter()
    try:
        yield line
    except Exception as error:
        seconds = time.perf_counter() - started
        logger.warning("%s: failed with %s in %.2f s", what, type(error).__name__, seconds)
        raise
    logger.info("%s: %s in %.2f s", what, line.outcome, time.perf_counter() - started)
