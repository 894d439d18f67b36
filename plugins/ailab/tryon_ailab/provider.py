"""The provider: settings, and the hooks over the vendor's three routes."""

from typing import Any

from tryon_ailab.error_codes import TABLE, is_refusal
from tryon_ailab.models import CLOTHES_TYPES, GARMENT_PARTS, MODELS, PATHS, Options
from tryon_ailab.replies import balance_of, update_of, with_own_status
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

_VARIABLES = ("AILABAPI_API_KEY", "AILAB_API_KEY")
_CONSOLE = "The console at https://www.ailabtools.com gives one."
_BASE = "The part of the addresses before /api."
_PRO_PATH = "Path of the Pro model; an older page of the vendor has /enhance/ in it."
_CASES = ("lower", "capital")
_CASE = "`lower` sends true, as the documents say; `capital` True, as the vendor's SDK."


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
    settings=[
        SettingSpec(name="api_key", env=_VARIABLES, secret=True, required=True, help=_CONSOLE),
        SettingSpec(name="base_url", default="https://www.ailabapi.com", help=_BASE),
        SettingSpec(name="pro_path", default=PATHS["pro"], help=_PRO_PATH),
        SettingSpec(name="boolean_case", choices=_CASES, default="lower", help=_CASE),
    ],
    headers={"ailabapi-api-key": "{api_key}"},
    capabilities=MODELS["base"],
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
        answer = ctx.http.post(path, multipart=_form(request, capital_booleans=is_capital))
        request_id = TABLE.request_id_in(answer)
        task_id = answer.id_at("task_id", "data.task_id")
        if task_id is not None:
            return ctx.new_job(task_id, request_id=request_id, data={"model": model})
        if is_refusal(answer):
            raise TABLE.refusal(with_own_status(answer))
        raise answer.no_job("task_id", request_id=request_id)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the task; all models share one route."""
        answer = ctx.http.get("/api/common/query-async-task-result", params={"task_id": job.id})
        return update_of(with_own_status(answer), model=job.data.get("model", "base"))

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask for the credits, which is free."""
        answer = ctx.http.get("/api/common/query-credits")
        return balance_of(with_own_status(answer), ctx.clock.now())


def _form(request: TryOnRequest, *, capital_booleans: bool) -> FormFields:
    options, garments = request.options, request.garments
    values: list[tuple[str, Any]] = [("task_type", "async"), ("person_image", request.person)]
    if options.model == "base":
        ((category, garment),) = garments.items()
        values += [("clothes_image", garment), ("clothes_type", CLOTHES_TYPES[category])]
    else:
        face = options.restore_face
        word = face if face is None or capital_booleans else str(face).lower()
        values += [(GARMENT_PARTS[category], image) for category, image in garments.items()]
        values += [("resolution", options.resolution), ("restore_face", word)]
        values += [("coarse_image", options.coarse_image), ("gender", options.gender)]
    given = [(name, value) for name, value in values if value is not None]
    return [
        (name, str(value) if isinstance(value, (str, int)) else FilePart(value))
        for name, value in given
    ]


provider: Provider = AILabProvider()
