"""Bring images into a form that the provider accepts, or refuse before anything is paid."""

from collections.abc import Callable
from typing import TypeVar

import attrs

from tryon_core.errors import DownloadFailed, UnusableImage, ValidationFailed
from tryon_core.images import fit, probe
from tryon_core.models import (
    BytesSource,
    Capabilities,
    ImageSource,
    ParseRequest,
    Problem,
    TryOnRequest,
    UrlSource,
)
from tryon_core.transport import Transport
from tryon_core.validation import rules_for

R = TypeVar("R", TryOnRequest, ParseRequest)


def fetch_remote(request: R, capabilities: Capabilities, transport: Transport) -> R:
    """Download the images that the caller gave by URL, when the provider takes uploads only.

    Raises:
        ValidationFailed: names every field whose address cannot be fetched.
    """
    if "url" in capabilities.delivery:
        return request

    def fetched(field: str, source: ImageSource) -> ImageSource:
        if not isinstance(source, UrlSource):
            return source
        try:
            download = transport.download(
                source.url, max_bytes=rules_for(field, capabilities).max_bytes
            )
        except DownloadFailed as error:
            raise UnusableImage(
                error.message,
                field=field,
                code="not_fetched",
                remedy="Check the address, or download the image and pass the file.",
            ) from error
        return BytesSource(download.data, name=source.url.partition("?")[0].rpartition("/")[2])

    return _map_images(request, fetched)


def fit_images(
    request: R, capabilities: Capabilities, note: Callable[[str], None]
) -> tuple[R, tuple[Problem, ...]]:
    """Make local images fit the provider's limits; `note` is told what was changed.

    Returns:
        The request, in which an image that cannot be opened or made to fit stays as it is; and the
        problems of such images, to be reported together with everything that validation finds.
    """
    problems: list[Problem] = []

    def fitted(field: str, source: ImageSource) -> ImageSource:
        if isinstance(source, UrlSource):
            return source
        try:
            answer = fit(source, rules_for(field, capabilities), field=field)
        except UnusableImage as error:
            problems.append(_as_problem(field, error))
            return source
        for change in answer.changes:
            note(change)
        return answer.source

    return _map_images(request, fitted), tuple(problems)


def scale_between(sent: ImageSource, given: ImageSource) -> tuple[float, float]:
    """Return how much wider and higher the given image is than the one that was sent."""
    if sent == given or isinstance(sent, UrlSource) or isinstance(given, UrlSource):
        return 1.0, 1.0
    small, large = probe(sent, field="image"), probe(given, field="image")
    if not (small.width_px and small.height_px and large.width_px and large.height_px):
        return 1.0, 1.0
    return large.width_px / small.width_px, large.height_px / small.height_px


def publish_local(
    request: R, capabilities: Capabilities, publish: Callable[[ImageSource], UrlSource]
) -> R:
    """Give local images an address, when the provider takes addresses only."""
    if "upload" in capabilities.delivery:
        return request

    def published(field: str, source: ImageSource) -> ImageSource:
        del field
        return source if isinstance(source, UrlSource) else publish(source)

    return _map_images(request, published)


def _as_problem(field: str, error: UnusableImage) -> Problem:
    return Problem(field, f"{error.reason} {error.remedy}".strip(), code=error.code)


def _map_images(request: R, change: Callable[[str, ImageSource], ImageSource]) -> R:
    changed: dict[str, ImageSource] = {}
    problems: list[Problem] = []
    for field, source in request.images.items():
        try:
            changed[field] = change(field, source)
        except UnusableImage as error:
            problems.append(_as_problem(field, error))
    if problems:
        raise ValidationFailed(problems)
    # mypy cannot see that the fields of `images` are fields of the request.
    evolved: R = attrs.evolve(request, **changed)  # type: ignore[arg-type]
    return evolved
