"""The vendor's error codes, for refused calls and for failed tasks alike.

Sources: Model Studio, "OutfitAnyone-Plus API reference", "OutfitAnyone-Parsing API reference" and
"Error messages" (help.aliyun.com/zh/model-studio/error-code). Codes in small letters are other
spellings of the same codes, which some of the vendor's gateways use.
"""

from tryon_core import ErrorTable, Meanings, codes, errors

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
_WHOLE = "Check that the key is whole, and of the region China (Beijing)."
_BASE_URL = "Check base_url: it ends in /api/v1."
_FASTER = "Put the image where it can be read faster, or pass a file."
_ONE_PERSON = "Use a photo of exactly one whole person, seen from the front."
_LARGER = "Wait, or ask for a larger quota in the Model Studio console."
_SMALLER = "Use a smaller file, or have it made to fit (fit=True)."
_BY_ADDRESS = "Try again later, or pass an address instead of a file."
_ACTIVATE = "Activate it in the console."
_FREE_TIER = "Switch off the console's setting that allows the free tier only."

_WELL_FORMED: Meanings = {
    "InvalidParameter*": (
        "A field is missing or malformed, the model does not exist here, an image could not be "
        "downloaded in time, or the refiner's two images differ in size."
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
        "A field is malformed; also an `oss://` address without the header that resolves it."
    ),
    "InvalidURL*": (
        "An image address cannot be read, or holds no JPEG, PNG, BMP or WEBP.",
        _REACHABLE,
    ),
    "InvalidURL.ConnectionRefused": ("The host of an image refused the connection.", _REACHABLE),
    "InvalidURL.Timeout": ("The host of an image was too slow.", _FASTER),
    "InvalidPerson": ("The person photo shows nobody, or more than one person.", _ONE_PERSON),
    "InvalidGarment": ("Neither a top nor a bottom was given.", "Give at least one garment."),
    "InvalidInputLength": (
        "An image has a side outside of 150 to 4096 px, or a size outside of 5 KB to 5 MB.",
        "Use another image, or have it made to fit (fit=True).",
    ),
    "BadRequest*": (
        "A part of the body, such as `input`, `model` or `parameters`, is missing.",
        _REPORT,
    ),
}
_CONTENT: Meanings = {
    "DataInspectionFailed": "The content check finds input or output inappropriate.",
    "data_inspection_failed": "The content check finds input or output inappropriate.",
    "IPInfringementSuspect": "The content check suspects a breach of somebody's rights.",
}
_TOO_LATE: Meanings = {
    "UnsupportedOperation": "The task is no longer waiting, so that it cannot be cancelled."
}
_KEY: Meanings = {
    "InvalidApiKey": "The key is missing, wrong, or of another region.",
    "invalid_api_key": "The key is missing, wrong, or of another region.",
}
_ACCESS: Meanings = {
    "AccessDenied*": "The key may not do this.",
    "access_denied": "The key may not do this.",
    "AccessDenied.Unpurchased": ("The account has not activated Model Studio.", _ACTIVATE),
    "Model.AccessDenied": "The workspace may not use the model.",
    "Workspace.AccessDenied": "The key may not use the workspace.",
    "ModelNotFound": ("The model does not exist here.", _BEIJING),
    "model_not_found": ("The model does not exist here.", _BEIJING),
    "WorkSpaceNotFound": ("The workspace does not exist.", "Check the setting workspace_id."),
    "CommodityNotPurchased": ("The workspace has not bought the service.", _PAY),
}
_MONEY: Meanings = {
    "Arrearage": "The account has an unpaid bill.",
    "AllocationQuota*": ("A quota of the account is used up.", _CONSOLE),
    "AllocationQuota.FreeTierOnly": (
        "The free tier of the model is used up, and the account pays for nothing more.",
        _FREE_TIER,
    ),
    "PrepaidBillOverdue": "The workspace's prepaid bill has run out.",
    "PostpaidBillOverdue": "The workspace's bill is overdue.",
}
_ADDRESS: Meanings = {"NotFound": "The address does not exist."}
_RATES: Meanings = {
    "Throttling*": "Too many calls.",
    "Throttling.RateQuota": "More calls per second than the account may make.",
    "limit_requests": "More calls per second than the account may make.",
    "Throttling.BurstRate": "The calls became too many too suddenly.",
}
_QUOTA: Meanings = {
    "Throttling.AllocationQuota": "The quota allotted to the account is used up for now.",
    "insufficient_quota": "The quota allotted to the account is used up for now.",
}
_FAULTS: Meanings = {
    "InternalError*": "A fault inside the service.",
    "internal_error": "A fault inside the service.",
    "InternalError.Algo": "The model failed.",
    "InternalError.Timeout": "The service gave up on the work; on a task after three hours.",
    "InternalError.Upload": "The service could not store the result.",
    "InternalError.FileUpload": "The service could not store a file.",
    "SystemError": "A fault inside the service.",
    "ModelServiceFailed": "The model could not be called.",
    "RequestTimeOut": "The service did not answer itself in time.",
}
_CAPACITY: Meanings = {
    "ModelServingError": "The service is at the end of its capacity.",
    "ModelUnavailable": "The model cannot be called now.",
}
_STORE: Meanings = {
    "OSS.AccessDenied": (
        "The store of temporary files refuses this upload: its policy has expired.",
        "Try again; check the clock of a proxy that holds requests back.",
    ),
    "OSS.*": "The store of temporary files refused the upload.",
}
_TOO_LARGE: Meanings = {
    "OSS.EntityTooLarge": "The file is larger than the store of temporary files takes."
}
TABLE = ErrorTable(
    "DashScope",
    (
        *codes(errors.InputRefused, _READ, _WELL_FORMED),
        *codes(errors.InputRefused, "Use other images.", _CONTENT),
        *codes(errors.CancelRefused, "", _TOO_LATE),
        *codes(errors.AuthenticationFailed, _WHOLE, _KEY),
        *codes(errors.AccessDenied, _CONSOLE, _ACCESS),
        *codes(errors.CreditsExhausted, _PAY, _MONEY),
        *codes(
            errors.UnexpectedResponse, _BASE_URL, _ADDRESS, fault="account", retry="after_change"
        ),
        *codes(errors.RateLimited, "", _RATES),
        # No RateLimited: that would have the core submit again within seconds.
        *codes(errors.LimitError, _LARGER, _QUOTA),
        # The vendor says in general that failed calls cost nothing. Of an accepted task that failed
        # this is believed; a submission that ended in a fault may have made a task that goes on.
        *codes(
            errors.VendorUnavailable,
            _LOOK_FIRST,
            _FAULTS,
            billed="unknown",
            retry="never_automatically",
        ),
        *codes(errors.VendorUnavailable, "Try again later.", _CAPACITY, billed="no"),
        *codes(errors.VendorUnavailable, _BY_ADDRESS, _STORE),
        *codes(errors.InputRefused, _SMALLER, _TOO_LARGE),
    ),
    # At the top or, on an older page, inside of `output`.
    code=("code", "output.code"),
    message=("message", "output.message"),
    request_id=("request_id", "header:x-request-id"),
)
