"""Extensions of tryon, each written against the public hooks only.

The names are imported on first use.
"""

from typing import TYPE_CHECKING

from tryon_core.lazy_names import lazy_names

if TYPE_CHECKING:
    from tryon_extensions.call_log import CallLog as CallLog

    __version__: str

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "tryon_extensions.call_log": "CallLog",
    },
)
