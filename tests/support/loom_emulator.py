"""The service of the vendor in `loom.py`, strict, for the contract kit."""

from typing import Any

import attrs
import flask
from werkzeug.exceptions import HTTPException

from tryon_testing.emulation import (
    BadBody,
    BadImage,
    EmulatedJob,
    Emulator,
    EmulatorContext,
    FetchRefused,
    Field,
    Understood,
    check_fields,
    json_object,
    key_sent,
)

KEY = "sk_obviously_fake_loom"
REFUSALS = {
    "bad_key": (401, "who are you"),
    "no_credits": (402, "nothing is left"),
    "slow_down": (429, "too many in a second"),
    "bad_field": (422, "a field is wrong"),
    "bad_image": (422, "the picture cannot be used"),
    "broken": (500, "the model failed"),
    "gone": (404, "no such run"),
    "too_late": (409, "the run is over"),
}
WORDS = {"pending": "waiting", "running": "weaving", "cancelled": "stopped", "done": "over"}
KINDS = {"upper": "top", "lower": "bottom", "whole": "dress"}
INPUTS = {
    "person": Field(is_required=True),
    "garment": Field(is_required=True),
    "kind": Field(is_required=True, choices=KINDS),
    "seed": Field(kind=int),
}


class Refused(HTTPException):
    """Ends a request with one of the vendor's codes."""

    def __init__(self, code: str) -> None:
        super().__init__(response=refuse(code))


def refuse(code: str) -> flask.Response | None:
    if code not in REFUSALS:
        return None
    status, message = REFUSALS[code]
    answer = flask.jsonify(errors=[{"type": code, "text": message}])
    answer.status_code = status
    answer.headers["X-Request-Id"] = "r-1"
    return answer


@attrs.frozen
class Service:
    """The vendor."""

    ctx: EmulatorContext

    def check_key(self) -> None:
        endpoint = flask.request.endpoint or ""
        if endpoint != "result" and not endpoint.startswith("tryon_") and key_sent("Bearer") != KEY:
            raise Refused("bad_key")

    def submit(self, model: str = "quick") -> Any:
        return self.submit_fine() if model == "fine" else self.submit_quick()

    def submit_quick(self) -> Any:
        body = self.body()
        inputs = body.get("inputs")
        if body.get("model") != "quick" or not isinstance(inputs, dict):
            raise Refused("bad_field")
        if check_fields(inputs, INPUTS) or body.get("count") not in {1, 2, 3, 4}:
            raise Refused("bad_field")
        images = [self.image(inputs[name], "data_uri") for name in ("person", "garment")]
        understood = Understood(
            person=images[0],
            garments={KINDS[inputs["kind"]]: images[1]},
            options={**inputs, "samples": body["count"]},
            outputs=body["count"],
            model="quick",
        )
        return {"data": {"run": self.accepted(images, understood).id}}

    def submit_fine(self) -> Any:
        body = self.body()
        match body:
            case {"inputs": [{"role": "person", "image": str(person)}], "wear": [*garments]}:
                images = [self.image(one, "base64") for one in (person, *garments)]
            case _:
                raise Refused("bad_field")
        if not {*body} <= {"inputs", "wear", "settings"} or {*body.get("settings", {})} - {"seed"}:
            raise Refused("bad_field")
        options = {
            **body.get("settings", {}),
            "max_wait_s": flask.request.headers.get("X-Max-Wait"),
        }
        understood = Understood(
            person=images[0], garments=images[1:], options=options, model="fine"
        )
        run = self.accepted(images, understood).id
        place = f"{flask.request.host_url}v2/runs/{run}"
        urls = {"status_url": f"{place}/status", "result_url": f"{place}/result"}
        return {"data": {"run": run, **urls}}

    def body(self) -> dict[str, Any]:
        if not self.ctx.quota.take("submit", limit=5, window_s=1.0):
            raise Refused("slow_down")
        try:
            return json_object()
        except BadBody:
            raise Refused("bad_field") from None

    def accepted(self, images: list[bytes], understood: Understood) -> EmulatedJob:
        count = understood.outputs
        job = self.ctx.jobs.create(data={"images": images, "count": count}, understood=understood)
        if not job.failure:
            self.ctx.bill(job.id, count)
        return job

    def poll(self, run: str, part: str = "") -> Any:
        job = self.find(run)
        if part:
            return self.status(job) if part == "status" else self.result(job)
        told = self.told(job, images=self.images(job))
        return told, {"X-Units": str(self.ctx.billed.get(job.id, 0))}

    def status(self, job: EmulatedJob) -> Any:
        return self.told(job, **({"position": 2} if job.stage == "pending" else {}))

    def told(self, job: EmulatedJob, **more: Any) -> dict[str, Any]:
        has_failed = job.stage == "done" and job.failure is not None
        word = "broken" if has_failed else WORDS[job.stage]
        reason = [{"type": job.failure, "text": "what the vendor writes"}] if has_failed else []
        return {"data": {"run": job.id, "state": word, **more}, "errors": reason}

    def result(self, job: EmulatedJob) -> Any:
        if job.stage != "done":
            raise Refused("bad_field")
        return {"data": {"image": {"url": self.address(job)}}}

    def cancel(self, run: str) -> Any:
        if not self.ctx.jobs.cancel(self.find(run).id):
            raise Refused("too_late")
        return {"data": {"state": "stopped"}}

    def balance(self) -> Any:
        return {"data": {"credits": "41.5"}}

    def find(self, run: str) -> EmulatedJob:
        job = self.ctx.jobs.get(run)
        if job is None:
            raise Refused("gone")
        return job

    def images(self, job: EmulatedJob) -> Any:
        if job.stage != "done" or job.failure:
            return None
        return [{"url": f"{self.address(job)}?{number}"} for number in range(job.data["count"])]

    def address(self, job: EmulatedJob) -> str:
        person, *garments = job.data["images"]
        return self.ctx.publish_result(job, person, garments, lifetime_s=3600)

    def image(self, text: Any, form: Any) -> bytes:
        try:
            return self.ctx.receive_image(text, forms=("url", form)).data
        except (BadImage, FetchRefused) as error:
            raise Refused("bad_image") from error


def build(ctx: EmulatorContext, _: Any) -> flask.Flask:
    service, app = Service(ctx), flask.Flask("loom")
    app.before_request(service.check_key)
    app.add_url_rule("/v2/runs", "submit", service.submit, methods=["POST"])
    app.add_url_rule("/v2/models/loom/<model>/runs", "submit", service.submit, methods=["POST"])
    app.add_url_rule("/v2/runs/<run>", "poll", service.poll)
    app.add_url_rule("/v2/runs/<run>/<part>", "poll", service.poll)
    app.add_url_rule("/v2/runs/<run>", "cancel", service.cancel, methods=["DELETE"])
    app.add_url_rule("/v2/account", "balance", service.balance)
    return app


emulator = Emulator(
    provider="loom",
    build=build,
    refuse=refuse,
    settings={"api_key": KEY},
    path="/v2",
    failures=["broken", "bad_image"],
)
