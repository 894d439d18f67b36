"""A person of a vendor's model library, as people write it."""

from collections.abc import Mapping
from typing import Any

import attrs

from tryon_core.errors import InputError
from tryon_core.models.sources import LibraryModel


def as_library_model(value: Any) -> LibraryModel:
    """Turn `gender=female,age=youngadult`, or a mapping of such fields, into a library model.

    Raises:
        InputError: it is not of that form, or there is no such field.
    """
    if not isinstance(value, (str, Mapping)):
        raise InputError("it is neither text nor fields by name.")
    fields = dict(map(_pair, value.split(","))) if isinstance(value, str) else dict(value)
    known = [field.name for field in attrs.fields(LibraryModel)]
    unknown = [str(name) for name in fields if name not in known]
    if unknown:
        raise InputError(f"there is no {', '.join(unknown)}, only {', '.join(known)}.")
    wrong = [name for name, given in fields.items() if not isinstance(given, str)]
    if wrong:
        raise InputError(f"{', '.join(wrong)} must be text.")
    return LibraryModel(**fields)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise InputError(f"{text!r} is not of the form NAME=VALUE.")
    return name.strip(), value.strip()
