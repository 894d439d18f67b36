"""The try-on models as rows: fields, words, options and prices; and the options."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Literal, TypeAlias, get_args

import attrs

from tryon_core import Capabilities, Category, ImageRules, Price, Quota, SubmitRoute

Model: TypeAlias = Literal[
    "fal-ai/fashn/tryon/v1.6",
    "fal-ai/fashn/tryon/v1.5",
    "fal-ai/kling/v1-5/kolors-virtual-try-on",
    "fal-ai/leffa/virtual-tryon",
    "fal-ai/cat-vton",
    "fal-ai/image-apps-v2/virtual-try-on",
    "fal-ai/flux-2-lora-gallery/virtual-tryon",
]
FASHN, _FASHN_15, _KOLORS, _LEFFA, _CAT, _APPS, _FLUX = get_args(Model)
_FOUR = attrs.validators.in_((None, 1, 2, 3, 4))
_POSITIVE = attrs.validators.optional(attrs.validators.gt(0))


@attrs.frozen(kw_only=True)
class Options:
    """Options as the types of the vendor's client name them; None leaves one to fal.

    Attributes:
        model: the endpoint. CatVTON (`fal-ai/cat-vton`) is marked "research only" on its page: its
            weights are not for commercial work.
        mode: of FASHN: speed against quality.
        garment_photo_type: of FASHN: what the garment's image shows.
        moderation_level: of FASHN: how strictly the images are looked at.
        num_samples: of FASHN: images of one job; each is paid for.
        num_images: of the FLUX gallery: the same.
        segmentation_free: of FASHN: do without masks.
        output_format: of FASHN, Leffa and FLUX: format of the result.
        seed: of all but Kolors and image-apps: repeats a result.
        num_inference_steps: of Leffa, CatVTON and FLUX: steps of the diffusion.
        guidance_scale: of the same: how closely the model follows its input.
        enable_safety_checker: of Leffa and FLUX: black out what is suspect.
        preserve_pose: of image-apps: keep the pose of the person.
        aspect_ratio: of image-apps: shape of the result.
        prompt: of the FLUX gallery: what to do, in words.
    """

    model: Model = FASHN
    mode: Literal["performance", "balanced", "quality"] | None = None
    garment_photo_type: Literal["auto", "flat-lay", "model"] | None = None
    moderation_level: Literal["conservative", "permissive", "none"] | None = None
    num_samples: int | None = attrs.field(default=None, validator=_FOUR)
    num_images: int | None = attrs.field(default=None, validator=_FOUR)
    segmentation_free: bool | None = None
    output_format: Literal["png", "jpeg"] | None = None
    seed: int | None = None
    num_inference_steps: int | None = attrs.field(default=None, validator=_POSITIVE)
    guidance_scale: float | None = attrs.field(default=None, validator=_POSITIVE)
    enable_safety_checker: bool | None = None
    preserve_pose: bool | None = None
    aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4"] | None = None
    prompt: str | None = None


SAMPLE_URL = "https://v3.fal.media/files/ID"
LIFE = '{{"expiration_duration_seconds": {}}}'
HEADERS = {
    "X-Fal-No-Retry": "1",
    "x-app-fal-disable-fallback": "1",
    "X-Fal-Object-Lifecycle-Preference": LIFE.format(7 * 86_400),
}
_TOLD_BY = ("x-fal-billable-units", "x-fal-error-type", "x-fal-request-id")
RECORDED = {*map(str.lower, HEADERS), "x-fal-object-lifecycle", *_TOLD_BY}
_row = partial(SubmitRoute, path="{model}", headers=HEADERS, job_id="request_id")
_HUMAN = {"human_image_url": "{person}", "garment_image_url": "{garment}"}
_MODEL = {"model_image": "{person}", "garment_image": "{garment}", "category": "{category}"}
_SHOP = {"person_image_url": "{person}", "clothing_image_url": "{garment}"}
_BODIES: dict[Category, str] = {"top": "upper_body", "bottom": "lower_body", "dress": "dresses"}
_TOPS: dict[Category, str] = {"top": "tops", "bottom": "bottoms", "dress": "one-pieces"}
_UPPER: dict[Category, str] = {"top": "upper", "bottom": "lower", "dress": "overall"}
SUBMIT = {
    FASHN: _row(body=_MODEL, categories=_TOPS),
    _FASHN_15: _row(body=_MODEL, categories=_TOPS),
    _KOLORS: _row(body=_HUMAN),
    _LEFFA: _row(body={**_HUMAN, "garment_type": "{category}"}, categories=_BODIES),
    _CAT: _row(body={**_HUMAN, "cloth_type": "{category}"}, categories=_UPPER),
    _APPS: _row(body={**_SHOP, "aspect_ratio": {"ratio": "{aspect_ratio}"}}),
    _FLUX: _row(body={"image_urls": ["{person}", "{garment}"]}),
}
_FASHNS, _STEERED, _CHECKED = {FASHN, _FASHN_15}, {_LEFFA, _CAT, _FLUX}, {_LEFFA, _FLUX}
_TAKES = [
    (_FASHNS, "mode garment_photo_type moderation_level num_samples segmentation_free"),
    ({_APPS}, "preserve_pose aspect_ratio"),
    ({_FLUX}, "prompt num_images"),
    (_CHECKED, "enable_safety_checker"),
    (_STEERED, "num_inference_steps guidance_scale"),
    (_FASHNS | _CHECKED, "output_format"),
    (_FASHNS | _STEERED, "seed"),
]
OPTION_MODELS = {name: takers for takers, names in _TAKES for name in names.split()}
_PRICES = {FASHN: "0.075", _FASHN_15: "0.075", _KOLORS: "0.07", _LEFFA: "0.10", _APPS: "0.04"}
_TOLD = date(2026, 11, 28), f"https://fal.ai/models/{FASHN}/llms.txt"
_SURVEYED = date(2026, 6, 16), "a survey by others, not the vendor's page"
_RULES = ImageRules(formats={"JPEG", "PNG"}, source="not published; what clients send")
_PARTNER = "the partner's own rules: https://docs.modellix.ai/kling/kolors-virtual-try-on-v1-5"
_NARROW = attrs.evolve(_RULES, max_bytes=10_000_000, min_side_px=300, source=_PARTNER)
_QUEUE = "https://fal.ai/docs/documentation/model-apis/concurrency-limits"


def _capabilities(model: str) -> Capabilities:
    rules = _NARROW if model == _KOLORS else _RULES
    amount, (day, source) = _PRICES.get(model), _TOLD if model == FASHN else _SURVEYED
    usd = partial(Price, currency="USD", as_of=day, source=source)
    return Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}],
        keeps_unnamed_garments=True,
        person_rules=rules,
        garment_rules=rules,
        delivery={"url"},
        outputs=4 if model in _FASHNS | {_FLUX} else 1,
        result_lifetime_s=7 * 86_400.0,  # as the header of a submission asks
        typical_job_s=15.0,
        price=usd(amount=Decimal(amount)) if amount else None,
        quota=Quota(running_jobs=2, poll_interval_s=2.0, source=_QUEUE),
    )


BY_MODEL = {model: _capabilities(model) for model in SUBMIT}
