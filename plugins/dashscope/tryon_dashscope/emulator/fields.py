"""The fields of a try-on call, checked one by one in the vendor's words."""

from collections.abc import Mapping
from typing import Any

import attrs

from tryon_dashscope.emulator.answers import Refused
from tryon_dashscope.emulator.knobs import Knobs

_SCHEMES = ("http://", "https://", "oss://")
_GARMENTS = ("top_garment_url", "bottom_garment_url")
_INPUT_FIELDS = frozenset({"person_image_url", "coarse_image_url", *_GARMENTS})
_RESOLUTIONS = (-1, 1024, 1280)
_GENDERS = ("woman", "man")
REFINER = "aitryon-refiner"


@attrs.frozen(kw_only=True)
class Order:
    """What a try-on call asks for.

    Attributes:
        model: the model.
        urls: addresses by field of `input`.
        resolution: -1 for the size of the person photo, else the longer side of the result.
    """

    model: str
    urls: Mapping[str, str]
    resolution: int = -1


def order_of(body: Mapping[str, Any], model: str, knobs: Knobs) -> Order:
    """Return what a call asks for.

    Raises:
        Refused: a field is missing or wrong.
    """
    given, parameters = _parts(body, knobs)
    if knobs.unknown_fields == "refuse":
        _check_known(given, parameters, model)
    garments = {name: given[name] for name in _GARMENTS if given.get(name)}
    urls = {"person_image_url": given.get("person_image_url"), **garments}
    if not garments:
        raise Refused("InvalidGarment")
    if model == REFINER:
        urls["coarse_image_url"] = given.get("coarse_image_url")
        _check_refiner(garments, parameters, knobs)
        return Order(model=model, urls=_checked(urls))
    return Order(model=model, urls=_checked(urls), resolution=_resolution(parameters, knobs))


def _parts(body: Mapping[str, Any], knobs: Knobs) -> tuple[dict[str, Any], dict[str, Any]]:
    if "input" not in body:
        raise Refused("BadRequest.EmptyInput")
    if not isinstance(body["input"], dict):
        raise Refused("BadRequest.IllegalInput")
    if "parameters" not in body and knobs.parameters == "required":
        raise Refused("BadRequest.EmptyParameters")
    parameters = body.get("parameters", {})
    if not isinstance(parameters, dict):
        raise Refused("InvalidParameter")
    return body["input"], parameters


def _check_known(given: Mapping[str, Any], parameters: Mapping[str, Any], model: str) -> None:
    known = {"gender"} if model == REFINER else {"resolution", "restore_face"}
    if set(given) - _INPUT_FIELDS or set(parameters) - known:
        raise Refused("InvalidParameter")


def _checked(urls: Mapping[str, Any]) -> dict[str, str]:
    for url in urls.values():
        if not url or not isinstance(url, str):
            raise Refused("InvalidParameter")
        if not url.startswith(_SCHEMES):
            raise Refused("InvalidURL")
    return dict(urls)


def _resolution(parameters: Mapping[str, Any], knobs: Knobs) -> int:
    resolution = parameters.get("resolution", -1)
    is_whole = type(resolution) is int
    is_free = knobs.resolutions == "any" and is_whole and resolution > 0
    if not (is_whole and resolution in _RESOLUTIONS) and not is_free:
        raise Refused("InvalidParameter")
    if not isinstance(parameters.get("restore_face", True), bool):
        raise Refused("InvalidParameter")
    return int(resolution)


def _check_refiner(
    garments: Mapping[str, Any], parameters: Mapping[str, Any], knobs: Knobs
) -> None:
    if parameters.get("gender") not in _GENDERS:
        raise Refused("InvalidParameter")
    if "top_garment_url" not in garments and knobs.refine_without_top == "refuse":
        raise Refused("InvalidParameter")
