"""Keys, taken out of everything that a hook hands back: vendors quote what they were sent."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs

from tryon_core.errors import TryOnError
from tryon_core.models import (
    Artifact,
    Balance,
    Failure,
    Job,
    JobResult,
    JobUpdate,
    Notice,
    Problem,
    UrlSource,
)
from tryon_core.transport import hide, redact, reveal

T = TypeVar("T")
_OURS = (Artifact, Balance, Failure, JobResult, JobUpdate, Notice, Problem)


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """Return a value without the keys in any of its texts.

    What the vendor needs back as it was (the id and the data of a job, addresses of images) is
    hidden such that `revealed` finds it again. Errors are changed in place.
    """
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, tuple):
        return tuple(masked(entry, secrets) for entry in value)
    if isinstance(value, Mapping):
        return {masked(name, secrets): masked(entry, secrets) for name, entry in value.items()}
    if isinstance(value, TryOnError):
        mask_error(value, secrets)
    return _masked_model(value, secrets)


def _masked_model(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, UrlSource):
        return _with(value, url=hide(value.url, secrets))
    if isinstance(value, Job):
        return _with(
            value,
            id=hide(value.id, secrets),
            data={name: hide(text, secrets) for name, text in value.data.items()},
            request_id=masked(value.request_id, secrets),
            result=masked(value.result, secrets),
        )
    if isinstance(value, _OURS):
        parts = attrs.asdict(value, recurse=False)
        return _with(value, **{name: masked(part, secrets) for name, part in parts.items()})
    return value


def revealed(job: Job, secrets: Sequence[str]) -> Job:
    """Return a job as the vendor gave it, for asking the vendor about it."""
    return _with(
        job,
        id=reveal(job.id, secrets),
        data={name: reveal(text, secrets) for name, text in job.data.items()},
    )


def revealed_result(result: JobResult, secrets: Sequence[str]) -> JobResult:
    """Return a result with the addresses that the vendor gave, for fetching its images."""
    images = tuple(_revealed_image(image, secrets) for image in result.images)
    return _with(result, images=images)


def mask_error(error: BaseException, secrets: Sequence[str]) -> None:
    """Take the keys out of all that an error holds, and of what caused it."""
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, TryOnError):
            for name, value in vars(current).items():
                setattr(current, name, masked(value, secrets))
        current.args = masked(current.args, secrets)
        current = current.__cause__ or current.__context__


@contextmanager
def masking(secrets: Sequence[str]) -> Iterator[None]:
    """Take the keys out of every error that is raised inside."""
    try:
        yield
    except TryOnError as error:
        mask_error(error, secrets)
        raise


def _revealed_image(image: Artifact, secrets: Sequence[str]) -> Artifact:
    source = image.source
    if not isinstance(source, UrlSource):
        return image
    return _with(image, source=_with(source, url=reveal(source.url, secrets)))


def _with(value: T, **parts: Any) -> T:
    """Return a value with other parts; the very same one when nothing in it changes."""
    if all(getattr(value, name) == part for name, part in parts.items()):
        return value
    return attrs.evolve(value, **parts)  # type: ignore[misc]
