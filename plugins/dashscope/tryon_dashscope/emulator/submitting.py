"""The call that makes a task."""

from typing import Any

from flask import Flask, Response

from tryon_dashscope.emulator import texts
from tryon_dashscope.emulator.answers import Refused, accepted
from tryon_dashscope.emulator.fields import REFINER, Order, order_of
from tryon_dashscope.emulator.images import LoadedImage, look_at
from tryon_dashscope.emulator.knobs import Place
from tryon_dashscope.emulator.service import (
    PARSING_MODELS,
    SUBMISSIONS_PER_S,
    TRY_ON_MODELS,
    Service,
    is_enabled,
    json_body,
    model_of,
)
from tryon_testing.emulation import Understood

PLACES = 5
"""Tasks of an account that are worked on at once."""


def register(app: Flask, path: str, service: Service) -> None:
    """Add the call."""

    def submit() -> Response:
        account = service.account()
        body = json_body()
        model = model_of(body, TRY_ON_MODELS)
        if not is_enabled("X-DashScope-Async"):
            raise Refused("AccessDenied", texts.SYNCHRONOUS)
        service.take("submit", account, SUBMISSIONS_PER_S)
        if service.knobs.waiting == "refuse" and service.ctx.jobs.running(account) >= PLACES:
            raise Refused("Throttling")
        return _accepted(body, model, account, service)

    def elsewhere(**_: str) -> Response:
        service.account()
        model_of(json_body(), (*TRY_ON_MODELS, *PARSING_MODELS))
        raise Refused("InvalidParameter", texts.WRONG_PATH)

    submission = f"{path}/services/aigc/image2image/image-synthesis"
    app.add_url_rule(submission, "submit", submit, methods=["POST"])
    app.add_url_rule(f"{path}/services/<path:rest>", "elsewhere", elsewhere, methods=["POST"])


def _accepted(body: dict[str, Any], model: str, account: str, service: Service) -> Response:
    knobs = service.knobs
    failure: Refused | None = Refused(knobs.task_failure) if knobs.task_failure else None
    data: dict[str, Any] = {}
    understood = None
    try:
        order = order_of(body, model, knobs)
    except Refused as error:
        failure = _placed(error, knobs.field_errors)
    else:
        try:
            images = _images(order, service, account)
            data = {"order": order, "images": images}
            understood = _understood(order, body.get("parameters", {}), images)
        except Refused as error:
            failure = _placed(error, knobs.image_errors)
    job = service.ctx.jobs.create(
        data=data | {"model": model, "failure": failure},
        failure=failure.code if failure else None,
        understood=understood,
        account=account,
        places=PLACES,
    )
    if job.failure:
        job.data = {**job.data, "failure": failure or Refused(job.failure)}
    else:
        service.ctx.bill(job.id)
    return accepted({"output": {"task_status": "PENDING", "task_id": job.id}}, service.ctx.new_id())


def _understood(
    order: Order, parameters: dict[str, Any], images: dict[str, LoadedImage]
) -> Understood:
    """Return what a call is taken for; a dress comes in the field of a top."""
    kinds = {"top_garment_url": "top|dress", "bottom_garment_url": "bottom"}
    coarse = images.get("coarse_image_url")
    return Understood(
        person=images["person_image_url"].data,
        garments={kind: images[name].data for name, kind in kinds.items() if name in images},
        options={**parameters, "coarse_image": coarse and coarse.data},
        model=order.model,
    )


def _placed(error: Refused, place: Place) -> Refused:
    """Return the error for the task to fail with, or raise it now."""
    if place == "submit":
        raise error
    return error


def _images(order: Order, service: Service, account: str) -> dict[str, LoadedImage]:
    images = {
        name: look_at(url, service, model=order.model, account=account)
        for name, url in order.urls.items()
    }
    if service.knobs.people != 1:
        raise Refused("InvalidPerson")
    if order.model == REFINER:
        sizes = {images[name].size_px for name in ("person_image_url", "coarse_image_url")}
        if len(sizes) > 1:
            raise Refused("InvalidParameter", texts.DIFFERENT_SIZES)
    return images
