"""The vendor's own error texts, by code, with the status that they come with.

Sources: Model Studio, "OutfitAnyone-Plus API reference" (Chinese page) and "Error messages".
"""

from collections.abc import Mapping
from types import MappingProxyType

MISSING = (
    "The request is missing required parameters or in a wrong format, please check the parameters "
    "that you send."
)
DIFFERENT_SIZES = "The size of person image and coarse_image are not the same."
NO_SUCH_MODEL = "Model not exist."
BROKEN_BODY = "Required body invalid, please check the request body format."
WRONG_PATH = "url error, please check url！"  # noqa: RUF001  (the vendor's own full-width mark)
SYNCHRONOUS = "current user api does not support synchronous calls."
ASYNCHRONOUS = "Current user api does not support asynchronous calls."
NOT_UNDERSTOOD = "The media format is not supported or incorrect for the data inspection."

TEXTS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "InvalidParameter": (400, MISSING),
        "InvalidParameter.ClothesType": (
            400,
            "The request parameter is invalid, please check the request parameter.",
        ),
        "InvalidParameter.DataInspection": (
            400,
            "Unable to download the media resource during the data inspection process.",
        ),
        "invalid_parameter_error": (400, NOT_UNDERSTOOD),
        "InvalidURL": (
            400,
            (
                "The request URL is invalid, please check the request URL is available and the "
                "request image format is one of the following types: JPEG, JPG, PNG, BMP, and WEBP."
            ),
        ),
        "InvalidURL.ConnectionRefused": (
            400,
            "Connection to the host refused, please provide available URL.",
        ),
        "InvalidURL.Timeout": (
            400,
            "Download of the image timeout, please check network connection.",
        ),
        "InvalidPerson": (
            400,
            (
                "The input image has no human body or multi human bodies. Please upload other "
                "image with single person."
            ),
        ),
        "InvalidGarment": (
            400,
            "Missing clothing image.Please input at least one top garment or bottom garment image.",
        ),
        "InvalidInputLength": (
            400,
            (
                "The image resolution is invalid, please make sure that the largest length of "
                "image is smaller than 4096, and the smallest length of image is larger than 150. "
                "and the size of image ranges from 5KB to 5MB."
            ),
        ),
        "BadRequest.EmptyInput": (400, "Required input parameter missing from request."),
        "BadRequest.EmptyModel": (400, 'Required parameter "model" missing from request.'),
        "BadRequest.EmptyParameters": (
            400,
            'Required parameter "parameters" missing from request.',
        ),
        "BadRequest.IllegalInput": (400, "The input parameter requires json format."),
        "DataInspectionFailed": (400, "Input or output data may contain inappropriate content."),
        "data_inspection_failed": (400, "Input data may contain inappropriate content."),
        "IPInfringementSuspect": (
            400,
            "Input data is suspected of being involved in IP infringement.",
        ),
        "Arrearage": (400, "Access denied, please make sure your account is in good standing."),
        "UnsupportedOperation": (
            400,
            "Failed to cancel the task, please confirm if the task is in PENDING status.",
        ),
        "InvalidApiKey": (401, "Invalid API-key provided."),
        "invalid_api_key": (401, "Incorrect API key provided."),
        "AccessDenied": (403, "Access denied."),
        "access_denied": (403, "Access denied."),
        "AccessDenied.Unpurchased": (
            403,
            "Access to model denied. Please make sure you are eligible for using the model.",
        ),
        "Model.AccessDenied": (403, "Model access denied."),
        "Workspace.AccessDenied": (403, "Workspace access denied."),
        "AllocationQuota.FreeTierOnly": (403, "The free tier of the model has been exhausted."),
        "ModelNotFound": (404, "Model can not be found."),
        "model_not_found": (404, "Model can not be found."),
        "WorkSpaceNotFound": (404, "WorkSpace can not be found."),
        "NotFound": (404, "Not found!"),
        "Throttling": (429, "Requests throttling triggered."),
        "Throttling.RateQuota": (429, "Requests rate limit exceeded, please try again later."),
        "Throttling.BurstRate": (429, "Request rate increased too quickly."),
        "Throttling.AllocationQuota": (
            429,
            "Allocated quota exceeded, please increase your quota limit.",
        ),
        "limit_requests": (429, "You exceeded your current requests list."),
        "insufficient_quota": (429, "You exceeded your current quota."),
        "CommodityNotPurchased": (429, "Commodity has not been purchased."),
        "PrepaidBillOverdue": (429, "The prepaid bill is overdue."),
        "PostpaidBillOverdue": (429, "The postpaid bill is overdue."),
        "InternalError": (
            500,
            "An internal error has occured, please try again later or contact service support.",
        ),
        "internal_error": (500, "An internal error has occured, please try again later."),
        "InternalError.Algo": (500, "inference internal error."),
        "InternalError.Timeout": (
            500,
            "An internal timeout error has occured during execution, please try again later.",
        ),
        "InternalError.Upload": (500, "Failed to upload result."),
        "InternalError.FileUpload": (500, "oss upload error."),
        "SystemError": (500, "An system error has occured, please try again later."),
        "ModelServiceFailed": (500, "Failed to request model service."),
        "RequestTimeOut": (500, "Request timed out, please try again later."),
        "ModelServingError": (
            503,
            "Too many requests. Your requests are being throttled due to system capacity limits.",
        ),
        "ModelUnavailable": (503, "Model is unavailable, please try again later."),
    }
)
_FAULTS = """InternalError InternalError.Algo InternalError.Timeout InternalError.Upload
    InternalError.FileUpload SystemError ModelServiceFailed RequestTimeOut"""
_OF_IMAGES = """InvalidParameter InvalidParameter.DataInspection InvalidURL
    InvalidURL.ConnectionRefused InvalidURL.Timeout InvalidPerson InvalidGarment InvalidInputLength
    DataInspectionFailed IPInfringementSuspect"""
FAILURES = [*_OF_IMAGES.split(), *_FAULTS.split()]
"""Codes of failed tasks, whose images are looked at late."""
USUAL: Mapping[str, str] = MappingProxyType(
    {
        "400": "InvalidParameter",
        "401": "InvalidApiKey",
        "403": "AccessDenied",
        "404": "NotFound",
        "429": "Throttling.RateQuota",
        "500": "InternalError",
        "503": "ModelUnavailable",
    }
)
"""The code that faults get which name a status only."""
