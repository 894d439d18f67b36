"""What must not stand in a cassette: secrets by their names, and wherever their values turn up."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from tryon_core.transport.redact import MASK, redact

IGNORED = "ignored"
"""Stands for a value of a request that differs each time, such as the time."""

KEPT_HEADERS = frozenset(
    {
        "accept",
        "content-type",
        "location",
        "retry-after",
        "x-dashscope-async",
        "x-dashscope-ossresourceresolve",
        "x-iop-trial",
        "x-request-id",
    }
)
"""The only headers that are stored with their values."""

_SECRET_WORDS = (
    "accesskey",
    "apikey",
    "appkey",
    "appsecret",
    "authorization",
    "cookie",
    "credential",
    "password",
    "privatekey",
    "secret",
    "signature",
)
_SECRET_NAMES = frozenset(
    {
        "accountid",
        "aliyunuid",
        "apikeyid",
        "auth",
        "calleruid",
        "callerparentid",
        "keypairid",
        "policy",
        "session",
        "sessionid",
        "sig",
        "sign",
        "uid",
        "uploaddir",
        "userid",
        "workspace",
        "workspaceid",
        "xdashscopeworkspace",
    }
)
_CHANGING_NAMES = frozenset({"nonce", "signaturenonce", "timestamp"})
_PUNCTUATION = re.compile(r"[^a-z0-9]")
_QUERY_VALUE = re.compile(r"(?<=[?&;])([\w.%-]+)=([^&;#\s\"'<>\\]*)")
_HOST_ALONE = re.compile(r"^([a-z]+://[^/?#]+)(?=[?#]|$)")
_USER_INFO = re.compile(r"(?<=://)[^/?#@\s\"'<>]+@")
_MIN_FOUND_CHARS = 8  # shorter values, such as "true", also stand where they are no secret


def _folded(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower())


def is_secret_name(name: str) -> bool:
    """Whether a field, parameter or header of that name holds a key, signature or account id."""
    folded = _folded(name)
    is_listed = folded in _SECRET_NAMES or folded.endswith("token")
    return is_listed or any(word in folded for word in _SECRET_WORDS)


def _is_changing_name(name: str) -> bool:
    return _folded(name) in _CHANGING_NAMES


@attrs.define(kw_only=True)
class Masker:
    """Masks what is secret, and remembers it, so that it can be masked elsewhere too.

    Masking twice changes nothing: what is asked while a cassette is played is masked the same way
    before it is compared.

    Attributes:
        secrets: values that are known to be secret, such as the key.
        found: further values, which stood under a secret name.
    """

    secrets: Sequence[str] = attrs.field(default=(), repr=False)
    found: set[str] = attrs.field(factory=set, init=False, repr=False)

    def headers(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the headers to store: a few with their values, of secret ones the names."""
        kept: dict[str, str] = {}
        for name, value in pairs:
            if name.lower() in KEPT_HEADERS:
                kept[name.lower()] = self.text(value)
            elif is_secret_name(name):
                kept[name.lower()] = self._secret(value.removeprefix("Bearer "))
        return dict(sorted(kept.items()))

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the fields of a form of a request; values that change each time are ignored."""
        return [(name, self._field(name, value)) for name, value in pairs]

    def json(self, value: Any, *, name: str = "") -> Any:
        """Return a JSON value; JSON inside its strings is masked too.

        Args:
            value: what was decoded.
            name: the field that holds it.
        """
        if is_secret_name(name):
            return self._hidden(value)
        if isinstance(value, dict):
            return {key: self.json(inner, name=str(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def request_url(self, url: str) -> str:
        """Return the address of a request; values that change each time are ignored."""
        return self._query(self._plain(_HOST_ALONE.sub(r"\1/", url)), changing=True)

    def text(self, text: str) -> str:
        """Return any text: known secrets, JSON in it, and the queries of its URLs are masked."""
        if text.lstrip()[:1] in {"{", "["}:
            try:
                value = json.loads(text)
            except ValueError:
                pass
            else:
                masked = self.json(value)
                return text if masked == value else json.dumps(masked, ensure_ascii=False)
        return self._query(self._plain(text), changing=False)

    def everywhere(self, text: str) -> str:
        """Return a text without any value that was found secret anywhere in the cassette."""
        return redact(text, [*self.secrets, *self.found])

    def _plain(self, text: str) -> str:
        return redact(_USER_INFO.sub(f"{MASK}@", text), self.secrets)

    def _query(self, text: str, *, changing: bool) -> str:
        def masked(match: re.Match[str]) -> str:
            name, value = match.groups()
            if is_secret_name(name):
                return f"{name}={self._secret(value)}"
            return f"{name}={IGNORED}" if changing and _is_changing_name(name) else match[0]

        return _QUERY_VALUE.sub(masked, text)

    def _field(self, name: str, value: str) -> str:
        if is_secret_name(name):
            return self._secret(value)
        return IGNORED if _is_changing_name(name) else self.text(value)

    def _hidden(self, value: Any) -> Any:
        """Return what stands under a secret name, whatever it is, with all of it masked."""
        if isinstance(value, dict):
            return {key: self._hidden(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._hidden(inner) for inner in value]
        return value if value is None or isinstance(value, bool) else self._secret(str(value))

    def _secret(self, value: str) -> str:
        if len(value) >= _MIN_FOUND_CHARS and set(value) != {"*"}:
            self.found.add(value)
        return MASK if value else value
