"""AIDGE's error codes: of the try-on service, of its platform's gateway, and of failed tasks."""

from tryon_core import ErrorTable, HttpResponse, Meanings, TryOnError, codes, errors

_PASSED = ("", "0", "200")
_CONTENT = ("", "200")


def _said(answer: HttpResponse, *fields: str) -> str:
    """Return the first of some fields that says something, whether it is a text or a number."""
    return answer.text_at(*fields, or_number=True).removesuffix(".0")


def code_of(answer: HttpResponse) -> str | None:
    """Return the code of a refusal, empty when it has none; None when nothing was refused.

    The gateway speaks with `code`; once it has let the call pass, the service does with `resCode`
    and `success`. The vendor's table leaves `code` out, and has numbers and booleans where its
    sample has texts.
    """
    if _said(answer, "code") not in _PASSED:
        return _said(answer, "code")
    if _said(answer, "resCode") not in _CONTENT:
        return _said(answer, "resCode")
    success = answer.json_object().get("success")
    return "" if str(success).strip().lower() == "false" else None


def words_of(answer: HttpResponse) -> str:
    """Return what the vendor says, in its words."""
    return _said(answer, "resMessage", "message")


def _known_code(answer: HttpResponse) -> str:
    """Return the code under which the table knows an error: its own, else that of its kind."""
    code, kind = code_of(answer) or "", _said(answer, "type")
    if words_of(answer).startswith(_EXHAUSTED):
        return "NoResource"
    return kind if kind and TABLE.find(kind) and not TABLE.find(code) else code


def _message(answer: HttpResponse) -> str:
    code, words = code_of(answer) or "", words_of(answer)
    return words if _known_code(answer) == code else f"{code}: {words}"


class _Table(ErrorTable):
    def refusal(self, answer: HttpResponse, **known: str | None) -> TryOnError:
        """Name the code that came, and how long its limit lasts."""
        error, code = super().refusal(answer, **known), code_of(answer) or ""
        error.vendor_code = code or None
        if error.retry_after_s is None:
            error.retry_after_s = _PAUSES_S.get(code)
        return error


_PAUSES_S = {"501": 60.0, "ApiCallLimit": 1.0}
"""Seconds after which a limit that has this code is over."""
_EXHAUSTED = "Sorry, your calling resources have been exhausted"
"""How the message begins, whatever its code, when no calls are left."""
_LOOK = "Look whether the balance fell before you submit again: the work may have been charged."
_STAYS = f"{_LOOK} If it stays, give other images."
_SITES = (
    "Check app_key and base_url. A key of the Chinese site is valid at https://cn-api.aidc-ai.com "
    "only, one of the global site at https://api.aidc-ai.com only."
)
_OTHER = "Give other images."
_SUPPORT = f"{_OTHER} Ask AIDGE's support, with the request id."
_NAMED = "Change what the message names."
_FORMS = (
    f"{_NAMED} If it names the whole request, try the settings submit_field=requestParams or "
    "submit_shape=object."
)
_NEWER = f"{_NAMED} Look for a newer tryon-aidge too."
_PUBLIC = "Give an address that anybody can open without login, or another image."
_SIZE = "Give a garment image of 150 to 3000 px at each side."
_FLAT_LAY = "Give another garment image. Or switch input_quality_detect off."
_MINUTE = "Wait a minute before the next submission, or have AIDGE raise the limit."
_PAIR = "Check that app_secret belongs to app_key; else try the setting signing=iop."
_CLOCK = "Set the clock of this machine."
_OTHER_WAYS = "Try signing=iop or submit_field=requestParams; look for a newer tryon-aidge."
_LIST = "Add the address to the list of the key, in AIDGE's console."
_BASE_URL = "Check base_url: it is the part before /rest."
_BUY = "Buy calls, or use the free ones of the trial with the setting trial=true."
_SOUND = "Look at the images; if they are sound, submit again."

# Pages "Virtual Try-On Submit API", "Virtual Try-On Query API" and the same pages in Chinese.
_TOO_FAST: Meanings = {"501": "More submissions than allowed (3 in 60 s during the test phase)."}
_INPUT: Meanings = {
    "700": ("A field has a wrong form or value; the message names it.", _FORMS),
    "701": ("The garment image could not be fetched from its address.", _PUBLIC),
    "703": ("The garment image has too few or too many pixels.", _SIZE),
    "707": ("The garment image does not show a complete flat lay.", _FLAT_LAY),
    "7*": "The service cannot use the input.",
    "1000": ("An image was judged to be sensitive.", _OTHER),
    "1002": ("The content was judged to be a risk.", _SUPPORT),
    "10*": ("The check of the content refused an image.", _OTHER),
}
_SERVICE: Meanings = {
    "500": "The service failed inside; whether a task was started is not said.",
    "801": "The image model failed.",
    "900": "The service could not reach a part of its own.",
    "1001": ("The check of the content failed.", _STAYS),
    **dict.fromkeys(("5*", "8*", "9*"), "The service failed inside."),
    # These two are no codes but types: all that is known of other codes of the gateway.
    **dict.fromkeys(("ISP", "SYSTEM"), "Type of other gateway errors: the fault of the service."),
}
# Codes of the gateway that AIDGE shares with its sister platforms, and its page "Check API Quota".
_KEYS: Meanings = {
    "InvalidAppKey": ("The gateway does not know the access key name.", _SITES),
    "IncompleteSignature": ("The signature is not the one that the gateway computes.", _PAIR),
    "IllegalTimestamp": ("The time in the signature is too far from the gateway's.", _CLOCK),
    "IllegalAccessToken": "The access token is invalid or too old; AIDGE's interfaces need none.",
}
_ACCESS: Meanings = {
    "AppWhiteIpLimit": "The key may not be used from this machine's address.",
    "InvalidApiPath": ("The gateway has no such interface.", _BASE_URL),
}
_RATES: Meanings = {
    "ApiCallLimit": "The interface is called too often; the ban lasts a second.",
    "AppCallLimit": "The key is used too often.",
}
_CALLER: Meanings = {
    "MissingParameter": ("The gateway misses a parameter; the message names it.", _OTHER_WAYS),
    "ISV": "Type of other gateway errors: the caller's fault.",
}
_NO_CALLS: Meanings = {"NoResource": "The account has no calls left for this interface."}
_FAILED: Meanings = {"failed": "A task failed, and the answer holds no code."}
_AT_REST = {"retry": "never_automatically"}

TABLE = _Table(
    "AIDGE",
    (
        *codes(errors.RateLimited, _MINUTE, _TOO_FAST),
        *codes(errors.InputRefused, _NAMED, _INPUT),
        # Whether a task was started is not said.
        *codes(errors.VendorUnavailable, _LOOK, _SERVICE, **_AT_REST, billed="unknown"),
        *codes(errors.AuthenticationFailed, "", _KEYS),
        *codes(errors.AccessDenied, _LIST, _ACCESS),
        *codes(errors.RateLimited, "", _RATES),
        *codes(errors.CreditsExhausted, _BUY, _NO_CALLS),
        *codes(errors.InputRefused, _NEWER, _CALLER),
        *codes(errors.VendorUnavailable, _SOUND, _FAILED, **_AT_REST),
    ),
    code=_known_code,
    message=_message,
    request_id=lambda answer: _said(answer, "requestId", "request_id"),
)
