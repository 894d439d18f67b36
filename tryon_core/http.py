"""The HTTP interface that hooks are given, without any implementation."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import attrs

from tryon_core.errors import (
    AccessDenied,
    AuthenticationFailed,
    CreditsExhausted,
    InputRefused,
    RateLimited,
    TryOnError,
    UnexpectedResponse,
    VendorUnavailable,
)
from tryon_core.models.sources import ImageSource, strip_query

# At most 9 digits: a number that sleep() can take.
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

_BY_STATUS: Mapping[int, type[TryOnError]] = MappingProxyType(
    {
        400: InputRefused,
        401: AuthenticationFailed,
        402: CreditsExhausted,
        403: AccessDenied,
        413: InputRefused,
        415: InputRefused,
        422: InputRefused,
        429: RateLimited,
        503: VendorUnavailable,
    }
)

FormFields: TypeAlias = Sequence[tuple[str, "str | FilePart"]]
"""The parts of a multipart form, in the order in which they are sent."""


@attrs.frozen
class FilePart:
    """One file in a multipart form.

    Attributes:
        source: local image (`PathSource` or `BytesSource`); paths are streamed from disk.
        filename: name to announce, None to take the source's own.
        media_type: such as `image/jpeg`, None to tell it from the content.
    """

    source: ImageSource
    filename: str | None = attrs.field(default=None, kw_only=True)
    media_type: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class HttpResponse:
    """A whole answer, whatever its status.

    Attributes:
        status: the HTTP status.
        headers: header values by lower-case name.
        body: the body, never longer than the transport's cap.
        url: address asked, without its query.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    url: str

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            UnexpectedResponse: the body is not JSON; the message says what it looks like.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("content-type", "no content type")
            is_outage = self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            raise UnexpectedResponse(
                f"HTTP {self.status} from {self.url}: expected JSON, got {kind} "
                f"({len(self.body)} bytes): {error}.",
                http_status=self.status,
                retry_after_s=self.retry_after_s,
                retry="later" if is_outage else None,
                remedy=VendorUnavailable.remedy if is_outage else None,
            ) from error

    @property
    def usual_error(self) -> type[TryOnError]:
        """The error that the status stands for, for codes of the vendor that nobody knows.

        `UnexpectedResponse` for all that is not clearly a refusal. A 500, 502 or 504 is none: a
        gateway gave up, and the work may go on behind it and be billed.
        """
        return _BY_STATUS.get(self.status, UnexpectedResponse)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds of the `Retry-After` header when it is a number, else None."""
        text = self.headers.get("retry-after", "").strip()
        return float(text) if _SECONDS.fullmatch(text) else None


class HttpClient(Protocol):
    """How hooks talk to a vendor. Every status is an answer; only the network raises.

    All methods refuse redirects (a 3xx status is returned as it is), cap the size of the answer,
    honour time-outs, proxies and the deadline of the call, and mask secrets in logs and errors.
    """

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Ask a question that is safe to repeat; it is retried on faults and on 429, 502-504.

        Raises:
            AnswerLost: no usable answer even after retries.
        """
        ...

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        multipart: FormFields | None = None,
        idempotent: bool = False,
    ) -> HttpResponse:
        """Send a request that may cost money. It is sent once.

        Args:
            url: full address.
            headers: added to the transport's own.
            params: query parameters.
            json: body to send as JSON; at most one of the three bodies.
            form: body to send URL-encoded.
            multipart: body to send as a streamed multipart form.
            idempotent: the vendor does the same work only once, so that it is safe to repeat;
                it is then treated like `get`.

        Raises:
            NotSent: it certainly did not reach the service.
            OutcomeUnknown: it may have been accepted, but the answer was lost.
            AnswerLost: instead of both, when `idempotent`.
        """
        ...

    def delete(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Ask to remove or stop something; repeated like `get`.

        After a lost answer the repeated request may find nothing more to remove, and say so.

        Raises:
            AnswerLost: no usable answer even after retries.
        """
        ...


class NoHttp:
    """Stands in where a hook must not use the network."""

    def get(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        raise RuntimeError(f"this hook must not use the network (GET {strip_query(url)})")

    def post(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        raise RuntimeError(f"this hook must not use the network (POST {strip_query(url)})")

    def delete(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        raise RuntimeError(f"this hook must not use the network (DELETE {strip_query(url)})")
