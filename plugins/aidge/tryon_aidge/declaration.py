"""What AIDGE's try-on can do, as data: options, settings, limits."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

import tryon_core as core
from tryon_aidge.error_table import TABLE
from tryon_core import SettingSpec

_SUBMIT_PAGE = "AIDGE, Virtual Try-On Submit API Reference"
# The pages of try-on name no formats; that of the sister interface for models does.
_FORMATS_PAGE = "formats: AIDGE, Virtual Model Alternation Submit API Reference"
_FORMATS, _SIZES_PAGES = ("JPEG", "PNG", "WEBP", "BMP"), f"{_SUBMIT_PAGE}; {_FORMATS_PAGE}"
GLOBAL_URL, CHINA_URL = "https://api.aidc-ai.com", "https://cn-api.aidc-ai.com"
_TRIAL_HEADER = "x-iop-trial"


def _photos(value: Any) -> tuple[core.ImageSource, ...]:
    """Take one image alone, as the command line gives it, or several."""
    photos = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(core.as_source(photo, field="options.more_photos") for photo in photos)


@attrs.frozen(kw_only=True)
class Options:
    """Options of AIDGE's `tryon-pro`; the names are the vendor's, in our spelling.

    Source: AIDGE, Virtual Try-On Submit API Reference.

    Attributes:
        generate_count: images to make, 1 to 8; each may be charged. The vendor's own default is 4.
        view_type: what the images show; `mixed` is both.
        input_quality_detect: have the vendor refuse garment images without a complete flat lay.
        more_photos: up to 7 further photos of the person; the vendor makes one image for each.
        detect_garment_type: leave the kind of a single garment to the vendor's own eyes.
    """

    generate_count: int = 1
    view_type: Literal["fullbody", "halfbody", "mixed"] = "fullbody"
    input_quality_detect: bool = False
    more_photos: tuple[core.ImageSource, ...] = attrs.field(default=(), converter=_photos)
    detect_garment_type: bool = False


def expected_images(request: core.TryOnRequest) -> int:
    """Return how many images the task should give: one for each photo, else as many as asked."""
    if isinstance(request.person, core.LibraryModel):
        return int(request.options.generate_count)
    return 1 + len(request.options.more_photos)


def _headers(ctx: core.CallContext) -> Mapping[str, str]:
    return {_TRIAL_HEADER: "true"} if ctx.settings.flag("trial") else {}


_KEY_NAME = "The access key name, on the key page of AIDGE's console."
_KEY_PAIR = "The access key secret that belongs to app_key."
_BASE_URL = f"{GLOBAL_URL} for keys of the global site, {CHINA_URL} for those of the Chinese one."
_TRIAL = "true to use the free calls of the trial, where the account has any."
_SIGNING = "v2, or iop to sign all parameters as the vendor's IOP clients do."
_FIELD = "paramJson as the documents say, or requestParams as the vendor's samples do."
_SHAPE = "list as the documents say, or object for the one task without a list around it."
_QUERY = "task_id, or taskId as the Chinese documents say."


def _key(name: str, said: str) -> SettingSpec:
    variable = f"AIDGE_{name.upper()}"
    return SettingSpec(name=name, env=variable, secret=True, required=True, help=said)


def _choice(name: str, choices: Sequence[str], said: str) -> SettingSpec:
    return SettingSpec(name=name, choices=choices, default=choices[0], help=said)


INFO = core.ProviderInfo(
    id="aidge",
    name="AIDGE",
    options=Options,
    settings=[
        _key("app_key", _KEY_NAME),
        _key("app_secret", _KEY_PAIR),
        SettingSpec(name="base_url", env="AIDGE_BASE_URL", default=GLOBAL_URL, help=_BASE_URL),
        SettingSpec(name="trial", kind=bool, default="false", help=_TRIAL),
        _choice("signing", ("v2", "iop"), _SIGNING),
        _choice("submit_field", ("paramJson", "requestParams"), _FIELD),
        _choice("submit_shape", ("list", "object"), _SHAPE),
        _choice("query_field", ("task_id", "taskId"), _QUERY),
    ],
    headers=_headers,
    recorded_headers={_TRIAL_HEADER},
    errors=TABLE.entries,
    notices={"images_missing": "The service gave fewer images than were asked for."},
    count_outputs=expected_images,
    # Not in its own documents; that of the sister platform (Lazada Open Platform).
    clock_tolerance_s=7200,
    homepage="https://www.aidge.com",
    capabilities=core.Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}, {"top", "bottom"}],
        person_library=True,
        person_rules=core.ImageRules(formats=_FORMATS, source=_FORMATS_PAGE),
        garment_rules=core.ImageRules(
            formats=_FORMATS, min_side_px=150, max_side_px=3000, source=_SIZES_PAGES
        ),
        delivery={"url"},
        outputs=8,
        price=None,  # neither that nor any lifetime is published
        quota=core.Quota(submissions=3, window_s=60.0, poll_interval_s=5.0, source=_SUBMIT_PAGE),
    ),
)
