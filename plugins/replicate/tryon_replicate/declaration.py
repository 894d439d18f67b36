"""What the models on Replicate can do: their options, prices, limits and settings."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import attrs
from attrs import validators as valid

import tryon_core as core
from tryon_replicate.error_codes import TABLE

P_IMAGE, IDM_VTON = "prunaai/p-image-try-on", "cuuupid/idm-vton"
PINNED = {IDM_VTON: "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985"}
"""Versions that published programs use; the newest may have other inputs."""
USD_PER_S = 0.0014
"""Rate of the A100 (80 GB) that IDM-VTON runs on, https://replicate.com/pricing, 2026-06."""
_IS_VERSION = valid.matches_re("[0-9a-f]{64}")


def _from_to(least: int, most: int) -> Any:
    checks = valid.and_(valid.ge(least), valid.le(most))
    return attrs.field(default=None, validator=valid.optional(checks))


@attrs.frozen(kw_only=True)
class Options:
    """What a caller may choose; None leaves it to the model.

    Attributes:
        model: whose licence binds you, whatever you pay for a run. The weights of
            `cuuupid/idm-vton` are for non-commercial use only (CC BY-NC-SA 4.0);
            `prunaai/p-image-try-on` is run by the terms of its owner.
        version: id of a version (64 hex digits) instead of the one that the plugin knows.
        cancel_after_minutes: a job that has not begun by then is dropped for nothing; one that has
            is stopped, and the time it used is charged.
        seed: repeats a result.
        prompt: says which item is meant where an image shows several.
        turbo: faster and cheaper.
        preserve_input_size: the result is as large as the person photo.
        output_format: format of the result.
        output_quality: 0 to 100.
        garment_description: what it is, such as `Short sleeve round neck T-shirt`.
        crop: cuts a photo that is not 3:4, which is stretched otherwise.
        force_dc: uses the weights for dresses with tops and bottoms, too.
        steps: 1 to 40; more of them cost more.
    """

    model: Literal["prunaai/p-image-try-on", "cuuupid/idm-vton"] = "prunaai/p-image-try-on"
    version: str | None = attrs.field(default=None, validator=valid.optional(_IS_VERSION))
    cancel_after_minutes: int | None = _from_to(1, 1440)
    seed: int | None = None
    prompt: str | None = None
    turbo: bool | None = None
    preserve_input_size: bool | None = None
    output_format: Literal["jpg", "png", "webp"] | None = None
    output_quality: int | None = _from_to(0, 100)
    garment_description: str = ""
    crop: bool = True
    force_dc: bool | None = None
    steps: int | None = _from_to(1, 40)


def _price_of(request: core.TryOnRequest) -> core.Price | None:
    price = INFO.capabilities_for(request).price
    if request.options.model != P_IMAGE or price is None:
        return price
    each, number = Decimal("0.008"), len(request.garments)
    amount = each * number if request.options.turbo else price.amount + each * (number - 1)
    return attrs.evolve(price, amount=amount)


_PRUNA, _TIME = "https://www.pruna.ai/pricing, one garment", "https://replicate.com/pricing, 19 s"
_FIRST = core.Price(amount=Decimal("0.015"), currency="USD", as_of=date(2026, 10, 7), source=_PRUNA)
_RUN = attrs.evolve(_FIRST, amount=Decimal("0.025"), as_of=date(2026, 6, 16), source=_TIME)
_DOCS = "https://replicate.com/docs/topics/predictions"
_LIMITS, _FILES = f"{_DOCS}/rate-limits", f"{_DOCS}/input-files"
_RULES = core.ImageRules(formats={"JPEG", "PNG", "WEBP"}, max_bytes=100_000_000, source=_FILES)
_ONE = core.Capabilities(
    garments=[{"top"}, {"bottom"}, {"dress"}],
    person_rules=_RULES,
    garment_rules=_RULES,
    delivery={"url"},
    keeps_unnamed_garments=True,
    result_lifetime_s=3600.0,
    job_lifetime_s=3600.0 + 1800.0,  # an hour after the end of a run, which has half an hour
    quota=core.Quota(
        submissions=600, window_s=60, queries_per_s=40, poll_interval_s=2, source=_LIMITS
    ),
)
_SEVERAL = attrs.evolve(_ONE, garments=[*_ONE.garments, {"top", "bottom"}], price=_FIRST)
_TAKEN_BY = {
    (P_IMAGE,): ("prompt", "turbo", "preserve_input_size", "output_format", "output_quality"),
    (IDM_VTON,): ("garment_description", "crop", "force_dc", "steps"),
}
INFO = core.ProviderInfo(
    id="replicate",
    name="Replicate",
    homepage="https://replicate.com",
    options=Options,
    settings=(
        core.SettingSpec(
            name="api_key",
            env="REPLICATE_API_TOKEN",
            secret=True,
            required=True,
            help="A token, from https://replicate.com/account/api-tokens.",
        ),
        core.SettingSpec(name="base_url", default="https://api.replicate.com"),
    ),
    headers={"Authorization": "Bearer {api_key}"},
    recorded_headers={"cancel-after"},
    publish_samples=[{"urls": {"get": "https://api.replicate.com/v1/files/ID"}}],
    errors=TABLE.entries,
    capabilities=_SEVERAL,
    models={P_IMAGE: _SEVERAL, IDM_VTON: attrs.evolve(_ONE, price=_RUN)},
    option_models={name: models for models, names in _TAKEN_BY.items() for name in names},
    price_of=_price_of,
    size_of=lambda ctx: "person" if ctx.request.options.preserve_input_size else None,
    look_up=core.LookUp(settles_s=75, source="https://replicate.com/docs/reference/http"),
)
