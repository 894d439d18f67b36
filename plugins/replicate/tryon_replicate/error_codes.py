"""The vendor's titles of refused requests, and the codes in the texts of failed predictions."""

import re
from http import HTTPStatus

import attrs

from tryon_core import ErrorTable, HttpResponse, TryOnError, codes, errors

_CREDIT = "Add credit at https://replicate.com/account/billing."
_SLOW = "Wait. Below 5 USD of credit it takes 6 submissions a minute, one at a time: add some."
_CHANGE = "Change what the vendor's text names; versions of a model have inputs of their own."
_VERSION = "Look at the versions on the model's page, and give one as the option `version`."
_LOOK = "Read the vendor's text; often an image shows no person, or cannot be read."
_AGAIN = "Submit the work again if it is still wanted, which is a new charge."
_CODE = re.compile(r"\b(E[0-9]{4})\b|\(code: ([A-Z]+)\)")
_MODERATION = re.compile(r"NSFW|flagged as sensitive|E005", re.IGNORECASE)
_WAIT = re.compile(r"~([0-9]{1,5})s")

# Titles are those of published answers. https://replicate.com/docs/reference/error-codes has the
# codes; no document says whether a failed prediction is charged.
_ENTRIES = (
    *codes(errors.AuthenticationFailed, "", {"Unauthenticated": "The token is wrong."}),
    *codes(errors.CreditsExhausted, _CREDIT, {"Insufficient credit": "Nothing is left."}),
    *codes(errors.RateLimited, _SLOW, {"Request was throttled": "Too many requests."}),
    *codes(errors.InputRefused, _CHANGE, {"Input validation failed": "An input is wrong."}),
    *codes(errors.InputRefused, _VERSION, {"Invalid version or not permitted": "There is none."}),
    *codes(errors.InputRefused, _VERSION, {"not found": "There is no such model, or prediction."}),
    *codes(
        errors.JobFailed,
        _LOOK,
        {
            "E1001": ("The model ran out of memory.", "Use smaller images."),
            "moderation": ("Moderation held an image or the result back.", "Use other images."),
            "exception": "The model's own error, without a code.",
        },
        fault="input",
        retry="after_change",
    ),
    *codes(
        errors.JobFailed,
        _AGAIN,
        {
            "E*": "The service or its worker failed.",
            "PA": "The worker was taken away.",
            "aborted": "Its deadline passed before it began, which is not charged.",
        },
        fault="vendor",
        retry="never_automatically",
    ),
)


def _code_in(answer: HttpResponse) -> str:
    body = answer.json_object()
    title, status, text = (str(body.get(key) or "") for key in ("title", "status", "error"))
    if answer.status == HTTPStatus.NOT_FOUND and "detail" in body:
        return "not found"  # its title is in no published answer
    if title or status != "failed":
        return title or ("aborted" if status == "aborted" else "")
    found = _CODE.search(text)
    code = (found[1] or found[2]) if found else "exception"
    return "moderation" if _MODERATION.search(text) else code


class _Table(ErrorTable):
    def refusal(self, answer: HttpResponse, **known: str | None) -> TryOnError:
        """Read when to come again from a field or the text where no header says it."""
        in_text = _WAIT.search(self.message_in(answer))
        told = answer.text_at("retry_after", or_number=True) or (in_text[1] if in_text else "")
        headers = {"retry-after": told, **answer.headers} if told else answer.headers
        return super().refusal(attrs.evolve(answer, headers=headers), **known)


TABLE = _Table("Replicate", _ENTRIES, code=_code_in, message=("detail", "error", "title"))
