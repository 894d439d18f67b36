"""The vendor's error codes, for refused calls and for failed tasks alike.

Sources: Model Studio, "OutfitAnyone-Plus API reference", "OutfitAnyone-Parsing API reference" and
"Error messages" (help.aliyun.com/zh/model-studio/error-code).
"""

import attrs

from tryon_core import ErrorCode, ErrorTable, codes, errors

_REPORT = "Look for a newer version of the plugin, or report this to its author."
_CONSOLE = "Look at the account in the Model Studio console (China, Beijing)."
_PAY = "Settle the account in the Alibaba Cloud console."
_LOOK_FIRST = (
    "Look at the console whether the call was charged before you submit again: a task may have "
    "been made."
)
_READ = "Read the vendor's text, and check options and images."
_REACHABLE = "Make sure that the address can be read from the internet, or pass a file."
_BEIJING = "Check base_url, and that the key is of the region China (Beijing)."
_FREE_TIER = "Switch off the console's setting that allows the free tier only."

_INPUT = (
    *codes(
        errors.InputRefused,
        _READ,
        {
            "InvalidParameter*": (
                "A field is missing or malformed, the model does not exist here, an image could "
                "not be downloaded in time, or the refiner's two images differ in size."
            ),
            "InvalidParameter.ClothesType": (
                "Parsing does not know the kinds of clothes, or not this list of them.",
                _REPORT,
            ),
            "InvalidParameter.DataInspection": (
                "The inspection could not download an image, or does not know its format.",
                _REACHABLE,
            ),
            "invalid_parameter_error": (
                "A field is malformed; also an `oss://` address without the header that resolves "
                "it."
            ),
            "InvalidURL*": (
                "An image address cannot be read, or holds no JPEG, PNG, BMP or WEBP.",
                _REACHABLE,
            ),
            "InvalidURL.ConnectionRefused": (
                "The host of an image refused the connection.",
                _REACHABLE,
            ),
            "InvalidURL.Timeout": (
                "The host of an image was too slow.",
                "Put the image where it can be read faster, or pass a file.",
            ),
            "InvalidPerson": (
                "The person photo shows nobody, or more than one person.",
                "Use a photo of exactly one whole person, seen from the front.",
            ),
            "InvalidGarment": (
                "Neither a top nor a bottom was given.",
                "Give at least one garment.",
            ),
            "InvalidInputLength": (
                "An image has a side outside of 150 to 4096 px, or a size outside of 5 KB to 5 MB.",
                "Use another image, or have it made to fit (fit=True).",
            ),
            "BadRequest*": (
                "A part of the body, such as `input`, `model` or `parameters`, is missing.",
                _REPORT,
            ),
        },
    ),
    *codes(
        errors.InputRefused,
        "Use other images.",
        {
            "DataInspectionFailed": "The content check finds input or output inappropriate.",
            "IPInfringementSuspect": "The content check suspects a breach of somebody's rights.",
        },
    ),
    *codes(
        errors.CancelRefused,
        "",
        {"UnsupportedOperation": "The task is no longer waiting, so that it cannot be cancelled."},
    ),
)
_ACCOUNT = (
    *codes(
        errors.AuthenticationFailed,
        "Check that the key is whole, and of the region China (Beijing).",
        {"InvalidApiKey": "The key is missing, wrong, or of another region."},
    ),
    *codes(
        errors.AccessDenied,
        _CONSOLE,
        {
            "AccessDenied*": "The key may not do this.",
            "AccessDenied.Unpurchased": (
                "Model Studio is not activated for the account.",
                "Activate it in the console.",
            ),
            "Model.AccessDenied": "The workspace may not use the model.",
            "Workspace.AccessDenied": "The key may not use the workspace.",
            "ModelNotFound": ("The model does not exist here.", _BEIJING),
            "WorkSpaceNotFound": (
                "The workspace does not exist.",
                "Check the setting workspace_id.",
            ),
            "CommodityNotPurchased": ("The workspace has not bought the service.", _PAY),
        },
    ),
    *codes(
        errors.CreditsExhausted,
        _PAY,
        {
            "Arrearage": "The account has an unpaid bill.",
            "AllocationQuota*": ("A quota of the account is used up.", _CONSOLE),
            "AllocationQuota.FreeTierOnly": (
                "The free tier of the model is used up, and the account pays for nothing more.",
                _FREE_TIER,
            ),
            "PrepaidBillOverdue": "The workspace's prepaid bill has run out.",
            "PostpaidBillOverdue": "The workspace's bill is overdue.",
        },
    ),
    *codes(
        errors.UnexpectedResponse,
        "Check base_url: it ends in /api/v1.",
        {"NotFound": "The address does not exist."},
        fault="account",
        retry="after_change",
    ),
)
_LIMITS = (
    *codes(
        errors.RateLimited,
        "",
        {
            "Throttling*": "Too many calls.",
            "Throttling.RateQuota": "More calls per second than the account may make.",
            "Throttling.BurstRate": "The calls became too many too suddenly.",
        },
    ),
    # No RateLimited: that would have the core submit again within seconds.
    *codes(
        errors.LimitError,
        "Wait, or ask for a larger quota in the Model Studio console.",
        {"Throttling.AllocationQuota": "The quota allotted to the account is used up for now."},
    ),
)
# The vendor says in general that failed calls cost nothing. Of an accepted task that failed this is
# believed; a submission that ended in a fault may have made a task that goes on.
_VENDOR = (
    *codes(
        errors.VendorUnavailable,
        _LOOK_FIRST,
        {
            "InternalError*": "A fault inside the service.",
            "InternalError.Algo": "The model failed.",
            "InternalError.Timeout": (
                "The service gave up on the work; on a task after three hours."
            ),
            "InternalError.Upload": "The service could not store the result.",
            "InternalError.FileUpload": "The service could not store a file.",
            "SystemError": "A fault inside the service.",
            "ModelServiceFailed": "The model could not be called.",
            "RequestTimeOut": "The service did not answer itself in time.",
        },
        billed="unknown",
        retry="never_automatically",
    ),
    *codes(
        errors.VendorUnavailable,
        "Try again later.",
        {
            "ModelServingError": "The service is at the end of its capacity.",
            "ModelUnavailable": "The model cannot be called now.",
        },
        billed="no",
    ),
)
_STORAGE = (
    *codes(
        errors.VendorUnavailable,
        "Try again later, or pass an address instead of a file.",
        {
            "OSS.AccessDenied": (
                "The store of temporary files refuses this upload: its policy has expired.",
                "Try again; check the clock of a proxy that holds requests back.",
            ),
            "OSS.*": "The store of temporary files refused the upload.",
        },
    ),
    *codes(
        errors.InputRefused,
        "Use a smaller file, or have it made to fit (fit=True).",
        {"OSS.EntityTooLarge": "The file is larger than the store of temporary files takes."},
    ),
)
_ALIASES = {
    "invalid_api_key": "InvalidApiKey",
    "access_denied": "AccessDenied*",
    "model_not_found": "ModelNotFound",
    "data_inspection_failed": "DataInspectionFailed",
    "limit_requests": "Throttling.RateQuota",
    "insufficient_quota": "Throttling.AllocationQuota",
    "internal_error": "InternalError*",
}
"""Other spellings of the same codes, which some of the vendor's gateways use."""
_ALL = (*_INPUT, *_ACCOUNT, *_LIMITS, *_VENDOR, *_STORAGE)


def _alias(code: str, like: str) -> ErrorCode:
    return attrs.evolve(next(entry for entry in _ALL if entry.code == like), code=code)


TABLE = ErrorTable(
    "DashScope",
    [*_ALL, *(_alias(code, like) for code, like in _ALIASES.items())],
    # At the top or, on an older page, inside of `output`.
    code=("code", "output.code"),
    message=("message", "output.message"),
    request_id=("request_id", "header:x-request-id"),
)
