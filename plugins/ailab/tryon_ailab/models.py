"""What each of the vendor's four try-on models takes, gives and costs, and their options."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import attrs

from tryon_core import Capabilities, Category, ImageRules, ImageSource, Price, Quota, as_source

DOCS = "https://www.ailabtools.com/docs"
DAY_S = 86_400.0
_PRICES_OF = date(2026, 6, 25)
# "Less than 4096x4096px" and "3 MB" are read in the narrower way: per side, and in powers of ten.
# One code of the vendor says "Grayscale image not supported"; nobody knows whether try-on gives it.
_BASE_RULES = ImageRules(
    formats={"JPEG", "PNG"},
    max_bytes=3_000_000,
    max_side_px=4095,
    fit_to_rgb=True,
)
# The least size in bytes is in no document: an error message of the service names it.
_PRO_RULES = ImageRules(
    formats={"JPEG", "PNG", "BMP"},
    min_bytes=5 * 1024,
    max_bytes=5_000_000,
    min_side_px=151,
    max_side_px=4095,
    fit_to_rgb=True,
)


def _capabilities(credit_count: int, page: str, rules: ImageRules) -> Capabilities:
    rules = attrs.evolve(rules, source=f"{DOCS}/{page}")
    return Capabilities(
        garments=[{"top"}, {"dress"}, {"top", "bottom"}],
        person_rules=rules,
        garment_rules=rules,
        delivery={"upload"},
        result_lifetime_s=DAY_S,
        job_lifetime_s=DAY_S,
        typical_job_s=10.0,
        price=Price(
            amount=Decimal(credit_count),
            currency="credits",
            as_of=_PRICES_OF,
            source=f"{DOCS}/billing-introduction",
        ),
        # No rate is published; the page of every model asks for 5 s between polls.
        quota=Quota(poll_interval_s=5.0, source=f"{DOCS}/{page}"),
    )


MODELS: Mapping[str, Capabilities] = {
    "base": attrs.evolve(
        _capabilities(10, "ai-portrait/editing/try-on-clothes/api", _BASE_RULES),
        garments=[{"top"}, {"bottom"}, {"dress"}],
    ),
    "pro": _capabilities(30, "ai-portrait/editing/try-on-clothes-pro/api", _PRO_RULES),
    "premium": _capabilities(50, "ai-portrait/editing/try-on-clothes-premium/api", _PRO_RULES),
    "refiner": _capabilities(25, "ai-portrait/enhance/try-on-clothes-refiner/api", _PRO_RULES),
}
PATHS: Mapping[str, str] = {
    "base": "/api/portrait/editing/try-on-clothes",
    "pro": "/api/portrait/editing/try-on-clothes-pro",
    "premium": "/api/portrait/editing/try-on-clothes-premium",
    "refiner": "/api/portrait/enhance/try-on-clothes-refiner",
}
"""Where each model is asked; an older page puts Pro under `enhance`, hence the setting."""
CLOTHES_TYPES: Mapping[Category, str] = {
    "top": "upper_body",
    "bottom": "lower_body",
    "dress": "full_body",
}
"""The base model's words for our categories."""
GARMENT_PARTS: Mapping[Category, str] = {
    "top": "top_garment",
    "dress": "top_garment",
    "bottom": "bottom_garment",
}
"""The form parts of the other models; a dress goes into the part for the top."""


def _coarse_image(value: Any) -> ImageSource | None:
    return None if value is None else as_source(value, field="options.coarse_image")


@attrs.frozen(kw_only=True)
class Options:
    """Options of AILabTools; what is None is left to the vendor.

    Attributes:
        model: `base` takes one garment; `pro` and `premium` take top and bottom at once; `refiner`
            improves a finished result.
        resolution: with `pro` and `premium`: -1 keeps the size of the photo (the vendor's default),
            1024 gives 576x1024 px, 1280 gives 720x1280 px.
        restore_face: with `pro` and `premium`: whether the face is taken from the photo (the
            vendor's default) or made new.
        coarse_image: with `refiner`: the result to improve. The vendor asks for one that was made
            with `resolution` -1 and `restore_face` true.
        gender: with `refiner`: whom the photo shows.
    """

    model: Literal["base", "pro", "premium", "refiner"] = "base"
    resolution: Literal[-1, 1024, 1280] | None = None
    restore_face: bool | None = None
    coarse_image: ImageSource | None = attrs.field(default=None, converter=_coarse_image)
    gender: Literal["woman", "man"] | None = None
