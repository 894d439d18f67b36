"""What Pixelcut can do: its options, limits and settings."""

from typing import Literal

import attrs

from tryon_core import Capabilities, ImageRules, ProviderInfo, Quota, SettingSpec
from tryon_pixelcut.error_codes import TABLE

DOCUMENT = "https://developer.pixelcut.ai/try-on"
RESULT_LIFETIME_S = 3600.0
"""A result's address lives for one hour; nothing is published on how long a job is kept, and
without its address it is of no use."""


@attrs.frozen(kw_only=True)
class Options:
    """Options of Pixelcut; source: https://developer.pixelcut.ai/try-on.

    Attributes:
        garment_mode: where the garment is worn; `auto` lets the vendor find out. None tells it by
            the category: `upper` for a top, `lower` for a bottom, `full` for a dress.
        preprocess_garment: the vendor cuts the garment out of its image first, which costs five
            credits more where the image shows a person or other things, says the vendor. Flat
            product images may come out better without.
        remove_background: the result shows the person without a background. The vendor announces a
            JPEG all the same, which has no transparency.
    """

    garment_mode: Literal["auto", "full", "upper", "lower"] | None = None
    preprocess_garment: bool = True
    remove_background: bool = False


# Two editions of the vendor's page differ: 256 to 1920 px, and 64 to 6000 px
# (https://www.pixelcut.ai/docs/api-reference/try-on.md). The narrower limits suit both. Formats are
# not named in either; JPEG and PNG are what its clients send.
RULES = ImageRules(
    formats={"JPEG", "PNG"},
    max_bytes=25_000_000,
    min_side_px=256,
    max_side_px=1920,
    source=DOCUMENT,
)

SETTINGS = (
    SettingSpec(
        name="api_key",
        env=("PIXELCUT_API_KEY",),
        secret=True,
        required=True,
        help="How to get one: "
        "https://www.pixelcut.ai/docs/developer-guide/getting-started/authentication-cors",
    ),
    SettingSpec(
        name="base_url",
        default="https://api.developer.pixelcut.ai",
        help="The part of the address before /v1.",
    ),
    SettingSpec(
        name="wait_for_result",
        kind=bool,
        default="false",
        help="true: the vendor answers with the finished image, and an answer that is lost is a "
        "lost result; false: it answers with a job at once.",
    ),
    SettingSpec(
        name="wait_timeout_s",
        kind=float,
        above=0,
        default="300",
        help="Seconds to wait for the finished image when wait_for_result is true.",
    ),
    SettingSpec(
        name="switches",
        choices=("text", "boolean"),
        default="text",
        help='How yes and no are written in JSON. text: "true"; boolean: true. The vendor\'s page '
        "does not say, and its clients send text.",
    ),
)

INFO = ProviderInfo(
    id="pixelcut",
    name="Pixelcut Try On (beta)",
    homepage="https://developer.pixelcut.ai",
    options=Options,
    settings=SETTINGS,
    headers={"X-API-Key": "{api_key}", "Accept": "application/json"},
    errors=TABLE.entries,
    capabilities=Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}],
        person_rules=RULES,
        garment_rules=RULES,
        delivery={"url", "upload"},
        outputs=1,
        result_lifetime_s=RESULT_LIFETIME_S,
        job_lifetime_s=RESULT_LIFETIME_S,
        price=None,  # the credits of one try-on are not published
        quota=Quota(
            submissions=2,
            running_jobs=4,
            queries_per_s=2.0,
            poll_interval_s=3.0,
            source="well below the common 5 requests per second and account of "
            "https://www.pixelcut.ai/docs/developer-guide/core-concepts/rate-limits.md",
        ),
    ),
)
