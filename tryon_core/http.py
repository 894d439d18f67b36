"""The HTTP interface that hooks are given, and what they may do with an answer."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, NoReturn, Protocol, TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import attrs

from tryon_core.errors import (
    AccessDenied,
    AnswerLost,
    AuthenticationFailed,
    CreditsExhausted,
    InputRefused,
    RateLimited,
    ServiceMoved,
    TryOnError,
    UnexpectedResponse,
    VendorUnavailable,
)
from tryon_core.models import ImageSource, strip_query

_SUCCESS, _CLIENT_ERRORS = range(200, 300), range(400, 500)
# The value of a key in JSON that cannot be parsed, plain or inside of a text.
_NAMED = r'\\*"{key}\\*"\s*:\s*\\*"([^"\\\x00-\x1f]{{1,500}})\\*"'
_COMMON_KEY = "id"  # scripts in the pages of gateways have it, too
_HEADER = "header:"
Place: TypeAlias = "str | Sequence[str] | Callable[[HttpResponse], Any]"
"""Where an answer has something: `data.task_id`, `header:x-request-id`, several of these with the
likeliest first, or a function that reads it. A list on the way stands for its first entry."""
_KEY = r"[^.\s\[\]{}:]+"
PLACE = re.compile(rf"header:[\w-]+|{_KEY}(\.{_KEY})*")
"""What a place is that is a text."""
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

Params: TypeAlias = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""Query parameters. A function is called again for each sending, repeated ones included: for
signatures that hold the time."""


@attrs.frozen
class FilePart:
    """One file: a part of a multipart form, or the whole body of a `put`.

    An image inside JSON is a `Base64Part`.

    Attributes:
        source: local image (`PathSource` or `BytesSource`); paths are streamed from disk.
        filename: name to announce, None to take the source's own with the suffix of its real
            format, since some services go by it.
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
        proxy: address of the proxy that may have answered instead of the service, None when none
            can have.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    url: str
    proxy: str | None = None
    _parsed: list[Any] = attrs.field(factory=list, init=False, repr=False, eq=False)

    @property
    def shown_status(self) -> str:
        """The status in words, with who may have answered, such as `HTTP 503`."""
        through = f" through the proxy {self.proxy}" if self.proxy else ""
        return f"HTTP {self.status}{through}"

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return self.status in _SUCCESS

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            UnexpectedResponse: the body is not JSON; the message says what it looks like.
        """
        try:
            return self._value()
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("content-type", "no content type")
            found = f"got {kind} ({len(self.body)} bytes): {error}" if self.body else "got no body"
            raise UnexpectedResponse(
                f"{self.shown_status} from {self.url}: expected JSON, {found}.",
                http_status=self.status,
                retry_after_s=self.retry_after_s,
            ) from error

    def json_object(self) -> Mapping[str, Any]:
        """Return the body as a JSON object; an empty one when it is anything else.

        For the answers that refuse something: they may be the page of a gateway, or empty, and
        their status still says what they mean.
        """
        try:
            data = self._value()
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}

    def id_at(self, *places: str) -> str | None:
        """Return the id of the job that this answer to a submission names, None when it has none.

        For `submit`, before the answer is read in any other way. A vendor that names a job has made
        one, and it may cost money: whatever else in the answer is odd, the job is worth asking for,
        which is free. So neither types of other fields nor a code beside the id count; of JSON that
        cannot be parsed the value of the key is taken wherever it is, save of a mere `id` in the
        page of a gateway. An answer with a status of 400 to 499 refuses the submission, and names
        no job.

        Args:
            *places: where the id may stand, the likeliest first, such as `output.task_id`. Texts on
                the way that hold JSON, and lists of one entry, are opened.
        """
        if self.status in _CLIENT_ERRORS:
            return None
        try:
            data = self._value()
        except (ValueError, RecursionError):
            found = (self._id_named(place.rpartition(".")[2]) for place in places)
        else:
            found = (_as_id(_inside(data, place.split("."))) for place in places)
        return next(filter(None, found), None)

    def no_job(self, place: str, *, request_id: str | None = None) -> UnexpectedResponse:
        """Return the error for an accepted submission in which `id_at` found no job.

        Args:
            place: where the id should be, such as `output.task_id`.
            request_id: the vendor's id of the call.
        """
        try:
            data = self.json()
        except UnexpectedResponse as error:
            error.request_id = request_id
            return error
        fault = f"it names no job @ response.{place}"
        if not isinstance(data, dict):
            kind = "null" if data is None else type(data).__name__
            fault = f"expected object, got {kind} @ response"
        return UnexpectedResponse(
            f"the answer breaks its contract: {fault}.",
            http_status=self.status,
            request_id=request_id,
        )

    def text_at(self, *places: Place, or_number: bool = False) -> str:
        """Return the first text at one of the places, empty when none does.

        Args:
            *places: keys of the JSON in the body, such as `error.code`, or a header, such as
                `header:x-request-id`; or what else a `Place` is. A list on the way stands for its
                first entry. Only a function may raise: where the body is no JSON, or has something
                else there, the place holds nothing.
            or_number: take numbers too, as text; those of a function always are.
        """
        kinds = (str, int, float) if or_number else (str,)
        found = (text for place in places for text in self._texts_at(place, kinds))
        return next(filter(None, found), "")

    def _texts_at(self, place: Place, kinds: tuple[type, ...]) -> Iterator[str]:
        if callable(place):
            value = place(self)
            yield "" if value is None else str(value)
        for one in places_in(place):
            if one.startswith(_HEADER):
                value = self.headers.get(one.removeprefix(_HEADER), "")
            else:
                value = _first(self.json_object(), one.split("."))
            yield str(value).strip() if type(value) in kinds else ""

    def _value(self) -> Any:
        """Parse the body once: with images inside it may have 100 MB."""
        if not self._parsed:
            self._parsed.append(json.loads(self.body))
        return self._parsed[0]

    def _id_named(self, key: str) -> str | None:
        text = self.body.decode(errors="replace")
        if key == _COMMON_KEY and text.lstrip().startswith("<"):
            return None
        found = re.search(_NAMED.format(key=re.escape(key)), text)
        return _as_id(found[1]) if found else None

    @property
    def usual_error(self) -> type[TryOnError]:
        """The error that the status stands for, for codes of the vendor that the table lacks.

        `UnexpectedResponse` for all that is not clearly a refusal. A 5xx is none, be it of a
        gateway that gave up: the work may go on behind it. In answer to a submission the core takes
        each of them, the `VendorUnavailable` of a 503 included, for one that may be billed.
        """
        return _BY_STATUS.get(self.status, UnexpectedResponse)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that the `Retry-After` header asks for, None when it does not say.

        When it is a date, they count from the answer's own `Date`: clocks differ.
        """
        text = self.headers.get("retry-after", "").strip()
        if _SECONDS.fullmatch(text):
            return float(text)
        try:
            until, sent = (parsedate_to_datetime(date) for date in (text, self.headers["date"]))
            return max(0.0, (until - sent).total_seconds())
        except (KeyError, OverflowError, TypeError, ValueError):
            return None


def places_in(place: Place) -> Sequence[str]:
    """Return the places that are texts, none of one that a function reads."""
    if not place or callable(place):
        return ()
    return (place,) if isinstance(place, str) else place


def _first(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _inside(data: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        data = _opened(data)
        if isinstance(data, list) and len(data) == 1:
            data = data[0]
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data


def _opened(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _as_id(value: Any) -> str | None:
    """Return an id that addresses and tokens can hold; a number is one as well."""
    if type(value) is int:
        return str(value)
    is_id = isinstance(value, str) and value.strip() and value.isprintable()
    return value if is_id else None


class HttpClient(Protocol):
    """How hooks talk to a vendor. Every status is an answer; only the network raises.

    All methods cap the size of the answer, honour time-outs, proxies and the deadline of the call,
    and mask secrets in logs and errors. None follows a redirect, which would take the key and the
    work elsewhere: 301, 302, 303, 307 and 308 raise `ServiceMoved`, which names the address.

    `url` is a path below the setting `base_url`, such as `v1/jobs`, and gets the headers that the
    provider declares (`ProviderInfo.headers`). Or it is absolute, and gets the headers of the call
    only: another host must not learn a key. A path with a step such as `..`, or with `#`, raises
    `InputError`: quote ids with `urllib.parse.quote(text, safe="")`.

    The core reads `Retry-After`: errors and updates of a hook that do not say how long to wait get
    what the last answer asks for.
    """

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        max_answer_bytes: int | None = None,
    ) -> HttpResponse:
        """Send a request that is safe to repeat; it is retried on faults and on 429, 502-504.

        Args:
            url: path below `base_url`, or absolute.
            headers: added to the transport's own.
            params: query parameters.
            max_answer_bytes: bytes that the answer may have, when it holds images; the usual limit
                (8 MiB) applies when that is more.

        Raises:
            AnswerLost: no usable answer even after retries.
        """
        ...

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        multipart: FormFields | None = None,
        idempotent: bool = False,
        read_timeout_s: float | None = None,
        max_answer_bytes: int | None = None,
    ) -> HttpResponse:
        """Send a request that may cost money. It is sent once.

        Args:
            url: path below `base_url`, or absolute.
            headers: added to the transport's own.
            params: query parameters.
            json: body to send as JSON, in which a `Base64Part` may stand for any value; at most one
                of the three bodies.
            form: body to send URL-encoded.
            multipart: body to send as a streamed multipart form.
            idempotent: the vendor does the same work only once, so that it is safe to repeat;
                it is then treated like `get`.
            read_timeout_s: seconds without a single byte that are normal for this request, when
                the vendor works before it answers; the usual ones apply when they are more.
            max_answer_bytes: bytes that the answer may have, when it holds images; the usual limit
                (64 MiB for what is not `idempotent`, else 8 MiB) applies when that is more.

        Raises:
            NotSent: it certainly did not reach the service, or it could not be written at all.
            OutcomeUnknown: it may have been accepted, but the answer was lost.
            AnswerLost: instead of both, when `idempotent`.
        """
        ...

    def put(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        file: FilePart | None = None,
    ) -> HttpResponse:
        """Store one file, or ask for something that may be asked twice; repeated like `get`.

        Args:
            url: path below `base_url`, or absolute.
            headers: added to the transport's own.
            params: query parameters.
            file: the body, streamed as it is, with its media type; its file name is not sent.

        Raises:
            AnswerLost: no usable answer even after retries.
        """
        ...

    def delete(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> HttpResponse:
        """Ask to remove or stop something; repeated like `get`.

        After a lost answer the repeated request may find nothing more to remove, and say so.

        Raises:
            AnswerLost: no usable answer even after retries.
        """
        ...


class NoHttp:
    """Replaces the client where a hook must not use the network."""

    may_have_sent = False

    def get(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        return self.refuse("GET", url)

    def post(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        return self.refuse("POST", url)

    def put(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        return self.refuse("PUT", url)

    def delete(self, url: str, **_: object) -> HttpResponse:
        """Refuse."""
        return self.refuse("DELETE", url)

    def refuse(self, method: str, url: str) -> NoReturn:
        """Say what was asked for, without the query."""
        raise RuntimeError(f"this hook must not use the network ({method} {strip_query(url)})")


# These concern the caller, not the address.
_ABOUT_CALLER = (401, 429)
_PORTS = {"http": 80, "https": 443}


def named_address(named: str, *, asked: str, base_url: str, documented: str) -> str | None:
    """Return the address that a vendor named for a job, None when it is of no use.

    The key is sent there. So it is of no use when it has another origin, a user, or a query, which
    may hold a secret; and when it is the documented one. A gateway that serves a vendor below a
    path of its own often leaves the vendor's addresses as they are: then its path is put before
    them.

    Args:
        named: the address as it came; it may be relative.
        asked: the address of the answer that named it.
        base_url: the vendor's address as it is set.
        documented: where the job is by the vendor's documents.
    """
    try:
        parts = urlsplit(urljoin(asked, named))
        is_ours = _origin(parts) == _origin(urlsplit(documented))
    except ValueError:
        return None
    if not named or not is_ours or "@" in parts.netloc or parts.query:
        return None
    prefix = urlsplit(base_url).path.rstrip("/")
    path = parts.path if parts.path.startswith(f"{prefix}/") else prefix + parts.path
    address = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return None if address == documented else address


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def ask_where_named(
    http: HttpClient,
    named: str | None,
    documented: str,
    *,
    headers: Mapping[str, str],
    is_answer: Callable[[HttpResponse], bool],
    max_answer_bytes: int | None = None,
) -> HttpResponse:
    """Poll a job at the address that the vendor named, else at its documented address.

    Args:
        http: the network.
        named: the address that the vendor named; None when it named none of use.
        documented: where the job is by the vendor's documents.
        headers: sent with the poll, keys included.
        is_answer: whether an answer tells of the job.
        max_answer_bytes: as for `HttpClient.get`.

    Raises:
        AnswerLost: the documented address gave no usable answer.
        ServiceMoved: it redirects.
    """
    if named is not None:
        try:
            answer = http.get(named, headers=headers, max_answer_bytes=max_answer_bytes)
        except (AnswerLost, ServiceMoved):
            pass
        else:
            if is_answer(answer) or answer.status in _ABOUT_CALLER:
                return answer
    return http.get(documented, headers=headers, max_answer_bytes=max_answer_bytes)
