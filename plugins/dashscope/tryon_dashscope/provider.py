"""The provider: the hooks, each one call or two of the service."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tryon_core import (
    CallContext,
    GarmentRegion,
    ImageSource,
    Job,
    JobState,
    JobUpdate,
    ParseRequest,
    Problem,
    Provider,
    TryOnRequest,
    UrlSource,
    hookimpl,
)
from tryon_dashscope.checks import REFINER, option_problems, setting_problems
from tryon_dashscope.clothes import CLOTHES_TYPES, in_order, regions_of
from tryon_dashscope.declaration import INFO, PARSING_MODEL
from tryon_dashscope.options import Options
from tryon_dashscope.replies import Cancelled, Parsed, Task
from tryon_dashscope.tasks import update_of
from tryon_dashscope.uploads import upload
from tryon_dashscope.wire import (
    address,
    headers,
    read,
    reading_headers,
    request_id_of,
    task_id_of,
    url,
    without_none,
)

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
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Check the settings, and that the options suit the model."""
        found = [*setting_problems(ctx)]
        return found if isinstance(request, ParseRequest) else [*found, *option_problems(request)]

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Make a task."""
        images = {_FIELDS[name]: address(image) for name, image in request.images.items()}
        answer = ctx.http.post(
            url(ctx, ctx.settings.text("submit_path").lstrip("/")),
            headers=headers(ctx, "X-DashScope-Async", *reading_headers(ctx, images)),
            json={
                "model": request.options.model,
                "input": images,
                "parameters": _parameters(request.options, ctx),
            },
        )
        return ctx.new_job(task_id_of(answer), request_id=request_id_of(answer))

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask where a task stands."""
        answer = ctx.http.get(url(ctx, f"tasks/{quote(job.id, safe='')}"), headers=headers(ctx))
        return update_of(*read(answer, Task))

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Stop a task that is still waiting."""
        path = f"tasks/{quote(job.id, safe='')}/cancel"
        answer = ctx.http.post(url(ctx, path), headers=headers(ctx), idempotent=True)
        _, request_id = read(answer, Cancelled)
        return JobUpdate(state=JobState.CANCELLED, request_id=request_id)

    @hookimpl
    def publish_image(self, image: ImageSource, ctx: CallContext) -> UrlSource:
        """Put a local image into the vendor's store of temporary files."""
        return upload(image, ctx)

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Find top and bottom, or a dress."""
        images = {"image_url": address(request.image)}
        categories = in_order(request.categories)
        clothes_type = [CLOTHES_TYPES[category] for category in categories]
        answer = ctx.http.post(
            url(ctx, "services/vision/image-process/process"),
            headers=headers(ctx, *reading_headers(ctx, images)),
            json={
                "model": PARSING_MODEL,
                "input": images,
                "parameters": {"clothes_type": clothes_type},
            },
        )
        reply, request_id = read(without_none(answer), Parsed)
        found = regions_of(reply, categories, request_id)
        return [found[category] for category in request.categories]


def _parameters(options: Options, ctx: CallContext) -> dict[str, Any]:
    if options.model == REFINER:
        return {"gender": options.gender}
    override = ctx.settings.get("resolution_override")
    resolution = int(override) if isinstance(override, str) else options.resolution
    return {"resolution": resolution, "restore_face": options.restore_face}


provider: Provider = DashScopeProvider()
