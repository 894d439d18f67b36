"""Status replies: sub-tasks and their images, in either shape."""

import json
from collections.abc import Sequence
from typing import Any

import attrs

from tryon_aidge.emulator.answers import SERVICE_WORDS
from tryon_aidge.emulator.images import Images, draw_image, image_count
from tryon_aidge.emulator.knobs import Knobs
from tryon_aidge.emulator.tasks import Task
from tryon_testing.emulation import EmulatedJob, EmulatorContext

STAGES = {"pending": "submitted", "running": "running", "done": "finished"}
"""The vendor's word for each stage of a job."""


@attrs.frozen(kw_only=True)
class SubTask:
    """A part of a finished task.

    Attributes:
        images: addresses of its images.
        garment: address of the garment that they show.
        is_failed: whether it failed instead.
    """

    images: Sequence[str]
    garment: str
    is_failed: bool = False


def make_parts(
    tasks: Sequence[Task], images: Sequence[Images], ctx: EmulatorContext, knobs: Knobs
) -> list[SubTask]:
    """Return the sub-tasks of finished work, its images published."""
    parts: list[SubTask] = []
    for task, own in zip(tasks, images, strict=True):
        urls = [_publish(own, task, index, ctx, knobs) for index in range(image_count(task, knobs))]
        groups = [[url] for url in urls] if knobs.parts == "image" else [urls]
        parts += [SubTask(images=group, garment=task.garments[0]) for group in groups]
    return [
        attrs.evolve(part, images=(), is_failed=True) if index < knobs.failing_parts else part
        for index, part in enumerate(parts)
    ]


def status_of(stage: str, failure: str | None, parts: Sequence[SubTask]) -> str:
    """Return the vendor's word for the state of a job."""
    if stage == "done" and (failure or all(part.is_failed for part in parts)):
        return "failed"
    return STAGES[stage]


def task_data(
    job: EmulatedJob, status: str, parts: Sequence[SubTask], knobs: Knobs
) -> dict[str, Any]:
    """Return `data` of a status reply."""
    shown = [_shape_a(part) if knobs.result_shape == "A" else _shape_b(part) for part in parts]
    if status == "failed" and job.failure and knobs.failure_place == "sub_task":
        words = SERVICE_WORDS.get(job.failure, "failed")
        shown = [{"taskStatus": "failed", "taskResult": words}]
    if shown and knobs.odd_part:
        shown = [_odd(knobs.odd_part), *shown]
    data: dict[str, Any] = {"taskId": job.id, "taskStatus": status, "taskResult": shown}
    if knobs.result_shape == "B":
        data["usage"] = sum(len(part.images) for part in parts)
    return data


def _odd(kind: str) -> Any:
    nowhere = {"result": {"imageList": [{"imageUrl": None, "clothes": ""}]}}
    return {
        "null": None,
        "text": "the image model is busy",
        "running": {"taskStatus": "running"},
        "no_address": {"taskStatus": "finished", "taskResult": nowhere},
    }[kind]


def _publish(images: Images, task: Task, index: int, ctx: EmulatorContext, knobs: Knobs) -> str:
    data = draw_image(images, task, index, ctx)
    return ctx.publish(data, name=f"{index + 1}.png", lifetime_s=knobs.result_lifetime_s)


def _shape_a(part: SubTask) -> dict[str, Any]:
    if part.is_failed:
        return {"taskStatus": "failed"}
    images = [{"imageUrl": url, "clothes": part.garment} for url in part.images]
    return {"taskStatus": "finished", "taskResult": {"result": {"imageList": images}}}


def _shape_b(part: SubTask) -> dict[str, Any]:
    usage = json.dumps({"usage": len(part.images)})
    struct = {
        "code": "801" if part.is_failed else "200",
        "data": list(part.images),
        "message": SERVICE_WORDS["801"] if part.is_failed else "success",
    }
    inner = {
        "data": {"message": [], "usageMap": usage, "structData": struct},
        "success": not part.is_failed,
    }
    return {
        "usage": len(part.images),
        "requestBizId": "",
        "taskStatus": "failed" if part.is_failed else "finished",
        "usageMap": usage,
        "taskResult": json.dumps(inner),
    }
