"""The vendor's routes."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from tryon_replicate.emulator import answers
from tryon_replicate.emulator.catalogue import MODELS, find_model
from tryon_replicate.emulator.knobs import Knobs
from tryon_testing import emulation as toolkit
from tryon_testing.emulation import EmulatedJob, Refused

KEY = "r8_emulated0000000000000000000000000000"
_LOW_USD, _MAX_FILE_BYTES, _KEPT_S, _FILE_KEPT = 5, 100_000_000, 3600.0, timedelta(days=1)
_DURATION, _WAIT = re.compile(r"([1-9][0-9]{0,4})([smh])"), re.compile(r"wait(?:=([0-9]+))?")
_WORDS = {"pending": "starting", "running": "processing"}
_KINDS = {"png": "PNG", "webp": "WEBP"}


def build(ctx: toolkit.EmulatorContext, knobs: Knobs) -> Flask:
    """Return the application."""
    app, service = Flask(__name__), _Service(ctx, knobs)
    app.before_request(service.admit)
    app.register_error_handler(Refused, answers.refusal)
    app.register_error_handler(
        toolkit.BadBody, lambda bad: answers.refusal(Refused(answers.INVALID, f"- {bad}\n"))
    )
    for method, rule, name in (
        ("POST", "predictions", "submit"),
        ("POST", "models/<owner>/<name>/predictions", "submit"),
        ("GET", "predictions", "list"),
        ("GET", "predictions/<job_id>", "poll"),
        ("POST", "predictions/<job_id>/cancel", "cancel"),
        ("GET", "models/<owner>/<name>", "model"),
        ("GET", "models/<owner>/<name>/versions/<version>", "model"),
        ("POST", "files", "upload"),
        ("GET", "files/<file_id>", "file"),
        ("DELETE", "files/<file_id>", "file"),
    ):
        app.add_url_rule(f"/v1/{rule}", name, getattr(service, f"{name}_"), methods=[method])
    return app


class _Service:
    """The service behind the routes: each has the method of its name."""

    def __init__(self, ctx: toolkit.EmulatorContext, knobs: Knobs) -> None:
        self._ctx, self._knobs = ctx, knobs
        self._files: dict[str, tuple[dict[str, Any], bytes]] = {}
        self._stopped: dict[str, str] = {}

    def admit(self) -> Response | None:
        """Look at the token and count the request, before anything else is looked at."""
        key, take = toolkit.key_sent("Bearer", "Token"), self._ctx.quota.take
        if request.endpoint == "result" and key:
            return Response("a result is fetched without the token", 403)
        if request.path.startswith("/v1/") and key != KEY:
            raise Refused("Unauthenticated")
        is_paid, credit_usd = request.endpoint == "submit", self._knobs.credit_usd
        if is_paid and credit_usd <= 0:
            raise Refused("Insufficient credit")
        if is_paid and credit_usd < _LOW_USD:
            if not (take("burst", limit=1, window_s=1) and take("low", limit=6, window_s=60)):
                raise Refused(answers.THROTTLED, answers.LOW_CREDIT)
        elif not take(f"paid {is_paid}", limit=600 if is_paid else 3000, window_s=60):
            raise Refused(answers.THROTTLED)
        return None

    def submit_(self, **route: str) -> Any:
        """Create a prediction, and hold the answer back as long as the client wants to wait."""
        body = toolkit.json_object()
        name, version = _model_of(body, "/".join(route.values()))
        (_, fields), given = MODELS[name], body.get("input")
        if not isinstance(given, dict):
            raise Refused(answers.INVALID, "- input is required\n")
        may_be_odd = self._knobs.unknown_inputs == "ignore"
        if faults := toolkit.check_fields(given, fields, is_unknown_fine=may_be_odd):
            return answers.invalid(faults)
        allowed_s = _seconds(request.headers.get("Cancel-After"))
        images, fault = self._images(*(given[key] for key in fields if fields[key].is_required))
        job = self._ctx.jobs.create(
            job_id=self._new_id(),
            failure=fault or self._knobs.job_failure or None,
            understood=None if fault else _understood((name, version), given, images),
            data={"model": name, "version": version or "hidden", "input": given, "images": images},
        )
        self._stop(job, after_s=allowed_s)
        if not job.failure and job.ends_s > job.starts_s:
            self._ctx.bill(job.id)
        if wait := _WAIT.fullmatch(request.headers.get("Prefer", "")):
            left_s = job.ends_s - self._ctx.clock.monotonic()
            self._ctx.clock.sleep(max(0.0, min(float(wait[1] or 60), left_s)))
        return self._shown(job), 201 if job.stage == "done" else 202

    def poll_(self, job_id: str) -> Any:
        """Return a prediction."""
        job = self._ctx.jobs.get(job_id)
        body = self._shown(job) if job else {"data_removed": True}
        if job is None or (body["data_removed"] and self._knobs.removed == "not_found"):
            raise Refused(answers.NOT_FOUND)
        return body

    def cancel_(self, job_id: str) -> Any:
        """Stop a prediction; one that is over stays what it is."""
        if job := self._ctx.jobs.get(job_id):
            self._stop(job, after_s=0.0)
        return self.poll_(job_id)

    def list_(self) -> Any:
        """Return the predictions of a time, the newest first, a page at a time."""
        query = request.args.to_dict()
        after, before = (_moment(query.get(f"created_{end}")) for end in ("after", "before"))
        found = [
            self._shown(job)
            for job in reversed(self._ctx.listed_jobs())
            if (not after or job.created_at >= after) and (not before or job.created_at < before)
        ]
        first, last = (int(query.get("cursor", 0)) + n for n in (0, self._knobs.page_size))
        more = f"{self._ctx.address}{request.path}?{urlencode({**query, 'cursor': last})}"
        return {"results": found[first:last], "next": more if found[last:] else None}

    def model_(self, owner: str, name: str, version: str | None = None) -> Any:
        """Return a model with its version, or that version alone."""
        number, _ = MODELS.get(f"{owner}/{name}", (None, {}))
        if number is None or version not in {None, number}:
            raise Refused(answers.NOT_FOUND)
        when = _text(self._ctx.clock.now())
        found = {"id": number, "created_at": when, "cog_version": "0.9.0", "openapi_schema": {}}
        more = {"url": "", "run_count": 1, "visibility": "public", "latest_version": found}
        return found if version else {"owner": owner, "name": name, **more}

    def upload_(self) -> Any:
        """Keep a file for a day."""
        sent, file_id, now = request.files.get("content"), self._new_id(), self._ctx.clock.now()
        if sent is None:
            raise Refused(answers.INVALID, "- content is required\n")
        data = sent.read()
        if len(data) > _MAX_FILE_BYTES:
            raise Refused("too large")
        about = {
            "id": file_id,
            "name": sent.filename,
            "content_type": sent.mimetype,
            "size": len(data),
            "etag": file_id,
            "checksums": {},
            "metadata": {},
            "created_at": _text(now),
            "expires_at": _text(now + _FILE_KEPT),
            "urls": {"get": f"{self._ctx.address}/v1/files/{file_id}"},
        }
        self._files[file_id] = about, data
        return about, 201

    def file_(self, file_id: str) -> Any:
        """Return what is known of a file that is kept, or forget it."""
        about, _ = self._files.get(file_id, ({"expires_at": ""}, b""))
        if _text(self._ctx.clock.now()) >= about["expires_at"]:
            raise Refused(answers.NOT_FOUND)
        if request.method == "DELETE":
            del self._files[file_id]
            return Response(status=204)
        return about

    def _images(self, person: str, garments: Any) -> tuple[list[Any], str]:
        """Return the person and the list of garments, or why the prediction will fail."""
        listed = garments if isinstance(garments, list) else [garments]
        try:
            found = [self._ctx.read_image(self._received(each)).data for each in (person, *listed)]
        except (Refused, toolkit.BadImage, toolkit.FetchRefused) as error:
            return [], f"cannot identify image file: {error}"
        return [found[0], found[1:]], ""

    def _received(self, value: Any) -> bytes:
        _, is_own, file_id = str(value).partition(f"{self._ctx.address}/v1/files/")
        if is_own:
            return self._files[self.file_(file_id)["id"]][1]
        return self._ctx.receive(str(value)).data

    def _stop(self, job: EmulatedJob, *, after_s: float) -> None:
        """End a prediction a time from now; it is aborted by a deadline before its start."""
        at_s = self._ctx.clock.monotonic() + after_s
        if at_s < job.ends_s:
            is_aborted = after_s and at_s <= job.starts_s
            self._stopped[job.id] = "aborted" if is_aborted else "canceled"
            job.starts_s, job.ends_s = min(job.starts_s, at_s), at_s

    def _shown(self, job: EmulatedJob) -> dict[str, Any]:
        """Return a prediction as the vendor shows it; an hour after its end without its data."""
        failure = job.failure or ""
        over = {"": "succeeded", answers.ABORTED: "aborted"}.get(failure, "failed")
        end = self._stopped.get(job.id, over)
        status, address = _WORDS.get(job.stage, end), f"{self._ctx.address}/v1/predictions/{job.id}"
        is_over, has_run = job.stage == "done", status not in {"starting", "aborted"}
        is_kept = (self._ctx.clock.now() - job.ended_at).total_seconds() < _KEPT_S
        output: Any = None
        if status == "succeeded" and is_kept:
            kind, images = _KINDS.get(job.data["input"].get("output_format")), job.data["images"]
            output = self._ctx.publish_result(job, *images, kind=kind or "JPEG", lifetime_s=_KEPT_S)
        return {
            "id": job.id,
            "model": job.data["model"],
            "version": job.data["version"],
            "status": status,
            "input": job.data["input"] if is_kept else {},
            "output": [output] if output and self._knobs.output == "list" else output,
            "error": answers.FAILURES.get(failure, failure) if status == "failed" else None,
            "logs": "",
            "created_at": _text(job.created_at),
            "started_at": _text(job.started_at) if has_run else None,
            "completed_at": _text(job.ended_at) if is_over else None,
            "data_removed": not is_kept,
            "source": "api",
            "metrics": {"predict_time": job.ends_s - job.starts_s} if is_over and has_run else {},
            "urls": {"get": address, "cancel": f"{address}/cancel"},
        }

    def _new_id(self) -> str:
        return self._ctx.new_id().replace("-", "")[:26]


def _model_of(body: dict[str, Any], official: str) -> tuple[str, str]:
    """Return model and version that a request names, in its path or as its version."""
    known = {"input", "webhook", "webhook_events_filter", "stream", "" if official else "version"}
    if unknown := sorted(set(body) - known):
        raise Refused(answers.INVALID, f"- Additional property {unknown[0]} is not allowed\n")
    found = find_model(official or str(body.get("version")))
    if found is None:
        raise Refused(answers.NOT_FOUND if official else answers.NO_VERSION)
    return found


def _understood(
    asked: tuple[str, str], given: dict[str, Any], images: list[Any]
) -> toolkit.Understood:
    person, garments = images
    kinds = {"upper_body": "top", "lower_body": "bottom", "dresses": "dress"}
    kind = kinds.get(given.get("category", ""), "no category")
    more = {
        "garment_description": given.get("garment_des"),
        "cancel_after_minutes": request.headers.get("Cancel-After", "").removesuffix("m") or None,
    }
    return toolkit.Understood(
        person=person,
        garments=garments if "garment_images" in given else {kind: garments[0]},
        options={**given, **more, "version": asked[1] or None},
        model=asked[0],
    )


def _seconds(text: str | None) -> float:
    """Return the seconds of the header `Cancel-After`, such as `1m`."""
    found = _DURATION.fullmatch(text or "9999h")
    if found is None:
        raise Refused(answers.INVALID, f"- Cancel-After: {text} is no duration\n")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
