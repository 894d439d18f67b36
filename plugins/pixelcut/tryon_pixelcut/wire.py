"""Pixelcut's form of a submission, addresses of jobs, and answers as values."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import attrs

from tryon_core import (
    CallContext,
    FilePart,
    HttpResponse,
    ImageSource,
    Job,
    TryOnRequest,
    UrlSource,
    WebAddress,
    decode,
    make_converter,
)
from tryon_core.errors import UnexpectedResponse
from tryon_core.http import named_address

T = TypeVar("T")
MODES: Mapping[str, str] = MappingProxyType({"top": "upper", "bottom": "lower", "dress": "full"})
"""The vendor's garment mode by our category."""
SUBMIT_PATH = "v1/try-on"
_NAMES_A_JOB = re.compile(r"(?:^|/)(?:jobs?|try-on)/(?P<id>[^/]+)/?$")
_ROUTES = ("job", "jobs")
_ACCEPTING = range(200, 300)
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


def job_path(job_id: str) -> str:
    """Return the documented path of a job."""
    return f"v1/try-on/job/{quote(job_id, safe='', errors='surrogatepass')}"


def useful_location(ctx: CallContext, job_id: str, location: str | None) -> str | None:
    """Return the address that a `Location` header names for a job, None when it is of no use."""
    base_url = ctx.settings.text("base_url")
    return named_address(
        location or "",
        asked=f"{base_url}/{SUBMIT_PATH}",
        base_url=base_url,
        documented=f"{base_url}/{job_path(job_id)}",
    )


def location_of(ctx: CallContext, job: Job) -> str | None:
    """Return where the vendor said that it tells of a job, None when it did not.

    Checked here too: a token may have been written by anybody.
    """
    location = job.data.get("location")
    return location if location == useful_location(ctx, job.id, location) else None


def read(answer: HttpResponse, kind: type[T], *, at: str = "") -> T:
    """Return the value of an answer, or the one that is at a key of it.

    Raises:
        UnexpectedResponse: it is no JSON, or breaks the contract.
    """
    return decode(_CONVERTER, answer.json(), kind, at=at)


def job_id_in(answer: HttpResponse) -> str | None:
    """Return the job that an accepted submission names; `Location` does where the body does not."""
    in_header = _job_at(answer.headers.get("location")) if answer.status in _ACCEPTING else None
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
        return read(answer, Finished)
    except UnexpectedResponse:
        return None


def tells_of(answer: HttpResponse, job: Job) -> bool:
    """Say whether an answer is the status of a job, and not of another one."""
    is_status = isinstance(answer.json_object().get("status"), str)
    return answer.status in GOOD and is_status and named_in(answer) in {None, job.id}


def named_in(answer: HttpResponse) -> str | None:
    """Return the job that a status speaks of, None when it does not say."""
    name = answer.json_object().get("job_id")
    return name if isinstance(name, str) and name else None
