"""`ctx.http`: the HTTP client of a hook, for one call of one provider."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

import attrs

from tryon_core.errors import (
    AnswerLost,
    InputError,
    NotSent,
    OutcomeUnknown,
    SettingsError,
    TryOnError,
)
from tryon_core.http import FilePart, FormFields, HttpResponse, Params
from tryon_core.masking import redact, shown_url
from tryon_core.transport.json_body import json_body
from tryon_core.transport.redirects import REDIRECTS, service_moved
from tryon_core.transport.retries import NoAnswer, cannot_be_written
from tryon_core.transport.streaming import FileBody, StreamedBody

if TYPE_CHECKING:
    from tryon_core.transport.connections import Exchange
    from tryon_core.transport.exchange import Exchanger

_PROXY_WANTS_PASSWORD = 407
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# A fragment, or a step up; HTTP libraries take `%2e` for a dot.
_LEADS_ELSEWHERE = re.compile(r"#|(^|[/\\])(\.|%2e){1,2}([/\\]|$)", re.IGNORECASE)
QUOTE_IDS = (
    "Look where the id in it comes from. The plugin's author can quote ids with "
    "urllib.parse.quote(text, safe='')."
)

_Body: TypeAlias = "bytes | StreamedBody | None"


@attrs.define(kw_only=True, eq=False)
class ProviderHttp:
    """A view of the transport for one call of one provider; implements `HttpClient`.

    Attributes:
        provider: whom errors name.
        deadline_s: point on the clock at which every request gives up, None for the policy's limit.
        base_url: what paths are below, None when every address must be absolute.
        may_have_sent: whether a part of a request that is sent only once may have left.
        has_succeeded: whether the last POST was answered with a 2xx.
        last_answer: what came last, for the report of an answer that was not understood.
    """

    provider: str
    deadline_s: float | None = None
    base_url: str | None = None
    may_have_sent: bool = attrs.field(default=False, init=False)
    has_succeeded: bool = attrs.field(default=False, init=False)
    last_answer: HttpResponse | None = attrs.field(default=None, init=False, repr=False)
    _exchanger: "Callable[[], Exchanger]" = attrs.field(repr=False, alias="exchanger")
    _secrets: Sequence[str] = attrs.field(default=(), repr=False, alias="secrets")
    _headers: Callable[[], Mapping[str, str]] = attrs.field(
        default=dict, repr=False, alias="headers"
    )

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        max_answer_bytes: int | None = None,
    ) -> HttpResponse:
        """Send a request that is safe to repeat; see `HttpClient.get`."""
        return self._request(
            "GET",
            url,
            headers=headers,
            params=params,
            repeat=True,
            max_answer_bytes=max_answer_bytes,
        )

    def delete(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> HttpResponse:
        """Ask to remove or stop something; see `HttpClient.delete`."""
        return self._request("DELETE", url, headers=headers, params=params, repeat=True)

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
        """Send a request that may cost money; see `HttpClient.post`.

        It travels on a connection of its own, so that a connection which died while it was idle
        cannot leave the outcome in doubt. `docs/explanation/submit-once.md` says which failures
        count as not sent.

        Raises:
            UnusableImage: a file of the body cannot be read, or changed while it was being sent;
                the request was not completed.
        """
        return self._request(
            "POST",
            url,
            headers=headers,
            params=params,
            repeat=idempotent,
            read_timeout_s=read_timeout_s,
            max_answer_bytes=max_answer_bytes,
            json=json,
            form=form,
            multipart=multipart,
        )

    def put(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        file: FilePart | None = None,
    ) -> HttpResponse:
        """Store one file, or ask for something that may be asked twice; see `HttpClient.put`."""
        return self._request("PUT", url, headers=headers, params=params, repeat=True, file=file)

    def _addressed(
        self, url: str, headers: Mapping[str, str] | None
    ) -> tuple[str, Mapping[str, str]]:
        """Return the whole address, and the headers; those that are declared go with paths only."""
        if self.base_url is None or _ABSOLUTE.match(url):
            return url, headers or {}
        if _LEADS_ELSEWHERE.search(url.partition("?")[0]):
            shown = redact(url, self._secrets)
            raise InputError(
                f"the path {shown!r} would ask for something else; nothing was sent.",
                provider=self.provider,
                remedy=QUOTE_IDS,
            )
        return f"{self.base_url}/{url.lstrip('/')}", {**self._headers(), **(headers or {})}

    def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        params: Params | None,
        repeat: bool,
        read_timeout_s: float | None = None,
        max_answer_bytes: int | None = None,
        **bodies: Any,
    ) -> HttpResponse:
        url, headers = self._addressed(url, headers)
        written = _write(headers, **bodies)
        if isinstance(written, NoAnswer):
            raise self._error(self._shown(method, url), written, repeat=False)
        headers, body = written
        exchanger = self._exchanger()
        with body if isinstance(body, StreamedBody) else nullcontext():
            exchange = self._begin(
                exchanger,
                method,
                url,
                headers=headers,
                body=body,
                params=params,
                repeat=repeat,
                read_timeout_s=read_timeout_s,
                max_answer_bytes=max_answer_bytes or 0,
            )
            had_sent = self.may_have_sent
            self.has_succeeded = self.has_succeeded and method != "POST"
            try:
                outcome = exchanger.exchange(exchange)
            finally:
                # However it ended, Ctrl-C included.
                if not repeat and not exchange.is_unsent:
                    self.may_have_sent = True
        if isinstance(outcome, NoAnswer):
            self.may_have_sent = had_sent or (outcome.may_have_arrived and not repeat)
            # Raised here, far from the exception that it replaces: that one may hold secrets.
            raise self._error(self._shown(method, url), outcome, repeat=repeat)
        return self._checked(method, url, outcome)

    def _begin(
        self,
        exchanger: "Exchanger",
        method: str,
        url: str,
        *,
        body: _Body,
        repeat: bool,
        read_timeout_s: float | None,
        max_answer_bytes: int,
        **facts: Any,
    ) -> "Exchange":
        """Return the exchange with the limits of this call."""
        policy = exchanger.policy
        limit_s = policy.call_limit_s(
            body_bytes=0 if body is None else len(body), read_timeout_s=read_timeout_s
        )
        # What was paid for may be the image itself.
        least_bytes = policy.max_answer_bytes if repeat else policy.max_download_bytes
        return exchanger.begin(
            method,
            url,
            body=body,
            is_repeatable=repeat,
            read_timeout_s=read_timeout_s,
            deadline_s=exchanger.deadline_s(limit_s, self.deadline_s),
            max_bytes=max(policy.max_answer_bytes, least_bytes, max_answer_bytes),
            secrets=self._secrets,
            **facts,
        )

    def _checked(self, method: str, url: str, answer: HttpResponse) -> HttpResponse:
        """Return an answer that is the service's own."""
        self.last_answer = answer
        if method == "POST":
            self.has_succeeded = answer.is_success
        if answer.status in REDIRECTS:
            what = self._shown(method, url)
            raise service_moved(what, url, answer, provider=self.provider, secrets=self._secrets)
        if answer.status == _PROXY_WANTS_PASSWORD and answer.proxy:
            what = self._shown(method, url)
            raise SettingsError(
                f"{what}: the proxy {answer.proxy} asks for a user name and a password.",
                provider=self.provider,
                remedy="Write them into its address (http://user:password@host:port), or do "
                "without.",
            )
        return answer

    def _shown(self, method: str, url: str) -> str:
        return f"{method} {shown_url(url, self._secrets)}"

    def _error(self, what: str, failure: NoAnswer, *, repeat: bool) -> TryOnError:
        message = redact(f"{what}: {failure.reason}.", self._secrets)
        if failure.is_setup:
            return SettingsError(message, provider=self.provider, remedy=failure.remedy)
        if failure.may_have_arrived and not repeat:
            return OutcomeUnknown(message, provider=self.provider)
        kind = AnswerLost if repeat else NotSent
        return kind(
            message,
            provider=self.provider,
            retry=None if failure.is_temporary else "after_change",
            remedy=failure.remedy or None,
        )


def _write(
    headers: Mapping[str, str] | None, **bodies: Any
) -> tuple[Mapping[str, str], _Body] | NoAnswer:
    """Return the headers and the body of a request; whatever fails here, nothing was sent."""
    try:
        body, content_type = _body(**bodies)
    except TryOnError:
        raise
    except Exception as error:  # noqa: BLE001  (texts and images are the caller's)
        return cannot_be_written(error)
    own = dict(headers or {})
    return ({"Content-Type": content_type, **own} if content_type else own), body


def _body(
    *,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    multipart: FormFields | None = None,
    file: FilePart | None = None,
) -> tuple[_Body, str | None]:
    if sum(body is not None for body in (json, form, multipart)) > 1:
        raise TypeError("give at most one of json, form and multipart")
    if json is not None:
        return json_body(json), "application/json"
    if form is not None:
        return urlencode(dict(form)).encode(), "application/x-www-form-urlencoded"
    if file is not None:
        whole = FileBody(file)
        return whole, whole.content_type
    if multipart is not None:
        from tryon_core.transport.multipart import MultipartForm  # noqa: PLC0415  (urllib3)

        parts = MultipartForm(multipart)
        return parts, parts.content_type
    return None, None
