"""The provider of an invented vendor without jobs: the image is the answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tryon_core import (
    CallContext,
    Capabilities,
    ErrorTable,
    ImageRules,
    Job,
    JobResult,
    JobUpdate,
    ParseRequest,
    Price,
    Problem,
    Provider,
    ProviderInfo,
    Quota,
    SettingSpec,
    TryOnRequest,
    as_artifact,
    codes,
    errors,
    hookimpl,
    image_in_json,
)

SOURCE = "https://flash.example/docs"
RULES = ImageRules(
    formats={"JPEG", "PNG"},
    max_base64_bytes=4_000_000,
    min_side_px=256,
    max_side_px=2048,
    source=SOURCE,
)
TABLE = ErrorTable(
    "Flash",
    [
        *codes(errors.AuthenticationFailed, "", {"bad_key": "The key is wrong."}),
        *codes(errors.CreditsExhausted, "", {"no_credits": "Nothing is left."}),
        *codes(errors.RateLimited, "", {"slow_down": "Too many submissions in a second."}),
        *codes(errors.InputRefused, "Give a sharp photo.", {"bad_image": "It cannot be used."}),
    ],
    code=["code"],
    message=["message"],
)
INFO = ProviderInfo(
    id="flash",
    name="Flash",
    settings=[
        SettingSpec(
            name="api_key",
            secret=True,
            required=True,
            env=["FLASH_API_KEY"],
            help="From flash.example/keys.",
        ),
        SettingSpec(name="base_url", default="https://api.flash.example"),
    ],
    headers={"Authorization": "Bearer {api_key}"},
    capabilities=Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}],
        person_rules=RULES,
        garment_rules=RULES,
        delivery={"upload"},
        max_base64_bytes=6_000_000,
        typical_job_s=15,
        quota=Quota(submissions=5, source=SOURCE),
        price=Price(amount=Decimal("0.05"), currency="USD", as_of=date(2026, 1, 2), source=SOURCE),
    ),
    errors=TABLE.entries,
    homepage="https://flash.example",
)


class FlashProvider:
    info = INFO

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        return []

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        ((category, garment),) = request.garments.items()
        answer = ctx.http.post(
            "images",
            json={
                "kind": category,
                "garment": image_in_json(garment),
                "person": image_in_json(request.images["person"], data_uri=False),
            },
            read_timeout_s=180,
        )
        if answer.status >= 400:
            raise TABLE.refusal(answer)
        is_json = answer.headers.get("content-type") == "application/json"
        image = answer.json_object().get("image") if is_json else answer.body
        result = JobResult(images=[as_artifact(image, place="image")])
        return ctx.new_job(answer.headers.get("x-request-id", ""), result=result)

    @hookimpl
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        raise errors.JobExpired("Flash gives an image once, in its answer.", billed="yes")


provider: Provider = FlashProvider()
