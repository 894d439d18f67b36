"""The provider: the hooks, each one call or two of the service."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tryon_core import (
    Attempt,
    CallContext,
    GarmentRegion,
    ImageSource,
    Job,
    JobState,
    JobUpdate,
    LibraryModel,
    NotAccepted,
    ParseRequest,
    Problem,
    Provider,
    TryOnRequest,
    Undecided,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_core.images import probe
from tryon_dashscope.clothes import CLOTHES_TYPES, in_order, regions_of
from tryon_dashscope.codes import TABLE
from tryon_dashscope.declaration import INFO, PARSING_MODEL, REFINER, Options
from tryon_dashscope.look_up import look_up
from tryon_dashscope.tasks import update_of
from tryon_dashscope.uploads import upload
from tryon_dashscope.wire import (
    ParsedClothes,
    Task,
    address,
    read,
    reading_headers,
    task_id_of,
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
        """Compare the sizes of the photo and of a result that is to be refined."""
        del ctx
        if isinstance(request, ParseRequest) or request.options.model != REFINER:
            return ()
        return _size_problems(request.person, request.options.coarse_image)

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Make a task."""
        images = {_FIELDS[name]: address(image) for name, image in request.images.items()}
        answer = ctx.http.post(
            ctx.settings.text("submit_path"),
            headers={"X-DashScope-Async": "enable", **reading_headers(ctx, images)},
            json={
                "model": request.options.model,
                "input": images,
                "parameters": _parameters(request.options, ctx),
            },
        )
        return ctx.new_job(task_id_of(answer), request_id=TABLE.request_id_in(answer))

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the state of a task."""
        answer = ctx.http.get(f"tasks/{quote(job.id, safe='')}")
        return update_of(*read(answer, Task))

    @hookimpl
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Stop a task that is still waiting."""
        answer = ctx.http.post(f"tasks/{quote(job.id, safe='')}/cancel", idempotent=True)
        _, request_id = read(answer, dict[str, Any])
        return JobUpdate(state=JobState.CANCELLED, request_id=request_id)

    @hookimpl
    def find_submission(self, attempt: Attempt, ctx: CallContext) -> NotAccepted | Undecided:
        """Look whether any task of that time is unknown."""
        return look_up(attempt, ctx)

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
            "services/vision/image-process/process",
            headers=reading_headers(ctx, images),
            json={
                "model": PARSING_MODEL,
                "input": images,
                "parameters": {"clothes_type": clothes_type},
            },
        )
        reply, request_id = read(without_none(answer), ParsedClothes, at="output")
        found = regions_of(reply, categories, request_id)
        return [found[category] for category in request.categories]


def _size_problems(
    person: ImageSource | LibraryModel, coarse: ImageSource | None
) -> Sequence[Problem]:
    photo, result = _size(person), _size(coarse)
    if None in {photo, result} or photo == result:
        return ()
    message = (
        f"it is {result} px and the person photo {photo} px; {REFINER} wants them of one size. "
        "Give a result that was made with resolution=-1 from this very photo."
    )
    return [Problem("options.coarse_image", message, code="size_mismatch")]


def _size(image: ImageSource | LibraryModel | None) -> str | None:
    """Return width and height, None where that is not known or for others to complain about."""
    if image is None or isinstance(image, (UrlSource, LibraryModel)):
        return None
    try:
        found = probe(image, field="image")
    except errors.UnusableImage:
        return None
    return f"{found.width_px}x{found.height_px}" if found.width_px and found.height_px else None


def _parameters(options: Options, ctx: CallContext) -> dict[str, Any]:
    if options.model == REFINER:
        return {"gender": options.gender}
    resolution = int(ctx.settings.get("resolution_override", options.resolution))  # type: ignore[arg-type]
    return {"resolution": resolution, "restore_face": options.restore_face}


provider: Provider = DashScopeProvider()
