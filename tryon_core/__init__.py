"""One synchronous interface to virtual try-on services.

Names are imported on first use, so that `import tryon_core` costs next to nothing.
"""

from typing import TYPE_CHECKING

from tryon_core.lazy_names import lazy_names

if TYPE_CHECKING:
    from tryon_core import errors as errors
    from tryon_core.base64_images import (
        Base64Part as Base64Part,
        as_artifact as as_artifact,
        image_in_json as image_in_json,
    )
    from tryon_core.client import Client as Client
    from tryon_core.clock import Clock as Clock
    from tryon_core.codec import (
        Amount as Amount,
        NonEmpty as NonEmpty,
        WebAddress as WebAddress,
        decode as decode,
        make_converter as make_converter,
        read_time as read_time,
        rename_keys as rename_keys,
    )
    from tryon_core.context import CallContext as CallContext
    from tryon_core.declared import DeclaredProvider as DeclaredProvider
    from tryon_core.error_table import (
        ErrorTable as ErrorTable,
        Meanings as Meanings,
        codes as codes,
    )
    from tryon_core.errors import TryOnError as TryOnError
    from tryon_core.filling import outputs_at as outputs_at, result_at as result_at
    from tryon_core.hookspecs import Provider as Provider, hookimpl as hookimpl
    from tryon_core.http import (
        FilePart as FilePart,
        HttpClient as HttpClient,
        HttpResponse as HttpResponse,
    )
    from tryon_core.images import upload_name as upload_name
    from tryon_core.models import (
        Artifact as Artifact,
        Attempt as Attempt,
        Balance as Balance,
        BytesSource as BytesSource,
        Capabilities as Capabilities,
        Category as Category,
        ErrorCode as ErrorCode,
        Failure as Failure,
        Found as Found,
        GarmentRegion as GarmentRegion,
        Hotspot as Hotspot,
        ImageRules as ImageRules,
        ImageSource as ImageSource,
        Job as Job,
        JobResult as JobResult,
        JobState as JobState,
        JobUpdate as JobUpdate,
        LibraryModel as LibraryModel,
        LookUp as LookUp,
        NoOptions as NoOptions,
        NotAccepted as NotAccepted,
        Notice as Notice,
        ParseRequest as ParseRequest,
        PathSource as PathSource,
        Price as Price,
        Problem as Problem,
        ProviderInfo as ProviderInfo,
        Quota as Quota,
        Secret as Secret,
        SettingSpec as SettingSpec,
        TryOnRequest as TryOnRequest,
        Undecided as Undecided,
        UrlSource as UrlSource,
        as_source as as_source,
    )
    from tryon_core.polling import PollPolicy as PollPolicy
    from tryon_core.prices import parse_amount as parse_amount
    from tryon_core.registry import (
        list_providers as list_providers,
        register as register,
        unregister as unregister,
    )
    from tryon_core.remembered import (
        RememberedJob as RememberedJob,
        remembered_jobs as remembered_jobs,
    )
    from tryon_core.results import ResultImage as ResultImage, TryOnResult as TryOnResult
    from tryon_core.routes import (
        BalanceRoute as BalanceRoute,
        CancelRoute as CancelRoute,
        PollRoute as PollRoute,
        SubmitRoute as SubmitRoute,
    )
    from tryon_core.submitting import SubmitPolicy as SubmitPolicy
    from tryon_core.transport import TransportPolicy as TransportPolicy

    __version__: str

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "tryon_core.base64_images": "Base64Part as_artifact image_in_json",
        "tryon_core.client": "Client",
        "tryon_core.clock": "Clock",
        "tryon_core.codec": (
            "Amount NonEmpty WebAddress decode make_converter read_time rename_keys"
        ),
        "tryon_core.context": "CallContext",
        "tryon_core.declared": "DeclaredProvider",
        "tryon_core.error_table": "ErrorTable Meanings codes",
        "tryon_core.errors": "errors TryOnError",
        "tryon_core.filling": "outputs_at result_at",
        "tryon_core.hookspecs": "Provider hookimpl",
        "tryon_core.http": "FilePart HttpClient HttpResponse",
        "tryon_core.images": "upload_name",
        "tryon_core.models": (
            "Artifact Attempt Balance BytesSource Capabilities Category ErrorCode Failure Found "
            "GarmentRegion Hotspot ImageRules ImageSource Job JobResult JobState JobUpdate "
            "LibraryModel LookUp NoOptions NotAccepted Notice ParseRequest PathSource Price "
            "Problem ProviderInfo Quota Secret SettingSpec TryOnRequest Undecided UrlSource "
            "as_source"
        ),
        "tryon_core.polling": "PollPolicy",
        "tryon_core.prices": "parse_amount",
        "tryon_core.registry": "list_providers register unregister",
        "tryon_core.remembered": "RememberedJob remembered_jobs",
        "tryon_core.results": "ResultImage TryOnResult",
        "tryon_core.routes": "BalanceRoute CancelRoute PollRoute SubmitRoute",
        "tryon_core.submitting": "SubmitPolicy",
        "tryon_core.transport": "TransportPolicy",
    },
)
