"""The invented vendor's service, for the contract kit to run a provider against."""

import io
from typing import Any

import attrs
import flask
from PIL import Image
from werkzeug.exceptions import HTTPException

from tryon_testing.emulation import (
    BadImage,
    EmulatedJob,
    Emulator,
    EmulatorContext,
    FetchRefused,
    Understood,
)

KEY = "sk_obviously_fake_acme"
REFUSALS = {
    "bad_key": (401, "who are you"),
    "no_credits": (402, "nothing is left"),
    "slow_down": (429, "too many in a second"),
    "bad_image": (400, "the picture cannot be used"),
    "gone": (404, "no such task"),
    "too_late": (409, "the task is finished"),
}


@attrs.frozen(kw_only=True)
class Knobs:
    """How the emulator behaves.

    Attributes:
        finished: the word for a finished task.
    """

    finished: str = "done"


class Refused(HTTPException):
    """Ends a request with one of the vendor's codes."""

    def __init__(self, code: str) -> None:
        super().__init__(response=refuse(code))


def refuse(code: str) -> flask.Response | None:
    statuses = {str(status): code for code, (status, _) in REFUSALS.items()}
    code = statuses.get(code, code)
    if code not in REFUSALS:
        return None
    status, message = REFUSALS[code]
    answer = flask.jsonify(code=code, message=message)
    answer.status_code = status
    return answer


@attrs.frozen
class Service:
    """The vendor."""

    ctx: EmulatorContext
    knobs: Knobs

    def check_key(self) -> None:
        endpoint = flask.request.endpoint or ""
        is_open = endpoint == "result" or endpoint.startswith("tryon_")
        if not is_open and flask.request.headers.get("Authorization") != f"Bearer {KEY}":
            raise Refused("bad_key")

    def submit(self) -> Any:
        if not self.ctx.quota.take("submit", limit=5, window_s=1.0):
            raise Refused("slow_down")
        form = flask.request.form
        if form["kind"] not in {"top", "dress"}:
            raise Refused("bad_image")
        images = (self.image("person"), self.image("garment"))
        job = self.ctx.jobs.create(
            data={"images": images, "reference": form.get("reference")},
            understood=Understood(
                person=images[0], garments={form["kind"]: images[1]}, options=form
            ),
        )
        if not job.failure:
            self.ctx.bill(job.id)
        return {"task_id": job.id, "extra": [None, 1]}

    def poll(self, task: str) -> Any:
        job = self.find(task)
        words = {"pending": "queued", "running": "working", "cancelled": "stopped"}
        if job.stage != "done":
            return {"task_id": task, "status": words[job.stage]}
        if job.failure:
            reason = {"code": job.failure, "reason": "what the vendor writes"}
            return {"task_id": task, "status": "failed", **reason}
        if job.output is None:
            person, garment = job.data["images"]
            picture = self.ctx.draw_result(person, [garment])
            job.output = self.ctx.publish(picture, lifetime_s=3600)
        return {"task_id": task, "status": self.knobs.finished, "image_url": job.output}

    def listing(self) -> Any:
        wanted = flask.request.args.get("reference")
        rows = [
            {
                "task_id": job.id,
                "reference": job.data["reference"],
                "at": job.created_at.isoformat(),
            }
            for job in self.ctx.listed_jobs()
        ]
        return {"tasks": [row for row in rows if wanted in {None, row["reference"]}]}

    def cancel(self, task: str) -> Any:
        if not self.ctx.jobs.cancel(self.find(task).id):
            raise Refused("too_late")
        return {"status": "stopped"}

    def parse(self) -> Any:
        photo = self.image("photo")
        with Image.open(io.BytesIO(photo)) as opened:
            width, height = opened.size
        box = [width // 8, height // 8, width // 2, height // 2]
        mask = self.ctx.publish(mask_of(box, (width, height)), name="mask.png")
        cutout = self.ctx.publish(self.ctx.draw_result(photo), name="cutout.png")
        return {"parts": {"top": {"box": box, "mask": mask, "cutout": cutout}, "bottom": None}}

    def balance(self) -> Any:
        return {"credits": "41"}

    def find(self, task: str) -> EmulatedJob:
        job = self.ctx.jobs.get(task)
        if job is None:
            raise Refused("gone")
        return job

    def image(self, name: str) -> bytes:
        try:
            if f"{name}_url" in flask.request.form:
                data = self.ctx.fetch(flask.request.form[f"{name}_url"])
            else:
                data = flask.request.files[name].read()
            return self.ctx.read_image(data).data
        except (BadImage, FetchRefused, KeyError) as error:
            raise Refused("bad_image") from error


def build(ctx: EmulatorContext, knobs: Knobs) -> flask.Flask:
    service, app = Service(ctx, knobs), flask.Flask("acme")
    app.before_request(service.check_key)
    app.add_url_rule("/v1/tasks", "submit", service.submit, methods=["POST"])
    app.add_url_rule("/v1/tasks", "list", service.listing)
    app.add_url_rule("/v1/tasks/<task>", "poll", service.poll)
    app.add_url_rule("/v1/tasks/<task>", "cancel", service.cancel, methods=["DELETE"])
    app.add_url_rule("/v1/parse", "parse", service.parse, methods=["POST"])
    app.add_url_rule("/v1/account", "balance", service.balance)
    return app


def mask_of(box: list[int], size: tuple[int, int]) -> bytes:
    left, top, width, height = box
    mask, buffer = Image.new("RGBA", size), io.BytesIO()
    mask.paste((255, 255, 255, 255), (left, top, left + width, top + height))
    mask.save(buffer, "PNG")
    return buffer.getvalue()


emulator = Emulator(
    provider="acme",
    build=build,
    knobs=Knobs,
    refuse=refuse,
    failures=["bad_image"],
    settings={"api_key": KEY},
    path="/v1",
)
