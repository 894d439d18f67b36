"""The provider: the hooks, each one call or two of the service."""

from collections.abc import Iterable, Sequence
from typing import Any, cast
from urllib.parse import quote

import tryon_core as core
from tryon_core import errors, hookimpl
from tryon_core.images import probe
from tryon_dashscope.clothes import CLOTHES_TYPES, regions_of
from tryon_dashscope.codes import TABLE
from tryon_dashscope.declaration import INFO, PARSING_MODEL, REFINER
from tryon_dashscope.look_up import look_up
from tryon_dashscope.tasks import read, refuse, update_of
from tryon_dashscope.uploads import upload

_PARSE_PATH = "services/vision/image-process/process"
_FIELDS = {
    "person": "person_image_url",
    "top": "top_garment_url",
    "bottom": "bottom_garment_url",
    "dress": "top_garment_url",
    "options.coarse_image": "coarse_image_url",
}
"""The vendor's fields for images; a dress goes where a top goes, with no bottom beside it."""


class DashScopeProvider:
    """OutfitAnyone on Model Studio: tasks for try-on, one synchronous model for parsing."""

    info = INFO

    @hookimpl
    def validate_inputs(
        self, request: core.TryOnRequest | core.ParseRequest, ctx: core.CallContext
    ) -> Sequence[core.Problem]:
        """Compare the sizes of the photo and of a result that is to be refined."""
        if isinstance(request, core.ParseRequest) or request.options.model != REFINER:
            return ()
        photo, result = _size(request.person), _size(request.options.coarse_image)
        if None in {photo, result} or photo == result:
            return ()
        message = (
            f"it is {result} px and the person photo {photo} px; {REFINER} wants them of one size. "
            "Give a result that was made with resolution=-1 from this very photo."
        )
        return [core.Problem("options.coarse_image", message, code="size_mismatch")]

    @hookimpl
    def submit(self, request: core.TryOnRequest, ctx: core.CallContext) -> core.Job:
        """Make a task."""
        options = request.options
        images = {_FIELDS[name]: _address(image) for name, image in request.images.items()}
        parameters = {"gender": options.gender}
        if options.model != REFINER:
            resolution: Any = ctx.settings.get("resolution_override", options.resolution)
            parameters = {"resolution": int(resolution), "restore_face": options.restore_face}
        answer = ctx.http.post(
            ctx.settings.text("submit_path"),
            headers={"X-DashScope-Async": "enable", **_reading_headers(ctx, images.values())},
            json={"model": options.model, "input": images, "parameters": parameters},
        )
        task_id, request_id = answer.id_at("output.task_id"), TABLE.request_id_in(answer)
        if task_id is None:
            refuse(answer)
            raise answer.no_job("output.task_id", request_id=request_id)
        return ctx.new_job(task_id, request_id=request_id)

    @hookimpl
    def poll(self, job: core.Job, ctx: core.CallContext) -> core.JobUpdate:
        """Ask for the state of a task."""
        return update_of(ctx.http.get(f"tasks/{quote(job.id, safe='')}"))

    @hookimpl
    def cancel(self, job: core.Job, ctx: core.CallContext) -> core.JobUpdate:
        """Stop a task that is still waiting."""
        answer = ctx.http.post(f"tasks/{quote(job.id, safe='')}/cancel", idempotent=True)
        read(answer, dict[str, Any])
        return core.JobUpdate(state=core.JobState.CANCELLED, request_id=TABLE.request_id_in(answer))

    @hookimpl
    def find_submission(
        self, attempt: core.Attempt, ctx: core.CallContext
    ) -> core.NotAccepted | core.Undecided:
        """Look whether any task of that time is unknown."""
        return look_up(attempt, ctx)

    @hookimpl
    def publish_image(self, image: core.ImageSource, ctx: core.CallContext) -> core.UrlSource:
        """Put a local image into the vendor's store of temporary files."""
        return upload(image, ctx)

    @hookimpl
    def parse_garment(
        self, request: core.ParseRequest, ctx: core.CallContext
    ) -> Sequence[core.GarmentRegion | None]:
        """Find top and bottom, or a dress."""
        url = _address(request.image)
        categories = sorted(request.categories, key=[*CLOTHES_TYPES].index)
        clothes_type = [CLOTHES_TYPES[category] for category in categories]
        answer = ctx.http.post(
            _PARSE_PATH,
            headers=_reading_headers(ctx, [url]),
            json={
                "model": PARSING_MODEL,
                "input": {"image_url": url},
                "parameters": {"clothes_type": clothes_type},
            },
        )
        found = regions_of(answer, categories)
        return [found[category] for category in request.categories]


def _address(image: core.ImageSource) -> str:
    return cast("core.UrlSource", image).url  # the core has published the local ones


def _reading_headers(ctx: core.CallContext, addresses: Iterable[str]) -> dict[str, str]:
    """Return the headers of a call that makes the service read images."""
    is_stored = any(address.startswith("oss://") for address in addresses)
    found = ["X-DashScope-OssResourceResolve"] if is_stored else []
    if ctx.settings.text("data_inspection") == "enable":
        found.append("X-DashScope-DataInspection")
    return dict.fromkeys(found, "enable")


def _size(image: core.ImageSource | core.LibraryModel | None) -> str | None:
    """Return width and height, None where that is not known or for others to complain about."""
    if image is None or isinstance(image, core.LibraryModel):
        return None
    try:
        found = probe(image, field="image")
    except errors.UnusableImage:
        return None
    return f"{found.width_px}x{found.height_px}" if found.width_px and found.height_px else None


provider: core.Provider = DashScopeProvider()
