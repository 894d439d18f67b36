"""What an item asks for as plain values, so that a later process can ask for it without a manifest.

Images are kept as paths and addresses. What cannot be kept so, such as bytes, is left out, and with
it the request: it must be given again.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from tryon_batch.items import BatchItem
from tryon_core import (
    BytesSource,
    ImageSource,
    LibraryModel,
    PathSource,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.engine import SOURCES, canonical, make_options, option_specs

Plain: TypeAlias = Mapping[str, Any]
_PERSON = "person"


class _NotKept(Exception):
    """A value has no plain form."""


def plain_request(request: TryOnRequest) -> Plain | None:
    """Return a request as plain values, None when some of it cannot be kept."""
    images = _images(request)
    try:
        return {
            "images": {name: _plain(value) for name, value in images.items()},
            "options": _plain_options(request.options),
        }
    except _NotKept:
        return None


def request_from_plain(asked: Plain, info: ProviderInfo) -> TryOnRequest:
    """Return the request of plain values.

    Raises:
        UnknownOption: the provider has not these options any more.
    """
    images = {name: _image(value) for name, value in asked["images"].items()}
    options = {name: _option(value) for name, value in asked["options"].items()}
    made: object = make_options(info.options, options, provider=info.id)
    return TryOnRequest(options=made, **images)


def shown_inputs(request: TryOnRequest) -> Plain:
    """Return what a request names as person and garments, for lists."""
    images = _images(request)
    return {
        ("person_model" if isinstance(value, LibraryModel) else name): _shown(value)
        for name, value in images.items()
    }


def request_digest(item: BatchItem) -> str:
    """Return a digest of what an item asks for, by the names of its files, not by their content."""
    request = item.request
    person = request.person
    facts = {
        "provider": item.provider,
        "images": {name: _named(source) for name, source in request.images.items()},
        "library": person if isinstance(person, LibraryModel) else None,
        "options": request.options,
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def _named(source: ImageSource) -> str:
    if isinstance(source, BytesSource):
        return hashlib.sha256(source.data).hexdigest()
    return str(source.path.absolute()) if isinstance(source, PathSource) else source.url


def _images(request: TryOnRequest) -> dict[str, ImageSource | LibraryModel]:
    return {_PERSON: request.person, **dict(request.garments.items())}


def _plain(value: Any) -> Any:
    if isinstance(value, PathSource):
        return {"path": str(value.path.absolute())}
    if isinstance(value, UrlSource):
        return {"url": value.url}
    if isinstance(value, LibraryModel):
        return {"library": attrs.asdict(value)}
    raise _NotKept


def _plain_options(options: Any) -> Plain:
    names = [spec.name for spec in option_specs(type(options))]
    return {name: _plain_option(getattr(options, name)) for name in names}


def _plain_option(value: Any) -> Any:
    if isinstance(value, SOURCES):
        return _plain(value)
    if isinstance(value, (tuple, list)):
        return [_plain_option(entry) for entry in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise _NotKept


def _image(value: Plain) -> ImageSource | LibraryModel:
    if "library" in value:
        return LibraryModel(**value["library"])
    return UrlSource(value["url"]) if "url" in value else PathSource(Path(value["path"]))


def _option(value: Any) -> Any:
    if isinstance(value, list):
        return [_option(entry) for entry in value]
    return _image(value) if isinstance(value, dict) else value


def _shown(value: ImageSource | LibraryModel) -> Any:
    if isinstance(value, LibraryModel):
        return {name: text for name, text in attrs.asdict(value).items() if text is not None}
    if isinstance(value, BytesSource):
        return f"{value.name} ({len(value.data):,} bytes)"
    return value.url if isinstance(value, UrlSource) else str(value.path)
