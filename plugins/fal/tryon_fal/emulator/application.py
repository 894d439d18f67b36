"""The queue: submission, status, result, cancelling; and the account's balance."""

import base64
from typing import Any

from flask import Flask, Response, jsonify, request

from tryon_fal.emulator.answers import answer, detail, is_fault
from tryon_fal.emulator.knobs import KEY, Knobs
from tryon_fal.emulator.models import KINDS, MODELS, RETIRED
from tryon_fal.emulator.storage import add_storage, lifetime_s
from tryon_testing import emulation as kit

_JOB = "/<path:app>/requests/<job_id>"
_STATES = {"pending": "IN_QUEUE", "running": "IN_PROGRESS"}
_FAULTS = {"missing": "missing", "unknown": "extra_forbidden", "type": "value_error"}
_KEYED = ("submit", "poll", "response", "response_suffix", "cancel", "balance", "upload",
          "upload_token")  # fmt: skip
_PRICE = 0.075
_PRICES = {
    "fal-ai/kling/v1-5/kolors-virtual-try-on": 0.07,
    "fal-ai/leffa/virtual-tryon": 0.1,
    "fal-ai/image-apps-v2/virtual-try-on": 0.04,
}


def build(ctx: kit.EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application."""
    app, queue = Flask(__name__), _Queue(ctx, knobs)
    app.before_request(_check_key)
    app.register_error_handler(kit.Refused, lambda error: answer(error.code, error.text))
    app.register_error_handler(kit.BadBody, lambda error: answer("bad_request", f"{error}"))
    app.add_url_rule("/<path:endpoint>", "submit", queue.submit, methods=["POST"])
    app.add_url_rule(f"{_JOB}/status", "poll", queue.poll)
    app.add_url_rule(_JOB, "response", queue.response)
    app.add_url_rule(f"{_JOB}/response", "response_suffix", queue.response)
    app.add_url_rule(f"{_JOB}/cancel", "cancel", queue.cancel, methods=["PUT"])
    app.add_url_rule("/_account/v1/account/billing", "balance", queue.balance)
    add_storage(app, ctx, knobs)
    return app


def _check_key() -> None:
    is_bearer = bool(kit.key_sent("Bearer"))
    if request.endpoint in _KEYED and kit.key_sent("Key") != KEY:
        raise kit.Refused("401", "bearer: unable to decode issuer" if is_bearer else "")


class _Queue:
    def __init__(self, ctx: kit.EmulatorContext, knobs: Knobs) -> None:
        self._ctx, self._knobs = ctx, knobs
        ctx.left = self._left

    def submit(self, endpoint: str) -> dict[str, Any]:
        if endpoint not in MODELS:
            raise kit.Refused("410" if endpoint in RETIRED else "404")
        if self._left() < _PRICE:
            raise kit.Refused("403")
        body = kit.json_object()
        images, wrong = self._inputs(endpoint, body)
        data: dict[str, Any] = {"endpoint": endpoint, "body": body, "images": images}
        app = "/".join(endpoint.split("/")[:2])
        data |= {"wrong": wrong, "app": app, "lifetime_s": lifetime_s()}
        job = self._ctx.jobs.create(
            data=data,
            failure=wrong[0]["type"] if wrong else self._knobs.job_failure or None,
            understood=None if wrong else _understood(endpoint, body, images),
            places=self._knobs.running_jobs,
        )
        is_free = self._knobs.failed_units == "0" or is_fault(job.failure or "")
        self._ctx.bill(job.id, int(not is_free) if job.failure else _count(body))
        return {"request_id": job.id, "queue_position": self._ahead(job), **self._addresses(job)}

    def poll(self, app: str, job_id: str) -> tuple[dict[str, Any], int]:
        job = self._known(app, job_id)
        state = _STATES.get(job.stage, "COMPLETED")
        body: dict[str, Any] = {"status": state, "request_id": job.id, **self._addresses(job)}
        if state == "IN_QUEUE":
            body["queue_position"] = self._ahead(job)
        else:
            lines = [{"message": "emulated", "timestamp": "2026-01-01T00:00:00Z"}]
            body["logs"] = lines if request.args.get("logs") in {"1", "true"} else None
            body["metrics"] = {"inference_time": self._ctx.job_s}
        if state == "COMPLETED" and job.failure and self._knobs.failure_told:
            body |= {"error": job.failure.replace("_", " "), "error_type": job.failure}
        return body, 200 if state == "COMPLETED" else self._knobs.unfinished_status

    def response(self, app: str, job_id: str) -> Response:
        job = self._known(app, job_id)
        if request.endpoint == "response_suffix" and self._knobs.addresses == "suffix_405":
            raise kit.Refused("405", "Method Not Allowed")
        if job.stage in _STATES:
            raise kit.Refused("400", "Request is still in progress")
        failure = "client_cancelled" if job.is_cancelled else job.failure
        made = answer(failure, job.data["wrong"]) if failure else jsonify(self._output(job))
        made.headers["x-fal-request-id"] = job.id
        if not failure or self._knobs.failed_units != "untold":
            made.headers["X-Fal-Billable-Units"] = str(self._ctx.billed[job.id])
        return made

    def cancel(self, app: str, job_id: str) -> tuple[dict[str, str], int]:
        job = self._known(app, job_id)
        if job.stage not in _STATES:
            raise kit.Refused("ALREADY_COMPLETED")
        if job.stage == "pending" or self._knobs.cancelled_running == "stops":
            job.is_cancelled = True
            self._ctx.bill(job.id, -self._ctx.billed[job.id])
        told = self._knobs.cancel_answer
        return {"status": told}, 200 if told == "OK" else 202

    def balance(self) -> dict[str, Any]:
        if self._knobs.key_scope != "admin":
            raise kit.Refused("403", "This key may not read billing")
        return {"credits": {"current_balance": self._left(), "currency": "USD"}}

    def _left(self) -> float:
        """Return what is left in US dollars, each model at its own price."""
        spent = 0.0
        for job_id, units in self._ctx.billed.items():
            job = self._ctx.jobs.get(job_id)
            spent += units * (_PRICES.get(job.data["endpoint"], _PRICE) if job else _PRICE)
        return round(self._knobs.balance - spent, 6)

    def _inputs(self, endpoint: str, body: dict[str, Any]) -> tuple[list[bytes], list[Any]]:
        """Return the images, and the details of all that is wrong; these echo the input."""
        fields = kit.read_fields(MODELS[endpoint])
        wrong: list[Any] = []
        images: list[bytes] = []
        for bad in kit.check_fields(body, fields):
            kind = _FAULTS.get(bad.fault, "one_of")
            wrong.append(detail(kind, bad.name, bad.text, input=body.get(bad.name)))
        values = body.get("image_urls") or [body.get(name) for name in [*fields][:2]]
        for text in [] if wrong else values:
            try:
                images.append(self._ctx.receive_image(str(text)).data)
            except (kit.BadImage, kit.FetchRefused) as error:
                kind = ("file_download_error", "image_load_error")[isinstance(error, kit.BadImage)]
                wrong.append(detail(kind, [*fields][len(images)], str(error), input=text))
        return images, wrong

    def _known(self, app: str, job_id: str) -> kit.EmulatedJob:
        job = self._ctx.jobs.get(job_id)
        if job is None or app not in {job.data["endpoint"], job.data["app"]}:
            raise kit.Refused("NOT_FOUND")
        return job

    def _addresses(self, job: kit.EmulatedJob) -> dict[str, str]:
        knob = self._knobs.addresses
        origin = "https://other.invalid" if knob == "foreign" else self._ctx.address
        app = job.data["app"] if knob in {"app", "foreign"} else job.data["endpoint"]
        base = f"{origin}/{app}/requests/{job.id}"
        ends = {"status": "/status", "cancel": "/cancel"}
        ends["response"] = "/response" if knob.startswith("suffix") else ""
        return {} if knob == "none" else {f"{what}_url": base + end for what, end in ends.items()}

    def _ahead(self, job: kit.EmulatedJob) -> int:
        waiting = [one.id for one in self._ctx.jobs.all() if one.stage == "pending"]
        return waiting.index(job.id) if job.id in waiting else 0

    def _output(self, job: kit.EmulatedJob) -> dict[str, Any]:
        (person, *garments), body = job.data["images"], job.data["body"]
        shape = (body.get("aspect_ratio") or {}).get("ratio") or ""
        url = self._ctx.publish_result(
            job, person, garments, shape=shape, lifetime_s=job.data["lifetime_s"]
        )
        if body.get("sync_mode"):
            drawn = base64.b64encode(self._ctx.draw_result(person, garments, shape=shape)).decode()
            url = f"data:image/png;base64,{drawn}"
        image = {"url": url, "content_type": "image/png", "file_name": "result.png", "width": None}
        return {"image": image} if "human_image_url" in body else {"images": [image] * _count(body)}


def _count(body: dict[str, Any]) -> int:
    return int(body.get("num_samples") or body.get("num_images") or 1)


def _understood(endpoint: str, body: dict[str, Any], images: list[bytes]) -> kit.Understood:
    person, *garments = images
    kinds = [kind for kind in KINDS if kind in body]
    named = {KINDS[kind].get(body[kind], "auto"): garments[0] for kind in kinds}
    is_fashn = endpoint.startswith("fal-ai/fashn")
    return kit.Understood(
        person=person,
        garments=named or ({"auto": garments[0]} if is_fashn else garments),
        options={**body, "aspect_ratio": (body.get("aspect_ratio") or {}).get("ratio")},
        outputs=_count(body),
        model=endpoint,
    )
