"""What the provider declares: options, models, limits, prices, settings."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import attrs

import tryon_core as core
from tryon_dashscope.codes import TABLE

PLUS, BASIC, REFINER = "aitryon-plus", "aitryon", "aitryon-refiner"
PARSING_MODEL = "aitryon-parsing-v1"
_DAY_S = 24 * 3600.0
_PAGES = "Model Studio, OutfitAnyone"
_PLUS_PAGE = f"{_PAGES}-Plus API reference"
_REFINER_PAGE = f"{_PAGES} image refinement API details"

# The vendor's tables include the borders, the text of InvalidInputLength does not ("smaller than
# 4096", "larger than 150"), and nobody says whether an MB has 1,000,000 bytes: images are made to
# fit the narrower reading. The tables name HEIC, the error text WEBP instead.
_NARROW = core.ImageRules(
    formats={"JPEG", "PNG", "BMP", "HEIC", "WEBP"},
    min_bytes=5 * 1024,
    max_bytes=5 * 1000 * 1000,
    min_side_px=151,
    max_side_px=4095,
    source=_PLUS_PAGE,
)
_RULES = attrs.evolve(
    _NARROW, max_bytes=5 * 1024 * 1024, min_side_px=150, max_side_px=4096, fit_to=_NARROW
)
# There is one list price, in the currency of the Chinese site: the models are served in Beijing
# only, where keys are made. The international page lists the same in USD; `source` has it, since
# adding up two currencies would need a rate of exchange.
_yuan = partial(core.Price, currency="CNY", as_of=date(2026, 2, 11))
_ABROAD = "(China; USD {} on the international page)"
_PLUS_PRICE = _yuan(amount=Decimal("0.50"), source=f"{_PLUS_PAGE} {_ABROAD.format('0.071677')}")
_BASIC_PRICE = _yuan(amount=Decimal("0.20"), source=f"{_PAGES} basic edition API reference (China)")
_PARSING_PRICE = _yuan(
    amount=Decimal("0.004"), source=f"{_PAGES}-Parsing API reference {_ABROAD.format('0.000574')}"
)
_PLUS_CAPABILITIES = core.Capabilities(
    garments=[{"top"}, {"bottom"}, {"dress"}, {"top", "bottom"}],
    person_rules=_RULES,
    garment_rules=_RULES,
    delivery={"url"},
    url_schemes={"http", "https", "oss"},
    parse_categories=("top", "bottom", "dress"),
    parse_together=(("top", "bottom"), ("dress",)),
    # A task and the addresses of its result live for a day, says the page of Plus.
    result_lifetime_s=_DAY_S,
    job_lifetime_s=_DAY_S,
    typical_job_s=20.0,
    price=_PLUS_PRICE,
    parse_price=_PARSING_PRICE,
    quota=core.Quota(
        submissions=10,
        window_s=1.0,
        running_jobs=5,
        queries_per_s=20.0,
        poll_interval_s=3.0,
        source=_PLUS_PAGE,
    ),
)
_REFINER_CAPABILITIES = attrs.evolve(
    _PLUS_CAPABILITIES,
    # Its table requires a top; whether a result with only a bottom can be refined is not said.
    garments=[{"top"}, {"dress"}, {"top", "bottom"}],
    typical_job_s=10.0,
    price=None,  # in tiers, by how much was bought before
    quota=attrs.evolve(_PLUS_CAPABILITIES.quota, source=_REFINER_PAGE),
)


def _coarse(value: Any) -> core.ImageSource | None:
    return None if value is None else core.as_source(value, field="options.coarse_image")


@attrs.frozen(kw_only=True)
class Options:
    """What a caller may choose for one try-on.

    Sources: Model Studio, "OutfitAnyone-Plus API reference" and "OutfitAnyone image refinement API
    details".

    Attributes:
        model: `aitryon-plus` is better and slower, `aitryon` faster and cheaper. `aitryon-refiner`
            works over a finished result, with the same person and garments as before.
        resolution: 1024 makes 576x1024 px, 1280 makes 720x1280 px, -1 keeps the size of the photo,
            which a result needs that is to be refined. Not for the refiner.
        restore_face: False has a new face made. A result that is to be refined needs True. Not for
            the refiner.
        coarse_image: the result that `aitryon-refiner` works over, as large as the person photo.
        gender: the person's, which `aitryon-refiner` must know.
    """

    model: Literal["aitryon-plus", "aitryon", "aitryon-refiner"] = "aitryon-plus"
    resolution: Literal[-1, 1024, 1280] = -1
    restore_face: bool = True
    coarse_image: core.ImageSource | None = attrs.field(default=None, converter=_coarse)
    gender: Literal["woman", "man"] | None = None


def _size_of(ctx: core.CallContext) -> str | None:
    options = ctx.request.options  # type: ignore[union-attr]  # it is asked about requests only
    if options.model == REFINER or ctx.settings.get("resolution_override"):
        return None
    return {-1: "person", 1024: "576x1024", 1280: "720x1280"}[options.resolution]


_UPLOAD_POLICY = {
    "data": {
        "policy": "POLICY",
        "signature": "SIGNATURE",
        "upload_dir": "dashscope-instant/ACCOUNT/DATE/ID",
        "upload_host": "https://dashscope-file-mgr.oss-cn-beijing.aliyuncs.com",
        "oss_access_key_id": "KEY-ID",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
}
"""What answers the first request of an upload ("Obtain a temporary file URL"), with other names."""
_VARIABLE, _URL_VARIABLE = "DASHSCOPE_API_KEY", "DASHSCOPE_HTTP_BASE_URL"
_KEY = "Make one for the region China (Beijing) in the Model Studio console."
_ADDRESS = "https://dashscope.aliyuncs.com/api/v1"
_BASE_URL = (
    "Address of the service, /api/v1 included. {workspace_id} in it means that setting, as in "
    "https://{workspace_id}.cn-beijing.maas.aliyuncs.com/api/v1."
)
_WORKSPACE = "Id of the workspace that the key belongs to, such as ws-…; sent as a header."
_CHECKS = ("default", "enable")
_INSPECTION = "`enable` asks for the vendor's check of the content; `default` leaves it open."
_SUBMIT_PATH = "services/aigc/image2image/image-synthesis"
_SLASH = "Path of submissions. The vendor's table has no slash at its end, its samples have one."
_OVERRIDE = (
    "A whole number that is sent instead of the option `resolution`; one page of the vendor allows "
    "other numbers, another forbids them."
)
INFO = core.ProviderInfo(
    id="dashscope",
    name="DashScope",
    homepage="https://bailian.console.aliyun.com/",
    options=Options,
    settings=[
        core.SettingSpec(name="api_key", env=_VARIABLE, secret=True, required=True, help=_KEY),
        core.SettingSpec(name="base_url", env=_URL_VARIABLE, default=_ADDRESS, help=_BASE_URL),
        core.SettingSpec(name="workspace_id", env="DASHSCOPE_WORKSPACE_ID", help=_WORKSPACE),
        core.SettingSpec(
            name="data_inspection", choices=_CHECKS, default=_CHECKS[0], help=_INSPECTION
        ),
        core.SettingSpec(name="submit_path", default=_SUBMIT_PATH, help=_SLASH),
        core.SettingSpec(name="resolution_override", kind=int, help=_OVERRIDE),
    ],
    headers={"Authorization": "Bearer {api_key}", "X-DashScope-WorkSpace": "{workspace_id}"},
    recorded_headers={"x-dashscope-async", "x-dashscope-ossresourceresolve"},
    publish_samples=(_UPLOAD_POLICY, ""),
    secret_fields={"aliyun_uid", "caller_uid", "caller_parent_id", "x-dashscope-workspace"},
    capabilities=_PLUS_CAPABILITIES,
    models={
        PLUS: _PLUS_CAPABILITIES,
        BASIC: attrs.evolve(_PLUS_CAPABILITIES, typical_job_s=15.0, price=_BASIC_PRICE),
        REFINER: _REFINER_CAPABILITIES,
    },
    option_models={
        **{name: {PLUS, BASIC} for name in ("resolution", "restore_face")},
        **{name: {REFINER} for name in ("coarse_image", "gender")},
    },
    required_options={REFINER: ("coarse_image", "gender")},
    size_of=_size_of,
    errors=TABLE.entries,
    # How long a new task may be missing in the list is said nowhere; a poll misses it for seconds.
    look_up=core.LookUp(settles_s=300.0, source="Model Studio, Manage asynchronous tasks"),
    notices={"images_missing": "The service gave fewer images than were asked for."},
)
