"""The invented vendor's service that answers with the image."""

import base64
from typing import Any

import attrs
import flask

from tryon_core.base64_text import decode_base64
from tryon_testing.emulation import BadImage, Emulator, EmulatorContext, Understood

KEY = "sk_obviously_fake_flash"
REFUSALS = {"bad_key": 401, "no_credits": 402, "slow_down": 429, "bad_image": 400}


@attrs.frozen(kw_only=True)
class Knobs:
    """How the emulator behaves.

    Attributes:
        is_json: it answers with JSON that holds the image as base64.
    """

    is_json: bool = False


def refuse(code: str) -> flask.Response | None:
    if code not in REFUSALS:
        return None
    answer = flask.jsonify(code=code, message="what the vendor writes")
    answer.status_code = REFUSALS[code]
    return answer


def build(ctx: EmulatorContext, knobs: Knobs) -> flask.Flask:
    app = flask.Flask("flash")

    @app.before_request
    def check_key() -> Any:
        is_call = flask.request.endpoint == "submit"
        if is_call and flask.request.headers.get("Authorization") != f"Bearer {KEY}":
            return refuse("bad_key")
        return None

    @app.post("/images")
    def submit() -> Any:
        if not ctx.quota.take("submit", limit=5, window_s=1.0):
            return refuse("slow_down")
        sent = flask.request.get_json()
        head, _, garment = sent["garment"].partition(",")
        images = [decode_base64(sent["person"]) or b"", decode_base64(garment) or b""]
        try:
            formats = [ctx.read_image(data).format for data in images]
        except BadImage:
            return refuse("bad_image")
        if head != f"data:image/{formats[1].lower()};base64":
            return refuse("bad_image")
        understood = Understood(person=images[0], garments={sent["kind"]: images[1]})
        job = ctx.jobs.create(understood=understood)
        ctx.bill(job.id)
        image = ctx.draw_result(images[0], [images[1]])
        headers = {"X-Request-Id": job.id}
        if knobs.is_json:
            return {"image": base64.b64encode(image).decode()}, headers
        return flask.Response(image, mimetype="image/png", headers=headers)

    return app


emulator = Emulator(
    provider="flash", build=build, knobs=Knobs, refuse=refuse, settings={"api_key": KEY}
)
