"""What all parts of the emulator share, and the checks that come first in every call."""

from collections import Counter
from typing import Any

import attrs
from flask import request

from tryon_dashscope.emulator import texts
from tryon_dashscope.emulator.answers import Refused
from tryon_dashscope.emulator.knobs import Knobs
from tryon_dashscope.emulator.store import Store
from tryon_testing.emulation import EmulatorContext

KEY = "sk-emulated-dashscope-key"
TRY_ON_MODELS = ("aitryon-plus", "aitryon", "aitryon-refiner")
PARSING_MODELS = ("aitryon-parsing-v1",)
SUBMISSIONS_PER_S = 10
QUERIES_PER_S = 20
POLICIES_PER_S = 100


@attrs.frozen(kw_only=True, eq=False)
class Service:
    """The emulated service.

    Attributes:
        ctx: clock, jobs, quota and images.
        knobs: how it behaves where the documents are silent.
        store: temporary files.
        asked: how often each task was asked for.
    """

    ctx: EmulatorContext
    knobs: Knobs
    store: Store
    asked: Counter[str] = attrs.field(factory=Counter)

    def account(self) -> str:
        """Return whose key it is.

        Raises:
            Refused: there is none, or nobody's.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if not key:
            raise Refused("InvalidApiKey", self.knobs.missing_key)
        accounts = {KEY: "main", self.knobs.second_key: "other"}
        if scheme.lower() != "bearer" or key.strip() not in accounts:
            raise Refused("InvalidApiKey")
        self._check_workspace()
        return accounts[key.strip()]

    def _check_workspace(self) -> None:
        given = request.headers.get("X-DashScope-WorkSpace", "")
        if given and self.knobs.workspace and given != self.knobs.workspace:
            raise Refused("WorkSpaceNotFound")

    def take(self, what: str, account: str, limit: int) -> None:
        """Count a call.

        Args:
            what: which limit it counts for.
            account: who calls; limits hold for all keys of an account together.
            limit: calls allowed within a second.

        Raises:
            Refused: there were too many.
        """
        if not self.ctx.quota.take(f"{what} {account}", limit=limit, window_s=1.0):
            raise Refused("Throttling.RateQuota")


def json_body() -> dict[str, Any]:
    """Return the body of a call.

    Raises:
        Refused: it is no JSON object.
    """
    if request.mimetype != "application/json":
        raise Refused("InvalidParameter", texts.BROKEN_BODY)
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused("InvalidParameter", texts.BROKEN_BODY)
    return body


def model_of(body: dict[str, Any], allowed: tuple[str, ...]) -> str:
    """Return the model that a call names.

    Args:
        body: the call.
        allowed: the models behind its address.

    Raises:
        Refused: there is none, or it is at another address.
    """
    model = body.get("model")
    if not model:
        raise Refused("BadRequest.EmptyModel")
    if model not in (*TRY_ON_MODELS, *PARSING_MODELS):
        raise Refused("InvalidParameter", texts.NO_SUCH_MODEL)
    if model not in allowed:
        raise Refused("InvalidParameter", texts.WRONG_PATH)
    return str(model)


def is_enabled(header: str) -> bool:
    """Whether a header says `enable`."""
    return request.headers.get(header, "") == "enable"
