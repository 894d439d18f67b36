"""The synchronous call that finds garments."""

from typing import Any

from flask import Flask, Response, jsonify

from tryon_dashscope.emulator import texts
from tryon_dashscope.emulator.answers import Refused, accepted, refused
from tryon_dashscope.emulator.drawing import Cut, cut
from tryon_dashscope.emulator.images import LoadedImage, look_at
from tryon_dashscope.emulator.publishing import publish
from tryon_dashscope.emulator.service import (
    PARSING_MODELS,
    SUBMISSIONS_PER_S,
    Service,
    is_enabled,
    json_body,
    model_of,
)

_CATEGORIES = {"upper": "top", "lower": "bottom", "dress": "dress"}
_LISTS = (["upper"], ["lower"], ["dress"], ["upper", "lower"])


def register(app: Flask, path: str, service: Service) -> None:
    """Add the call."""

    def parse() -> Response:
        number = service.ctx.new_id()
        account = service.account()
        try:
            answer = _parsed(service, account, number)
        except Refused as error:
            if service.knobs.parse_errors == "flat":
                raise
            told = {"code": error.code, "message": error.message}
            answer = refused(error, number)
            answer.set_data(jsonify(output=told, request_id=number).get_data())
        return answer

    app.add_url_rule(
        f"{path}/services/vision/image-process/process", "parse", parse, methods=["POST"]
    )


def _parsed(service: Service, account: str, number: str) -> Response:
    body = json_body()
    model = model_of(body, PARSING_MODELS)
    if is_enabled("X-DashScope-Async"):
        raise Refused("AccessDenied", texts.ASYNCHRONOUS)
    service.take("parse", account, SUBMISSIONS_PER_S)
    url, kinds = _fields(body, service)
    image = look_at(url, service, model=model, account=account)
    found = [_found(image, kind, service) for kind in kinds]
    service.ctx.bill(number)  # an image that shows nothing of the kind is charged as well
    none = None if service.knobs.none == "null" else service.knobs.none
    output = {
        "bbox": [list(part.box) if part else none for part in found],
        "parsing_img_url": [_address(p.mask, "PNG", service) if p else none for p in found],
        "crop_img_url": [_address(p.crop, "JPEG", service) if p else none for p in found],
    }
    return accepted({"output": output, "usage": {"image_count": 1}}, number)


def _fields(body: dict[str, Any], service: Service) -> tuple[str, list[str]]:
    given, parameters = body.get("input"), body.get("parameters", {})
    if given is None:
        raise Refused("BadRequest.EmptyInput")
    if not isinstance(given, dict) or not isinstance(parameters, dict):
        raise Refused("InvalidParameter")
    kinds = parameters.get("clothes_type", ["upper"])
    is_documented = kinds in _LISTS
    is_known = isinstance(kinds, list) and kinds and all(kind in [*_CATEGORIES] for kind in kinds)
    if not (is_documented or (service.knobs.clothes_lists == "any" and is_known)):
        raise Refused("InvalidParameter.ClothesType")
    url = given.get("image_url")
    if not url or not isinstance(url, str):
        raise Refused("InvalidParameter")
    return url, kinds


def _found(image: LoadedImage, kind: str, service: Service) -> Cut | None:
    worn = [part.strip() for part in service.knobs.worn.split(",")]
    return cut(image, kind, service) if _CATEGORIES[kind] in worn else None


def _address(data: bytes, kind: str, service: Service) -> str:
    return publish(data, kind, service, made_at=service.ctx.clock.now())
