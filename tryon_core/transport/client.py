"""The HTTP client that hooks are given."""

import json as json_codec
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

import attrs

from tryon_core.errors import (
    AnswerLost,
    NotSent,
    OutcomeUnknown,
    ServiceMoved,
    SettingsError,
    TryOnError,
)
from tryon_core.http import FormFields, HttpResponse, Params
from tryon_core.transport.redaction import redact, shown_url
from tryon_core.transport.redirects import REDIRECTS, Answer, Fault, redirect_target

if TYPE_CHECKING:
    import requests

    from tryon_core.transport.connections import Attempt
    from tryon_core.transport.exchange import Engine
    from tryon_core.transport.multipart import MultipartForm

_PROXY_WANTS_PASSWORD = 407

_Body: TypeAlias = "bytes | MultipartForm | None"


@attrs.define(kw_only=True, eq=False)
class BoundClient:
    """A view of the transport for one call of one provider; implements `HttpClient`.

    Attributes:
        provider: whom errors name.
        deadline_s: point on the clock at which every request gives up, None for the policy's limit.
        may_have_sent: whether a part of a request that is sent only once may have left.
    """

    provider: str
    deadline_s: float | None = None
    may_have_sent: bool = attrs.field(default=False, init=False)
    _engine: "Callable[[], Engine]" = attrs.field(repr=False, alias="engine")
    _secrets: Sequence[str] = attrs.field(default=(), repr=False, alias="secrets")
    _answers: list[HttpResponse] = attrs.field(init=False, factory=list, repr=False)

    @property
    def last_answer(self) -> HttpResponse | None:
        """What came last, for the report of an answer that was not understood."""
        return self._answers[-1] if self._answers else None

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> HttpResponse:
        """Ask a question that is safe to repeat; see `HttpClient.get`."""
        return self._send(_request("GET", url, headers), params, repeat=True)

    def delete(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> HttpResponse:
        """Ask to remove or stop something; see `HttpClient.delete`."""
        return self._send(_request("DELETE", url, headers), params, repeat=True)

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
    ) -> HttpResponse:
        """Send a request that may cost money; see `HttpClient.post`.

        It travels on a connection of its own, so that a connection which died while it was idle
        cannot leave the outcome in doubt. Which fault counts as not sent stands in
        `docs/explanation/submit-once.md`.

        Raises:
            UnusableImage: a file of the form cannot be read, or changed while it was being sent;
                the request was not completed.
        """
        with ExitStack() as opened:
            request = self._built(
                opened, url, headers, {"json": json, "form": form, "multipart": multipart}
            )
            return self._send(request, params, repeat=idempotent, read_timeout_s=read_timeout_s)

    def _built(
        self,
        opened: ExitStack,
        url: str,
        headers: Mapping[str, str] | None,
        bodies: Mapping[str, Any],
    ) -> "requests.Request":
        with self._writing(f"POST {shown_url(url, self._secrets)}"):
            request = _request("POST", url, headers)
            request.data, content_type = _body(opened, **bodies)
            if content_type:
                request.headers = {"Content-Type": content_type} | dict(request.headers)
        return request

    @contextmanager
    def _writing(self, what: str, *, repeat: bool = False) -> Iterator[None]:
        """Make whatever is raised inside a request that was not sent."""
        try:
            yield
        except TryOnError:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, nothing was sent)
            words = f"{type(error).__name__}: {error}"
        else:
            return
        fault = Fault(
            reason=f"the request cannot be written ({words})",
            may_have_arrived=False,
            may_pass=False,
            remedy="Nothing was sent. Check the texts given, or tell the plugin's author.",
        )
        raise self._error(what, fault, repeat=repeat)

    def _send(
        self,
        request: "requests.Request",
        params: Params | None,
        *,
        repeat: bool,
        read_timeout_s: float | None = None,
    ) -> HttpResponse:
        what = f"{request.method} {shown_url(str(request.url), self._secrets)}"
        attempts: list[Attempt] = []
        had_sent = self.may_have_sent

        def renew(attempt: "Attempt") -> None:
            with self._writing(what, repeat=repeat):
                request.params = dict(params() if callable(params) else params or {})
            attempts.append(attempt)

        engine = self._engine()
        limit_s = engine.policy.call_limit_s(
            body_bytes=len(request.data or b""), read_timeout_s=read_timeout_s
        )
        try:
            outcome = engine.send(
                request,
                repeat=repeat,
                renew=renew,
                read_timeout_s=read_timeout_s,
                deadline_s=engine.deadline_s(limit_s, self.deadline_s),
                max_bytes=engine.policy.max_answer_bytes,
                secrets=self._secrets,
            )
        finally:
            # However it ended, Ctrl-C included.
            if not repeat and not all(attempt.is_unsent for attempt in attempts):
                self.may_have_sent = True
        url = shown_url(str(request.url), self._secrets)
        if isinstance(outcome, Fault):
            self.may_have_sent = had_sent or (outcome.may_have_arrived and not repeat)
            # Raised here, far from the exception that it stands for: that one may hold secrets.
            raise self._error(what, outcome, repeat=repeat)
        answer = HttpResponse(
            status=outcome.status,
            headers=outcome.headers,
            body=outcome.body,
            url=url,
            proxy=outcome.proxy,
        )
        self._answers[:] = [answer]
        if answer.status == _PROXY_WANTS_PASSWORD and answer.proxy:
            reason = f"the proxy {answer.proxy} asks for a user name and a password"
            remedy = "Write them into its address (http://user:password@host:port), or do without."
            raise SettingsError(f"{what}: {reason}.", provider=self.provider, remedy=remedy)
        if answer.status in REDIRECTS:
            raise self._moved(what, str(request.url), outcome)
        return answer

    def _moved(self, what: str, url: str, answer: Answer) -> ServiceMoved:
        target = redirect_target(url, answer)
        shown = None if target is None else shown_url(target, self._secrets)
        where = f"the service says it has moved to {shown}" if shown else "a redirect to no address"
        return ServiceMoved(
            redact(f"{what}: HTTP {answer.status}, {where}.", self._secrets),
            target=shown,
            provider=self.provider,
            http_status=answer.status,
            remedy="It was not followed, and nothing was accepted. Check base_url "
            f"(TRYON_{self.provider.upper()}_BASE_URL); where it is not set, look for a newer "
            "version of the plugin.",
        )

    def _error(self, what: str, fault: Fault, *, repeat: bool) -> TryOnError:
        message = redact(f"{what}: {fault.reason}.", self._secrets)
        if fault.is_setup:
            return SettingsError(message, provider=self.provider, remedy=fault.remedy)
        if fault.may_have_arrived and not repeat:
            return OutcomeUnknown(message, provider=self.provider)
        kind = AnswerLost if repeat else NotSent
        return kind(
            message,
            provider=self.provider,
            retry=None if fault.may_pass else "after_change",
            remedy=fault.remedy or None,
        )


def _request(method: str, url: str, headers: Mapping[str, str] | None) -> "requests.Request":
    import requests  # noqa: PLC0415  (loads the network stack)

    return requests.Request(method, url, headers=dict(headers or {}))


def _body(
    opened: ExitStack,
    *,
    json: Any,
    form: Mapping[str, str] | None,
    multipart: FormFields | None,
) -> tuple[_Body, str | None]:
    if sum(body is not None for body in (json, form, multipart)) > 1:
        raise TypeError("give at most one of json, form and multipart")
    if json is not None:
        text = json_codec.dumps(json, ensure_ascii=False, allow_nan=False)
        return text.encode(), "application/json"
    if form is not None:
        return urlencode(dict(form)).encode(), "application/x-www-form-urlencoded"
    if multipart is not None:
        from tryon_core.transport.multipart import MultipartForm  # noqa: PLC0415  (urllib3)

        parts = opened.enter_context(MultipartForm(multipart))
        return parts, parts.content_type
    return None, None
