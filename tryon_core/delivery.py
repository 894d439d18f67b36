"""Bring images into a form that the provider accepts, or refuse before anything is paid."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeAlias, TypeVar

from tryon_core.clock import Clock
from tryon_core.errors import DownloadFailed, UnusableImage, ValidationFailed
from tryon_core.fingerprint import canonical
from tryon_core.images import digest, fit, probe
from tryon_core.images.files import describe
from tryon_core.models import (
    BytesSource,
    Capabilities,
    ImageSource,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.models.problem import problem_of
from tryon_core.models.sources import strip_query
from tryon_core.transport import Transport, Trust, is_private_url
from tryon_core.validation import rules_for

NOT_PUBLISHED = "image_not_published"
"""Code of the problem of a local image that nothing can bring to the provider."""
R = TypeVar("R", TryOnRequest, ParseRequest)
_Key: TypeAlias = tuple[str, type, str]

NEEDED = timedelta(hours=1)
"""How long an address must live on: a job may wait in the vendor's queue before it is read."""
_MOST_KEPT = 1000


class PublishedImages:
    """The addresses that local images were given, for as long as they live; shared by threads.

    An address counts for the same content with equal options only: vendors bind what is uploaded
    to the model that shall use it.

    Args:
        clock: tells when an address dies.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[_Key, UrlSource] = {}
        self._under_way: dict[_Key, threading.Event] = {}

    def get(
        self,
        image: ImageSource,
        request: TryOnRequest | ParseRequest,
        publish: Callable[[ImageSource], UrlSource],
    ) -> UrlSource:
        """Return the address of an image, which is published when it has none that lasts."""
        key = (digest(image), type(request), canonical(request.options))
        with self._after_others(key):
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and self._lasts(kept):
                return kept
            return self._keep(key, publish(image))

    @contextmanager
    def _after_others(self, key: _Key) -> Iterator[None]:
        """Wait for whoever publishes the same image; if that fails, all who waited try at once.

        The rows of a catalogue share few photos, and its first requests are prepared at once.
        """
        with self._lock:
            others = self._under_way.get(key)
            mine = threading.Event()
            if others is None:
                self._under_way[key] = mine
        if others is not None:
            others.wait()
            yield
            return
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def _keep(self, key: _Key, published: UrlSource) -> UrlSource:
        with self._lock:
            self._kept.pop(key, None)
            if self._lasts(published):
                self._kept[key] = published
            for oldest in list(self._kept)[: len(self._kept) - _MOST_KEPT]:
                del self._kept[oldest]
        return published

    def _lasts(self, address: UrlSource) -> bool:
        expires_at = address.expires_at
        return expires_at is not None and expires_at - self._clock.now() > NEEDED


def fetch_remote(
    request: R,
    capabilities: Capabilities,
    transport: Transport,
    *,
    deadline_s: float,
    trust: Trust | None = None,
) -> R:
    """Download the images that the caller gave by URL, when the provider takes uploads only.

    Args:
        request: its images may be addresses.
        capabilities: say whether the provider takes addresses itself.
        transport: the network.
        deadline_s: point on the transport's clock at which fetching all of them is given up.
        trust: as for `Transport.download`.

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
                source.url,
                max_bytes=rules_for(field, capabilities).max_bytes,
                deadline_s=deadline_s,
                trust=trust,
            )
        except DownloadFailed as error:
            raise UnusableImage(
                error.message,
                field=field,
                code="not_fetched",
                remedy=error.change
                or "Check the address, or download the image and pass the file.",
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
            problems.append(problem_of(error, field))
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


def undeliverable(request: TryOnRequest | ParseRequest, info: ProviderInfo) -> tuple[Problem, ...]:
    """Return a problem for each local image, when nothing can bring it to the provider."""
    if "upload" in info.capabilities_for(request).delivery:
        return ()
    return tuple(
        Problem(
            field,
            f"{info.name} takes images by address only, and {describe(source)} is local. Put it "
            "where the vendor can read it and pass its https address, or use an extension that "
            "publishes images.",
            code=NOT_PUBLISHED,
        )
        for field, source in request.images.items()
        if not isinstance(source, UrlSource)
    )


def unreachable(
    request: TryOnRequest | ParseRequest, info: ProviderInfo, *, is_private_allowed: bool
) -> tuple[Problem, ...]:
    """Return a problem for each address of this machine or of a private network.

    Args:
        request: its images may be addresses.
        info: who would read them: the vendor, or this machine where the provider takes files only.
        is_private_allowed: whether such addresses can be read.
    """
    if is_private_allowed:
        return ()
    is_vendors = "url" in info.capabilities_for(request).delivery
    who = f"{info.name} cannot read it" if is_vendors else "it is not asked for images"
    return tuple(
        Problem(
            field,
            f"the address {strip_query(source.url)} is one of this machine or of a private "
            f"network: {who}. Download the image and pass the file, or pass a public address. "
            "Where that network is yours, allow_private_addresses=True opens it.",
            code="private_address",
        )
        for field, source in request.images.items()
        if isinstance(source, UrlSource) and is_private_url(source.url)
    )


def _map_images(request: R, change: Callable[[str, ImageSource], ImageSource]) -> R:
    changed: dict[str, ImageSource] = {}
    problems: list[Problem] = []
    for field, source in request.images.items():
        try:
            changed[field] = change(field, source)
        except UnusableImage as error:
            problems.append(problem_of(error, field))
    if problems:
        raise ValidationFailed(problems)
    return request.with_images(changed)
