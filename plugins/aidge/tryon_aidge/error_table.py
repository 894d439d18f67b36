"""AIDGE's error codes: of the try-on service, of its platform's gateway, and of failed tasks."""

from collections.abc import Mapping
from types import MappingProxyType

from tryon_core import ErrorCode, ErrorTable
from tryon_core.errors import (
    AccessDenied,
    AuthenticationFailed,
    CreditsExhausted,
    InputRefused,
    RateLimited,
    VendorUnavailable,
)

_OTHER_GARMENT = "Give another garment picture."
_LOOK_FIRST = (
    "Look whether the balance fell before you submit again: the work may have been charged."
)
_SUPPORT = "Ask AIDGE's support, with the request id."

# Pages "Virtual Try-On Submit API", "Virtual Try-On Query API" and their Chinese twins.
_SERVICE = (
    ErrorCode(
        code="500",
        error=VendorUnavailable,
        meaning="The service failed inside; whether a task was started is not said.",
        remedy=_LOOK_FIRST,
        retry="never_automatically",
        billed="unknown",
    ),
    ErrorCode(
        code="501",
        error=RateLimited,
        meaning="More submissions than the account may make (3 in 60 s during the test phase).",
        remedy="Wait a minute before the next submission, or have AIDGE raise the limit.",
    ),
    ErrorCode(
        code="700",
        error=InputRefused,
        meaning="A field has a wrong form or value; the message names it.",
        remedy="Mend the field that the message names. If it names the whole request, try the "
        "settings submit_field=requestParams or submit_shape=object.",
    ),
    ErrorCode(
        code="701",
        error=InputRefused,
        meaning="The garment picture could not be fetched from its address.",
        remedy="Give an address that anybody can open without login, or another picture.",
    ),
    ErrorCode(
        code="703",
        error=InputRefused,
        meaning="The garment picture has too few or too many pixels.",
        remedy="Give a garment picture of 150 to 3000 px at each side.",
    ),
    ErrorCode(
        code="707",
        error=InputRefused,
        meaning="The garment picture does not show a complete flat lay.",
        remedy=f"{_OTHER_GARMENT} Or switch input_quality_detect off.",
    ),
    ErrorCode(
        code="7*",
        error=InputRefused,
        meaning="The service cannot use the input.",
        remedy="Mend what the message names.",
    ),
    ErrorCode(
        code="801",
        error=VendorUnavailable,
        meaning="The image model failed.",
        remedy=_LOOK_FIRST,
        retry="never_automatically",
        billed="unknown",
    ),
    ErrorCode(
        code="900",
        error=VendorUnavailable,
        meaning="The service could not reach a part of its own.",
        remedy=_LOOK_FIRST,
        retry="never_automatically",
        billed="unknown",
    ),
    ErrorCode(
        code="1000",
        error=InputRefused,
        meaning="A picture was judged to be sensitive.",
        remedy="Give other pictures.",
    ),
    ErrorCode(
        code="1001",
        error=VendorUnavailable,
        meaning="The check of the content failed.",
        remedy=f"{_LOOK_FIRST} If it stays, give other pictures.",
        retry="never_automatically",
        billed="unknown",
    ),
    ErrorCode(
        code="1002",
        error=InputRefused,
        meaning="The content was judged to be a risk.",
        remedy=f"Give other pictures. {_SUPPORT}",
    ),
    ErrorCode(
        code="10*",
        error=InputRefused,
        meaning="The check of the content refused a picture.",
        remedy="Give other pictures.",
    ),
    *(
        ErrorCode(
            code=family,
            error=VendorUnavailable,
            meaning="The service failed inside.",
            remedy=_LOOK_FIRST,
            retry="never_automatically",
            billed="unknown",
        )
        for family in ("5*", "8*", "9*")
    ),
)

# Codes of the gateway that AIDGE shares with its sister platforms, and its page "Check API Quota".
_GATEWAY = (
    ErrorCode(
        code="InvalidAppKey",
        error=AuthenticationFailed,
        meaning="The gateway does not know the access key name.",
        remedy="Check app_key. A key of the Chinese site is valid at "
        "https://cn-api.aidc-ai.com only, one of the global site at https://api.aidc-ai.com only: "
        "see the setting base_url.",
    ),
    ErrorCode(
        code="IncompleteSignature",
        error=AuthenticationFailed,
        meaning="The signature is not the one that the gateway computes.",
        remedy="Check that app_secret belongs to app_key; else try the setting signing=iop.",
    ),
    ErrorCode(
        code="IllegalTimestamp",
        error=AuthenticationFailed,
        meaning="The time in the signature is too far from the gateway's.",
        remedy="Set the clock of this machine.",
    ),
    ErrorCode(
        code="MissingParameter",
        error=InputRefused,
        meaning="The gateway misses a parameter; the message names it.",
        remedy="Try the settings signing=iop or submit_field=requestParams, and look for a newer "
        "tryon-aidge.",
    ),
    ErrorCode(
        code="InvalidApiPath",
        error=AccessDenied,
        meaning="The gateway has no such interface.",
        remedy="Check base_url: it is the part before /rest.",
    ),
    ErrorCode(
        code="ApiCallLimit",
        error=RateLimited,
        meaning="The interface is called too often; the ban lasts a second.",
    ),
    ErrorCode(code="AppCallLimit", error=RateLimited, meaning="The key is used too often."),
    ErrorCode(
        code="AppWhiteIpLimit",
        error=AccessDenied,
        meaning="The key may not be used from this machine's address.",
        remedy="Add the address to the list of the key, in AIDGE's console.",
    ),
    ErrorCode(
        code="IllegalAccessToken",
        error=AuthenticationFailed,
        meaning="The access token is invalid or too old; AIDGE's interfaces need none.",
    ),
    ErrorCode(
        code="NoResource",
        error=CreditsExhausted,
        meaning="The account has no calls left for this interface.",
        remedy="Buy calls, or use the free ones of the trial with the setting trial=true.",
    ),
    # What is known of a code that is not in this table: whom its `type` names.
    ErrorCode(
        code="ISV",
        error=InputRefused,
        meaning="Type of other gateway errors: the caller's fault.",
        remedy="Mend what the message names, and look for a newer tryon-aidge.",
    ),
    *(
        ErrorCode(
            code=kind,
            error=VendorUnavailable,
            meaning=f"Type of other gateway errors: the fault of the {whose}.",
            remedy=_LOOK_FIRST,
            retry="never_automatically",
            billed="unknown",
        )
        for kind, whose in (("ISP", "service"), ("SYSTEM", "platform"))
    ),
)

_TASKS = (
    ErrorCode(
        code="failed",
        error=VendorUnavailable,
        meaning="A task failed, and the answer holds no code.",
        retry="never_automatically",
        remedy="Look at the pictures; if they are sound, submit again.",
    ),
)

TABLE = ErrorTable("AIDGE", (*_SERVICE, *_GATEWAY, *_TASKS))

PAUSES_S: Mapping[str, float] = MappingProxyType({"501": 60.0, "ApiCallLimit": 1.0})
"""Seconds after which a limit that has this code is over."""

EXHAUSTED = "Sorry, your calling resources have been exhausted"
"""How the message begins, whatever its code, when no calls are left."""
