"""A vendor's task: what identifies it, what it says when asked, and its one-line token."""

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from tryon_core.errors import Billed, Fault, Retry, TryOnError
from tryon_core.models.problem import Notice
from tryon_core.models.sources import SOURCES, ImageSource, with_zone
from tryon_core.text import one_line


# What the vendor says is made safe to print here, once; what goes back to it stays as it came.
def _line(value: str) -> str:
    return one_line(str(value))


def _optional_line(value: str | None) -> str | None:
    return one_line(value) if isinstance(value, str) else value


def _lines(value: Mapping[str, Any]) -> Mapping[str, str]:
    return {_line(name): _line(entry) for name, entry in value.items()}


def _optional(kind: type) -> Any:
    return attrs.validators.optional(attrs.validators.instance_of(kind))


_is_text = attrs.validators.instance_of(str)
_is_optional_text = attrs.validators.optional(_is_text)
_is_name = attrs.validators.and_(_is_text, attrs.validators.min_len(1))


class JobState(enum.Enum):
    """Where a job stands, in our words; the vendor's own word is `JobUpdate.vendor_status`."""

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
        """Whether asking again cannot change the answer."""
        return self in {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


@attrs.frozen(kw_only=True)
class Artifact:
    """One output image, where the vendor keeps it.

    Attributes:
        source: its address, or the bytes themselves when the vendor sends them at once.
        expires_at: when the address dies (UTC), None when the vendor does not say.
    """

    source: ImageSource = attrs.field(validator=attrs.validators.instance_of(SOURCES))
    expires_at: datetime | None = attrs.field(default=None, validator=with_zone)


# Converters are named and annotated: type checkers read the parameters of `__init__` from them.
def _artifacts(value: Iterable[Artifact]) -> tuple[Artifact, ...]:
    return tuple(value)


def _notices(value: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class JobResult:
    """What a finished job gave, before the images are fetched.

    Attributes:
        images: at least one.
        notices: remarks about the picture.
        usage: what the vendor says was used, such as `{"image_count": "1"}`; as text.
    """

    images: tuple[Artifact, ...] = attrs.field(
        converter=_artifacts,
        validator=[
            attrs.validators.min_len(1),
            attrs.validators.deep_iterable(attrs.validators.instance_of(Artifact)),
        ],
    )
    notices: tuple[Notice, ...] = attrs.field(default=(), converter=_notices)
    usage: Mapping[str, str] = attrs.field(factory=dict, hash=False, converter=_lines)


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

    code: str = attrs.field(converter=_line)
    message: str = attrs.field(converter=_line)
    fault: Fault = "vendor"
    retry: Retry = "never_automatically"
    billed: Billed = "unknown"
    remedy: str = attrs.field(default="", converter=_line)

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
    """The answer to one status question.

    Attributes:
        state: where the job stands.
        vendor_status: the vendor's own word for it.
        result: present when `state` is `SUCCEEDED`.
        failure: present when `state` is `FAILED`. Beside `UNKNOWN` it is what the job failed of
            should the vendor keep saying so, for answers that may pass.
        retry_after_s: seconds the vendor asks us to wait before the next question.
        request_id: the vendor's id of this question.
        job_id: the id of the job that the answer speaks of, None when it names none. One that names
            another job than the one asked for is never taken.
    """

    state: JobState = attrs.field(validator=attrs.validators.instance_of(JobState))
    vendor_status: str = attrs.field(default="", converter=_line)
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
        from tryon_core.models.token import dump_token  # noqa: PLC0415  (tokens know jobs)

        return dump_token(self)

    @classmethod
    def from_token(cls, token: str) -> "Job":
        """Read a job from its token.

        Raises:
            InputError: the text is not a token, or one of a newer version.
        """
        from tryon_core.models.token import load_token  # noqa: PLC0415  (tokens know jobs)

        return load_token(token)
