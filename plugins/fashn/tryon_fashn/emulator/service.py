"""The vendor's three routes."""

import base64
import threading
from collections.abc import Iterator
from functools import partial

from flask import Flask, Response, abort, jsonify, request

from tryon_core import ImageRules
from tryon_fashn.emulator.answers import failed_job, refusal
from tryon_fashn.emulator.knobs import Knobs
from tryon_fashn.emulator.orders import read_order, understood
from tryon_testing.emulation import (
    BadBody,
    BadImage,
    EmulatedJob,
    EmulatorContext,
    FetchRefused,
    Refused,
    key_sent,
)

KEY = "fa-emulated00-0000000000000000"
_LIMITS = {"submit": (50, 60.0), "poll": (50, 10.0), "balance": (30, 10.0)}
"""Requests within a number of seconds, by route."""
_RETRIES_S = [60.0] * 5
"""A webhook that fails is called five times more, within about five minutes."""


def build(ctx: EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.config["KNOBS"] = knobs
    service = Service(ctx, knobs)
    app.before_request(service.admit)
    app.register_error_handler(Refused, refusal)
    app.register_error_handler(BadBody, lambda error: refusal(Refused("BadRequest", f"{error}")))
    app.add_url_rule("/v1/run", "submit", service.submit, methods=["POST"])
    app.add_url_rule("/v1/status/<path:job_id>", "poll", service.poll)
    app.add_url_rule("/v1/credits", "balance", service.balance)
    return app


class Service:
    """The service behind the routes."""

    def __init__(self, ctx: EmulatorContext, knobs: Knobs) -> None:
        self._ctx, self._knobs = ctx, knobs
        self._left = knobs.subscription + knobs.on_demand
        ctx.left = lambda: self._left
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Look at length, key and rate, before anything else is looked at."""
        endpoint = request.endpoint or ""
        if endpoint not in _LIMITS:
            return
        if (request.content_length or 0) > self._knobs.max_body_bytes:
            abort(Response("<h1>Internal Server Error</h1>", 500, mimetype="text/html"))
        if key_sent("Bearer") != KEY:
            raise Refused("UnauthorizedAccess")
        limit, window_s = _LIMITS[endpoint]
        if not self._ctx.quota.take(endpoint, limit=limit, window_s=window_s):
            raise Refused("RateLimitExceeded")

    def submit(self) -> Response:
        """Take a try-on; its images are looked at afterwards."""
        order = read_order(self._knobs)
        with self._lock:
            if self._ctx.jobs.running() >= self._knobs.running_jobs:
                raise Refused("ConcurrencyLimitExceeded")
            if self._left < order["credits"]:
                raise Refused("OutOfCredits")
            job_id = self._ctx.new_id() + self._knobs.id_suffix
            job = self._ctx.jobs.create(job_id=job_id, data=order)
            self._charge(job, order["credits"])
        self._load(job)
        if "webhook_url" in request.args:
            url, after_s = request.args["webhook_url"], self._ctx.job_s
            self._ctx.call_back(
                url, lambda: self._status(job).get_data(), after_s=after_s, pauses_s=_RETRIES_S
            )
        return jsonify(id=job.id, error=self._knobs.submit_error or None)

    def poll(self, job_id: str) -> Response:
        """Return the state of a job."""
        job = self._ctx.jobs.get(job_id)
        if job is None or job.age_s >= self._knobs.job_lifetime_s:
            raise Refused("NotFound")
        return self._status(job)

    def balance(self) -> Response:
        """Say how many credits are left; those of the subscription are spent first."""
        bought = min(self._left, self._knobs.on_demand)
        left = {"total": self._left, "subscription": self._left - bought, "on_demand": bought}
        return jsonify(credits=left)

    def _charge(self, job: EmulatedJob, amount: int) -> None:
        self._left -= amount
        self._ctx.bill(job.id, amount)

    def _load(self, job: EmulatedJob) -> None:
        """Look at the images; a job that fails costs nothing."""
        name, text = job.failure or self._knobs.job_failure, ""
        if job.data["bad_value"]:
            name, text = "InputValidationError", job.data["bad_value"]
        formats, least_px = self._knobs.formats.split(","), self._knobs.min_side_px
        rules = ImageRules(formats=formats, min_side_px=least_px)
        look = partial(self._ctx.receive_image, rules=rules, has_image_type=True)
        try:
            images = [look(value).data for value in job.data["images"]]
            job.understood = understood({**job.data, "images": images})
        except (BadImage, FetchRefused) as error:
            images, name, text = [], "ImageLoadError", f"Error loading image: {error}"
        job.data = {**job.data, "images": images, "text": text}
        if name:
            job.failure = name
            with self._lock:
                self._charge(job, -job.data["credits"])

    def _status(self, job: EmulatedJob) -> Response:
        if job.stage != "done":
            waiting = "starting" if job.age_s < 0.1 * self._ctx.job_s else "in_queue"
            status = waiting if job.stage == "pending" else self._knobs.running_status
            output = {} if self._knobs.unfinished_output == "absent" else {"output": None}
            return jsonify(id=job.id, status=status, error=None, **output)
        if job.failure:
            return failed_job(job.id, job.failure, job.data["text"])
        age_s = (self._ctx.clock.now() - job.ended_at).total_seconds()
        with self._lock:
            job.output = job.output or list(self._made(job, age_s))
        texts = list(job.output)
        if job.data["return_base64"] and age_s >= self._knobs.base64_lifetime_s:
            texts = ["<base64>_expired" for _ in texts]
        forms = {"list": texts, "object": {"images": texts}, "text": texts[0], "empty": []}
        done = {"status": "completed", "output": forms[self._knobs.output_form], "error": None}
        answer = jsonify(id=job.id, **done)
        if self._knobs.credits_header:
            answer.headers["x-fashn-credits-used"] = str(job.data["credits"])
        return answer

    def _made(self, job: EmulatedJob, age_s: float) -> Iterator[str]:
        """Draw the images; their addresses live from the end of the job."""
        kind, life_s = job.data["output_format"], self._knobs.result_lifetime_s - age_s
        person, garment = job.data["images"]
        draw = partial(self._ctx.draw_result, kind=kind.upper(), shape=job.data["aspect_ratio"])
        for number in range(job.data["count"]):
            note = f"{job.data['seed']} {number}"
            data = draw(person, [garment], note=note)
            name, media_type = f"output_{number}.{kind}", f"image/{kind}"
            if job.data["return_base64"]:
                yield f"data:{media_type};base64,{base64.b64encode(data).decode()}"
            else:
                yield self._ctx.publish(data, media_type, name=name, lifetime_s=life_s)
