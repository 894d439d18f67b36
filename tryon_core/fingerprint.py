"""What identifies a piece of work: provider, options and image contents."""

import hashlib
import json
from typing import Any

import attrs

from tryon_core.images import digest
from tryon_core.models import SOURCES, LibraryModel, TryOnRequest

_VERSION = 1


def fingerprint(provider: str, request: TryOnRequest) -> str:
    """Return a hex digest that is equal for equal work and differs otherwise.

    Images count by content, so that a renamed file is the same work; an image given by URL counts
    by its address, since its content is not known.

    Raises:
        UnusableImage: a local image cannot be read.
    """
    person = request.person
    facts = {
        "version": _VERSION,
        "provider": provider,
        "options": request.options,
        "images": {name: digest(source) for name, source in request.images.items()},
        "library": person if isinstance(person, LibraryModel) else None,
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def canonical(facts: Any) -> str:
    """Return plain values and attrs objects as text that is equal for equal values.

    Images are left out; they count by content, elsewhere.
    """
    return json.dumps(facts, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, SOURCES):
        return "image"
    return attrs.asdict(value, recurse=False) if attrs.has(type(value)) else str(value)
