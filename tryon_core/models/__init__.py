"""Values that travel between callers, core and plugins; no input or output happens here."""

from tryon_core.models.balance import Balance
from tryon_core.models.error_code import ErrorCode
from tryon_core.models.job import Artifact, Failure, Job, JobResult, JobState, JobUpdate
from tryon_core.models.problem import Notice, Problem, Severity
from tryon_core.models.provider import (
    API_VERSION,
    Capabilities,
    Delivery,
    ImageFormat,
    ImageRules,
    Price,
    ProviderInfo,
    Quota,
    SettingSpec,
)
from tryon_core.models.region import GarmentRegion
from tryon_core.models.request import CATEGORIES, Category, NoOptions, ParseRequest, TryOnRequest
from tryon_core.models.sources import (
    BytesSource,
    ImageLike,
    ImageSource,
    LibraryModel,
    PathSource,
    PersonLike,
    UrlSource,
    as_source,
    strip_query,
)

__all__ = [
    "API_VERSION",
    "CATEGORIES",
    "Artifact",
    "Balance",
    "BytesSource",
    "Capabilities",
    "Category",
    "Delivery",
    "ErrorCode",
    "Failure",
    "GarmentRegion",
    "ImageFormat",
    "ImageLike",
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
    "PersonLike",
    "Price",
    "Problem",
    "ProviderInfo",
    "Quota",
    "SettingSpec",
    "Severity",
    "TryOnRequest",
    "UrlSource",
    "as_source",
    "strip_query",
]
