"""A vendor's error codes as one table, for refused requests and for failed jobs alike."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

from tryon_core.codec import decode, make_converter
from tryon_core.errors import (
    AccountError,
    Billed,
    LimitError,
    TryOnError,
    UnexpectedResponse,
    VendorUnavailable,
)
from tryon_core.http import PLACE, HttpResponse, Place, places_in
from tryon_core.models import ErrorCode, Failure

T = TypeVar("T")
Meanings: TypeAlias = Mapping[str | int, str | tuple[str, str]]
"""What a vendor means by each of its codes, see `codes`."""
_CONVERTER = make_converter()
_CLEAR_ALONE = (401, 429)
_NOTHING_THERE = (
    "There is nothing at this address: check base_url. Where it is not set, look for a newer "
    "version of the plugin."
)
_ASK_AGAIN = "Ask again later, which is free; if it is refused again, check base_url."


def codes(
    error: type[TryOnError],
    remedy: str,
    meanings: Meanings,
    **answers: Any,
) -> tuple[ErrorCode, ...]:
    """Return entries of one class, a line for each code.

    Args:
        error: the class of `tryon_core.errors` that they are.
        remedy: what to do; empty for what the class says.
        meanings: what the vendor means, by its code. A number is an HTTP status alone, for answers
            without a code that is known. A pair is the meaning and a remedy of its own.
        **answers: further fields of `ErrorCode`, such as `billed="unknown"`.
    """
    entries = []
    for code, said in meanings.items():
        meaning, own = said if isinstance(said, tuple) else (said, remedy)
        where = {"code": code} if isinstance(code, str) else {"code": "", "http_status": code}
        fields = {**answers, **where, "meaning": meaning, "remedy": own}
        entries.append(ErrorCode(error=error, **fields))
    return tuple(entries)


class ErrorTable:
    """Looks up what a vendor's code is in our words.

    Give its `entries` to `ProviderInfo.errors`, so that the plugin's page and the contract kit know
    them too.

    Args:
        vendor: the vendor's name, with which every message begins.
        entries: its codes. Of several that fit, the most exact one counts: a whole code before a
            family, a longer family before a shorter one, a code with its status before one
            without, the status alone last.
        code: where an answer holds its code, as a place of `HttpResponse.text_at` or several, the
            likeliest first; or a function that reads it, empty when there is none.
        message: where it holds the vendor's text, or a function.
        request_id: where it holds the vendor's id of the call, or a function.

    Raises:
        ValueError: two entries are for the same code and status, or a place is none.
    """

    def __init__(
        self,
        vendor: str,
        entries: Iterable[ErrorCode],
        *,
        code: Place = (),
        message: Place = (),
        request_id: Place = "header:x-request-id",
    ) -> None:
        self.vendor = vendor
        self._code, self._message, self._request_id = code, message, request_id
        for what, place in (("code", code), ("message", message), ("request_id", request_id)):
            for one in places_in(place):
                if not PLACE.fullmatch(one):
                    fault = f"{one!r} is no place such as 'error.code' or 'header:x-id'"
                    raise ValueError(f"{what}: {fault}")
        self.entries: tuple[ErrorCode, ...] = tuple(entries)
        seen: set[tuple[str, int | None]] = set()
        for entry in self.entries:
            key = (entry.code, entry.http_status)
            if key in seen:
                raise ValueError(f"{vendor}: two entries for code {key[0]!r} with status {key[1]}")
            seen.add(key)

    def find(self, code: str, http_status: int | None = None) -> ErrorCode | None:
        """Return the entry for a code, None when the table has none."""
        fitting = [entry for entry in self.entries if entry.fits(code, http_status)]
        return max(fitting, key=lambda entry: entry.rank, default=None)

    def code_in(self, answer: HttpResponse) -> str:
        """Return the vendor's code in an answer, empty when there is none."""
        return answer.text_at(self._code, or_number=True)

    def message_in(self, answer: HttpResponse) -> str:
        """Return the vendor's text in an answer, empty when there is none."""
        return answer.text_at(self._message)

    def request_id_in(self, answer: HttpResponse) -> str | None:
        """Return the vendor's id of a call, None when the answer has none."""
        return answer.text_at(self._request_id) or None

    def read(self, answer: HttpResponse, kind: type[T], *, at: str = "") -> T:
        """Return what the answer to a call that costs nothing says, as a type.

        Args:
            answer: what the vendor answered.
            kind: an attrs class, or what else `make_converter()` knows, such as `Amount`.
            at: keys to one value in the answer, such as `data.credits`; empty for all of it.

        Raises:
            TryOnError: the status is no success; what `poll_refusal` says of it.
            UnexpectedResponse: it breaks its contract; every fault is named with its path.
        """
        if not answer.is_success:
            raise self.poll_refusal(answer)
        try:
            return decode(_CONVERTER, answer.json(), kind, at=at)
        except UnexpectedResponse as error:
            error.request_id, error.http_status = self.request_id_in(answer), answer.status
            raise

    def broken(
        self, answer: HttpResponse, fault: str, *, billed: Billed | None = None
    ) -> UnexpectedResponse:
        """Return the error for an answer that lacks what it must have.

        Args:
            answer: what the vendor answered.
            fault: what is wrong and where, such as `expected a list @ response.data.images`.
            billed: whether the work was paid for; None for what the core takes it for.
        """
        return UnexpectedResponse(
            f"the answer breaks its contract: {fault}.",
            request_id=self.request_id_in(answer),
            http_status=answer.status,
            billed=billed,
        )

    def refusal(
        self,
        answer: HttpResponse,
        *,
        code: str | None = None,
        message: str | None = None,
        request_id: str | None = None,
    ) -> TryOnError:
        """Return the error that a refused request is; an unknown code goes by its status.

        Args:
            answer: what the vendor answered.
            code: the vendor's code, None to read it from the answer.
            message: the vendor's text, None to read it from the answer.
            request_id: the vendor's id of the call, None to read it from the answer.
        """
        code = self.code_in(answer) if code is None else code
        message = self.message_in(answer) if message is None else message
        request_id = request_id or self.request_id_in(answer)
        entry = self.find(code, answer.status) or ErrorCode(
            code=code,
            error=answer.usual_error,
            meaning="",
            remedy=_NOTHING_THERE if answer.status == HTTPStatus.NOT_FOUND and not code else "",
        )
        return entry.to_error(
            self._sentence(answer.shown_status, code, message),
            request_id=request_id,
            vendor_code=code or None,
            http_status=answer.status,
            retry_after_s=answer.retry_after_s,
        )

    def poll_refusal(self, answer: HttpResponse, **known: str | None) -> TryOnError:
        """Return the error that a refused poll is, or a refused call about the account.

        What concerns the account, or a limit of calls, is what it is for a submission; without a
        code only 401 and 429 do, since all others may be the page of a gateway. All else, such as a
        parameter that is missing, says nothing about the job: it is `VendorUnavailable`, and the
        job is polled again.

        Args:
            answer: what the vendor answered.
            **known: as for `refusal`.
        """
        refusal = self.refusal(answer, **known)
        is_clear = bool(refusal.vendor_code) or answer.status in _CLEAR_ALONE
        if is_clear and isinstance(refusal, (AccountError, LimitError)):
            return refusal
        return VendorUnavailable(
            refusal.message,
            request_id=refusal.request_id,
            vendor_code=refusal.vendor_code,
            http_status=refusal.http_status,
            retry_after_s=refusal.retry_after_s,
            remedy=_ASK_AGAIN,
        )

    def failure(
        self,
        *,
        code: str,
        message: str,
        http_status: int | None = None,
        billed: Billed | None = None,
    ) -> Failure:
        """Return why an accepted job failed.

        Args:
            code: the vendor's code, empty when there is none.
            message: the vendor's text.
            http_status: status that the code came with, where that makes a difference.
            billed: whether the job was paid for; None for what the code's entry says, and
                `unknown` when that says nothing either: a refused request is never billed, a
                failed job may be.
        """
        entry = self.find(code, http_status)
        if entry is None:
            return Failure(code=code, message=message, billed=billed or "unknown")
        return Failure.like(
            entry.to_error(message),
            code=code,
            message=message,
            billed=billed or entry.billed or "unknown",
        )

    def _sentence(self, status: str, code: str, message: str) -> str:
        said = "" if message.strip() == code else message.strip()  # a text that stands for a code
        words = ": ".join(part for part in (f"{status} {code}".strip(), said) if part)
        return f"{self.vendor}: {words.rstrip('.')}."
