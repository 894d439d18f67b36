"""The one-line text form of a job: versioned JSON, made safe for shells by base64."""

import base64
import functools
import json
import re
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import cattrs
from cattrs.strategies import configure_tagged_union

from tryon_core.codec import explain, make_converter
from tryon_core.errors import InputError
from tryon_core.models.job import Job
from tryon_core.models.sources import BytesSource, ImageSource, PathSource, UrlSource

_VERSION = "1"
_PREFIX = f"tryon{_VERSION}."
_CHECKSUM_BYTES = 4
_ANY_VERSION = re.compile(r"tryon(\d+)\.")
_KINDS = {UrlSource: "url", PathSource: "path", BytesSource: "bytes"}


def dump_token(job: Job) -> str:
    """Return the token of a job. Image bytes are left out, so such a job is polled again."""
    in_memory = job.result is not None and any(
        isinstance(image.source, BytesSource) for image in job.result.images
    )
    kept = attrs.evolve(job, result=None) if in_memory else job
    data = _converter().unstructure(kept, Job)
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
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
    return _job_of(_unpacked("".join(text.removeprefix(_PREFIX).split())))


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


def _job_of(text: bytes) -> Job:
    try:
        job: Job = _converter().structure(json.loads(text), Job)
    except Exception as error:
        faults = "; ".join(explain(error, "token"))
        raise InputError(
            f"token: it does not describe a job: {faults}.",
            remedy="Use the token that Job.to_token() or the command line gave.",
        ) from error
    return job


def _checksum(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(_CHECKSUM_BYTES, "big")


@functools.cache
def _converter() -> cattrs.Converter:
    converter = make_converter()
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, _structure_time)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, _structure_path)
    configure_tagged_union(
        ImageSource, converter, tag_name="kind", tag_generator=_KINDS.__getitem__
    )
    return converter


def _structure_time(value: Any, _: Any) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"expected a time, got {type(value).__name__}")
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("expected a time with zone")
    return time


def _structure_path(value: Any, _: Any) -> Path:
    if not isinstance(value, str):
        raise TypeError(f"expected a path, got {type(value).__name__}")
    return Path(value)
