"""The vendor's four routes."""

import threading
from http import HTTPStatus
from urllib.parse import urljoin

import attrs
from flask import Flask, Response, jsonify, request

from tryon_pixelcut.emulator.answers import Refused, failed_job, refusal, waiting_failure
from tryon_pixelcut.emulator.images import received
from tryon_pixelcut.emulator.knobs import Knobs
from tryon_pixelcut.emulator.submission import KINDS, ROLES, Submission, read_submission
from tryon_testing.emulation import EmulatedJob, EmulatorContext, Understood

KEY = "sk_emulated_0000000000000000000000"
_JOB = "/v1/try-on/job/<job_id>"


def build(ctx: EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.config["KNOBS"] = knobs
    service = Service(ctx, knobs)
    app.before_request(service.admit)
    app.after_request(service.mark_expired)
    app.register_error_handler(Refused, refusal)
    app.add_url_rule("/v1/try-on", "submit", service.submit, methods=["POST"])
    app.add_url_rule(_JOB, "poll", service.poll)
    app.add_url_rule(f"{_JOB}/cancel", "cancel", service.cancel, methods=["POST"])
    app.add_url_rule("/v1/credits", "balance", service.balance)
    return app


class Service:
    """The service behind the routes.

    Args:
        ctx: clock, jobs and images.
        knobs: how to behave where the documents leave it open.
    """

    def __init__(self, ctx: EmulatorContext, knobs: Knobs) -> None:
        self._ctx = ctx
        self._knobs = knobs
        self._credits = knobs.credits
        ctx.left = lambda: self._credits
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Look at the key and count the request, before anything else is looked at."""
        if request.endpoint not in {"submit", "poll", "cancel", "balance"}:
            return
        if request.headers.get("X-API-Key") != KEY:
            raise Refused("invalid_auth_token")
        # The page names no code for this, and JSON as the only type.
        if request.accept_mimetypes and not request.accept_mimetypes.accept_json:
            raise Refused("unsupported_content_type", f"Accept: {request.headers['Accept']}")
        counts = request.endpoint != "poll" or self._knobs.polling_counts
        limit = self._knobs.requests_per_s
        if counts and not self._ctx.quota.take("requests", limit=limit, window_s=1.0):
            raise Refused("rate_limit_exceeded")

    def submit(self) -> Response:
        """Take a try-on, and answer with a job or with its result."""
        submission = read_submission(request, self._knobs)
        images = {
            role: received(role, submission.images[role], self._ctx, self._knobs) for role in ROLES
        }
        bare = submission.remove_background
        kind = self._knobs.removed_background if bare else "jpeg"
        job = self._accept({**images, "kind": kind}, _understood(submission, **images))
        asked = "result" if submission.wait_for_result else "job"
        given = asked if self._knobs.submit_answer == "as_asked" else self._knobs.submit_answer
        return self._finished(job) if given == "result" else self._accepted(job)

    def poll(self, job_id: str) -> Response:
        """Return the state of a job."""
        answer = self._status(job_id)
        if self._knobs.status_job_id != "own":
            body = {name: value for name, value in answer.get_json().items() if name != "job_id"}
            other = {"job_id": self._ctx.new_id()} if self._knobs.status_job_id == "other" else {}
            answer.set_data(jsonify({**other, **body}).get_data())
        return answer

    def _status(self, job_id: str) -> Response:
        job = self._known(job_id)
        if job.age_s >= self._knobs.job_lifetime_s:
            return failed_job(job_id, "job_expired")
        if job.stage == "cancelled" and self._knobs.cancelled_status == "failed":
            return failed_job(job_id, "job_cancelled")
        if job.stage == "cancelled":
            return jsonify(job_id=job_id, status=self._knobs.cancelled_status)
        if job.stage != "done":
            return jsonify(job_id=job_id, status=job.stage)
        if job.failure:
            return failed_job(job_id, job.failure)
        return jsonify(job_id=job_id, status="completed", result_url=self._result_url(job))

    def cancel(self, job_id: str) -> Response:
        """Stop a job that waits or runs."""
        job = self._known(job_id)
        with self._lock:
            if job.stage not in {"pending", "running"}:
                raise Refused("job_finished")
            job.is_cancelled = True
            if not job.failure:
                self._charge(job, -self._knobs.try_on_credits)
        return jsonify(message="Job cancelled")

    def balance(self) -> Response:
        """Say how many credits are left."""
        left = str(self._credits) if self._knobs.credits_as_text else self._credits
        return jsonify(credits_remaining=left)

    def mark_expired(self, answer: Response) -> Response:
        """Answer an expired result as configured."""
        if request.endpoint == "result" and answer.status_code == HTTPStatus.FORBIDDEN:
            answer.status_code = self._knobs.expired_result
        return answer

    def _accept(self, data: dict[str, object], understood: Understood) -> EmulatedJob:
        """Charge for a job that will succeed, and begin with it."""
        knobs = self._knobs
        with self._lock:
            if self._credits < knobs.try_on_credits:
                raise Refused("insufficient_api_credits")
            if knobs.running_jobs and self._ctx.jobs.running() >= knobs.running_jobs:
                raise Refused("rate_limit_exceeded")
            failure = knobs.job_failure or None
            job = self._ctx.jobs.create(data=data, failure=failure, understood=understood)
            if not job.failure:
                self._charge(job, knobs.try_on_credits)
        return job

    def _charge(self, job: EmulatedJob, amount: int) -> None:
        self._credits -= amount
        self._ctx.bill(job.id, amount)

    def _accepted(self, job: EmulatedJob) -> Response:
        answer = jsonify(job_id=job.id)
        answer.status_code = HTTPStatus.ACCEPTED
        path = f"/v1/try-on/job/{job.id}"
        if self._knobs.location == "dead":
            answer.headers["Location"] = f"/v1/try-on/{job.id}"
        bases = {"relative": "", "absolute": request.host_url, "foreign": "https://other.invalid"}
        if self._knobs.location in bases:
            answer.headers["Location"] = urljoin(bases[self._knobs.location], path)
        return answer

    def _finished(self, job: EmulatedJob) -> Response:
        self._ctx.clock.sleep(self._ctx.job_s)
        if job.failure:
            return waiting_failure(job.failure, self._knobs.waiting_failure)
        return jsonify(result_url=self._result_url(job))

    def _known(self, job_id: str) -> EmulatedJob:
        job = self._ctx.jobs.get(job_id)
        if job is None:
            raise Refused("not_found")
        is_gone = job.age_s >= self._knobs.job_lifetime_s
        if is_gone and self._knobs.expired_job == "not_found":
            raise Refused("not_found")
        return job

    def _result_url(self, job: EmulatedJob) -> str:
        """Return where the result is; it lives from the end of the job, whenever one asks."""
        with self._lock:
            if job.output is None:
                person, garment, kind = (job.data[name] for name in (*ROLES, "kind"))
                data = self._ctx.draw_result(person, [garment], kind=kind.upper())
                age_s = (self._ctx.clock.now() - job.ended_at).total_seconds()
                job.output = self._ctx.publish(
                    data,
                    f"image/{kind}",
                    name=f"{self._ctx.new_id()}.{'png' if kind == 'png' else 'jpg'}",
                    lifetime_s=self._knobs.result_lifetime_s - age_s,
                )
            return str(job.output)


def _understood(submission: Submission, *, person: bytes, garment: bytes) -> Understood:
    kind = KINDS.get(submission.garment_mode or "", "a mode that was not sent")
    return Understood(
        person=person,
        garments=[garment] if submission.garment_mode == "auto" else {kind: garment},
        options=attrs.asdict(submission),
    )
