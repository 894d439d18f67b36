"""The provider: the hooks, each one call of the gateway."""

import json
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from tryon_aidge.declaration import INFO, expected_images
from tryon_aidge.gateway import CONVERTER, call, envelope, read, read_accepted, task_id_of
from tryon_aidge.outcomes import EXPECTED, update_of
from tryon_aidge.tasks import SUBMIT_PATH, TakenFields, ask, problems_of, task_of
from tryon_core import (
    Amount,
    Balance,
    CallContext,
    Job,
    JobUpdate,
    ParseRequest,
    Problem,
    Provider,
    TryOnRequest,
    decode,
    hookimpl,
)

BALANCE_PATH = "/ai/query/balance"


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
        self._taken_fields: TakenFields = WeakKeyDictionary()

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Check what the declared limits cannot say."""
        del ctx
        return () if isinstance(request, ParseRequest) else tuple(problems_of(request))

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send one task."""
        task = task_of(request)
        wanted = task if ctx.settings.text("submit_shape") == "object" else [task]
        text = json.dumps(wanted, separators=(",", ":"))
        answer = call(ctx, SUBMIT_PATH, {ctx.settings.text("submit_field"): text}, idempotent=False)
        return ctx.new_job(
            task_id_of(answer),
            request_id=envelope(answer).request_id,
            data={EXPECTED: str(expected_images(request))},
        )

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask for the task."""
        answer = ask(job.id, ctx, self._taken_fields)
        age_s = (ctx.clock.now() - job.submitted_at).total_seconds()
        return update_of(job, answer, read(answer), age_s=age_s)

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask how much of the paid quota of try-on is left."""
        answer = call(ctx, BALANCE_PATH, {"apiPath": SUBMIT_PATH}, idempotent=True)
        data = read_accepted(answer).data
        left = decode(CONVERTER, data, Amount, path="response.data", at="balance")
        return Balance(amount=left, unit="credits", as_of=ctx.clock.now())


provider: Provider = AidgeProvider()
