"""The vendor's routes."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from tryon_replicate.emulator import answers
from tryon_replicate.emulator.catalogue import MODELS, find_model
from tryon_replicate.emulator.knobs import Knobs
from tryon_replicate.emulator.predictions import Predictions, time_text
from tryon_testing import emulation as toolkit
from tryon_testing.emulation import Refused

KEY = "r8_emulated0000000000000000000000000000"
_LOW_USD, _MAX_FILE_BYTES, _FILE_LIFETIME = 5, 100_000_000, timedelta(days=1)
_DURATION, _WAIT = re.compile(r"([1-9][0-9]{0,4})([smh])"), re.compile(r"wait(?:=([0-9]+))?")


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
        ("GET", "models/<owner>/<name>/versions/<version>", "version"),
        ("POST", "files", "upload"),
        ("GET", "files/<file_id>", "file"),
        ("DELETE", "files/<file_id>", "remove"),
    ):
        app.add_url_rule(f"/v1/{rule}", name, getattr(service, f"{name}_"), methods=[method])
    return app


class _Service:
    """The service behind the routes: each has the method of its name."""

    def __init__(self, ctx: toolkit.EmulatorContext, knobs: Knobs) -> None:
        self._ctx, self._knobs = ctx, knobs
        self._predictions = Predictions(ctx, knobs)
        self._files: dict[str, tuple[dict[str, Any], bytes]] = {}

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
        name = _model_of(body, "/".join(route.values()))
        (version, fields), given = MODELS[name], body.get("input")
        if not isinstance(given, dict):
            raise Refused(answers.INVALID, "- input is required\n")
        may_be_odd = self._knobs.unknown_inputs == "ignore"
        if faults := toolkit.check_fields(given, fields, is_unknown_fine=may_be_odd):
            return answers.invalid(faults)
        allowed_s, failure = _seconds(request.headers.get("Cancel-After")), self._knobs.job_failure
        images, fault = self._images(given, [name for name in fields if fields[name].is_required])
        job = self._ctx.jobs.create(
            job_id=self._new_id(),
            failure=fault or answers.FAILURES.get(failure, failure) or None,
            data={"model": name, "version": version, "input": given, "images": images},
        )
        self._predictions.stop(job, after_s=allowed_s)
        if not job.failure and job.ends_s > job.starts_s:
            self._ctx.bill(job.id)
        if wait := _WAIT.fullmatch(request.headers.get("Prefer", "")):
            left_s = job.ends_s - self._ctx.clock.monotonic()
            self._ctx.clock.sleep(max(0.0, min(float(wait[1] or 60), left_s)))
        return self._predictions.shown(job), 201 if job.stage == "done" else 202

    def poll_(self, job_id: str) -> Any:
        """Return a prediction."""
        job = self._ctx.jobs.get(job_id)
        body = self._predictions.shown(job) if job else {"data_removed": True}
        if job is None or (body["data_removed"] and self._knobs.removed == "not_found"):
            raise Refused(answers.NOT_FOUND)
        return body

    def cancel_(self, job_id: str) -> Any:
        """Stop a prediction; one that is over stays what it is."""
        if job := self._ctx.jobs.get(job_id):
            self._predictions.stop(job, after_s=0.0)
        return self.poll_(job_id)

    def list_(self) -> Any:
        """Return the predictions of a time, the newest first, a page at a time."""
        query = request.args.to_dict()
        after, before = (_moment(query.get(f"created_{end}")) for end in ("after", "before"))
        found = [
            self._predictions.shown(job)
            for job in reversed(self._ctx.listed_jobs())
            if (not after or job.created_at >= after) and (not before or job.created_at < before)
        ]
        first, last = (int(query.get("cursor", 0)) + n for n in (0, self._knobs.page_size))
        more = f"{self._ctx.address}{request.path}?{urlencode({**query, 'cursor': last})}"
        return {"results": found[first:last], "next": more if found[last:] else None}

    def model_(self, owner: str, name: str) -> Any:
        """Return a model with its version."""
        number, _ = MODELS.get(f"{owner}/{name}", ("", {}))
        more = {"latest_version": self.version_(owner, name, number), "visibility": "public"}
        return {"url": "", "owner": owner, "name": name, "run_count": 1, **more}

    def version_(self, owner: str, name: str, version: str) -> Any:
        """Return a version of a model."""
        if (f"{owner}/{name}", version) not in {(name, row[0]) for name, row in MODELS.items()}:
            raise Refused(answers.NOT_FOUND)
        made = time_text(self._ctx.clock.now())
        return {"id": version, "created_at": made, "cog_version": "0.9.0", "openapi_schema": {}}

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
            "created_at": time_text(now),
            "expires_at": time_text(now + _FILE_LIFETIME),
            "urls": {"get": f"{self._ctx.address}/v1/files/{file_id}"},
        }
        self._files[file_id] = about, data
        return about, 201

    def file_(self, file_id: str) -> Any:
        """Return what is known of a file that is kept."""
        about, _ = self._files.get(file_id, ({"expires_at": ""}, b""))
        if time_text(self._ctx.clock.now()) >= about["expires_at"]:
            raise Refused(answers.NOT_FOUND)
        return about

    def remove_(self, file_id: str) -> Any:
        """Forget a file."""
        del self._files[self.file_(file_id)["id"]]
        return Response(status=204)

    def _images(self, given: dict[str, Any], fields: list[str]) -> tuple[list[Any], str]:
        """Return the person and the list of garments, or why the prediction will fail."""
        person, garments = (given[name] for name in fields)
        try:
            found = [self._received(each) for each in [person, *_listed(garments)]]
        except (Refused, toolkit.BadImage, toolkit.FetchRefused) as error:
            return [], f"cannot identify image file: {error}"
        return [found[0], found[1:]], ""

    def _received(self, value: Any) -> bytes:
        _, is_own, file_id = str(value).partition(f"{self._ctx.address}/v1/files/")
        if is_own:
            data = self._files[self.file_(file_id)["id"]][1]
        else:
            data = self._ctx.receive(str(value)).data
        return self._ctx.read_image(data).data

    def _new_id(self) -> str:
        return self._ctx.new_id().replace("-", "")[:26]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _model_of(body: dict[str, Any], official: str) -> str:
    """Return the model that a request names, in its path or as its version."""
    known = {"input", "webhook", "webhook_events_filter", "stream", "" if official else "version"}
    if unknown := sorted(set(body) - known):
        raise Refused(answers.INVALID, f"- Additional property {unknown[0]} is not allowed\n")
    name = find_model(official or str(body.get("version")))
    if name is None:
        raise Refused(answers.NOT_FOUND if official else answers.NO_VERSION)
    return name


def _seconds(text: str | None) -> float:
    """Return the seconds of the header `Cancel-After`, such as `1m`."""
    found = _DURATION.fullmatch(text or "9999h")
    if found is None:
        raise Refused(answers.INVALID, f"- Cancel-After: {text} is no duration\n")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
