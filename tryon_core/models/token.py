"""The one-line text form of a job: versioned JSON, made safe for shells by base64."""

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from tryon_core.errors import InputError
from tryon_core.models.job import Artifact, Job, JobResult
from tryon_core.models.problem import Notice
from tryon_core.models.sources import BytesSource, ImageSource, PathSource, UrlSource

T = TypeVar("T")
Plain = Mapping[str, Any]
_VERSION = "1"
_PREFIX = f"tryon{_VERSION}."
_CHECKSUM_BYTES = 4
_ANY_VERSION = re.compile(r"tryon(\d+)\.")


def dump_token(job: Job) -> str:
    """Return the token of a job. Image bytes are left out, so such a job is polled again."""
    text = json.dumps(to_plain(job), separators=(",", ":"), sort_keys=True).encode()
    return _PREFIX + base64.urlsafe_b64encode(_checksum(text) + text).decode().rstrip("=")


def looks_like_token(text: str) -> bool:
    """Return whether a text begins like a token, of whatever version."""
    return _ANY_VERSION.match(text.strip()) is not None


def load_token(token: str) -> Job:
    """Return the job of a token.

    Raises:
        InputError: the text is not a token, a damaged one, or one of another version.
    """
    text = token.strip()
    version = _ANY_VERSION.match(text)
    if version is None:
        raise InputError(
            f"token: {text[:20]!r} is not a job token.",
            remedy=f"Copy the whole token, from {_PREFIX!r} on.",
        )
    if version[1] != _VERSION:
        raise InputError(
            f"token: it has version {version[1]}, and this tryon-core reads version {_VERSION}.",
            remedy="Use the tryon-core that wrote it, or a newer one.",
        )
    # Mail programs wrap long lines.
    content = _unpacked("".join(text.removeprefix(_PREFIX).split()))
    try:
        return from_plain(json.loads(content.decode(errors="replace")))
    except (ValueError, TypeError, RecursionError) as error:
        # attrs validators put the field, the rule and the value behind the message.
        raise InputError(
            f"token: it does not describe a job: {error.args[0]}.",
            remedy="Use the token that Job.to_token() or the command line gave.",
        ) from error


def _unpacked(body: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except ValueError:
        data = b""
    checksum, text = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    # Without the sum, one wrong letter would silently make the token of another job.
    if not text or checksum != _checksum(text):
        raise InputError(
            "token: it is damaged.", remedy=f"Copy the whole token again, from {_PREFIX!r} on."
        )
    return text


def _checksum(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(_CHECKSUM_BYTES, "big")


def to_plain(job: Job) -> dict[str, Any]:
    """Return a job as values that JSON has; a result with image bytes is left out."""
    result = job.result
    if result and any(isinstance(image.source, BytesSource) for image in result.images):
        result = None
    return {
        "provider": job.provider,
        "id": job.id,
        "submitted_at": job.submitted_at.isoformat(),
        "expires_at": job.expires_at and job.expires_at.isoformat(),
        "fingerprint": job.fingerprint,
        "request_id": job.request_id,
        "data": dict(job.data),
        "account": job.account,
        "base_url": job.base_url,
        "result": result
        and {
            "images": [_plain_image(image) for image in result.images],
            "notices": [{"code": one.code, "message": one.message} for one in result.notices],
            "usage": dict(result.usage),
        },
    }


def _plain_image(image: Artifact) -> dict[str, Any]:
    plain = _plain_source(image.source)
    return {"source": plain, "expires_at": image.expires_at and image.expires_at.isoformat()}


def _plain_source(source: ImageSource) -> dict[str, Any]:
    if isinstance(source, BytesSource):
        raise TypeError("image bytes have no place in a token")
    if isinstance(source, PathSource):
        return {"kind": "path", "path": str(source.path)}
    dies = source.expires_at and source.expires_at.isoformat()
    return {"kind": "url", "url": source.url, "expires_at": dies}


def from_plain(plain: Any) -> Job:
    """Return the job that `to_plain` made values of; keys that it does not know are ignored.

    Raises:
        ValueError: a value is missing or wrong; the message ends in its path.
    """
    facts = _object(plain, "token")
    return Job(
        provider=_get(facts, "provider", _text, "token"),
        id=_get(facts, "id", _text, "token"),
        submitted_at=_get(facts, "submitted_at", _time, "token"),
        expires_at=_get_optional(facts, "expires_at", _time, "token"),
        fingerprint=_get_optional(facts, "fingerprint", _text, "token"),
        request_id=_get_optional(facts, "request_id", _text, "token"),
        data=_get_optional(facts, "data", _texts, "token") or {},
        account=_get_optional(facts, "account", _text, "token"),
        base_url=_get_optional(facts, "base_url", _text, "token"),
        result=_get_optional(facts, "result", _result, "token"),
    )


def _result(plain: Any, path: str) -> JobResult:
    facts = _object(plain, path)
    images = _get(facts, "images", _list_of(_image), path)
    if not images:
        raise ValueError(f"there is no image @ {path}.images")
    return JobResult(
        images=images,
        notices=_get_optional(facts, "notices", _list_of(_notice), path) or (),
        usage=_get_optional(facts, "usage", _texts, path) or {},
    )


def _image(plain: Any, path: str) -> Artifact:
    facts = _object(plain, path)
    return Artifact(
        source=_get(facts, "source", _source, path),
        expires_at=_get_optional(facts, "expires_at", _time, path),
    )


def _source(plain: Any, path: str) -> ImageSource:
    facts = _object(plain, path)
    kind = facts.get("kind")
    if kind == "url":
        dies = _get_optional(facts, "expires_at", _time, path)
        return UrlSource(_get(facts, "url", _text, path), expires_at=dies)
    if kind == "path":
        return PathSource(_get(facts, "path", _path, path))
    raise ValueError(f"expected the kind 'url' or 'path', got {kind!r} @ {path}")


def _notice(plain: Any, path: str) -> Notice:
    facts = _object(plain, path)
    return Notice(_get(facts, "code", _text, path), _get(facts, "message", _text, path))


def _get(facts: Plain, name: str, read: Callable[[Any, str], T], path: str) -> T:
    if name not in facts:
        raise ValueError(f"it is missing @ {path}.{name}")
    return read(facts[name], f"{path}.{name}")


def _get_optional(facts: Plain, name: str, read: Callable[[Any, str], T], path: str) -> T | None:
    return None if facts.get(name) is None else _get(facts, name, read, path)


def _list_of(read: Callable[[Any, str], T]) -> Callable[[Any, str], list[T]]:
    def read_all(value: Any, path: str) -> list[T]:
        entries = _exactly(list, value, path)
        return [read(entry, f"{path}[{index}]") for index, entry in enumerate(entries)]

    return read_all


def _object(value: Any, path: str) -> dict[str, Any]:
    return _exactly(dict, value, path)


def _text(value: Any, path: str) -> str:
    return _exactly(str, value, path)


def _texts(value: Any, path: str) -> dict[str, str]:
    return {name: _text(text, f"{path}[{name!r}]") for name, text in _object(value, path).items()}


def _time(value: Any, path: str) -> datetime:
    try:
        time = datetime.fromisoformat(_exactly(str, value, path, called="a time"))
    except ValueError as error:
        raise ValueError(f"{error} @ {path}") from error
    if time.tzinfo is None:
        raise ValueError(f"expected a time with zone @ {path}")
    return time


def _path(value: Any, path: str) -> Path:
    return Path(_exactly(str, value, path, called="a path"))


def _exactly(kind: type[T], value: Any, path: str, *, called: str = "") -> T:
    if not isinstance(value, kind):
        found = "null" if value is None else type(value).__name__
        raise TypeError(f"expected {called or kind.__name__}, got {found} @ {path}")
    return value
