"""AIDGE's error codes: of the try-on service, of its platform's gateway, and of failed tasks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tryon_core import ErrorTable, codes, errors

_OTHER_IMAGES = "Give other images."
_LOOK_FIRST = (
    "Look whether the balance fell before you submit again: the work may have been charged."
)
_SITES = (
    "Check app_key. A key of the Chinese site is valid at https://cn-api.aidc-ai.com only, one of "
    "the global site at https://api.aidc-ai.com only: see the setting base_url."
)
_NAMED = "Change what the message names."
# Whether a task was started is not said.
_OPEN: Mapping[str, Any] = MappingProxyType({"retry": "never_automatically", "billed": "unknown"})
_FAMILY = "The service failed inside."

# Pages "Virtual Try-On Submit API", "Virtual Try-On Query API" and the same pages in Chinese.
_SERVICE = (
    *codes(
        errors.RateLimited,
        "Wait a minute before the next submission, or have AIDGE raise the limit.",
        {"501": "More submissions than the account may make (3 in 60 s during the test phase)."},
    ),
    *codes(
        errors.InputRefused,
        _NAMED,
        {
            "700": (
                "A field has a wrong form or value; the message names it.",
                (
                    f"{_NAMED} If it names the whole request, try the settings "
                    "submit_field=requestParams or submit_shape=object."
                ),
            ),
            "701": (
                "The garment image could not be fetched from its address.",
                "Give an address that anybody can open without login, or another image.",
            ),
            "703": (
                "The garment image has too few or too many pixels.",
                "Give a garment image of 150 to 3000 px at each side.",
            ),
            "707": (
                "The garment image does not show a complete flat lay.",
                "Give another garment image. Or switch input_quality_detect off.",
            ),
            "7*": "The service cannot use the input.",
            "1000": ("An image was judged to be sensitive.", _OTHER_IMAGES),
            "1002": (
                "The content was judged to be a risk.",
                f"{_OTHER_IMAGES} Ask AIDGE's support, with the request id.",
            ),
            "10*": ("The check of the content refused an image.", _OTHER_IMAGES),
        },
    ),
    *codes(
        errors.VendorUnavailable,
        _LOOK_FIRST,
        {
            "500": "The service failed inside; whether a task was started is not said.",
            "801": "The image model failed.",
            "900": "The service could not reach a part of its own.",
            "1001": (
                "The check of the content failed.",
                f"{_LOOK_FIRST} If it stays, give other images.",
            ),
            **dict.fromkeys(("5*", "8*", "9*"), _FAMILY),
        },
        **_OPEN,
    ),
)

# Codes of the gateway that AIDGE shares with its sister platforms, and its page "Check API Quota".
# ISV, ISP and SYSTEM are no codes but types of errors: all that is known of other codes.
_GATEWAY = (
    *codes(
        errors.AuthenticationFailed,
        "",
        {
            "InvalidAppKey": (
                "The gateway does not know the access key name.",
                _SITES,
            ),
            "IncompleteSignature": (
                "The signature is not the one that the gateway computes.",
                "Check that app_secret belongs to app_key; else try the setting signing=iop.",
            ),
            "IllegalTimestamp": (
                "The time in the signature is too far from the gateway's.",
                "Set the clock of this machine.",
            ),
            "IllegalAccessToken": (
                "The access token is invalid or too old; AIDGE's interfaces need none."
            ),
        },
    ),
    *codes(
        errors.AccessDenied,
        "Add the address to the list of the key, in AIDGE's console.",
        {
            "AppWhiteIpLimit": "The key may not be used from this machine's address.",
            "InvalidApiPath": (
                "The gateway has no such interface.",
                "Check base_url: it is the part before /rest.",
            ),
        },
    ),
    *codes(
        errors.RateLimited,
        "",
        {
            "ApiCallLimit": "The interface is called too often; the ban lasts a second.",
            "AppCallLimit": "The key is used too often.",
        },
    ),
    *codes(
        errors.CreditsExhausted,
        "Buy calls, or use the free ones of the trial with the setting trial=true.",
        {"NoResource": "The account has no calls left for this interface."},
    ),
    *codes(
        errors.InputRefused,
        f"{_NAMED} Look for a newer tryon-aidge too.",
        {
            "MissingParameter": (
                "The gateway misses a parameter; the message names it.",
                "Try signing=iop or submit_field=requestParams; look for a newer tryon-aidge.",
            ),
            "ISV": "Type of other gateway errors: the caller's fault.",
        },
    ),
    *codes(
        errors.VendorUnavailable,
        _LOOK_FIRST,
        {
            "ISP": "Type of other gateway errors: the fault of the service.",
            "SYSTEM": "Type of other gateway errors: the fault of the platform.",
        },
        **_OPEN,
    ),
)

_TASKS = codes(
    errors.VendorUnavailable,
    "Look at the images; if they are sound, submit again.",
    {"failed": "A task failed, and the answer holds no code."},
    retry="never_automatically",
)

TABLE = ErrorTable("AIDGE", (*_SERVICE, *_GATEWAY, *_TASKS))

PAUSES_S: Mapping[str, float] = MappingProxyType({"501": 60.0, "ApiCallLimit": 1.0})
"""Seconds after which a limit that has this code is over."""

EXHAUSTED = "Sorry, your calling resources have been exhausted"
"""How the message begins, whatever its code, when no calls are left."""
