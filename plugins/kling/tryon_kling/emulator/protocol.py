"""Codes, keys and fields: how the vendor answers, and what it reads of a request."""

import base64
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from flask import Response, current_app, jsonify, request

from tryon_core import ImageRules
from tryon_kling.emulator.knobs import Knobs
from tryon_testing.emulation import Field, Refused, Understood, check_fields, json_object, key_sent

LATER = "/solutions"
API_KEY = "api-key-kling-emulated-0000000000"
ACCESS_KEY = "AKemulated00000000000000"
SECRET_KEY = "SKemulated000000000000000000000"  # noqa: S105  (the emulator's, obviously fake)
_CODES = {
    400: "1201 1200 1300 1301",
    401: "1002 1000 1001 1003 1004",
    403: "1103",
    404: "1203 1202",
    429: "1302 1303 1304 1100 1101 1102",
    500: "5000",
    503: "5001",
    504: "5002",
}
_STATUSES = {code: status for status, codes in _CODES.items() for code in codes.split()}
# Texts of which somebody saw the vendor send them.
_TEXTS = {
    "1002": "Authentication error. The current API does not support AK/SK; please go to the "
    "console (https://kling.ai/dev/api-key) to create API key.",
    "1102": "Account balance not enough",
    "1303": "parallel task over resource pack limit",
}
_TEXT, _NEEDED, _OBJECT = Field(), Field(is_required=True), Field(kind=dict)
_IMAGES, _ROLES = ("human_image", "cloth_image"), ("person_image", "product_image")
_MODELS = ("kolors-virtual-try-on-v1", "kolors-virtual-try-on-v1-5")
_OPTIONS = {"callback_url": _TEXT, "external_task_id": _TEXT}
_CLASSIC = {"model_name": Field(choices=_MODELS), **dict.fromkeys(_IMAGES, _NEEDED), **_OPTIONS}
_LATER = {"contents": Field(kind=list, is_required=True), "settings": _OBJECT, "options": _OBJECT}
_SETTINGS = dict.fromkeys(("keep_face", "keep_pose", "keep_background"), Field(kind=bool))

Submission: TypeAlias = tuple[Mapping[str, str], str, ImageRules, Understood]
"""The images by field, not looked at yet, the caller's own id, the limits of the images, and what
it is taken for, without them."""


def accepted(data: Any) -> Response:
    """Return an answer that is no error."""
    return jsonify(code=0, message="SUCCEED", request_id=str(uuid.uuid4()), data=data)


def refusal(error: Refused) -> Response:
    """Return the answer for a code; it never has `data`."""
    text = error.text or _TEXTS.get(error.code, f"emulated text of {error.code}")
    answer = jsonify(code=int(error.code), message=text, request_id=str(uuid.uuid4()))
    is_own = current_app.config["KNOBS"].error_status == "own"
    answer.status_code = _STATUSES[error.code] if is_own else 200
    return answer


def refuse(code: str) -> Response | None:
    """Return the vendor's own answer for an HTTP status or a code, None when there is none."""
    usual = {str(status): codes.split()[0] for status, codes in _CODES.items()}
    known = usual.get(code, code)
    return refusal(Refused(known)) if known in _STATUSES else None


def is_later() -> bool:
    """Whether the later interface is asked."""
    return request.path.startswith(LATER)


def admit(now: datetime, knobs: Knobs) -> None:
    """Look at the header `Authorization`; the later interface takes no signed tokens."""
    key = key_sent("Bearer")
    if not key:
        raise Refused("1001")
    if key != API_KEY or not (is_later() or knobs.classic_keys == "both"):
        claims = {} if is_later() else _claims(key)
        if not {"nbf", "exp"} <= set(claims):
            raise Refused("1002")
        # `iat` and a late `exp` are let pass: the vendor says nothing of them.
        if claims["nbf"] > now.timestamp():
            raise Refused("1003")
        if claims["exp"] <= now.timestamp():
            raise Refused("1004")


def _claims(token: str) -> dict[str, Any]:
    """Return what a token says, nothing when it is not signed with the secret."""
    signed = token.rpartition(".")[0].encode()
    try:
        parts = [base64.urlsafe_b64decode(f"{part}==") for part in token.split(".")]
        head, claims = (json.loads(part) for part in parts[:-1])
        is_ours = parts[-1] == hmac.digest(SECRET_KEY.encode(), signed, "sha256")
        is_known = head["alg"] == "HS256" and claims["iss"] == ACCESS_KEY
        return dict(claims) if is_ours and is_known else {}
    except (KeyError, TypeError, ValueError):
        return {}


def read(knobs: Knobs) -> Submission:
    """Read a submission; unknown fields, such as `model` for `model_name`, are ignored."""
    body = json_object()
    return _later(body, knobs) if is_later() else _classic(body, knobs)


def _classic(body: dict[str, Any], knobs: Knobs) -> Submission:
    _check(body, _CLASSIC)
    images = {name: body[name] for name in _IMAGES}
    rules = ImageRules(formats=("JPEG", "PNG"), max_bytes=knobs.max_bytes, min_side_px=300)
    said = Understood(model=body.get("model_name", _MODELS[0]))
    return images, body.get("external_task_id", ""), rules, said


def _later(body: dict[str, Any], knobs: Knobs) -> Submission:
    _check(body, _LATER)
    options = body.get("options", {})
    settings = body.get("settings", {})
    _check(settings, _SETTINGS)
    _check(options, {**_OPTIONS, "watermark": _OBJECT})
    contents = [entry for entry in body["contents"] if isinstance(entry, dict)]
    found: dict[str, Any] = {str(entry.get("type")): entry.get("url") for entry in contents}
    if len(body["contents"]) != len(_ROLES) or set(found) != set(_ROLES):
        raise Refused("1201", f"contents must hold one each of {' and '.join(_ROLES)}")
    _check(found, dict.fromkeys(_ROLES, _NEEDED))
    images = {role: str(found[role]) for role in _ROLES}
    formats, most_bytes = ("JPEG", "PNG", "WEBP"), knobs.max_bytes
    rules = ImageRules(formats=formats, max_bytes=most_bytes, min_side_px=300, max_side_px=2048)
    said = Understood(model="virtual-try-on-3.0", options=settings)
    return images, options.get("external_task_id", ""), rules, said


def _check(given: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    for bad in check_fields(given, fields, is_unknown_fine=True):
        raise Refused("1203" if bad.name == "model_name" else "1201", bad.text)
