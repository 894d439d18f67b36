"""The one-line text form of a job: versioned JSON, made safe for shells by base64."""

import base64
import binascii
import functools
import json
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

_PREFIX = "tryon1."
_ANY_VERSION = "tryon"
_KINDS = {UrlSource: "url", PathSource: "path", BytesSource: "bytes"}


def dump_token(job: Job) -> str:
    """Return the token of a job. Image bytes are left out, so such a job is polled again."""
    in_memory = job.result is not None and any(
        isinstance(image.source, BytesSource) for image in job.result.images
    )
    kept = attrs.evolve(job, result=None) if in_memory else job
    text = json.dumps(_converter().unstructure(kept, Job), separators=(",", ":"), sort_keys=True)
    return _PREFIX + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def load_token(token: str) -> Job:
    """Return the job of a token.

    Raises:
        InputError: the text is not a token, or one of another version.
    """
    text = token.strip()
    if not text.startswith(_PREFIX):
        newer = text.startswith(_ANY_VERSION) and "." in text
        raise InputError(
            f"token: {text[:20]!r} {'has another version' if newer else 'is not a job token'}.",
            remedy="Upgrade tryon-core." if newer else "Copy the whole token, from 'tryon1.' on.",
        )
    try:
        body = text.removeprefix(_PREFIX)
        data = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        job: Job = _converter().structure(data, Job)
    except (binascii.Error, ValueError) as error:
        raise InputError(
            "token: it is damaged.", remedy="Copy the whole token, without line breaks."
        ) from error
    except Exception as error:
        faults = "; ".join(explain(error, "token"))
        raise InputError(f"token: it is damaged: {faults}.") from error
    return job


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
