"""The provider: settings, and the hooks over the vendor's three routes."""

from tryon_ailab.error_codes import TABLE
from tryon_ailab.models import BASE, CLOTHES_TYPES, GARMENT_PARTS, MODELS, PATHS, Options
from tryon_ailab.replies import balance_of, poll_error, read_reply, update_of
from tryon_core import (
    Balance,
    CallContext,
    FilePart,
    Job,
    JobUpdate,
    ParseRequest,
    Problem,
    Provider,
    ProviderInfo,
    SettingSpec,
    TryOnRequest,
    hookimpl,
)
from tryon_core.http import FormFields

_POLL_PATH = "/api/common/query-async-task-result"
_CREDITS_PATH = "/api/common/query-credits"


def _size_of(ctx: CallContext) -> str | None:
    options = ctx.request.options  # type: ignore[union-attr]  # it is asked about requests only
    if options.model not in {"pro", "premium"}:
        return None
    return {1024: "576x1024", 1280: "720x1280"}.get(options.resolution, "person")


_INFO = ProviderInfo(
    id="ailab",
    name="AILabTools",
    options=Options,
    homepage="https://www.ailabtools.com",
    settings=(
        SettingSpec(
            name="api_key",
            env=("AILABAPI_API_KEY", "AILAB_API_KEY"),
            secret=True,
            required=True,
            help="The console at https://www.ailabtools.com gives one.",
        ),
        SettingSpec(
            name="base_url",
            default="https://www.ailabapi.com",
            help="The part of the addresses before /api.",
        ),
        SettingSpec(
            name="pro_path",
            default=PATHS["pro"],
            help="Path of the Pro model; an older page of the vendor has /enhance/ in it.",
        ),
        SettingSpec(
            name="boolean_case",
            choices=("lower", "capital"),
            default="lower",
            help="`lower` sends true, as the documents say; `capital` True, as the vendor's SDK.",
        ),
    ),
    headers={"ailabapi-api-key": "{api_key}"},
    capabilities=BASE,
    models=MODELS,
    option_models={
        "resolution": {"pro", "premium"},
        "restore_face": {"pro", "premium"},
        "coarse_image": {"refiner"},
        "gender": {"refiner"},
    },
    required_options={"refiner": ("coarse_image", "gender")},
    size_of=_size_of,
    errors=TABLE.entries,
)


class AILabProvider:
    """AILabTools: four models behind multipart forms and one query of results."""

    info = _INFO

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> tuple[Problem, ...]:
        """Find nothing more: all limits are declared."""
        del request, ctx
        return ()

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send the images and return the task."""
        model = request.options.model
        path = ctx.settings.text("pro_path") if model == "pro" else PATHS[model]
        is_capital = ctx.settings.text("boolean_case") == "capital"
        answer = ctx.http.post(path, multipart=form_of(request, capital_booleans=is_capital))
        reply = read_reply(answer)
        task_id = answer.id_at("task_id", "data.task_id")
        if task_id is not None:
            return ctx.new_job(task_id, request_id=reply.request_id, data={"model": model})
        if reply.is_refusal:
            raise TABLE.refusal(
                reply.answer, code=reply.code, message=reply.message, request_id=reply.request_id
            )
        raise answer.no_job("task_id", request_id=reply.request_id)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the task; all models share one route."""
        params = {"task_id": job.id}
        answer = ctx.http.get(_POLL_PATH, params=params)
        model = job.data.get("model", "base")
        return update_of(read_reply(answer), model=model)

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask for the credits, which is free."""
        answer = ctx.http.get(_CREDITS_PATH)
        reply = read_reply(answer)
        if reply.is_refusal:
            raise poll_error(reply)
        return balance_of(answer.json(), ctx.clock.now())


def form_of(request: TryOnRequest, *, capital_booleans: bool = False) -> FormFields:
    """Return the parts in the order of the vendor's documents.

    Args:
        request: a valid request, whose images are local.
        capital_booleans: send `True` and `False`, as the vendor's Python SDK does, instead of
            `true` and `false`, as its documents have it.
    """
    options: Options = request.options
    person = ("person_image", FilePart(request.images["person"]))
    if options.model == "base":
        ((category, garment),) = request.garments.items()
        return [
            ("task_type", "async"),
            person,
            ("clothes_image", FilePart(garment)),
            ("clothes_type", CLOTHES_TYPES[category]),
        ]
    form: list[tuple[str, str | FilePart]] = [("task_type", "async"), person]
    form += [(GARMENT_PARTS[name], FilePart(image)) for name, image in request.garments.items()]
    return [*form, *_option_parts(options, capital_booleans=capital_booleans)]


def _option_parts(options: Options, *, capital_booleans: bool) -> list[tuple[str, str | FilePart]]:
    parts: list[tuple[str, str | FilePart]] = []
    if options.resolution is not None:
        parts.append(("resolution", str(options.resolution)))
    if options.restore_face is not None:
        word = str(options.restore_face)
        parts.append(("restore_face", word if capital_booleans else word.lower()))
    if options.coarse_image is not None:
        parts.append(("coarse_image", FilePart(options.coarse_image)))
    if options.gender is not None:
        parts.append(("gender", options.gender))
    return parts


provider: Provider = AILabProvider()
