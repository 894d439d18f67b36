"""The provider: settings, and the hooks over the vendor's three routes."""

from collections.abc import Sequence
from typing import Any, NewType

import attrs

from tryon_ailab.balance import balance_of
from tryon_ailab.error_codes import TABLE
from tryon_ailab.form import form_of
from tryon_ailab.models import BASE, MODELS, OPTION_MODELS, PATHS, REQUIRED_OPTIONS
from tryon_ailab.options import Options
from tryon_ailab.polling import question_error, update_of
from tryon_ailab.reply import Reply, read_reply
from tryon_core import (
    Balance,
    CallContext,
    GarmentRegion,
    Job,
    JobUpdate,
    ParseRequest,
    Problem,
    Provider,
    ProviderInfo,
    SettingSpec,
    TryOnError,
    TryOnRequest,
    decode,
    errors,
    hookimpl,
    make_converter,
)

_POLL_PATH = "/api/common/query-async-task-result"
_CREDITS_PATH = "/api/common/query-credits"
_BOOLEAN_CASES = ("lower", "capital")
_TaskId = NewType("_TaskId", str)
_CONVERTER = make_converter()
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
            default=_BOOLEAN_CASES[0],
            help="`lower` sends true, as the documents say; `capital` True, as the vendor's SDK.",
        ),
    ),
    capabilities=BASE,
    models=MODELS,
    errors=TABLE.entries,
)


class AILabProvider:
    """AILabTools: four models behind multipart forms and one query of results."""

    info = _INFO

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Find options that the chosen model does not know, or lacks."""
        if isinstance(request, ParseRequest):
            return ()
        return (*_strange_options(request.options), *_lacking_options(request.options))

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send the pictures and return the task."""
        model = request.options.model
        path = ctx.settings.text("pro_path") if model == "pro" else PATHS[model]
        form = form_of(request, capital_booleans=_capital_booleans(ctx))
        answer = ctx.http.post(_url(ctx, path), headers=_headers(ctx), multipart=form)
        reply = read_reply(answer)
        task_id = answer.id_at("task_id", "data.task_id")
        if task_id is not None:
            return ctx.new_job(task_id, request_id=reply.request_id, data={"model": model})
        if reply.is_refusal:
            raise TABLE.refusal(
                reply.answer, code=reply.code, message=reply.message, request_id=reply.request_id
            )
        raise _unreadable(reply)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the task; all models share one route."""
        params = {"task_id": job.id}
        answer = ctx.http.get(_url(ctx, _POLL_PATH), headers=_headers(ctx), params=params)
        model = job.data.get("model", "base")
        return update_of(read_reply(answer), model=model, since=job.submitted_at)

    @hookimpl
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Refuse: the vendor's try-on has no parsing."""
        raise NotImplementedError("never called: no parse_categories are declared")

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask for the credits, which is free."""
        answer = ctx.http.get(_url(ctx, _CREDITS_PATH), headers=_headers(ctx))
        reply = read_reply(answer)
        if reply.is_refusal:
            raise question_error(reply)
        return balance_of(answer.json(), ctx.clock.now())


@attrs.frozen
class _Accepted:
    task_id: _TaskId


def _task_id(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"expected a text that is not empty, got {value!r:.40}")
    return value


_CONVERTER.register_structure_hook(_TaskId, _task_id)


def _unreadable(reply: Reply) -> TryOnError:
    """Return the error for an accepted submission in which no task is named."""
    try:
        decode(_CONVERTER, reply.answer.json(), _Accepted)
    except errors.UnexpectedResponse as error:
        error.request_id = reply.request_id
        return error
    raise AssertionError("unreachable: a task that can be read was read before")


def _url(ctx: CallContext, path: str) -> str:
    return f"{ctx.settings.text('base_url')}/{path.lstrip('/')}"


def _headers(ctx: CallContext) -> dict[str, str]:
    return {"ailabapi-api-key": ctx.settings.text("api_key")}


def _capital_booleans(ctx: CallContext) -> bool:
    case = ctx.settings.text("boolean_case")
    if case not in _BOOLEAN_CASES:
        raise errors.SettingsError(
            f"ailab: boolean_case is {case!r}.", remedy=f"Give {' or '.join(_BOOLEAN_CASES)}."
        )
    return case == "capital"


def _strange_options(options: Options) -> list[Problem]:
    return [
        Problem(
            f"options.{name}",
            f"the model {options.model!r} does not know it. Leave it out, or choose the model "
            f"{' or '.join(sorted(models))}.",
            code="option_not_offered",
        )
        for name, models in OPTION_MODELS.items()
        if getattr(options, name) is not None and options.model not in models
    ]


def _lacking_options(options: Options) -> list[Problem]:
    return [
        Problem(f"options.{name}", f"the model {options.model!r} needs it.", code="option_missing")
        for name in REQUIRED_OPTIONS.get(options.model, ())
        if getattr(options, name) is None
    ]


provider: Provider = AILabProvider()
