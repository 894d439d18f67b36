"""What AIDGE's try-on can do, as data."""

from tryon_aidge.error_table import TABLE
from tryon_aidge.options import Options
from tryon_aidge.settings import SPECS
from tryon_aidge.tasks import expected_images
from tryon_core import Capabilities, ImageRules, ProviderInfo, Quota

_SUBMIT_PAGE = "AIDGE, Virtual Try-On Submit API Reference"
# The pages of try-on name no formats; that of the sister interface for models does.
_FORMATS_PAGE = "formats: AIDGE, Virtual Model Alternation Submit API Reference"
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")

INFO = ProviderInfo(
    id="aidge",
    name="AIDGE",
    options=Options,
    settings=SPECS,
    errors=TABLE.entries,
    notices={"images_missing": "The service gave fewer images than were asked for."},
    count_outputs=expected_images,
    homepage="https://www.aidge.com",
    capabilities=Capabilities(
        garments=[{"top"}, {"bottom"}, {"dress"}, {"top", "bottom"}],
        person_library=True,
        person_rules=ImageRules(formats=_FORMATS, source=_FORMATS_PAGE),
        garment_rules=ImageRules(
            formats=_FORMATS,
            min_side_px=150,
            max_side_px=3000,
            source=f"{_SUBMIT_PAGE}; {_FORMATS_PAGE}",
        ),
        delivery={"url"},
        outputs=8,
        # Neither price nor lifetimes are published.
        price=None,
        result_lifetime_s=None,
        job_lifetime_s=None,
        quota=Quota(submissions=3, window_s=60.0, poll_interval_s=5.0, source=_SUBMIT_PAGE),
    ),
)
