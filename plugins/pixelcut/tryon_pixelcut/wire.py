"""Pixelcut's two forms of a submission, and what its answers say of a job."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs

from tryon_core import (
    CallContext,
    FilePart,
    HttpResponse,
    ImageSource,
    TryOnRequest,
    UrlSource,
    WebAddress,
    decode,
    make_converter,
)
from tryon_core.errors import UnexpectedResponse

MODES: Mapping[str, str] = MappingProxyType({"top": "upper", "bottom": "lower", "dress": "full"})
"""The vendor's garment mode by our category."""
SUBMIT_PATH = "v1/try-on"
_NAMES_A_JOB = re.compile(r"(?:^|/)(?:jobs?|try-on)/(?P<id>[^/]+)/?$")
_ROUTES = ("job", "jobs")
OK = 200
GOOD = (200, 202)
_CONVERTER = make_converter()


@attrs.frozen(kw_only=True)
class Finished:
    """A finished image."""

    result_url: WebAddress

    @property
    def name(self) -> str:
        """The last part of the address, by which a support desk may find it."""
        parts = urlsplit(self.result_url)
        return parts.path.rpartition("/")[2] or str(parts.hostname)


def send(request: TryOnRequest, ctx: CallContext) -> HttpResponse:
    """Send the one paid request: JSON when all images are addresses, a form otherwise."""
    ((category, garment),) = request.garments.items()
    images = {"person": request.images["person"], "garment": garment}
    waits = ctx.settings.flag("wait_for_result")
    switches = {
        "preprocess_garment": request.options.preprocess_garment,
        "remove_background": request.options.remove_background,
        "wait_for_result": waits,
    }
    texts = {name: str(value).lower() for name, value in switches.items()}
    mode = {"garment_mode": request.options.garment_mode or MODES[category]}
    read_timeout_s = float(ctx.settings.text("wait_timeout_s")) if waits else None
    addresses = {
        f"{role}_image_url": image.url
        for role, image in images.items()
        if isinstance(image, UrlSource)
    }
    if len(addresses) == len(images):
        chosen = texts if ctx.settings.text("switches") == "text" else switches
        body: dict[str, Any] = {**addresses, **mode, **chosen}
        return ctx.http.post(SUBMIT_PATH, json=body, read_timeout_s=read_timeout_s)
    fields = [*mode.items(), *texts.items(), *(_part(*image) for image in images.items())]
    return ctx.http.post(SUBMIT_PATH, multipart=fields, read_timeout_s=read_timeout_s)


def _part(role: str, image: ImageSource) -> tuple[str, str | FilePart]:
    if isinstance(image, UrlSource):
        return f"{role}_image_url", image.url
    return f"{role}_image", FilePart(image)


def job_id_in(answer: HttpResponse) -> str | None:
    """Return the job that an accepted submission names; `Location` does where the body does not."""
    in_header = _job_at(answer.headers.get("location")) if answer.is_success else None
    is_text = isinstance(answer.json_object().get("job_id"), str)
    in_body = answer.id_at("job_id")
    return in_body if is_text and in_body else in_header or in_body


def _job_at(location: str | None) -> str | None:
    """Return the job that a `Location` header names, whatever server it leads to."""
    try:
        path = urlsplit(location or "").path
    except ValueError:
        return None
    found = _NAMES_A_JOB.search(path)
    name = unquote(found["id"]) if found else ""
    return name if name.isprintable() and name not in {"", *_ROUTES} else None


def finished_in(answer: HttpResponse) -> Finished | None:
    """Return the finished image in an answer to a submission, None when there is none."""
    if answer.status not in GOOD or answer.json_object().get("result_url") is None:
        return None
    try:
        return decode(_CONVERTER, answer.json(), Finished)
    except UnexpectedResponse:
        return None
