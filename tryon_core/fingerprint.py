"""What identifies a piece of work: provider, options and image contents."""

import hashlib
import json

import attrs

from tryon_core.images import digest
from tryon_core.models import LibraryModel, TryOnRequest

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
        "options": attrs.asdict(request.options),
        "images": {name: digest(source) for name, source in request.images.items()},
        "library": attrs.asdict(person) if isinstance(person, LibraryModel) else None,
    }
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
