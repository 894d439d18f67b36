"""Asking for tasks, listing and cancelling them."""

import threading
from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Flask, Response, request

from tryon_dashscope.emulator.answers import Refused, accepted
from tryon_dashscope.emulator.drawing import draw_try_on
from tryon_dashscope.emulator.publishing import LIFETIME, publish
from tryon_dashscope.emulator.service import QUERIES_PER_S, Service
from tryon_testing.emulation import EmulatedJob

_BEIJING = timezone(timedelta(hours=8))
_EDGE = 0.15
"""Part of the work that is spent before, and after, the model itself."""
_SPAN = timedelta(hours=24)
"""Longest time of which tasks are listed in one call, and the usual one."""
_drawing = threading.Lock()


def register(app: Flask, path: str, service: Service) -> None:
    """Add the three calls."""

    def poll(task_id: str) -> Response:
        account = service.account()
        service.take("poll", account, QUERIES_PER_S)
        job = _find(task_id, account, service)
        service.asked[task_id] += 1
        if job is None or service.asked[task_id] <= service.knobs.lag:
            output: dict[str, Any] = {"task_id": task_id, "task_status": "UNKNOWN"}
            return accepted({"output": output}, service.ctx.new_id())
        state = _state_of(job, service)
        if service.asked[task_id] <= service.knobs.lag + service.knobs.foreign_polls:
            state["output"]["task_id"] = service.ctx.new_id()
        beside = service.knobs.code_beside
        told = {} if beside == "nothing" else {"code": beside, "message": beside}
        return accepted(told | state, service.ctx.new_id())

    def cancel(task_id: str) -> Response:
        account = service.account()
        service.take("cancel", account, QUERIES_PER_S)
        job = _find(task_id, account, service)
        if job is None:
            raise Refused(service.knobs.cancel_unknown)
        if not service.ctx.jobs.cancel(task_id):
            raise Refused("UnsupportedOperation")
        if job.failure is None:
            service.ctx.bill(task_id, -1)  # what was never worked on is not charged
        return accepted({}, service.ctx.new_id())

    def listing() -> Response:
        account = service.account()
        service.take("list", account, QUERIES_PER_S)
        return accepted(_page(account, service), service.ctx.new_id())

    app.add_url_rule(f"{path}/tasks", "list", listing)
    app.add_url_rule(f"{path}/tasks/<task_id>", "poll", poll)
    app.add_url_rule(f"{path}/tasks/<task_id>/cancel", "cancel", cancel, methods=["POST"])


def _find(task_id: str, account: str, service: Service) -> EmulatedJob | None:
    job = service.ctx.jobs.get(task_id)
    if job is None or job.account != account or job.age_s >= LIFETIME.total_seconds():
        return None
    return job


def _status(job: EmulatedJob, service: Service) -> str:
    if job.stage == "done":
        return "FAILED" if job.failure else "SUCCEEDED"
    if job.stage != "running":
        return {"pending": "PENDING", "cancelled": "CANCELED"}[job.stage]
    work = (job.ended_at - job.started_at).total_seconds()
    done = (service.ctx.clock.now() - job.started_at).total_seconds() / work
    at_edge = "PRE-PROCESSING" if done < _EDGE else "POST-PROCESSING"
    if service.knobs.states == "short" or _EDGE <= done < 1 - _EDGE:
        return "RUNNING"
    return "SUSPENDED" if service.knobs.states == "suspended" else at_edge


def _state_of(job: EmulatedJob, service: Service) -> dict[str, Any]:
    status = _status(job, service)
    output = {"task_id": job.id, "task_status": status}
    if status == "FAILED":
        failure: Refused = job.data["failure"]
        times = _times(job, status) if service.knobs.failed_times else {}
        return {"output": output | times | {"code": failure.code, "message": failure.message}}
    output |= _times(job, status)
    if status != "SUCCEEDED":
        return {"output": output}
    url = _result(job, service)
    shown: str | list[str] = url if service.knobs.image_url == "text" else [url]
    return {"output": output | {"image_url": shown}, "usage": {"image_count": 1}}


def _times(job: EmulatedJob, status: str) -> dict[str, str]:
    times = {"submit_time": _beijing(job.created_at)}
    if status not in {"PENDING", "CANCELED"}:
        times["scheduled_time"] = _beijing(job.started_at)
    if status in {"SUCCEEDED", "FAILED"}:
        times["end_time"] = _beijing(job.ended_at)
    return times


def _beijing(time: datetime) -> str:
    return time.astimezone(_BEIJING).isoformat(" ", "milliseconds").partition("+")[0]


def _result(job: EmulatedJob, service: Service) -> str:
    with _drawing:
        if job.output is None:
            data = draw_try_on(job.data["order"], job.data["images"], service)
            kind = service.knobs.result_format
            job.output = publish(data, kind, service, made_at=job.ended_at)
    return str(job.output)


def _page(account: str, service: Service) -> dict[str, Any]:
    number, size = (_whole(name, usual) for name, usual in (("page_no", 1), ("page_size", 10)))
    listed = service.ctx.listed_jobs(account)
    starts, ends = _window(service)
    mine = [
        job
        for job in listed
        if _find(job.id, account, service) and starts <= job.created_at <= ends
    ]
    wanted = [row for job in mine if _is_wanted(row := _row(job, service))]
    return {
        "total": len(wanted),
        "data": wanted[(number - 1) * size : number * size],
        "total_page": -(-len(wanted) // size),
        "page_no": number,
        "page_size": size,
    }


def _window(service: Service) -> tuple[datetime, datetime]:
    """Return the times of the query between which tasks are listed."""
    zone = {"beijing": _BEIJING, "utc": timezone.utc}[service.knobs.list_zone]
    now = service.ctx.clock.now()
    ends = _time("end_time", now, zone)
    starts = _time("start_time", ends - _SPAN, zone)
    if not timedelta() <= ends - starts <= _SPAN:
        raise Refused("InvalidParameter")
    return starts, ends


def _time(name: str, usual: datetime, zone: timezone) -> datetime:
    text = request.args.get(name)
    if text is None:
        return usual
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError as error:
        raise Refused("InvalidParameter") from error


def _whole(name: str, usual: int) -> int:
    text = request.args.get(name, str(usual))
    if not text.isdecimal() or int(text) < 1:
        raise Refused("InvalidParameter")
    return int(text)


def _is_wanted(row: dict[str, Any]) -> bool:
    """Whether the query names this task, or nothing in particular."""
    wanted = ((name, request.args.get(name)) for name in ("task_id", "model_name", "status"))
    return all(value is None or row[name] == value for name, value in wanted)


def _row(job: EmulatedJob, service: Service) -> dict[str, Any]:
    model = job.data["model"]
    row = {
        "task_id": job.id,
        "model_name": model,
        "status": _status(job, service),
        "region": "cn-beijing",
        "request_id": job.id,
        "gmt_create": _milliseconds(job.created_at),
        "start_time": _milliseconds(job.started_at),
        "user_api_unique_key": f"apikey:v1:aigc:image2image:image-synthesis:{model}",
    }
    ended = {"end_time": _milliseconds(job.ended_at)} if job.stage == "done" else {}
    return row | ended


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
