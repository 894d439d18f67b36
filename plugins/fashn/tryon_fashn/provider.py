"""FASHN as data: its models with their fields, options, limits and prices, and its errors."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import attrs

from tryon_core import (
    BalanceRoute,
    Capabilities,
    DeclaredProvider,
    ErrorTable,
    HttpResponse,
    ImageRules,
    JobState,
    PollRoute,
    Price,
    Provider,
    ProviderInfo,
    Quota,
    SettingSpec,
    SubmitRoute,
    TryOnRequest,
    codes,
    errors,
)

_DOCS = "https://docs.fashn.ai"
_V1_6, _MAX = "tryon-v1.6", "tryon-max"
_API = f"{_DOCS}/api-overview/api-fundamentals"
_SIZES = f"{_DOCS}/guides/image-preprocessing-best-practices"
_KEY = "Make one in the developer settings of https://app.fashn.ai."
_QUOTA = Quota(  # four fifths of what the page allows in a time
    submissions=40, window_s=60, running_jobs=6, queries_per_s=4, poll_interval_s=2, source=_API
)
_Ratio = Literal["21:9", "1:1", "4:3", "3:2", "2:3", "5:4", "4:5", "3:4", "16:9", "9:16"]
_COUNT = attrs.validators.optional([attrs.validators.ge(1), attrs.validators.le(4)])
_SEED = attrs.validators.optional([attrs.validators.ge(0), attrs.validators.le(4294967295)])


@attrs.frozen(kw_only=True)
class Options:
    """Options of FASHN; what is None is left to the vendor.

    Source: https://docs.fashn.ai/api-reference/tryon-v1-6 and /api-reference/tryon-max.

    Attributes:
        model: `tryon-v1.6` gets the kind of garment; `tryon-max` (a preview) takes anything.
        mode: of `tryon-v1.6`: about 5, 8 or 15 seconds, at the same price.
        garment_photo_type: of `tryon-v1.6`: `model` for a garment that is worn in its image.
        segmentation_free: of `tryon-v1.6`: `false` where the old garment shines through.
        moderation_level: of `tryon-v1.6`: how strictly the image of the garment is looked at.
        num_samples: of `tryon-v1.6`: how many images; each costs.
        prompt: of `tryon-max`: a small change, such as `tuck in shirt`.
        resolution: of `tryon-max`: about 1, 4 or 16 megapixels for 2, 3 or 4 credits.
        generation_mode: of `tryon-max`: `quality` costs a credit more.
        num_images: of `tryon-max`: how many images; each costs.
        aspect_ratio: of `tryon-max`: shape of the result.
        seed: of both: the vendor takes 42, so that the same call gives the same image.
        output_format: of both: format of the results.
        return_base64: of both: images come inside the answer, which has them for one hour only.
    """

    model: Literal["tryon-v1.6", "tryon-max"] = "tryon-v1.6"
    mode: Literal["performance", "balanced", "quality"] | None = None
    garment_photo_type: Literal["auto", "flat-lay", "model"] | None = None
    segmentation_free: bool | None = None
    moderation_level: Literal["conservative", "permissive", "none"] | None = None
    num_samples: int | None = attrs.field(default=None, validator=_COUNT)
    prompt: str | None = None
    resolution: Literal["1k", "2k", "4k"] | None = None
    generation_mode: Literal["balanced", "quality"] | None = None
    num_images: int | None = attrs.field(default=None, validator=_COUNT)
    aspect_ratio: _Ratio | None = None
    seed: int | None = attrs.field(default=None, validator=_SEED)
    output_format: Literal["png", "jpeg"] | None = None
    return_base64: bool | None = None


_OWN = {
    _V1_6: "mode garment_photo_type segmentation_free moderation_level num_samples",
    _MAX: "prompt resolution generation_mode num_images aspect_ratio",
}
_FAILED = ("PipelineError", "UnavailableError", "LoRALoadError", "InternalServerError")
_THIRD = ("ThirdPartyError", "3rdPartyProviderError")
_SMALLER = "An image that is too large is answered like this, too: fit=True makes it smaller."
# https://docs.fashn.ai/api-overview/error-handling: refusals, then names of failed jobs.
_TABLE = ErrorTable(
    "FASHN",
    (
        *codes(errors.AuthenticationFailed, "", {"UnauthorizedAccess": "The key is not valid."}),
        *codes(errors.CreditsExhausted, "", {"OutOfCredits": "The API credits are used up."}),
        *codes(errors.JobExpired, "", {"NotFound": "The job is not known, or no longer."}),
        *codes(errors.OutcomeUnknown, _SMALLER, {500: "Not in the vendor's form."}, fault="vendor"),
        *codes(errors.RateLimited, "", {"RateLimitExceeded": "Too many calls in a time."}),
        *codes(errors.RateLimited, "", {"ConcurrencyLimitExceeded": "6 jobs are in work."}),
        *codes(
            errors.InputRefused,
            "Use another image, or other options.",
            {
                "BadRequest": "A field is absent or has a wrong value.",
                "ImageLoadError": "An image cannot be fetched or read.",
                "ContentModerationError": "An image was refused by moderation.",
                "PoseError": "No body was found in the photo, or in the image of a worn garment.",
                "InputValidationError": "The options do not go together.",
            },
        ),
        *codes(errors.VendorUnavailable, "", dict.fromkeys(_FAILED, "The service failed.")),
        *codes(errors.VendorUnavailable, "", dict.fromkeys(_THIRD, "Another vendor failed.")),
    ),
    code=("error.name", "error"),
    message=("error.message", "message"),
)


def _price(credit_count: int, model: str) -> Price:
    source, as_of = f"{_DOCS}/api-reference/{model.replace('.', '-')}", date(2026, 6, 30)
    return Price(amount=Decimal(credit_count), currency="credits", as_of=as_of, source=source)


def _price_of(request: TryOnRequest) -> Price | None:
    if request.options.model == _V1_6:
        return _CAN.price
    of_size = {"1k": 2, "2k": 3, "4k": 4}[request.options.resolution or "1k"]
    return _price(of_size + (request.options.generation_mode == "quality"), _MAX)


# No page has hard limits: the sides are what the vendor advises, the bytes what gateways usually
# take, and 15 px is what a public client quotes for another model of the service.
_RULES = ImageRules(
    formats={"JPEG", "PNG"}, max_bytes=2_900_000, min_side_px=15, max_side_px=2000, source=_SIZES
)
_BIG = attrs.evolve(_RULES, max_side_px=6000)
_CAN = Capabilities(
    garments=[{"top"}, {"bottom"}, {"dress"}],
    person_rules=_RULES,
    garment_rules=_RULES,
    outputs=4,
    result_lifetime_s=259_200,
    job_lifetime_s=259_200,
    price=_price(1, _V1_6),
    quota=_QUOTA,
)
_CAN_MAX = attrs.evolve(_CAN, person_rules=_BIG, garment_rules=_BIG, price=_price(2, _MAX))
_INFO = ProviderInfo(
    id="fashn",
    name="FASHN",
    homepage="https://fashn.ai",
    options=Options,
    capabilities=_CAN,
    models={_V1_6: _CAN, _MAX: _CAN_MAX},
    option_models={name: {model} for model, names in _OWN.items() for name in names.split()},
    count_outputs=lambda request: request.options.num_samples or request.options.num_images or 1,
    price_of=_price_of,
    size_of=lambda ctx: ctx.request.options.aspect_ratio,
    settings=[
        SettingSpec(name="api_key", env="FASHN_API_KEY", secret=True, required=True, help=_KEY),
        SettingSpec(
            name="base_url",
            env=("FASHN_BASE_URL", "FASHN_ENDPOINT_URL"),
            default="https://api.fashn.ai",
            cut_ending="/v1",
            help="The address, with or without /v1.",
        ),
    ],
    headers={"Authorization": "Bearer {api_key}"},
    recorded_headers={"x-fashn-credits-used"},
    errors=_TABLE.entries,
)


class FashnProvider(DeclaredProvider):
    """FASHN's own service; nobody has tried this plugin with a live key yet."""


def _outputs(answer: HttpResponse) -> Any:
    """Return what the vendor gives: a list, an object with one, or one image."""
    output = answer.json_object().get("output")
    if "<base64>_expired" in str(output):
        raise errors.JobExpired("FASHN keeps images of answers for one hour.", billed="yes")
    return output


def _row(garment: str, **more: str) -> SubmitRoute:
    inputs = {"model_image": "{person}", garment: "{garment}", **more}
    return SubmitRoute(
        path="v1/run",
        body={"model_name": "{model}", "inputs": inputs},
        options_at="inputs",
        categories={"top": "tops", "bottom": "bottoms", "dress": "one-pieces"},
    )


provider: Provider = FashnProvider(
    info=_INFO,
    table=_TABLE,
    submit_route={_V1_6: _row("garment_image", category="{category}"), _MAX: _row("product_image")},
    poll_route=PollRoute(
        path="v1/status/{id}",
        state="status",
        states={
            **dict.fromkeys(("starting", "in_queue"), JobState.PENDING),
            "processing": JobState.RUNNING,
            "completed": JobState.SUCCEEDED,
            **dict.fromkeys(("failed", "time_out"), JobState.FAILED),
            **dict.fromkeys(("canceled", "cancelled"), JobState.CANCELLED),
        },
        outputs=_outputs,
        max_answer_bytes=4 * 90_000_000,
        usage={"credits": "header:x-fashn-credits-used"},
        failure_billed=lambda answer: "no" if answer.text_at("status") == "failed" else "unknown",
    ),
    balance_route=BalanceRoute(path="v1/credits", amount="credits.total", unit="credits"),
)
