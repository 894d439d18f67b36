"""Extensions of tryon, each written against the public hooks only.

The names are imported on first use.
"""

from typing import TYPE_CHECKING

from tryon_core.lazy_names import lazy_names

if TYPE_CHECKING:
    from tryon_extensions.audit import Audit as Audit
    from tryon_extensions.cache import Cache as Cache
    from tryon_extensions.call_log import CallLog as CallLog
    from tryon_extensions.metrics import Metrics as Metrics
    from tryon_extensions.policy import Policy as Policy

    __version__: str

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "tryon_extensions.audit": "Audit",
        "tryon_extensions.cache": "Cache",
        "tryon_extensions.call_log": "CallLog",
        "tryon_extensions.metrics": "Metrics",
        "tryon_extensions.policy": "Policy",
    },
)
