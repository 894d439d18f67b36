"""What a submission asks for, checked against the fields of its model."""

from typing import Any

from tryon_fashn.emulator.knobs import Knobs
from tryon_testing.emulation import Field, Refused, Understood, check_fields, json_object

_RATIOS = ("21:9", "1:1", "4:3", "3:2", "2:3", "5:4", "4:5", "3:4", "16:9", "9:16")
_IMAGE, _BOOL = Field(is_required=True), Field(kind=bool)
_COUNT, _SEED = Field(kind=int, least=1, most=4), Field(kind=int, least=0, most=4294967295)
_COMMON = {
    "model_image": _IMAGE,
    "seed": _SEED,
    "output_format": Field(choices=("png", "jpeg")),
    "return_base64": _BOOL,
}
_FIELDS = {
    "tryon-v1.6": {
        **_COMMON,
        "garment_image": _IMAGE,
        "category": Field(choices=("auto", "tops", "bottoms", "one-pieces")),
        "garment_photo_type": Field(choices=("auto", "flat-lay", "model")),
        "mode": Field(choices=("performance", "balanced", "quality")),
        "segmentation_free": _BOOL,
        "moderation_level": Field(choices=("conservative", "permissive", "none")),
        "num_samples": _COUNT,
    },
    "tryon-max": {
        **_COMMON,
        "product_image": _IMAGE,
        "prompt": Field(),
        "resolution": Field(choices=("1k", "2k", "4k")),
        "generation_mode": Field(choices=("balanced", "quality")),
        "num_images": _COUNT,
        "aspect_ratio": Field(choices=_RATIOS),
    },
}
_BODY = {"model_name": Field(is_required=True), "inputs": Field(kind=dict, is_required=True)}
_DEFAULTS = {"seed": 42, "output_format": "png", "return_base64": False, "aspect_ratio": ""}
_KINDS = {"tops": "top", "bottoms": "bottom", "one-pieces": "dress"}
_CREDITS = {"1k": 2, "2k": 3, "4k": 4}


def read_order(knobs: Knobs) -> dict[str, Any]:
    """Return the inputs of a submission with defaults, `model`, `images`, `count` and `credits`.

    With `bad_value` where a value is wrong and that makes the job fail.

    Raises:
        BadBody: it is no JSON object.
        Refused: its fields are not those of the model.
    """
    body = json_object()
    for bad in check_fields(body, _BODY):
        raise Refused("BadRequest", f"Invalid request body: {bad.text}")
    model, inputs = body["model_name"], body["inputs"]
    if model not in _FIELDS:
        raise Refused("BadRequest", f"Invalid model_name: {model}")
    fields = _FIELDS[model]
    found = check_fields(inputs, fields, is_unknown_fine=knobs.unknown_fields == "ignore")
    late = [bad for bad in found if bad.fault == "value" and knobs.bad_value == "failed"]
    for bad in found:
        if bad not in late:
            raise Refused("BadRequest", f"Invalid request body: {bad.text}")
    given = {} if late else inputs
    count = given.get("num_samples", given.get("num_images", 1))
    price = 1 if model == "tryon-v1.6" else _CREDITS[given.get("resolution", "1k")]
    return {
        **_DEFAULTS,
        **given,
        "model": model,
        "images": [inputs[name] for name in fields if name.endswith("_image")],
        "count": count,
        "credits": count * (price + (given.get("generation_mode") == "quality")),
        "bad_value": late[0].text if late else "",
    }


def understood(order: dict[str, Any]) -> Understood:
    """Return what an order is taken for, once its images are there."""
    person, garment = order["images"]
    kind = _KINDS.get(order.get("category", ""), "auto")
    return Understood(
        person=person,
        garments={kind: garment} if order["model"] == "tryon-v1.6" else [garment],
        options=order,
        outputs=order["count"],
        model=order["model"],
    )
