"""The vendor's error codes, for refused calls and for failed tasks alike.

Sources: Model Studio, "OutfitAnyone-Plus API reference", "OutfitAnyone-Parsing API reference" and
"Error messages" (help.aliyun.com/zh/model-studio/error-code).
"""

from tryon_core import ErrorCode, ErrorTable, errors

_LOOK_AT_PHOTO = "Use a photo of exactly one whole person, seen from the front."
_REPORT = "Look for a newer version of the plugin, or report this to its author."
_CONSOLE = "Look at the account in the Model Studio console (China, Beijing)."
_PAY = "Settle the account in the Alibaba Cloud console."
_LATER = "Try again later."
_LOOK_FIRST = (
    "Look at the console whether the call was charged before you submit again: a task may have "
    "been made."
)
_OTHER_PICTURE = "Use other pictures."

_INPUT = (
    ErrorCode(
        code="InvalidParameter*",
        error=errors.InputRefused,
        meaning="A field is missing or malformed, the model does not exist here, an image could "
        "not be downloaded in time, or the refiner's two pictures differ in size.",
        remedy="Read the vendor's text, and check options and images.",
    ),
    ErrorCode(
        code="InvalidParameter.ClothesType",
        error=errors.InputRefused,
        meaning="Parsing does not know the kinds of clothes, or not this list of them.",
        remedy=_REPORT,
    ),
    ErrorCode(
        code="InvalidParameter.DataInspection",
        error=errors.InputRefused,
        meaning="The inspection could not download an image, or does not know its format.",
        remedy="Make sure that the address can be read from the internet, or pass a file.",
    ),
    ErrorCode(
        code="invalid_parameter_error",
        error=errors.InputRefused,
        meaning="A field is malformed; also an `oss://` address without the header that resolves "
        "it.",
        remedy="Read the vendor's text, and check options and images.",
    ),
    ErrorCode(
        code="InvalidURL*",
        error=errors.InputRefused,
        meaning="An image address cannot be read, or holds no JPEG, PNG, BMP or WEBP.",
        remedy="Make sure that the address can be read from the internet, or pass a file.",
    ),
    ErrorCode(
        code="InvalidURL.ConnectionRefused",
        error=errors.InputRefused,
        meaning="The host of an image refused the connection.",
        remedy="Make sure that the address can be read from the internet, or pass a file.",
    ),
    ErrorCode(
        code="InvalidURL.Timeout",
        error=errors.InputRefused,
        meaning="The host of an image was too slow.",
        remedy="Put the image where it can be read faster, or pass a file.",
    ),
    ErrorCode(
        code="InvalidPerson",
        error=errors.InputRefused,
        meaning="The person photo shows nobody, or more than one person.",
        remedy=_LOOK_AT_PHOTO,
    ),
    ErrorCode(
        code="InvalidGarment",
        error=errors.InputRefused,
        meaning="Neither a top nor a bottom was given.",
        remedy="Give at least one garment.",
    ),
    ErrorCode(
        code="InvalidInputLength",
        error=errors.InputRefused,
        meaning="An image has a side outside of 150 to 4096 px, or a size outside of 5 KB to 5 MB.",
        remedy="Use another picture, or have it made to fit (fit=True).",
    ),
    ErrorCode(
        code="BadRequest*",
        error=errors.InputRefused,
        meaning="A part of the body, such as `input`, `model` or `parameters`, is missing.",
        remedy=_REPORT,
    ),
    ErrorCode(
        code="DataInspectionFailed",
        error=errors.InputRefused,
        meaning="The content check finds input or output inappropriate.",
        remedy=_OTHER_PICTURE,
    ),
    ErrorCode(
        code="IPInfringementSuspect",
        error=errors.InputRefused,
        meaning="The content check suspects a breach of somebody's rights.",
        remedy=_OTHER_PICTURE,
    ),
    ErrorCode(
        code="UnsupportedOperation",
        error=errors.CancelRefused,
        meaning="The task is no longer waiting, so that it cannot be cancelled.",
    ),
)
_ACCOUNT = (
    ErrorCode(
        code="InvalidApiKey",
        error=errors.AuthenticationFailed,
        meaning="The key is missing, wrong, or of another region.",
        remedy="Check that the key is whole, and of the region China (Beijing).",
    ),
    ErrorCode(
        code="Arrearage",
        error=errors.CreditsExhausted,
        meaning="The account has an unpaid bill.",
        remedy=_PAY,
    ),
    ErrorCode(
        code="AccessDenied*",
        error=errors.AccessDenied,
        meaning="The key may not do this.",
        remedy=_CONSOLE,
    ),
    ErrorCode(
        code="AccessDenied.Unpurchased",
        error=errors.AccessDenied,
        meaning="Model Studio is not activated for the account.",
        remedy="Activate it in the console.",
    ),
    ErrorCode(
        code="Model.AccessDenied",
        error=errors.AccessDenied,
        meaning="The workspace may not use the model.",
        remedy=_CONSOLE,
    ),
    ErrorCode(
        code="Workspace.AccessDenied",
        error=errors.AccessDenied,
        meaning="The key may not use the workspace.",
        remedy=_CONSOLE,
    ),
    ErrorCode(
        code="AllocationQuota*",
        error=errors.CreditsExhausted,
        meaning="A quota of the account is used up.",
        remedy=_CONSOLE,
    ),
    ErrorCode(
        code="AllocationQuota.FreeTierOnly",
        error=errors.CreditsExhausted,
        meaning="The free tier of the model is used up, and the account pays for nothing more.",
        remedy="Switch off the console's setting that allows the free tier only.",
    ),
    ErrorCode(
        code="ModelNotFound",
        error=errors.AccessDenied,
        meaning="The model does not exist here.",
        remedy="Check base_url, and that the key is of the region China (Beijing).",
    ),
    ErrorCode(
        code="WorkSpaceNotFound",
        error=errors.AccessDenied,
        meaning="The workspace does not exist.",
        remedy="Check the setting workspace.",
    ),
    ErrorCode(
        code="NotFound",
        error=errors.UnexpectedResponse,
        meaning="The address does not exist.",
        remedy="Check base_url: it ends in /api/v1.",
        fault="account",
        retry="after_change",
    ),
    ErrorCode(
        code="CommodityNotPurchased",
        error=errors.AccessDenied,
        meaning="The workspace has not bought the service.",
        remedy=_PAY,
    ),
    ErrorCode(
        code="PrepaidBillOverdue",
        error=errors.CreditsExhausted,
        meaning="The workspace's prepaid bill has run out.",
        remedy=_PAY,
    ),
    ErrorCode(
        code="PostpaidBillOverdue",
        error=errors.CreditsExhausted,
        meaning="The workspace's bill is overdue.",
        remedy=_PAY,
    ),
)
_LIMITS = (
    ErrorCode(
        code="Throttling*",
        error=errors.RateLimited,
        meaning="Too many calls.",
    ),
    ErrorCode(
        code="Throttling.RateQuota",
        error=errors.RateLimited,
        meaning="More calls per second than the account may make.",
    ),
    ErrorCode(
        code="Throttling.BurstRate",
        error=errors.RateLimited,
        meaning="The calls became too many too suddenly.",
    ),
    # No RateLimited: that would have the core submit again within seconds.
    ErrorCode(
        code="Throttling.AllocationQuota",
        error=errors.LimitError,
        meaning="The quota allotted to the account is used up for now.",
        remedy="Wait, or ask for a larger quota in the Model Studio console.",
    ),
)
# The vendor says in general that failed calls cost nothing. Of an accepted task that failed this is
# believed; a submission that ended in a fault may have made a task that goes on.
_VENDOR = (
    ErrorCode(
        code="InternalError*",
        error=errors.VendorUnavailable,
        meaning="A fault inside the service.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="InternalError.Algo",
        error=errors.VendorUnavailable,
        meaning="The model failed.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="InternalError.Timeout",
        error=errors.VendorUnavailable,
        meaning="The service gave up on the work; on a task after three hours.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="InternalError.Upload",
        error=errors.VendorUnavailable,
        meaning="The service could not store the result.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="InternalError.FileUpload",
        error=errors.VendorUnavailable,
        meaning="The service could not store a file.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="SystemError",
        error=errors.VendorUnavailable,
        meaning="A fault inside the service.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="ModelServiceFailed",
        error=errors.VendorUnavailable,
        meaning="The model could not be called.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="RequestTimeOut",
        error=errors.VendorUnavailable,
        meaning="The service did not answer itself in time.",
        remedy=_LOOK_FIRST,
        billed="unknown",
        retry="never_automatically",
    ),
    ErrorCode(
        code="ModelServingError",
        error=errors.VendorUnavailable,
        meaning="The service is at the end of its capacity.",
        remedy=_LATER,
        billed="no",
    ),
    ErrorCode(
        code="ModelUnavailable",
        error=errors.VendorUnavailable,
        meaning="The model cannot be called now.",
        remedy=_LATER,
        billed="no",
    ),
)
_STORAGE = (
    ErrorCode(
        code="OSS.AccessDenied",
        error=errors.VendorUnavailable,
        meaning="The store of temporary files takes this upload no more: its policy has expired.",
        remedy="Try again; check the clock of a proxy that holds requests back.",
    ),
    ErrorCode(
        code="OSS.EntityTooLarge",
        error=errors.InputRefused,
        meaning="The file is larger than the store of temporary files takes.",
        remedy="Use a smaller file, or have it made to fit (fit=True).",
    ),
    ErrorCode(
        code="OSS.*",
        error=errors.VendorUnavailable,
        meaning="The store of temporary files refused the upload.",
        remedy="Try again later, or pass an address instead of a file.",
    ),
)
_TWINS = {
    "invalid_api_key": "InvalidApiKey",
    "access_denied": "AccessDenied*",
    "model_not_found": "ModelNotFound",
    "data_inspection_failed": "DataInspectionFailed",
    "limit_requests": "Throttling.RateQuota",
    "insufficient_quota": "Throttling.AllocationQuota",
    "internal_error": "InternalError*",
}
"""Other spellings of the same codes, which some of the vendor's gateways use."""


def _twin(code: str, like: str) -> ErrorCode:
    entry = next(entry for entry in _ALL if entry.code == like)
    return ErrorCode(
        code=code,
        error=entry.error,
        meaning=entry.meaning,
        remedy=entry.remedy,
        fault=entry.fault,
        retry=entry.retry,
        billed=entry.billed,
    )


_ALL = (*_INPUT, *_ACCOUNT, *_LIMITS, *_VENDOR, *_STORAGE)
TABLE = ErrorTable("DashScope", [*_ALL, *(_twin(code, like) for code, like in _TWINS.items())])
