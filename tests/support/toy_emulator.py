"""A vendor that can do just enough to try the emulators' toolkit with."""

import attrs
from flask import Flask, Response, abort, jsonify, request

from tryon_testing.emulation import BadImage, Emulator, EmulatorContext, FetchRefused

KEY = "sk_toy_not_real_42"


@attrs.frozen(kw_only=True)
class ToyKnobs:
    """Knobs of the toy.

    Attributes:
        status: what it answers to a submission.
    """

    status: int = 202


def refuse(code):
    statuses = {"429": 429, "TooFast": 429, "BadPhoto": 400}
    if code not in statuses:
        return None
    answer = jsonify(code=code, path=request.path)
    answer.status_code = statuses[code]
    return answer


def build(ctx: EmulatorContext, knobs: ToyKnobs) -> Flask:
    app = Flask(__name__)

    @app.post("/jobs")
    def submit():
        if request.headers.get("X-Key") != KEY:
            abort(401)
        if not ctx.quota.take("submit", limit=3, window_s=60):
            return refuse("TooFast")
        try:
            if "photo" in request.files:
                photo = request.files["photo"].read()
            else:
                photo = ctx.fetch(request.get_json()["photo"])
            ctx.read_image(photo)
        except (BadImage, FetchRefused) as error:
            return jsonify(code="BadPhoto", why=str(error)), 400
        job = ctx.jobs.create(data={"photo": photo}, places=1)
        return jsonify(id=job.id), knobs.status

    @app.get("/jobs/<job_id>")
    def poll(job_id):
        job = ctx.jobs.get(job_id) or abort(404)
        stage = "failed" if job.stage == "done" and job.failure else job.stage
        if stage != "done":
            return jsonify(stage=stage, code=job.failure)
        if job.output is None:
            ctx.bill(job.id)
            picture = ctx.draw_result(job.data["photo"], [job.data["photo"]])
            job.output = ctx.publish(picture, lifetime_s=60)
        return jsonify(stage="done", url=job.output)

    @app.delete("/jobs/<job_id>")
    def cancel(job_id):
        return Response(status=204 if ctx.jobs.cancel(job_id) else 409)

    return app


emulator = Emulator(
    provider="toy",
    build=build,
    knobs=ToyKnobs,
    refuse=refuse,
    settings={"api_key": KEY},
    path="/v1",
)
