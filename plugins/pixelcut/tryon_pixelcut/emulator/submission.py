"""Read a submission field by field, and refuse what the vendor's page does not allow."""

from collections.abc import Mapping
from typing import Any

import attrs
from flask import Request

from tryon_pixelcut.emulator.answers import Refused
from tryon_pixelcut.emulator.knobs import Knobs

JSON, FORM = "application/json", "multipart/form-data"
ROLES = ("person", "garment")
_ADDRESSES = tuple(f"{role}_image_url" for role in ROLES)
_FILES = tuple(f"{role}_image" for role in ROLES)
_MODES = ("auto", "full", "upper", "lower")
KINDS = {"upper": "top", "lower": "bottom", "full": "dress"}
"""Our categories, by the modes that name one."""
_SWITCHES = {"preprocess_garment": True, "remove_background": False, "wait_for_result": True}
_TEXTS = {"true": True, "false": False}


@attrs.frozen(kw_only=True)
class Submission:
    """A submission whose fields are all in order; nothing was fetched or decoded yet.

    Attributes:
        images: a file's bytes or an address, by role.
        garment_mode: where the garment is worn, None when it was not sent.
        preprocess_garment: whether it is cut out first.
        remove_background: whether the result has none.
        wait_for_result: whether the answer is the result.
    """

    images: Mapping[str, bytes | str]
    garment_mode: str | None
    preprocess_garment: bool
    remove_background: bool
    wait_for_result: bool


def read_submission(request: Request, knobs: Knobs) -> Submission:
    """Return what was submitted.

    Raises:
        Refused: with the vendor's code for what is wrong.
    """
    fields, files = _body(request)
    if knobs.unknown_fields == "refuse":
        _refuse_unknown(fields, files)
    images = {role: _image(role, fields, files) for role in ROLES}
    mode = fields.get("garment_mode")
    if "garment_mode" in fields and mode not in _MODES:
        raise Refused("invalid_parameter", f"garment_mode must be one of {', '.join(_MODES)}")
    switches = {
        name: _switch(name, fields[name], knobs) if name in fields else default
        for name, default in _SWITCHES.items()
    }
    return Submission(images=images, garment_mode=mode, **switches)


def _body(request: Request) -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
    if request.mimetype not in {JSON, FORM}:
        raise Refused("unsupported_content_type", request.mimetype or "none")
    if request.mimetype == JSON:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not body:
            raise Refused("invalid_request_body")
        return body, {}
    files = {name: file.read() for name, file in request.files.items()}
    fields = request.form.to_dict()
    if not fields and not files:
        raise Refused("invalid_request_body")
    return fields, files


def _refuse_unknown(fields: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    known = {*_ADDRESSES, *_SWITCHES, "garment_mode"}
    unknown = sorted({*set(fields) - known, *set(files) - set(_FILES)})
    if unknown:
        raise Refused("invalid_parameter", f"unknown {', '.join(unknown)}")


def _image(role: str, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes | str:
    """Return the file of a role, or its address; of both the file counts."""
    if files.get(f"{role}_image"):
        return files[f"{role}_image"]
    address = fields.get(f"{role}_image_url", "")
    if address == "":
        raise Refused("missing_parameter", f"{role}_image or {role}_image_url")
    if not isinstance(address, str) or not address.lower().startswith(("http://", "https://")):
        raise Refused("invalid_parameter", f"{role}_image_url must be an http or https address")
    return address


def _switch(name: str, value: Any, knobs: Knobs) -> bool:
    if isinstance(value, bool) and knobs.switches == "either":
        return value
    text = value.lower() if isinstance(value, str) and knobs.switches == "either" else value
    if not isinstance(text, str) or text not in _TEXTS:
        raise Refused("invalid_parameter", f"{name} must be true or false")
    return _TEXTS[text]
