"""The emulated service: its interfaces, behind the gateway."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from tryon_aidge.emulator.answers import SERVICE_WORDS, Answers, Refusal
from tryon_aidge.emulator.gate import BASE, Call, Gate
from tryon_aidge.emulator.images import fetch_images, image_count, understood
from tryon_aidge.emulator.knobs import Knobs
from tryon_aidge.emulator.results import SubTask, make_parts, status_of, task_data
from tryon_aidge.emulator.tasks import Task, read_tasks
from tryon_testing.emulation import EmulatedJob, EmulatorContext

KEYS = {"512345": "S3cr3tExampleKey0000000000000000"}
"""The one key pair that is accepted: the name and secret that the vendor's samples look like."""
SUBMIT = "/ai/virtual/tryon-pro"
QUERY = "/ai/virtual/tryon-results"
BALANCE = "/ai/query/balance"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MINUTE_S = 60.0


class Service:
    """Answers calls that the gateway lets pass.

    Args:
        ctx: time, jobs, images.
        knobs: how it behaves.
    """

    def __init__(self, ctx: EmulatorContext, knobs: Knobs) -> None:
        self._ctx = ctx
        self._knobs = knobs
        self._answers = Answers(ctx, knobs)
        self._gate = Gate(KEYS, knobs, ctx.clock)
        self._used: Counter[bool] = Counter()
        self._polls: Counter[str] = Counter()
        self._lock = threading.Lock()
        ctx.left = self._paid_left

    def answer(self) -> Response:
        """Answer the request at hand, whatever its path."""
        try:
            return self._serve(self._gate.admit(request))
        except Refusal as refusal:
            return self._answers.refused(refusal)

    def _serve(self, call: Call) -> Response:
        interfaces = {SUBMIT: self._submit, QUERY: self._query, BALANCE: self._balance}
        interface = interfaces.get(call.api_path)
        if interface is None or (request.method != "POST" and call.api_path != QUERY):
            raise Refusal("InvalidApiPath")
        return interface(call)

    def _submit(self, call: Call) -> Response:
        self._check_quota(call)
        limit = self._knobs.submissions_per_minute
        self._check_rate("submit", call, limit)
        tasks = read_tasks(call.business, self._knobs)
        job = self._start(call, tasks)
        result: Any = {"taskId": job.id}
        if self._knobs.result_encoding == "string":
            result = json.dumps(result, separators=(",", ":"))
        return self._answers.success({"result": result})

    def _start(self, call: Call, tasks: list[Task]) -> EmulatedJob:
        failure = self._knobs.failing_code or None
        images = []
        try:
            images = [fetch_images(task, self._ctx, self._knobs) for task in tasks]
        except Refusal as refusal:
            if self._knobs.image_faults == "submit":
                raise
            failure = refusal.code
        with self._lock:
            self._used[call.is_trial] += 1
        data = {"tasks": tasks, "images": images}
        said = understood(tasks[0], images[0], self._knobs) if images else None
        job = self._ctx.jobs.create(
            data=data, failure=failure, understood=said, account=call.app_key
        )
        if not call.is_trial:
            self._ctx.bill(job.id, sum(image_count(task, self._knobs) for task in tasks))
        return job

    def _query(self, call: Call) -> Response:
        if self._knobs.queries_per_minute:
            self._check_rate("query", call, self._knobs.queries_per_minute)
        either = self._knobs.query_field == "any"
        names = ("task_id", "taskId") if either else (self._knobs.query_field,)
        task_id = next((call.business[name] for name in names if call.business.get(name)), None)
        if not isinstance(task_id, str):
            raise Refusal("700", f"{names[0]} is missing")
        job = self._ctx.jobs.get(task_id)
        if job is None or job.account != call.app_key:
            raise Refusal("700", f"{names[0]} is unknown")
        stage = job.stage  # once: it may change meanwhile
        parts = self._parts(job) if stage == "done" and not job.failure else []
        status = status_of(stage, job.failure, parts)
        data = task_data(job, status, parts, self._knobs)
        self._polls[job.id] += 1
        if self._polls[job.id] <= self._knobs.foreign_polls:
            data["taskId"] = self._ctx.new_id()
        if status == "failed" and self._knobs.failure_place == "resMessage":
            code = job.failure or "801"
            return self._answers.success(data, code=code, words=SERVICE_WORDS.get(code, "failed"))
        return self._answers.success(data)

    def _parts(self, job: EmulatedJob) -> list[SubTask]:
        """Return the sub-tasks of a job, which are made when it is first asked for."""
        with self._lock:
            if job.output is None:
                job.output = make_parts(
                    job.data["tasks"], job.data["images"], self._ctx, self._knobs
                )
        parts: list[SubTask] = job.output
        return parts

    def _balance(self, call: Call) -> Response:
        if call.business.get("apiPath") not in (SUBMIT, QUERY):
            raise Refusal("700", "apiPath must name an interface")
        return self._answers.balance(self._paid_left())

    def _paid_left(self) -> int:
        return self._knobs.paid_calls - self._used[False]

    def _check_quota(self, call: Call) -> None:
        calls = self._knobs.trial_calls if call.is_trial else self._knobs.paid_calls
        if self._used[call.is_trial] >= calls:
            raise Refusal("NoResource")

    def _check_rate(self, operation: str, call: Call, limit: int) -> None:
        name = f"{operation} {call.app_key}"
        if not self._ctx.quota.take(name, limit=limit, window_s=_MINUTE_S):
            raise Refusal("501")


def build(ctx: EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application; the names of its endpoints are the operations of faults."""
    app = Flask("tryon_aidge.emulator", static_folder=None)
    answer: Callable[..., Response] = Service(ctx, knobs).answer
    paths = {"submit": SUBMIT, "poll": QUERY, "balance": BALANCE}
    for name, path in paths.items():
        app.add_url_rule(BASE + path, name, answer, methods=_METHODS)
    # The gateway looks at keys before it looks at paths.
    app.add_url_rule(f"{BASE}/", "rest", answer, methods=_METHODS, strict_slashes=False)
    app.add_url_rule(f"{BASE}/<path:_>", "unknown", lambda _: answer(), methods=_METHODS)
    return app
