"""Numbers about calls for Prometheus: in a file, at an address, or in a registry of your own."""

import functools
import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

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
from tryon_extensions.money import expected

_LOGGER = logging.getLogger("tryon.extensions")
_JOB_S = (2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)
_METERS: Mapping[str, tuple[str, str, list[str], Mapping[str, Any]]] = MappingProxyType(
    {
        "tryon_calls": ("Counter", "Calls of a vendor.", ["provider", "hook", "outcome"], {}),
        "tryon_call_seconds": ("Histogram", "Time that calls took.", ["provider", "hook"], {}),
        "tryon_job_seconds": (
            "Histogram",
            "Time from the submission of a job until a poll saw its end.",
            ["provider", "outcome"],
            {"buckets": _JOB_S},
        ),
        "tryon_expected_cost": ("Counter", "Cost by the price card.", ["provider", "currency"], {}),
    }
)
_SERVING: set[tuple[str, int]] = set()
_LOCK = threading.Lock()


def _client() -> Any:
    try:
        import prometheus_client  # noqa: PLC0415  (an extra)
    except ImportError as error:
        install = "pip install 'tryon-extensions[metrics]'"
        raise ValueError(f"prometheus-client is missing. Install it with: {install}") from error
    return prometheus_client


@functools.cache
def _meters_of(registry: Any) -> Mapping[str, Any]:
    """Make the meters of a registry, which takes each name once."""
    return {
        name: getattr(_client(), kind)(name, words, labels, registry=registry, **more)
        for name, (kind, words, labels, more) in _METERS.items()
    }


@attrs.define(kw_only=True, eq=False)
class Metrics:
    """Counts calls, their outcomes and times, and what they cost by the price card.

    Attributes:
        textfile: file for the textfile collector of a node exporter, written after each call that
            is no mere poll; for scripts.
        port: port at which the numbers are served from the first call on; for programs that run.
        host: address of this machine that they are served at.
        registry: of prometheus_client; unless given, that of the process.
    """

    textfile: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))
    port: int | None = None
    host: str = "127.0.0.1"
    registry: Any = attrs.field(factory=lambda: _client().REGISTRY)

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, None]:
        """Count a submission."""
        yield from self._counted("submit", ctx, lambda _: "accepted")
        self._add_cost(request, ctx)

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def poll(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        """Count a poll, and the end of a job."""
        update: JobUpdate = yield from self._counted("poll", ctx, lambda a: str(a.state.value))
        if update.state.is_final:
            seconds = (ctx.clock.now() - job.submitted_at).total_seconds()
            self._meter("tryon_job_seconds", ctx.provider, update.state.value).observe(seconds)
            self._write()

    @hookimpl(wrapper=True, tryfirst=True)
    @observer
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Generator[None, Sequence[GarmentRegion | None], None]:
        """Count a parsing."""
        yield from self._counted("parse_garment", ctx, lambda _: "done")
        self._add_cost(request, ctx)

    def _meter(self, name: str, *labels: str) -> Any:
        with _LOCK:
            return _meters_of(self.registry)[name].labels(*labels)

    def _counted(
        self, hook: str, ctx: CallContext, name: Callable[[Any], str]
    ) -> Generator[None, Any, Any]:
        self._serve()
        started, outcome = time.perf_counter(), ""
        try:
            answer = yield
            outcome = name(answer)
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds = time.perf_counter() - started
            self._meter("tryon_call_seconds", ctx.provider, hook).observe(seconds)
            self._meter("tryon_calls", ctx.provider, hook, outcome).inc()
            if hook != "poll":
                self._write()
        return answer

    def _add_cost(self, request: TryOnRequest | ParseRequest, ctx: CallContext) -> None:
        cost = expected(ctx.info, request)
        if cost is not None:
            self._meter("tryon_expected_cost", ctx.provider, cost[1]).inc(float(cost[0]))
            self._write()

    def _write(self) -> None:
        if self.textfile is not None:
            _client().write_to_textfile(str(self.textfile), self.registry)

    def _serve(self) -> None:
        """Serve the numbers, once for each address; another process may have it already."""
        with _LOCK:
            if self.port is None or (self.host, self.port) in _SERVING:
                return
            _SERVING.add((self.host, self.port))
        try:
            _client().start_http_server(self.port, self.host, self.registry)
        except OSError as error:
            _LOGGER.warning("metrics are not served at %s:%s: %s", self.host, self.port, error)
