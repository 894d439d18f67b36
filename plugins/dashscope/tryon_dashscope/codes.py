"""The vendor's error codes, for refused calls and for failed tasks alike.

Sources: Model Studio, "OutfitAnyone-Plus API reference", "OutfitAnyone-Parsing API reference" and
"Error messages" (help.aliyun.com/zh/model-studio/error-code). Codes in small letters are other
spellings of the same codes, which some of the vendor's gateways use.
"""

from tryon_core import ErrorTable, Meanings, codes, errors

_READ = "Read the vendor's text, and check options and images."
_REACHABLE = "Make sure that the address can be read from the internet, or pass a file."
_FASTER = "Put the image where it can be read faster, or pass a file."
_ONE_PERSON = "Use a photo of exactly one whole person, seen from the front."
_GARMENT = "Give at least one garment."
_FIT = "Use another image, or have it made to fit (fit=True)."
_OTHER = "Use other images."
_REPORT = "Look for a newer version of the plugin, or report this to its author."
_WHOLE = "Check that the key is whole, and of the region China (Beijing)."
_CONSOLE = "Look at the account in the Model Studio console (China, Beijing)."
_ACTIVATE = "Activate it in the console."
_BEIJING = "Check base_url, and that the key is of the region China (Beijing)."
_WORKSPACE = "Check the setting workspace_id."
_PAY = "Settle the account in the Alibaba Cloud console."
_FREE_TIER = "Switch off the console's setting that allows the free tier only."
_BASE_URL = "Check base_url: it ends in /api/v1."
_LARGER = "Wait, or ask for a larger quota in the Model Studio console."
_LOOK = (
    "Look at the console whether the call was charged before you submit again: a task may go on."
)
_LATER, _BY_ADDRESS = "Try again later.", "Try again later, or pass an address instead of a file."
_CLOCK = "Try again; check the clock of a proxy that holds requests back."

_FIELDS: Meanings = {
    "InvalidParameter*": "A field is missing or malformed, the model does not exist here, an image "
    "could not be downloaded in time, or the refiner's two images differ in size.",
    "invalid_parameter_error": "A field is malformed; or an `oss://` address has no header for it.",
    "InvalidURL.Timeout": ("The host of an image was too slow.", _FASTER),
    "InvalidPerson": ("The person photo shows nobody, or more than one person.", _ONE_PERSON),
    "InvalidGarment": ("Neither a top nor a bottom was given.", _GARMENT),
    "InvalidInputLength": ("An image has not 150 to 4096 px a side, or not 5 KB to 5 MB.", _FIT),
    "OSS.EntityTooLarge": ("The file is larger than the store of temporary files takes.", _FIT),
    "InvalidParameter.ClothesType": ("Parsing does not know these kinds of clothes.", _REPORT),
    "BadRequest*": ("A part of the body, such as `input` or `model`, is missing.", _REPORT),
}
_ADDRESSES: Meanings = {
    "InvalidParameter.DataInspection": "The inspection cannot download or decode an image.",
    "InvalidURL*": "An image address cannot be read, or holds no JPEG, PNG, BMP or WEBP.",
    "InvalidURL.ConnectionRefused": "The host of an image refused the connection.",
}
_INAPPROPRIATE = "The content check finds input or output inappropriate."
_CONTENT: Meanings = {
    **dict.fromkeys(("DataInspectionFailed", "data_inspection_failed"), _INAPPROPRIATE),
    "IPInfringementSuspect": "The content check suspects a breach of somebody's rights.",
}
_NO_MODEL = ("The model does not exist here.", _BEIJING)
_INSIDE = "A fault inside the service."
_TOO_LATE = "The task is no longer waiting, so that it cannot be cancelled."
_WRONG_KEY = "The key is missing, wrong, or of another region."
_ACCESS: Meanings = {
    **dict.fromkeys(("AccessDenied*", "access_denied"), "The key may not do this."),
    "AccessDenied.Unpurchased": ("The account has not activated Model Studio.", _ACTIVATE),
    "Model.AccessDenied": "The workspace may not use the model.",
    "Workspace.AccessDenied": "The key may not use the workspace.",
    **dict.fromkeys(("ModelNotFound", "model_not_found"), _NO_MODEL),
    "WorkSpaceNotFound": ("The workspace does not exist.", _WORKSPACE),
    "CommodityNotPurchased": ("The workspace has not bought the service.", _PAY),
}
_MONEY: Meanings = {
    "Arrearage": "The account has an unpaid bill.",
    "AllocationQuota*": ("A quota of the account is used up.", _CONSOLE),
    "AllocationQuota.FreeTierOnly": ("The free tier of the model is used up.", _FREE_TIER),
    "PrepaidBillOverdue": "The workspace's prepaid bill has run out.",
    "PostpaidBillOverdue": "The workspace's bill is overdue.",
}
_TOO_MANY = "More calls per second than the account may make."
_RATES: Meanings = {
    "Throttling*": "Too many calls.",
    **dict.fromkeys(("Throttling.RateQuota", "limit_requests"), _TOO_MANY),
    "Throttling.BurstRate": "The calls became too many too suddenly.",
}
_QUOTA = ("Throttling.AllocationQuota", "insufficient_quota")
_USED_UP = "The quota allotted to the account is used up for now."
_FAULTS: Meanings = {
    **dict.fromkeys(("InternalError*", "internal_error", "SystemError"), _INSIDE),
    "InternalError.Algo": "The model failed.",
    "InternalError.Timeout": "The service gave up on the work; on a task after three hours.",
    "InternalError.Upload": "The service could not store the result.",
    "InternalError.FileUpload": "The service could not store a file.",
    "ModelServiceFailed": "The model could not be called.",
    "RequestTimeOut": "The service did not answer itself in time.",
}
_CAPACITY: Meanings = {
    "ModelServingError": "The service is at the end of its capacity.",
    "ModelUnavailable": "The model cannot be called now.",
}
_STORE: Meanings = {
    "OSS.*": "The store of temporary files refused the upload.",
    "OSS.AccessDenied": ("The store refuses the upload: its policy has expired.", _CLOCK),
}
# Of an accepted task that failed it is believed that it costs nothing, as the vendor says of failed
# calls in general; a submission that ended in a fault may have made a task that goes on.
_UNSURE = {"billed": "unknown", "retry": "never_automatically"}
_NO_SUCH = {"fault": "account", "retry": "after_change"}
_KEYS = ("InvalidApiKey", "invalid_api_key")
TABLE = ErrorTable(
    "DashScope",
    (
        *codes(errors.InputRefused, _READ, _FIELDS),
        *codes(errors.InputRefused, _REACHABLE, _ADDRESSES),
        *codes(errors.InputRefused, _OTHER, _CONTENT),
        *codes(errors.CancelRefused, "", {"UnsupportedOperation": _TOO_LATE}),
        *codes(errors.AuthenticationFailed, _WHOLE, dict.fromkeys(_KEYS, _WRONG_KEY)),
        *codes(errors.AccessDenied, _CONSOLE, _ACCESS),
        *codes(errors.CreditsExhausted, _PAY, _MONEY),
        *codes(
            errors.UnexpectedResponse,
            _BASE_URL,
            {"NotFound": "The address does not exist."},
            **_NO_SUCH,
        ),
        *codes(errors.RateLimited, "", _RATES),
        # No RateLimited: that would have the core submit again within seconds.
        *codes(errors.LimitError, _LARGER, dict.fromkeys(_QUOTA, _USED_UP)),
        *codes(errors.VendorUnavailable, _LOOK, _FAULTS, **_UNSURE),
        *codes(errors.VendorUnavailable, _LATER, _CAPACITY, billed="no"),
        *codes(errors.VendorUnavailable, _BY_ADDRESS, _STORE),
    ),
    # At the top or, on an older page, inside of `output`.
    code=("code", "output.code"),
    message=("message", "output.message"),
    request_id=("request_id", "header:x-request-id"),
)
