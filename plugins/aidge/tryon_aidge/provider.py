"""The provider: the hooks, each one call of the gateway."""

import json
from collections.abc import MutableMapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import tryon_core as core
from tryon_aidge.declaration import INFO, expected_images
from tryon_aidge.error_table import TABLE, code_of, words_of
from tryon_aidge.gateway import at, call, refuse, speaks_of_task
from tryon_aidge.outcomes import EXPECTED, update_of
from tryon_aidge.tasks import problems_of, task_of
from tryon_core import hookimpl

_SUBMIT_PATH, _POLL_PATH = "/ai/virtual/tryon-pro", "/ai/virtual/tryon-results"
_CONVERTER = core.make_converter()
_ID_FIELDS = frozenset({"task_id", "taskId"})
_INVALID_INPUT = "700"
_REFUSED_TWICE = (
    "The poll was refused, which says nothing of the job: poll again, it costs nothing. Both "
    "names of the field were tried, task_id and taskId (setting query_field)."
)


class AidgeProvider:
    """AIDGE's `tryon-pro`: an asynchronous service that reads images from public addresses.

    Instead of a photo, the person may be one of AIDGE's model library, such as
    `--person-model gender=female,age=youngadult`. Either `name` is given, such as `James`, or any
    of these:

    | field | values |
    | --- | --- |
    | `gender` | `female` (default), `male` |
    | `style` | `universal_1` (default), `universal_2`, `universal_3` |
    | `age` | `children`, `youngadult` |
    | `body` | `slim` (default), `curvy` |
    | `base` | `General`, the public library (default) |
    """

    info = INFO

    def __init__(self) -> None:
        # The name of the polled id that the service took, by the settings of a client.
        self._taken_fields: MutableMapping[Any, str] = WeakKeyDictionary()

    @hookimpl
    def validate_inputs(
        self, request: core.TryOnRequest | core.ParseRequest, ctx: core.CallContext
    ) -> Sequence[core.Problem]:
        """Check what the declared limits cannot say."""
        return () if isinstance(request, core.ParseRequest) else tuple(problems_of(request))

    @hookimpl
    def submit(self, request: core.TryOnRequest, ctx: core.CallContext) -> core.Job:
        """Send one task."""
        task = task_of(request)
        wanted = task if ctx.settings.text("submit_shape") == "object" else [task]
        text = json.dumps(wanted, separators=(",", ":"))
        fields = {ctx.settings.text("submit_field"): text}
        answer = call(ctx, _SUBMIT_PATH, fields, idempotent=False)
        request_id = TABLE.request_id_in(answer)
        task_id = answer.id_at("data.result.taskId", "data.taskId")
        if task_id is None:
            refuse(answer)
            raise answer.no_job("data.result.taskId", request_id=request_id)
        data = {EXPECTED: str(expected_images(request))}
        return ctx.new_job(task_id, request_id=request_id, data=data)

    @hookimpl
    def poll(self, job: core.Job, ctx: core.CallContext) -> core.JobUpdate:
        """Ask for the task; a poll that is refused as invalid is sent by the other name too.

        The field for the id has two names in the vendor's documents.
        """
        field = self._taken_fields.get(ctx.settings) or ctx.settings.text("query_field")
        answer = call(ctx, _POLL_PATH, {field: job.id}, idempotent=True)
        if _is_invalid(answer):
            (other,) = _ID_FIELDS - {field}
            second = call(ctx, _POLL_PATH, {other: job.id}, idempotent=True)
            if _is_invalid(second):
                raise _refused_twice(answer, second, other)
            answer, self._taken_fields[ctx.settings] = second, other
        age_s = (ctx.clock.now() - job.submitted_at).total_seconds()
        return update_of(job, answer, age_s=age_s)

    @hookimpl
    def read_balance(self, ctx: core.CallContext) -> core.Balance:
        """Ask how much of the paid quota of try-on is left."""
        answer = call(ctx, "/ai/query/balance", {"apiPath": _SUBMIT_PATH}, idempotent=True)
        refuse(answer)
        data = at(answer.json(), "data")
        left = core.decode(_CONVERTER, data, core.Amount, path="response.data", at="balance")
        return core.Balance(amount=left, unit="credits", as_of=ctx.clock.now())


def _is_invalid(answer: core.HttpResponse) -> bool:
    return code_of(answer) == _INVALID_INPUT and not speaks_of_task(answer)


def _refused_twice(
    answer: core.HttpResponse, second: core.HttpResponse, other: str
) -> core.TryOnError:
    error = TABLE.refusal(answer)
    if words_of(second) != words_of(answer):
        error.message += f" With {other} instead: {words_of(second).rstrip('.')}."
    error.retry, error.remedy = "later", _REFUSED_TWICE
    return error


provider: core.Provider = AidgeProvider()
