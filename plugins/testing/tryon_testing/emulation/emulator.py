"""Emulators as plugins declare them, and how one is found and run."""

import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import attrs
from flask import Flask, Response, jsonify
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tryon_core.clock import Clock, SystemClock
from tryon_core.codec import make_options
from tryon_core.errors import InputError, MissingExtra, UnknownProvider
from tryon_core.installed import entry_points, install_command
from tryon_testing.emulation.context import RESULTS, EmulatorContext
from tryon_testing.emulation.faults import (
    PAGE_PATH,
    Check,
    Fault,
    FaultPlan,
    Middleware,
    Refuse,
    check_fault,
    page,
    parse_fault,
)
from tryon_testing.emulation.log import RequestLog

GROUP = "tryon_core.emulators"
_POLL_S = 0.01
_ADDRESS = "{address}"


@attrs.frozen
class NoKnobs:
    """Knobs of an emulator that has none."""


def _refuse_nothing(_: str) -> None:
    """Know no answers of the vendor's own."""


def _no_empty_code(_: Any, __: Any, codes: Collection[str] | None) -> None:
    if codes is not None and not all(codes):
        raise ValueError(
            "failures: a code is empty. Give failures=() where failed jobs have no code."
        )


@attrs.frozen(kw_only=True)
class Emulator:
    """A vendor's service on this machine, as a plugin declares it.

    Attributes:
        provider: id of the provider.
        build: makes the application. The names of its endpoints are the operations that faults
            name: `submit`, `poll`, `cancel`, `parse`, `upload`, `balance`, ...
        settings: the provider's settings that it accepts, keys above all; all are obviously no
            real ones, and are masked in the log. `{address}` in them is where it listens, for
            vendors with several hosts.
        path: what follows the address in the provider's `base_url`, such as `/api/v1`.
        knobs: a frozen attrs class: how it behaves where the vendor's documents leave it open.
        refuse: the vendor's own answer for an HTTP status or one of its codes, for faults.
        failures: the vendor's codes that a failed job may have, empty when its failed jobs have
            none; None when that is not said, and the contract fails no jobs.
        unsent_options: names of the provider's options that the vendor is never told.
        poll_interval_s: seconds that the vendor's pages ask for between two polls, 0 when they ask
            for none.
    """

    provider: str
    build: Callable[[EmulatorContext, Any], Flask]
    settings: Mapping[str, str] = attrs.field(factory=dict)
    path: str = ""
    knobs: type = NoKnobs
    refuse: Refuse = _refuse_nothing
    failures: Collection[str] | None = attrs.field(default=None, validator=_no_empty_code)
    unsent_options: Collection[str] = ()
    poll_interval_s: float = 0.0


@attrs.frozen(kw_only=True, eq=False)
class RunningEmulator:
    """An emulator that listens.

    Attributes:
        emulator: what runs.
        ctx: what it works with; for looking at its jobs and at what it billed.
        log: what it received.
        faults: what goes wrong; may be changed while it runs.
    """

    emulator: Emulator
    ctx: EmulatorContext
    log: RequestLog
    faults: FaultPlan

    @property
    def base_url(self) -> str:
        """What the provider's setting `base_url` must be."""
        return self.ctx.address + self.emulator.path

    @property
    def settings(self) -> dict[str, str]:
        """Settings with which a client talks to it: `Client(id, **running.settings)`."""
        own = self.emulator.settings.items()
        filled = {name: text.replace(_ADDRESS, self.ctx.address) for name, text in own}
        return {"base_url": self.base_url, **filled}


@contextmanager
def start(
    emulator: Emulator,
    *,
    port: int = 0,
    job_s: float = 1.0,
    faults: Sequence[str | Fault] = (),
    knobs: Any = None,
    clock: Clock | None = None,
    seed: str = "",
) -> Iterator[RunningEmulator]:
    """Run an emulator on 127.0.0.1 for the length of a `with` block.

    Args:
        emulator: what to run.
        port: where it listens, 0 for any free port.
        job_s: seconds that a job takes.
        faults: what goes wrong, such as `submit:429*2`.
        knobs: an instance of the emulator's knobs, or a mapping; None for the defaults.
        clock: its time; give the client the same one, and waiting takes no time.
        seed: makes ids differ from those of another run.

    Raises:
        InputError: a fault or a knob cannot be read, a fault names an operation or a code that does
            not exist, or the port is taken.
    """
    own_clock = clock or SystemClock()
    ctx = EmulatorContext(clock=own_clock, job_s=job_s, seed=f"{emulator.provider} {seed}")
    log = RequestLog(emulator.settings.values())
    app = emulator.build(ctx, make_options(emulator.knobs, knobs, provider=emulator.provider))
    _add_toolkit(app, ctx, log)
    plan = FaultPlan(
        (entry if isinstance(entry, Fault) else parse_fault(entry) for entry in faults),
        check=_fault_check(app, emulator.refuse),
    )
    ctx.faults = plan
    middleware = Middleware(app, emulator.refuse, plan=plan, log=log, clock=own_clock)
    server = _listen(port, middleware)
    ctx.address = f"http://127.0.0.1:{server.server_address[1]}"
    with _serving(server):
        yield RunningEmulator(emulator=emulator, ctx=ctx, log=log, faults=plan)


def load_emulator(provider: str) -> Emulator:
    """Return the emulator that an installed plugin ships.

    Raises:
        UnknownProvider: no installed plugin ships one for that provider.
        MissingExtra: it needs something that is not installed.
    """
    found = {point.name: point for point in entry_points(GROUP)}
    if provider not in found:
        raise UnknownProvider(
            f"no installed plugin has an emulator for {provider!r}.",
            remedy=f"There is one for: {', '.join(sorted(found))}."
            if found
            else "Emulators come with the plugins of vendors, such as tryon-pixelcut.",
        )
    try:
        emulator = found[provider].load()
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the emulator of {provider} needs {error.name}, which is not installed.",
            remedy=f"Install it with: {install_command(f'tryon-{provider}', 'emulator')}",
        ) from error
    return cast("Emulator", emulator)


class _Quiet(WSGIRequestHandler):
    """Writes nothing: the log is at `/_tryon/log`."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (werkzeug's name)
        """Leave it out."""


def _listen(port: int, middleware: Middleware) -> BaseWSGIServer:
    # Bound here: werkzeug would end the process if the port were taken.
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise InputError(
            f"port {port} is taken, or may not be used: {error.strerror}.",
            remedy="Choose another one, or 0 for any free port.",
        ) from error
    with listener:
        return make_server(
            "127.0.0.1",
            port,
            cast("Any", middleware),
            threaded=True,
            request_handler=_Quiet,
            fd=listener.fileno(),
        )


@contextmanager
def _serving(server: BaseWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _add_toolkit(app: Flask, ctx: EmulatorContext, log: RequestLog) -> None:
    """Add what every emulator has: its results and its log."""

    def result(key: str, name: str) -> Response:
        image = ctx.images.get(key)
        if image is None:
            return Response(f"no {name} here", 404, mimetype="text/plain")
        if image.expires_at is not None and ctx.clock.now() >= image.expires_at:
            return Response("Request has expired", 403, mimetype="text/plain")
        return Response(image.data, mimetype=image.media_type)

    def tryon_log() -> Response:
        jobs = [{"id": job.id, "stage": job.stage} for job in ctx.jobs.all()]
        entries = [attrs.asdict(entry) for entry in list(log)]
        return jsonify(requests=entries, jobs=jobs, billed=ctx.billed)

    app.add_url_rule(f"{RESULTS}/<key>/<name>", "result", result)
    app.add_url_rule("/_tryon/log", "tryon_log", tryon_log)
    app.add_url_rule(PAGE_PATH, "tryon_page", lambda: page(200))


def _fault_check(app: Flask, refuse: Refuse) -> Check:
    """Return what refuses faults that the application cannot have."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    operations = {name for name in endpoints if not name.startswith("tryon_")}

    def is_code(code: str) -> bool:
        with app.test_request_context(PAGE_PATH):
            return refuse(code) is not None

    def check(fault: Fault) -> None:
        check_fault(fault, operations=operations, is_code=is_code)

    return check
