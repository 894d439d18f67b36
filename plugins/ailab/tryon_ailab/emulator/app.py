"""The routes: submit, poll, balance."""

import hmac
import threading
from http import HTTPStatus
from typing import Any

import attrs
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from tryon_ailab.emulator.codes import FAILED_STATUS
from tryon_ailab.emulator.envelope import Envelope, Refusal
from tryon_ailab.emulator.forms import Form, read_form
from tryon_ailab.emulator.images import check_image, make_result
from tryon_ailab.emulator.knobs import Knobs
from tryon_ailab.models import MODELS, PATHS
from tryon_testing.emulation import EmulatedJob, EmulatorContext

KEY = "emulatedAILabKey" * 4
"""The key that it accepts; published keys of the vendor have 64 letters and digits as well."""
_STATUSES = {"pending": 0, "running": 1, "done": 2}
_NO_FORM = Form(files={}, words={})
"""Images are not kept longer than they are needed."""
_EARLY_DATA: dict[str, Any] = {
    "missing": {},
    "empty": {"data": {}},
    "blank": {"data": {"image": ""}},
    "null": {"data": None},
}


@attrs.define(kw_only=True, eq=False)
class _Task:
    """What the vendor remembers of a submission."""

    model: str
    form: Form
    refusal: Refusal | None
    polls: int = 0


@attrs.define(eq=False)
class _Service:
    """The vendor: its account, its tasks."""

    ctx: EmulatorContext
    knobs: Knobs
    envelope: Envelope
    key: str
    paths: dict[str, str]
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.ctx.left = self._credits_left

    def submit(self) -> Response:
        """Take the images and give a task."""
        self._check_key()
        model = self.paths[request.path]
        form = read_form(request, model, self.knobs)
        with self._lock:
            self._check_limits()
            self._check_credits(_credits_of(model))
            refusal = self._look_at(form, model)
            if refusal is not None and self.knobs.image_checks == "submit":
                raise refusal
            job = self._accept(model, form, refusal)
        return self.envelope.success(task_type="async", task_id=job.id)

    def poll(self) -> Response:
        """Return the state of a task."""
        self._check_key()
        job = self._find(request.args.get("task_id", ""))
        task: _Task = job.data["task"]
        task.polls += 1
        if task.polls <= self.knobs.transient_422:
            raise Refusal("FILE_CONTENT_NON_COMPLIANCE")
        status = _STATUSES[job.stage] if self.knobs.status is None else self.knobs.status
        if job.stage == "done" and task.refusal is not None:
            return self._failed(task.refusal)
        is_done = status == _STATUSES["done"] and task.refusal is None
        fields = self._result(job, task) if is_done else self._early(task)
        return self.envelope.success(with_ids=self.knobs.poll_ids, task_status=status, **fields)

    def balance(self) -> Response:
        """Tell what is left; packs for a single model are bought apart."""
        self._check_key()
        common = self._pool("common", "Universal credits", self._credits_left())
        own = self._pool("portrait_try_on_clothes", "Try on Clothes", self.knobs.own_credits)
        return self.envelope.success(data=[common, own])

    def _check_key(self) -> None:
        given = request.headers.get("ailabapi-api-key", "")
        if not hmac.compare_digest(given.encode(), self.key.encode()):
            raise Refusal(self.knobs.key_code)

    def _check_limits(self) -> None:
        limit, most = self.knobs.submissions, self.knobs.running_jobs
        is_busy = most is not None and self.ctx.jobs.running() >= most
        is_fast = limit is not None and not self.ctx.quota.take(
            "submit", limit=limit, window_s=self.knobs.window_s
        )
        if is_busy or is_fast:
            raise Refusal("EXCEEDING_LIMITS")

    def _check_credits(self, needed: int) -> None:
        if self._credits_left() < needed:
            raise Refusal("ERROR_NOT_ENOUGH_CREDITS")

    def _credits_left(self) -> float:
        return self.knobs.credit_count - sum(self.ctx.billed.values())

    def _look_at(self, form: Form, model: str) -> Refusal | None:
        found = (
            check_image(data, self.ctx, self.knobs, model=model) for data in form.files.values()
        )
        refusal = next((refusal for refusal in found if refusal is not None), None)
        if refusal is None and self.knobs.job_failure:
            return Refusal(self.knobs.job_failure, "As configured.")
        return refusal

    def _accept(self, model: str, form: Form, refusal: Refusal | None) -> EmulatedJob:
        now_ms = int(self.ctx.clock.now().timestamp() * 1000)
        task = _Task(model=model, form=_NO_FORM if refusal else form, refusal=refusal)
        job = self.ctx.jobs.create(
            data={"task": task},
            failure=refusal.code if refusal else None,
            understood=form.understood(model),
            job_id=f"{now_ms}.{self.ctx.new_id()}",
        )
        if job.failure and task.refusal is None:
            task.refusal = Refusal(job.failure, "As configured.")
        # Only what succeeds is charged, and what becomes of a task is known from the beginning.
        if not job.failure:
            self.ctx.bill(job.id, _credits_of(model))
        return job

    def _find(self, task_id: str) -> EmulatedJob:
        if not task_id:
            code = "UNSUPPORTED_PARAMETER_VALUES"
            raise Refusal(code, "Invalid parameter values. - task_id: Cannot be empty.")
        job = self.ctx.jobs.get(task_id)
        if job is None:
            raise Refusal(self.knobs.unknown_task)
        if job.age_s >= self.knobs.task_lifetime_s:
            raise Refusal(self.knobs.expired_task)
        return job

    def _failed(self, refusal: Refusal) -> Response:
        if self.knobs.failure_mode == "C" or refusal.code == FAILED_STATUS:
            return self.envelope.success(with_ids=self.knobs.poll_ids, task_status=3)
        is_in_body = self.knobs.failure_mode == "B"
        return self.envelope.failure(refusal, status=HTTPStatus.OK if is_in_body else None)

    def _early(self, task: _Task) -> dict[str, Any]:
        early: dict[str, Any] = _EARLY_DATA[self.knobs.early_data] if task.model == "base" else {}
        return early

    def _result(self, job: EmulatedJob, task: _Task) -> dict[str, Any]:
        with self._lock:
            if job.output is None:
                job.output = self._publish(job, task)
                task.form = _NO_FORM
        if task.model == "base":
            return {"data": {"image": job.output}}
        return {"output": {"image_url": job.output}, "usage": {"image_count": 1}}

    def _publish(self, job: EmulatedJob, task: _Task) -> str:
        kind = self.knobs.result_format
        drawn = self.ctx.draw_result(task.form.person, task.form.garments)
        data = make_result(drawn, resolution=task.form.words.get("resolution", "-1"), kind=kind)
        age_s = (self.ctx.clock.now() - job.ended_at).total_seconds()
        return self.ctx.publish(
            data,
            f"image/{kind.lower()}",
            name=f"{self.ctx.new_id()}_{int(job.ended_at.timestamp())}.{kind.lower()}",
            lifetime_s=self.knobs.result_lifetime_s - max(0.0, age_s),
        )

    def _pool(self, sign: str, name: str, left: float) -> dict[str, Any]:
        bought = self.knobs.credit_count if sign == "common" else self.knobs.own_credits
        now = int(self.ctx.clock.now().timestamp())
        return {
            "unique_sign": sign,
            "name": name,
            "balance": left,
            "total": bought,
            "last_recharge_balance": bought,
            "balance_warning": 0.0,
            "first_buy_time": now,
            "last_update_time": now,
        }


def _credits_of(model: str) -> int:
    price = MODELS[model].price
    return 0 if price is None else int(price.amount)


def build(ctx: EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application.

    Args:
        ctx: what the toolkit offers.
        knobs: behaviour where the documents leave it open.
    """
    paths = {path: model for model, path in PATHS.items()}
    del paths[PATHS["pro"]]
    paths[knobs.pro_path] = "pro"
    envelope = Envelope(knobs, ctx.new_id)
    service = _Service(ctx, knobs, envelope, KEY, paths)
    app = Flask("tryon_ailab.emulator")
    app.config["ENVELOPE"] = envelope
    for path in paths:
        app.add_url_rule(path, "submit", service.submit, methods=["POST"])
    app.add_url_rule("/api/common/query-async-task-result", "poll", service.poll)
    app.add_url_rule("/api/common/query-credits", "balance", service.balance)
    app.register_error_handler(Refusal, envelope.failure)
    app.register_error_handler(HTTPException, _nothing_here(envelope))
    return app


def _nothing_here(envelope: Envelope) -> Any:
    """Answer what no route answers as the vendor answers for its retired models."""
    codes = {
        HTTPStatus.NOT_FOUND: "ERROR_AI_NOT_EXISTS",
        HTTPStatus.METHOD_NOT_ALLOWED: "ERROR_ILLEGAL_OPERATION",
    }

    def answer(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        return envelope.failure(Refusal(codes.get(status, "SERVICE_INTERNAL_ERROR")))

    return answer
