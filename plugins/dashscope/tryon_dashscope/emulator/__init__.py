"""An emulator of the service: strict, on this machine, without key and bill.

Needs the extra `emulator`. Where the vendor's documents are silent or disagree it has a knob.
"""

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from tryon_dashscope.emulator import parsing, submitting, tasks, uploads
from tryon_dashscope.emulator.answers import Refused, refuse, refused
from tryon_dashscope.emulator.knobs import Knobs
from tryon_dashscope.emulator.service import KEY, Service
from tryon_dashscope.emulator.store import Store
from tryon_dashscope.emulator.texts import FAILURES
from tryon_testing.emulation import Emulator, EmulatorContext

__all__ = ["Knobs", "build", "emulator"]

PATH = "/api/v1"


def build(ctx: EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application."""
    app = Flask("tryon_dashscope.emulator")
    app.url_map.strict_slashes = False
    store = Store(
        ctx.clock,
        policy_s=knobs.policy_s,
        file_mb=knobs.file_mb,
        overwrites=knobs.store == "overwrite",
    )
    service = Service(ctx=ctx, knobs=knobs, store=store)
    for part in (submitting, tasks, parsing, uploads):
        part.register(app, PATH, service)

    def tell(error: Refused) -> Response:
        return refused(error, ctx.new_id(), retry_after_s=knobs.retry_after_s)

    def not_found(_: NotFound) -> Response:
        return tell(Refused(knobs.unknown_path))

    def wrong_method(_: MethodNotAllowed) -> Response:
        return tell(
            Refused("InvalidParameter", f"Request method '{request.method}' is not supported.")
        )

    app.register_error_handler(Refused, tell)
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(MethodNotAllowed, wrong_method)
    return app


emulator = Emulator(
    provider="dashscope",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    settings={"api_key": KEY},
    path=PATH,
    failures=FAILURES,
)
