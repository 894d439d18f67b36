"""What is looked at: pages and sheets of what was tried on.

The names are imported on first use.
"""

from typing import TYPE_CHECKING

from tryon_core.lazy_names import lazy_names

if TYPE_CHECKING:
    from tryon_report.comparing.reading import read_comparison as read_comparison
    from tryon_report.comparing.run import compare as compare
    from tryon_report.comparing.values import (
        Compared as Compared,
        Comparison as Comparison,
        Indicator as Indicator,
        Reason as Reason,
    )
    from tryon_report.comparing.vendors import (
        ComparisonRefused as ComparisonRefused,
        VendorProblem as VendorProblem,
    )
    from tryon_report.hotspots.page import page_image as page_image, parsed_page as parsed_page
    from tryon_report.html import render as render
    from tryon_report.thumbnails import Thumbnail as Thumbnail, make_thumbnail as make_thumbnail

    __version__: str

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "tryon_report.comparing.reading": "read_comparison",
        "tryon_report.comparing.run": "compare",
        "tryon_report.comparing.values": "Compared Comparison Indicator Reason",
        "tryon_report.comparing.vendors": "ComparisonRefused VendorProblem",
        "tryon_report.hotspots.page": "page_image parsed_page",
        "tryon_report.html": "render",
        "tryon_report.thumbnails": "Thumbnail make_thumbnail",
    },
)
