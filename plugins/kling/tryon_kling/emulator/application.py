"""The vendor's routes: the classic interface, the later one, and the packs of the account."""

import threading
import uuid
from datetime import datetime, timedelta
from typing import Any

import attrs
from flask import Flask, Response, request

from tryon_kling.emulator import protocol
from tryon_kling.emulator.knobs import Knobs
from tryon_kling.emulator.protocol import LATER, accepted, is_later
from tryon_testing.emulation import (
    BadBody,
    BadImage,
    EmulatedJob,
    EmulatorContext,
    FetchRefused,
    Refused,
)
from tryon_testing.emulation.images import Form

CLASSIC = "/v1/images/kolors-virtual-try-on"
_WORDS = {"pending": "submitted", "running": "processing"}
_MOST_IDS, _RESULT_S, _PACK_AGE = 20, timedelta(days=30).total_seconds(), timedelta(days=200)


def build(ctx: EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.config["KNOBS"] = knobs
    # The vendor's own program asks for a task with two slashes.
    app.url_map.merge_slashes = False
    service = Service(ctx, knobs)
    app.before_request(service.admit)
    app.register_error_handler(Refused, protocol.refusal)
    app.register_error_handler(BadBody, lambda e: protocol.refusal(Refused("1200", str(e))))
    for path in (CLASSIC, f"{LATER}/virtual_try_on"):
        app.add_url_rule(path, "submit", service.submit, methods=["POST"])
    for path in (f"{CLASSIC}/<name>", f"{CLASSIC}//<name>", LATER):
        app.add_url_rule(path, "poll", service.poll)
    app.add_url_rule("/account/costs", "balance", service.balance)
    return app


class Service:
    """The service behind the routes."""

    def __init__(self, ctx: EmulatorContext, knobs: Knobs) -> None:
        self._ctx, self._knobs = ctx, knobs
        self._units = knobs.units
        ctx.left = lambda: self._units
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Look at who asks, before anything else is looked at."""
        if request.endpoint in {"submit", "poll", "balance"}:
            protocol.admit(self._ctx.clock.now(), self._knobs)

    def submit(self) -> Response:
        """Take a try-on."""
        sent = protocol.read(self._knobs)
        images, failure = self._images(sent)
        job = self._accept(sent[1], images, failure)
        if not failure:
            job.understood = attrs.evolve(sent[3], person=images[0], garments=images[1:])
        if self._knobs.late_code:
            raise Refused(self._knobs.late_code)
        return accepted({"task_id": job.id, **self._told(job)})

    def poll(self, name: str = "") -> Response:
        """Say how a task of the classic interface is, or tasks of the later one, by either id."""
        if not name:
            jobs = [self._known(one) for one in _asked_ids()]
            return accepted([self._told(job) for job in jobs if job is not None])
        job = self._known(name)
        if job is None and self._knobs.unknown_id == "404":
            raise Refused("1203")
        unknown = {"task_id": name, "task_status": "failed", "task_status_msg": "task not found"}
        return accepted(self._told(job) if job else unknown)

    def balance(self) -> Response:
        """List the packs that were bought within the window."""
        if not self._ctx.quota.take("costs", limit=1, window_s=1.0):
            raise Refused("1302")
        start_ms, end_ms = (request.args.get(f"{end}_time", type=int) for end in ("start", "end"))
        if start_ms is None or end_ms is None:
            raise Refused("1201", "start_time and end_time are needed, in milliseconds")
        bought_ms = _ms(self._ctx.clock.now() - _PACK_AGE)
        packs = [
            ("Virtual Try-On - trial", "expired", 5.0, bought_ms),
            ("Virtual Try-On - 1000 units", "online", float(self._units), bought_ms),
            ("Video generation", "online", 77.0, bought_ms),
        ]
        names = ("resource_pack_name", "status", "remaining_quantity", "purchase_time")
        is_shown = start_ms <= bought_ms <= end_ms
        infos = [dict(zip(names, pack, strict=True)) for pack in packs if is_shown]
        return accepted({"code": 0, "msg": "SUCCEED", "resource_pack_subscribe_infos": infos})

    def _images(self, sent: protocol.Submission) -> tuple[list[bytes], str]:
        """Return the images, and what fails the task, empty for nothing."""
        forms: tuple[Form, ...] = ("url",) if is_later() else ("url", "base64")
        images, failure = [], self._knobs.job_failure
        for name, text in sent[0].items():
            try:
                images.append(self._ctx.receive_image(text, forms=forms, rules=sent[2]).data)
            except (BadImage, FetchRefused) as error:
                failure = f"{name}: {error}"
                if not text.startswith("http") or self._knobs.image_faults == "submit":
                    raise Refused("1201", failure) from None
        return images, failure

    def _accept(self, own_id: str, images: list[bytes], failure: str) -> EmulatedJob:
        """Make the task, unless the packs or the slots are used up, and charge for it."""
        with self._lock:
            used = {job.data["own_id"] for job in self._ctx.jobs.all()} - {""}
            if own_id in used and self._knobs.repeated_external_id == "refuse":
                raise Refused("1201", f"external_task_id {own_id} is not unique")
            if self._units < 1:
                raise Refused("1102")
            if self._ctx.jobs.running() >= self._knobs.running_jobs:
                raise Refused("1303")
            number = 10**17 + uuid.UUID(self._ctx.new_id()).int % (9 * 10**17)
            data = {"own_id": own_id, "images": images, "is_later": is_later()}
            job = self._ctx.jobs.create(data=data, failure=failure or None, job_id=str(number))
            units = self._knobs.failed_units if job.failure else 1
            if units:
                self._units -= units
                self._ctx.bill(job.id, units)
        return job

    def _known(self, name: str) -> EmulatedJob | None:
        jobs = [job for job in self._ctx.listed_jobs() if job.data["is_later"] == is_later()]
        return next((job for job in jobs if name in {job.id, job.data["own_id"]}), None)

    def _told(self, job: EmulatedJob) -> dict[str, Any]:
        """Return a task in the form of its interface."""
        is_over = job.stage == "done"
        failure = job.failure or "" if is_over else ""
        word = _WORDS.get(job.stage) or ("failed" if failure else self._knobs.succeeded)
        url, own_id = "", job.data["own_id"]
        if is_over and not failure:
            person, garment = job.data["images"]
            url = self._ctx.publish_result(job, person, [garment], lifetime_s=_RESULT_S)
        times_ms = _ms(job.created_at), _ms(self._ctx.clock.now())
        if job.data["is_later"]:
            told: dict[str, Any] = {"id": job.id, "status": word, "message": failure}
            told |= {"create_time": times_ms[0], "update_time": times_ms[1]}
            told |= {"external_id": own_id, "outputs": [], "billing": []}
            if url:
                told["outputs"] = [{"type": "image", "url": url}]
                told["billing"] = [{"charge_type": "unit", "amount": "1", "package_type": "image"}]
            return told
        told = {"task_id": job.id, "task_status": word, "task_info": {"external_task_id": own_id}}
        told |= {"created_at": times_ms[0], "updated_at": times_ms[1]}
        if is_over:
            told |= {
                "task_status_msg": failure,
                "final_unit_deduction": str(self._ctx.billed.get(job.id, 0)),
            }
        return {**told, "task_result": {"images": [{"index": 0, "url": url}]}} if url else told


def _asked_ids() -> list[str]:
    kinds = {"task_ids", "external_task_ids"} & set(request.args)
    ids = [one for kind in kinds for one in request.args[kind].split(",")]
    if len(kinds) != 1 or len(ids) > _MOST_IDS:
        raise Refused("1201", "give at most 20 of either task_ids or external_task_ids")
    return ids


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
