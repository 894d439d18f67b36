"""The invented vendor's service that writes plain text."""

import flask

from tryon_testing.emulation import BadImage, Emulator

KEY = "obviously_fake_plain"
REFUSALS = {"bad_key": 401, "no_credits": 402, "bad_image": 400, "gone": 404}


def refuse(code):
    if code not in REFUSALS:
        return None
    return flask.Response(f"error {code}", REFUSALS[code], mimetype="text/plain")


def build(ctx, _):
    app = flask.Flask("plain")

    @app.before_request
    def check_key():
        is_call = flask.request.endpoint in {"submit", "poll"}
        return refuse("bad_key") if is_call and flask.request.headers.get("X-Key") != KEY else None

    @app.post("/jobs")
    def submit():
        files = [flask.request.files[name].read() for name in ("person", "top")]
        try:
            for data in files:
                ctx.read_image(data)
        except BadImage:
            return refuse("bad_image")
        job = ctx.jobs.create(data={"files": files}, job_id=ctx.new_id().replace("-", ""))
        ctx.bill(job.id)
        return flask.Response(f"job {job.id}", mimetype="text/plain")

    @app.get("/status")
    def poll():
        job = ctx.jobs.get(flask.request.args.get("job", ""))
        if job is None:
            return refuse("gone")
        if job.stage != "done":
            text = "waiting" if job.stage == "pending" else "working"
        elif job.failure:
            text = f"failed {job.failure}"
        else:
            person, garment = job.data["files"]
            text = f"done {ctx.publish_result(job, person, [garment])}"
        return flask.Response(text, mimetype="text/plain")

    return app


emulator = Emulator(provider="plain", build=build, refuse=refuse, settings={"api_key": KEY})
