"""Kling AI as data: two interfaces for try-on, their keys, limits and errors; and what is odd."""

import base64
import hmac
import json
import re
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core import (
    Amount,
    Attempt,
    Balance,
    CallContext,
    Capabilities,
    DeclaredProvider,
    ErrorTable,
    Found,
    HttpResponse,
    ImageRules,
    ImageSource,
    JobState,
    LookUp,
    NotAccepted,
    PollRoute,
    Provider,
    ProviderInfo,
    Quota,
    SettingSpec,
    SubmitRoute,
    TryOnRequest,
    Undecided,
    codes,
    errors,
    hookimpl,
)
from tryon_core.images import join_on_white

_V1, _V1_5, _V3 = "kolors-virtual-try-on-v1", "kolors-virtual-try-on-v1-5", "virtual-try-on-3.0"
_PAGE = "https://kling.ai/document-api/api/image/virtual-try-on"
_GLOBAL, _CHINA = "https://api-singapore.klingai.com", "https://api-beijing.klingai.com"
_SLOTS = "samples on the vendor's page on concurrency; each pack has its own number"
_OWN = {_V1_5: ("pair_layout",), _V3: ("keep_face", "keep_pose", "keep_background")}
_HEAD = {"alg": "HS256", "typ": "JWT"}
_PATH, _SUCCESS, _NOT_FOUND = "v1/images/kolors-virtual-try-on", "0", "task not found"


@attrs.frozen(kw_only=True)
class Options:
    """Options of Kling; source: https://kling.ai/document-api/api/image/virtual-try-on.

    Attributes:
        model: `kolors-virtual-try-on-v1-5` takes a top and a bottom together as well;
            `virtual-try-on-3.0`, a later interface, takes addresses of images and an API key only.
        pair_layout: where the bottom is in the one white image into which a top and a bottom
            are put: `below` the top, or `beside` it.
        keep_face: of `virtual-try-on-3.0`: the face stays as it is.
        keep_pose: of `virtual-try-on-3.0`: the pose stays as it is.
        keep_background: of `virtual-try-on-3.0`: the background stays as it is.
    """

    model: Literal[
        "kolors-virtual-try-on-v1-5", "kolors-virtual-try-on-v1", "virtual-try-on-3.0"
    ] = "kolors-virtual-try-on-v1-5"
    pair_layout: Literal["below", "beside"] = "below"
    keep_face: bool = True
    keep_pose: bool = True
    keep_background: bool = True


_KEYS = (
    "Check the keys, and that base_url is of their region. virtual-try-on-3.0 takes an API key "
    "only; where another model refuses it, try access_key and secret_key."
)
_CLOCK = "Set the clock of this machine: tokens are signed with its time."
_PACKS = "Buy units of the API for try-on: credits of the web pages and other packs do not count."
_NAMED = "Change what the vendor's text names. fit=True makes images fit the documented limits."
_OTHER = "Use other images."
_LOOK = "Look at the tasks in the vendor's console before you submit it again."
_OUTAGES: dict[str | int, str] = {"5000": "A fault.", "5001": "Maintenance.", "5002": "Backlog."}
_OUTAGES |= dict.fromkeys((500, 502, 503, 504), "Not documented without a code.")
_TEXTS = ("data.task_status_msg", "data.message", "message")
# Page "Error Code". Of the codes with status 429 only 1302 and 1303 pass by waiting.
_TABLE = ErrorTable(
    "Kling",
    (
        *codes(errors.AuthenticationFailed, _KEYS, {"1000": "It failed.", "1001": "No key came."}),
        *codes(errors.AuthenticationFailed, _KEYS, {"1002": "The key is not valid, or not here."}),
        *codes(errors.AuthenticationFailed, _CLOCK, {"1003": "It is too early for the token."}),
        *codes(errors.AuthenticationFailed, _CLOCK, {"1004": "It is too late for the token."}),
        *codes(errors.AccountError, "Ask the vendor.", {"1100": "The account is not in order."}),
        *codes(errors.CreditsExhausted, _PACKS, {"1101": "The account is in arrears."}),
        *codes(errors.CreditsExhausted, _PACKS, {"1102": "The pack is used up, or too old."}),
        *codes(errors.AccessDenied, "", {"1103": "The account may not use this."}),
        *codes(errors.AccessDenied, "", {"1304": "The account's list of addresses forbids it."}),
        *codes(errors.InputRefused, _NAMED, {"1200": "Wrong form.", "1201": "A wrong value."}),
        *codes(errors.InputRefused, _NAMED, {"1203": "There is no such thing, or model."}),
        *codes(errors.InputRefused, _OTHER, {"1300": "The platform's policy refuses it."}),
        *codes(errors.InputRefused, _OTHER, {"1301": "The check of the content refuses it."}),
        *codes(errors.UnexpectedResponse, "", {"1202": "There is no such method."}),
        *codes(errors.RateLimited, "", {"1302": "The requests come too fast."}),
        *codes(errors.RateLimited, "", {"1303": "As many tasks run as the pack allows."}),
        *codes(errors.OutcomeUnknown, _LOOK, _OUTAGES, fault="vendor"),
    ),
    # 0 and SUCCEED are those of a success; a failed task has a text of its own.
    code=lambda answer: answer.text_at("code", or_number=True).removeprefix(_SUCCESS),
    message=lambda answer: answer.text_at(*_TEXTS).removeprefix("SUCCEED"),
    request_id=["request_id"],
)


def signed_token(access_key: str, secret_key: str, now_s: int) -> str:
    """Return a token (JWT, HS256) for half an hour from a time: Unix, in seconds.

    Source: the vendor's page "Authentication". Its clock may be five seconds behind.
    """
    claims = {"iss": access_key, "exp": now_s + 1800, "nbf": now_s - 5}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (_HEAD, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret_key.encode(), signed, "sha256"))
    return f"{signed.decode()}.{signature.decode().rstrip('=')}"


def _headers(ctx: CallContext) -> dict[str, str]:
    text, now_s = ctx.settings.text, int(ctx.clock.now().timestamp())
    if "api_key" in ctx.settings:
        return {"Authorization": f"Bearer {text('api_key')}"}
    signed = signed_token(text("access_key"), text("secret_key"), now_s)
    return {"Authorization": f"Bearer {signed}"}


def _key(name: str, said: str, **more: Any) -> SettingSpec:
    return SettingSpec(name=name, env=f"KLINGAI_{name.upper()}", secret=True, help=said, **more)


# The classic page names no greatest side. The later one allows 2048 px, and wants more than 300.
_FITTED = ImageRules(
    formats={"JPEG", "PNG"}, min_side_px=301, max_side_px=2048, max_base64_bytes=10_000_000
)
_RULES = attrs.evolve(_FITTED, min_side_px=300, max_side_px=None, source=_PAGE, fit_to=_FITTED)
_LATER = attrs.evolve(_RULES, max_side_px=2048, source="the page of Virtual Try-On 3.0")
_CAN = Capabilities(
    garments=[{"top"}, {"bottom"}, {"dress"}],
    person_rules=_RULES,
    garment_rules=_RULES,
    delivery={"upload"},
    result_lifetime_s=30 * 86400,
    job_lifetime_s=30 * 86400,
    typical_job_s=15,
    quota=Quota(submissions=5, running_jobs=5, queries_per_s=5, poll_interval_s=2, source=_SLOTS),
)
_CAN_PAIRS = attrs.evolve(_CAN, garments=[*_CAN.garments, {"top", "bottom"}])
_CAN_V3 = attrs.evolve(_CAN, delivery={"url"}, person_rules=_LATER, garment_rules=_LATER)
_INFO = ProviderInfo(
    id="kling",
    name="Kling AI",
    homepage="https://kling.ai/dev",
    options=Options,
    settings=[
        _key("api_key", "Made at https://kling.ai/dev/api-key, for one region.", required=True),
        _key("access_key", "With secret_key in place of an API key.", instead_of="api_key"),
        _key("secret_key", "Signs a token for each request; never sent.", instead_of="api_key"),
        SettingSpec(name="base_url", default=_GLOBAL, help=f"{_CHINA} for keys of that region."),
    ],
    headers=_headers,
    clock_tolerance_s=5,  # of tokens that are made here, see `signed_token`
    look_up=LookUp(settles_s=60, source=_PAGE),
    errors=_TABLE.entries,
    capabilities=_CAN_PAIRS,
    models={_V1_5: _CAN_PAIRS, _V1: _CAN, _V3: _CAN_V3},
    option_models={name: {model} for model, names in _OWN.items() for name in names},
)


def _garment(request: TryOnRequest, _: CallContext) -> ImageSource:
    """Return the garment; of a top and a bottom the one image that the vendor takes."""
    garments = [request.garments[name] for name in sorted(request.garments, reverse=True)]
    if len(garments) == 1:
        return garments[0]
    is_beside = request.options.pair_layout == "beside"
    return join_on_white(garments, _FITTED, field="top", is_beside=is_beside)


def _state(answer: HttpResponse) -> str:
    """Return the state; a task that is not known is not listed, or called a failed one."""
    is_unlisted = answer.json_object().get("data") == []
    is_unknown = is_unlisted or answer.text_at("data.task_status_msg") == _NOT_FOUND
    return _NOT_FOUND if is_unknown else answer.text_at("data.task_status", "data.status")


def _units(answer: HttpResponse) -> str:
    is_cash = answer.text_at("data.billing.charge_type") == "cash"
    return "" if is_cash else answer.text_at("data.final_unit_deduction", "data.billing.amount")


def _billed(answer: HttpResponse) -> errors.Billed:
    units = _units(answer)
    return "unknown" if not units else "yes" if units.strip("0.") else "no"


_Finding: TypeAlias = Found | NotAccepted | Undecided
_OWN_IDS = ("data.task_info.external_task_id", "data.external_id")
_IDS = ("data.task_id", "data.id")
_POLL = PollRoute(
    path=f"{_PATH}/{{id}}",
    state=_state,
    states={
        _NOT_FOUND: JobState.NOT_FOUND,
        "submitted": JobState.PENDING,
        "processing": JobState.RUNNING,
        # Sister pages, callbacks and other programs spell the ends otherwise.
        **dict.fromkeys(("succeed", "succeeded", "success"), JobState.SUCCEEDED),
        **dict.fromkeys(("failed", "fail"), JobState.FAILED),
    },
    outputs=("data.task_result.images[].url", "data[].outputs[].url"),
    usage={"credits": _units},
    failure_billed=_billed,
)
_CLASSIC = SubmitRoute(
    path=_PATH,
    body={
        "model_name": "{model}",
        "human_image": "{person}",
        "cloth_image": _garment,
        "external_task_id": "tryon-{key}",
    },
    unsent=["pair_layout"],
    local_images="base64",
    job_id=_IDS,
)
_SOLUTION = SubmitRoute(
    path="solutions/virtual_try_on",
    body={
        "contents": [
            {"type": "product_image", "url": "{garment}"},
            {"type": "person_image", "url": "{person}"},
        ],
        "settings": {},
        "options": {"external_task_id": "tryon-{key}"},
    },
    options_at="settings",
    job_id=_IDS,
    poll_route=attrs.evolve(_POLL, path="solutions", params={"task_ids": "{id}"}),
)


@attrs.frozen
class _Pack:
    resource_pack_name: str
    status: str
    remaining_quantity: Amount


class KlingProvider(DeclaredProvider):
    """Kling AI's try-on; nobody has tried this plugin with a live key yet."""

    @hookimpl
    def find_submission(self, attempt: Attempt, ctx: CallContext) -> _Finding:
        """Ask for the task by the id of our own that was sent with it."""
        own_id, model = f"tryon-{attempt.key}", str(attempt.options.get("model"))
        params = {"external_task_ids": own_id} if model == _V3 else None
        answer = ctx.http.get("solutions" if params else f"{_PATH}/{own_id}", params=params)
        code, job_id = answer.text_at("code", or_number=True), answer.id_at(*_IDS)
        if code == "1203" or (code == _SUCCESS and _state(answer) == _NOT_FOUND):
            return NotAccepted()
        if code != _SUCCESS or job_id is None:
            raise _TABLE.refusal(answer)
        if answer.text_at(*_OWN_IDS) != own_id:
            return Undecided(reason="It names another id of ours.", candidates=(job_id,))
        return Found(ctx.new_job(job_id, data={"model": model}))

    @hookimpl
    def read_balance(self, ctx: CallContext) -> Balance:
        """Add up the packs for try-on; what other packs have is named beside it."""
        now = ctx.clock.now()
        now_ms = int(now.timestamp() * 1000)
        # The window is that of the purchase, and packs last for a year.
        window = {"start_time": str(now_ms - 400 * 86_400_000), "end_time": str(now_ms)}
        answer = ctx.http.get("account/costs", params=window)
        if answer.text_at("code", or_number=True) != _SUCCESS:
            raise _TABLE.poll_refusal(answer)
        place, left = "data.resource_pack_subscribe_infos", dict[str, Decimal]()
        for pack in _TABLE.read(answer, list[_Pack], at=place):
            if pack.status == "online":
                name = pack.resource_pack_name
                left[name] = left.get(name, Decimal(0)) + pack.remaining_quantity
        ours = [left.pop(name) for name in [*left] if re.search("try.?on", name, re.IGNORECASE)]
        return Balance(amount=sum(ours, Decimal(0)), unit="units", as_of=now, reserved=left)


_ROWS = {_V1_5: _CLASSIC, _V1: _CLASSIC, _V3: _SOLUTION}
provider: Provider = KlingProvider(info=_INFO, table=_TABLE, submit_route=_ROWS, poll_route=_POLL)
