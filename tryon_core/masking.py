"""Keys and photos, taken out of texts that people see and of all that a hook hands back.

Vendors quote what they were sent, so a key may be in any answer, and so may a photo as base64.
"""

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import attrs

from tryon_core.base64_text import without_base64
from tryon_core.errors import TryOnError
from tryon_core.models import (
    MASK,
    Artifact,
    Balance,
    Failure,
    Job,
    JobResult,
    JobUpdate,
    Notice,
    Problem,
    Undecided,
    UrlSource,
    strip_query,
)

T = TypeVar("T")
_OURS = (Artifact, Balance, Failure, JobResult, JobUpdate, Notice, Problem, Undecided)
_NAMES = {kind: [field.name for field in attrs.fields(kind)] for kind in _OURS}
_MIN_SECRET_CHARS = 4
_MARK_DIGITS = 12
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
        "apikeyid",
        "auth",
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
    }
)
_PUNCTUATION = re.compile(r"[^a-z0-9]")


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode()


def folded(name: str) -> str:
    """Return a name as it is compared: `Api-Key`, `api_key` and `apiKey` are one."""
    return _PUNCTUATION.sub("", name.lower())


def is_secret_name(name: str, also: Iterable[str] = ()) -> bool:
    """Whether a field, parameter or header of that name holds a key, signature or account id."""
    plain = folded(name)
    is_listed = plain in _SECRET_NAMES or plain.endswith("token")
    return (
        is_listed
        or any(word in plain for word in _SECRET_WORDS)
        or plain in {folded(own) for own in also}
    )


def redact(text: str, secrets: Sequence[str]) -> str:
    """Return the text with every secret masked, also where it is URL-, JSON- or base64-encoded.

    Secrets shorter than four characters are left alone: masking them would garble the text and
    thereby show them.
    """
    for spelling in _longest_first(secrets):
        text = text.replace(spelling, MASK)
    return text


def hide(text: str, secrets: Sequence[str]) -> str:
    """Return the text with every secret masked such that `reveal` finds it again.

    For what the vendor made of the key and needs back as it was, such as an address.
    """
    for spelling in _longest_first(secrets):
        text = text.replace(spelling, _mark(spelling))
    return text


def reveal(text: str, secrets: Sequence[str]) -> str:
    """Return the text that `hide` was given. Nobody can ask for a secret who does not know it."""
    if MASK in text:
        for spelling in _longest_first(secrets):
            text = text.replace(_mark(spelling), spelling)
    return text


def _longest_first(secrets: Sequence[str]) -> Sequence[str]:
    """Return all spellings; in another order a part is masked, and the rest stays readable."""
    return _all_spellings(tuple(secrets))


@functools.lru_cache(maxsize=64)  # every text of every answer is searched for the same few keys
def _all_spellings(secrets: tuple[str, ...]) -> Sequence[str]:
    long_enough = [secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARS]
    spellings = {spelling for secret in long_enough for spelling in _spellings(secret)}
    return sorted(spellings, key=len, reverse=True)


def _mark(spelling: str) -> str:
    return MASK + hashlib.sha256(spelling.encode()).hexdigest()[:_MARK_DIGITS]


def shown_url(url: str, secrets: Sequence[str] = ()) -> str:
    """Return a URL as messages show it: without user, query, fragment and secrets."""
    return redact(strip_query(url), secrets)


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """Return a value without the keys and the photos in any of its texts.

    What the vendor needs back as it was (the id and the data of a job, addresses of images) is
    hidden such that `revealed` finds it again. Errors are changed in place.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return without_base64(redact(value, secrets))
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
    parts = [(name, getattr(value, name)) for name in _NAMES.get(type(value), ())]
    return _with(value, **{name: masked(part, secrets) for name, part in parts})


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
    changed = {name: part for name, part in parts.items() if getattr(value, name) != part}
    return attrs.evolve(value, **changed) if changed else value  # type: ignore[misc]
