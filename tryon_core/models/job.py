"""A vendor's task: what identifies it, what a poll says of it, and its one-line token."""

import base64
import enum
import json
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import attrs

from tryon_core.errors import Billed, Fault, InputError, Retry, TryOnError
from tryon_core.models.results import Artifact, JobResult, Notice
from tryon_core.models.sources import BytesSource, ImageSource, PathSource, UrlSource, with_zone
from tryon_core.text import one_line

T = TypeVar("T")
Plain = Mapping[str, Any]
_VERSION = "1"
_PREFIX = f"tryon{_VERSION}."
_CHECKSUM_BYTES = 4
_ANY_VERSION = re.compile(r"tryon(\d+)\.")


# What the vendor says is made safe to print here, once; what goes back to it stays as it came.
def _optional_line(value: str | None) -> str | None:
    return one_line(value) if isinstance(value, str) else value


def _optional(kind: type) -> Any:
    return attrs.validators.optional(attrs.validators.instance_of(kind))


_is_text = attrs.validators.instance_of(str)
_is_optional_text = attrs.validators.optional(_is_text)
_is_name = attrs.validators.and_(_is_text, attrs.validators.min_len(1))


class JobState(enum.Enum):
    """The state of a job, in our words; the vendor's own word is `JobUpdate.vendor_status`."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"
    """The vendor does not know the job: not yet, no longer, or not for this key."""
    UNKNOWN = "unknown"
    """The vendor used a status that the plugin does not know."""

    @property
    def is_final(self) -> bool:
        """Whether a further poll cannot change it."""
        return self in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


@attrs.frozen(kw_only=True)
class Failure:
    """Why a job failed, in the vendor's words and with our four answers.

    Attributes:
        code: the vendor's code.
        message: the vendor's text.
        fault: whose fault it is.
        retry: whether a new submission may succeed.
        billed: whether it was paid for.
        remedy: what to do, as a sentence.
    """

    code: str = attrs.field(converter=one_line)
    message: str = attrs.field(converter=one_line)
    fault: Fault = "vendor"
    retry: Retry = "never_automatically"
    billed: Billed = "unknown"
    remedy: str = attrs.field(default="", converter=one_line)

    @property
    def shown(self) -> str:
        """The vendor's text, with its code where that is there and something else."""
        code = "" if self.code in {"", self.message} else f" ({self.code})"
        return f"{self.message.rstrip('.')}{code}"

    @classmethod
    def like(
        cls,
        error: TryOnError | type[TryOnError],
        *,
        code: str,
        message: str,
        billed: Billed = "unknown",
    ) -> "Failure":
        """Return a failure with the answers of an error, for codes that come in either place.

        Args:
            error: the class, or the instance, that the same code would be as a refused request.
            code: the vendor's code.
            message: the vendor's text.
            billed: whether the job was paid for; a refused request never is, a job may be.
        """
        return cls(
            code=code,
            message=message,
            fault=error.fault,
            retry=error.retry,
            billed=billed,
            remedy=error.remedy,
        )


@attrs.frozen(kw_only=True)
class JobUpdate:
    """The answer to one poll.

    Attributes:
        state: the state of the job.
        vendor_status: the vendor's own word for it.
        result: present when `state` is `SUCCEEDED`.
        failure: present when `state` is `FAILED`. Beside `UNKNOWN` it is what the job failed of
            should the vendor keep saying so, for answers that may pass. Beside `CANCELLED` it says
            whether the job was paid for.
        retry_after_s: seconds the vendor asks us to wait before the next poll.
        request_id: the vendor's id of this poll.
        job_id: the id of the job that the answer speaks of, None when it names none. One that names
            another job than the one asked for is never taken.
    """

    state: JobState = attrs.field(validator=attrs.validators.instance_of(JobState))
    vendor_status: str = attrs.field(default="", converter=one_line)
    result: JobResult | None = attrs.field(default=None, validator=_optional(JobResult))
    failure: Failure | None = attrs.field(default=None, validator=_optional(Failure))
    retry_after_s: float | None = None
    request_id: str | None = attrs.field(default=None, converter=_optional_line)
    job_id: str | None = None


@attrs.frozen(kw_only=True)
class Job:
    """A submission that the vendor accepted; all that is needed to ask for it anywhere, later.

    Plugins make it with `ctx.new_job()`. A value that a token could not carry is refused here, not
    when the process that paid for the job is gone.

    Attributes:
        provider: id of the provider.
        id: the vendor's id of the task, character for character; `tryon_core.text.one_line` makes
            it fit to be shown.
        submitted_at: when it was accepted (UTC).
        expires_at: when the vendor forgets it (UTC), None when it does not say.
        fingerprint: identifies the work (provider, options, image digests).
        request_id: the vendor's id of the submitting call.
        data: what the plugin needs to poll beside the id; text only, no secrets.
        result: present at once when the vendor answers synchronously.
        account: a name for the account that submitted it, made from its keys by a hash. The core
            sets it; None in tokens of earlier versions.
        base_url: the vendor's address that accepted it, without user and query. The core sets it;
            None where a provider has none, and in tokens of earlier versions.
    """

    provider: str = attrs.field(validator=_is_name)
    id: str = attrs.field(validator=_is_name)
    submitted_at: datetime = attrs.field(validator=with_zone)
    expires_at: datetime | None = attrs.field(default=None, validator=with_zone)
    fingerprint: str | None = attrs.field(default=None, validator=_is_optional_text)
    request_id: str | None = attrs.field(
        default=None, converter=_optional_line, validator=_is_optional_text
    )
    data: Mapping[str, str] = attrs.field(
        factory=dict, hash=False, validator=attrs.validators.deep_mapping(_is_text, _is_text)
    )
    result: JobResult | None = None
    account: str | None = attrs.field(default=None, validator=_is_optional_text)
    base_url: str | None = attrs.field(default=None, validator=_is_optional_text)

    def to_token(self) -> str:
        """Return the job as one line of text for `Client.resume()`; it holds no secrets."""
        return dump_token(self)

    @classmethod
    def from_token(cls, token: str) -> "Job":
        """Read a job from its token.

        Raises:
            InputError: the text is not a token, or one of a newer version.
        """
        return load_token(token)


def dump_token(job: Job) -> str:
    """Return the token of a job. Image bytes are left out; where they are kept is not."""
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
    """Return a job as values that JSON has; a result with bytes that no file has is left out."""
    result = job.result
    if result and any(isinstance(_lasting(image), BytesSource) for image in result.images):
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
    plain = _plain_source(_lasting(image))
    return {"source": plain, "expires_at": image.expires_at and image.expires_at.isoformat()}


def _lasting(image: Artifact) -> ImageSource:
    return image.source if image.kept is None else PathSource(image.kept)


def _plain_source(source: ImageSource) -> dict[str, Any]:
    if isinstance(source, BytesSource):
        raise TypeError("image bytes have no place in a token")
    if isinstance(source, PathSource):
        return {"kind": "path", "path": str(source.path)}
    expires_at = source.expires_at and source.expires_at.isoformat()
    return {"kind": "url", "url": source.url, "expires_at": expires_at}


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
        expires_at = _get_optional(facts, "expires_at", _time, path)
        return UrlSource(_get(facts, "url", _text, path), expires_at=expires_at)
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
