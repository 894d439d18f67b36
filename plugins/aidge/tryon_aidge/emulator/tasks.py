"""Tasks as they were sent, read strictly: every field, type, value and combination."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs

from tryon_aidge.emulator.answers import Refusal
from tryon_aidge.emulator.knobs import Knobs

FIELDS = ("paramJson", "requestParams")
_KINDS = ("tops", "bottoms", "dresses")
_PAIR = {"tops", "bottoms"}
_MOST_GARMENTS = 2
_MOST_PHOTOS = 8
_MOST_IMAGES = 8
_VIEWS = ("fullbody", "halfbody", "mixed")
_TRAITS: Mapping[str, tuple[str, ...]] = {
    "gender": ("male", "female"),
    "style": ("universal_1", "universal_2", "universal_3"),
    "age": ("children", "youngadult"),
    "body": ("slim", "curvy"),
}
_MODEL_FIELDS = ("base", "name", *_TRAITS)
_TASK_FIELDS = (
    "clothesList",
    "modelImage",
    "model",
    "viewType",
    "generateCount",
    "inputQualityDetect",
)


@attrs.frozen(kw_only=True)
class Task:
    """One element of the list that was sent.

    Attributes:
        garments: addresses of the garment images.
        kinds: what they are, in the vendor's words, each empty when it was not sent.
        photos: addresses of the person's photos.
        model: the model of the library in place of the person, None with photos.
        view: what the images show.
        count: images asked for.
        check_quality: whether poor garment images are refused.
    """

    garments: Sequence[str]
    kinds: Sequence[str]
    photos: Sequence[str]
    model: Mapping[str, str] | None
    view: str
    count: int
    check_quality: bool


def read_tasks(business: Mapping[str, Any], knobs: Knobs) -> list[Task]:
    """Return the tasks of a submission.

    Raises:
        Refusal: names the field that is wrong.
    """
    allowed = FIELDS if knobs.submit_field == "any" else (knobs.submit_field,)
    given = [name for name in allowed if business.get(name)]
    if not given:
        raise Refusal("700", f"{allowed[0]} is missing")
    value = _opened(business[given[0]], given[0])
    if isinstance(value, dict) and knobs.submit_object:
        value = [value]
    if not isinstance(value, list) or not 1 <= len(value) <= knobs.most_tasks:
        raise Refusal("700", f"{given[0]} must be a list of 1 to {knobs.most_tasks} tasks")
    return [_task(entry, knobs) for entry in value]


def _opened(value: Any, name: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Refusal("700", f"{name} is not JSON") from None


def _task(entry: Any, knobs: Knobs) -> Task:
    if not isinstance(entry, dict):
        raise Refusal("700", "a task must be an object")
    unknown = sorted(set(entry) - set(_TASK_FIELDS))
    if unknown:
        raise Refusal("700", f"unknown field {unknown[0]}")
    photos = _photos(entry.get("modelImage"))
    garments, kinds = _garments(entry.get("clothesList"))
    return Task(
        garments=garments,
        kinds=kinds,
        photos=photos,
        model=None if photos else _model(entry.get("model"), knobs),
        view=_one_of(entry.get("viewType", "fullbody"), _VIEWS, "viewType"),
        count=_whole(entry.get("generateCount", 4), 1, _MOST_IMAGES, "generateCount"),
        check_quality=_whole(entry.get("inputQualityDetect", 0), 0, 1, "inputQualityDetect") == 1,
    )


def _garments(value: Any) -> tuple[list[str], list[str]]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_GARMENTS:
        raise Refusal("700", f"clothesList must be a list of 1 to {_MOST_GARMENTS} garments")
    kinds = []
    for index, garment in enumerate(value):
        name = f"clothesList[{index}]"
        if not isinstance(garment, dict) or set(garment) - {"imageUrl", "type"}:
            raise Refusal("700", f"{name} must be an object with imageUrl and type")
        kinds.append(garment.get("type") or "")
        if kinds[-1] != "":
            _one_of(kinds[-1], _KINDS, f"{name}.type")
    if len(value) == _MOST_GARMENTS and set(kinds) != _PAIR:
        raise Refusal("700", "clothesList with two garments must be tops and bottoms")
    urls = [
        _url(garment.get("imageUrl"), f"clothesList[{index}].imageUrl")
        for index, garment in enumerate(value)
    ]
    return urls, kinds


def _photos(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MOST_PHOTOS:
        raise Refusal("700", f"modelImage must be a list of at most {_MOST_PHOTOS} addresses")
    return [_url(photo, f"modelImage[{index}]") for index, photo in enumerate(value)]


def _model(value: Any, knobs: Knobs) -> Mapping[str, str]:
    if value is None:
        value = {}
    elif knobs.own_photos_only:
        raise Refusal("700", "model is not supported")
    if not isinstance(value, dict) or set(value) - set(_MODEL_FIELDS):
        raise Refusal("700", f"model must be an object of {', '.join(_MODEL_FIELDS)}")
    for name, entry in value.items():
        if not isinstance(entry, str):
            raise Refusal("700", f"model.{name} must be a string")
    names = {name.strip() for name in knobs.model_names.split(",") if name.strip()}
    if value.get("name") and names and value["name"] not in names:
        raise Refusal("700", "model.name is not in the model library")
    if not value.get("name"):
        for name, allowed in _TRAITS.items():
            if value.get(name):
                _one_of(value[name], allowed, f"model.{name}")
    return value


def _one_of(value: Any, allowed: Sequence[str], name: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise Refusal("700", f"{name} must be one of {', '.join(allowed)}")
    return value


def _whole(value: Any, least: int, most: int, name: str) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Refusal("700", f"{name} must be a number from {least} to {most}")
    return value


def _url(value: Any, name: str) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Refusal("700", f"{name} must be a public URL")
    return str(value)
