"""One synchronous interface to every virtual try-on service.

Names are imported on first use, so that `import tryon_core` costs next to nothing.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tryon_core import errors
    from tryon_core.client import Client
    from tryon_core.clock import Clock
    from tryon_core.codec import decode, make_converter, rename_keys
    from tryon_core.context import CallContext
    from tryon_core.error_table import ErrorTable
    from tryon_core.errors import TryOnError
    from tryon_core.hookspecs import Provider, hookimpl
    from tryon_core.http import FilePart, HttpClient, HttpResponse
    from tryon_core.images import upload_name
    from tryon_core.models import (
        Artifact,
        Balance,
        BytesSource,
        Capabilities,
        Category,
        ErrorCode,
        Failure,
        GarmentRegion,
        ImageRules,
        ImageSource,
        Job,
        JobResult,
        JobState,
        JobUpdate,
        LibraryModel,
        NoOptions,
        Notice,
        ParseRequest,
        PathSource,
        Price,
        Problem,
        ProviderInfo,
        Quota,
        SettingSpec,
        TryOnRequest,
        UrlSource,
        as_source,
    )
    from tryon_core.polling import PollPolicy
    from tryon_core.registry import list_providers, register, unregister
    from tryon_core.remembered import RememberedJob, remembered_jobs
    from tryon_core.results import ResultImage, TryOnResult
    from tryon_core.settings import Secret
    from tryon_core.submitting import SubmitPolicy
    from tryon_core.transport import TransportPolicy
    from tryon_core.workflows import keep_worn

__all__ = [
    "Artifact",
    "Balance",
    "BytesSource",
    "CallContext",
    "Capabilities",
    "Category",
    "Client",
    "Clock",
    "ErrorCode",
    "ErrorTable",
    "Failure",
    "FilePart",
    "GarmentRegion",
    "HttpClient",
    "HttpResponse",
    "ImageRules",
    "ImageSource",
    "Job",
    "JobResult",
    "JobState",
    "JobUpdate",
    "LibraryModel",
    "NoOptions",
    "Notice",
    "ParseRequest",
    "PathSource",
    "PollPolicy",
    "Price",
    "Problem",
    "Provider",
    "ProviderInfo",
    "Quota",
    "RememberedJob",
    "ResultImage",
    "Secret",
    "SettingSpec",
    "SubmitPolicy",
    "TransportPolicy",
    "TryOnError",
    "TryOnRequest",
    "TryOnResult",
    "UrlSource",
    "as_source",
    "decode",
    "errors",
    "hookimpl",
    "keep_worn",
    "list_providers",
    "make_converter",
    "register",
    "remembered_jobs",
    "rename_keys",
    "unregister",
    "upload_name",
]

_HOME = MappingProxyType(
    {
        "Artifact": "tryon_core.models",
        "Balance": "tryon_core.models",
        "BytesSource": "tryon_core.models",
        "CallContext": "tryon_core.context",
        "Capabilities": "tryon_core.models",
        "Category": "tryon_core.models",
        "Client": "tryon_core.client",
        "Clock": "tryon_core.clock",
        "ErrorCode": "tryon_core.models",
        "ErrorTable": "tryon_core.error_table",
        "Failure": "tryon_core.models",
        "FilePart": "tryon_core.http",
        "GarmentRegion": "tryon_core.models",
        "HttpClient": "tryon_core.http",
        "HttpResponse": "tryon_core.http",
        "ImageRules": "tryon_core.models",
        "ImageSource": "tryon_core.models",
        "Job": "tryon_core.models",
        "JobResult": "tryon_core.models",
        "JobState": "tryon_core.models",
        "JobUpdate": "tryon_core.models",
        "LibraryModel": "tryon_core.models",
        "NoOptions": "tryon_core.models",
        "Notice": "tryon_core.models",
        "ParseRequest": "tryon_core.models",
        "PathSource": "tryon_core.models",
        "PollPolicy": "tryon_core.polling",
        "Price": "tryon_core.models",
        "Problem": "tryon_core.models",
        "Provider": "tryon_core.hookspecs",
        "ProviderInfo": "tryon_core.models",
        "Quota": "tryon_core.models",
        "RememberedJob": "tryon_core.remembered",
        "ResultImage": "tryon_core.results",
        "Secret": "tryon_core.settings",
        "SettingSpec": "tryon_core.models",
        "SubmitPolicy": "tryon_core.submitting",
        "TransportPolicy": "tryon_core.transport",
        "TryOnError": "tryon_core.errors",
        "TryOnRequest": "tryon_core.models",
        "TryOnResult": "tryon_core.results",
        "UrlSource": "tryon_core.models",
        "as_source": "tryon_core.models",
        "decode": "tryon_core.codec",
        "errors": "tryon_core.errors",
        "hookimpl": "tryon_core.hookspecs",
        "keep_worn": "tryon_core.workflows",
        "list_providers": "tryon_core.registry",
        "make_converter": "tryon_core.codec",
        "register": "tryon_core.registry",
        "remembered_jobs": "tryon_core.remembered",
        "rename_keys": "tryon_core.codec",
        "unregister": "tryon_core.registry",
        "upload_name": "tryon_core.images",
    }
)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  (metadata only when asked for)

        return version("tryon-core")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(_HOME[name])
    return module if _HOME[name] == f"{__name__}.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
