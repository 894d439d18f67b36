"""The images of a comparison: one derivative of each, and the same bytes for all vendors."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import attrs

from tryon_core import BytesSource, ImageSource, Problem, UrlSource
from tryon_core.engine import fit, make_folder, probe, problem_of, suffix_for, write_atomically
from tryon_core.errors import DownloadFailed, UnusableImage
from tryon_core.images import PORTABLE, read_bytes

FOLDER = "inputs"
"""Folder of these images in the folder of the run."""
# Also for a vendor that may refuse greyscale: what one needs, all get.
_RULES = attrs.evolve(PORTABLE, fit_to_rgb=True)
_DIGEST_CHARS = 12

Fetch = Callable[[str], bytes]
"""Returns the file at an address, or raises `DownloadFailed`."""


@attrs.frozen(kw_only=True)
class SharedImage:
    """An image as all vendors get it.

    Attributes:
        field: its role, `person` or a category.
        data: the file.
        name: its file name, made of its role and its content.
        address: where the same bytes lie, when the caller gave an address and they were left as
            they are; for vendors that read addresses only.
    """

    field: str
    data: bytes = attrs.field(repr=False)
    name: str
    address: UrlSource | None = None

    @property
    def place(self) -> Path:
        """Where it is in the folder of the run."""
        return Path(FOLDER) / self.name


@attrs.frozen(kw_only=True)
class SharedImages:
    """All images of a comparison.

    Attributes:
        images: by field; those that could not be used are missing.
        changes: what was done to them, as sentences.
        problems: why some cannot be used.
    """

    images: Mapping[str, SharedImage]
    changes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def share_images(images: Mapping[str, ImageSource], fetch: Fetch) -> SharedImages:
    """Return the one derivative of each image that every known vendor takes.

    It is JPEG or PNG, 300 to 1920 px on each side, 5 KB to 2.9 MB, upright, in colour. An image
    that is so already is left as it is, to the byte. An address is fetched once.

    Args:
        images: by field, such as `TryOnRequest.images`.
        fetch: fetches what is given by address.
    """
    shared: dict[str, SharedImage] = {}
    changes: list[str] = []
    problems: list[Problem] = []
    for field, source in images.items():
        try:
            shared[field], done = _share(source, fetch, field)
        except UnusableImage as error:
            problems.append(problem_of(error, field))
        else:
            changes.extend(done)
    return SharedImages(images=shared, changes=tuple(changes), problems=tuple(problems))


def _share(source: ImageSource, fetch: Fetch, field: str) -> tuple[SharedImage, tuple[str, ...]]:
    local = _fetched(source, fetch, field) if isinstance(source, UrlSource) else source
    fitted = fit(local, _RULES, field=field)
    data = read_bytes(fitted.source, field=field)
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS]
    suffix = suffix_for(probe(fitted.source, field=field).format)
    image = SharedImage(
        field=field,
        data=data,
        name=f"{field}-{digest}{suffix}",
        address=source if isinstance(source, UrlSource) and not fitted.changes else None,
    )
    return image, fitted.changes


def _fetched(source: UrlSource, fetch: Fetch, field: str) -> ImageSource:
    try:
        return BytesSource(fetch(source.url), name=field)
    except DownloadFailed as error:
        raise UnusableImage(
            error.message,
            field=field,
            code="not_fetched",
            remedy=error.change or "Check the address, or download the image and pass the file.",
        ) from error


def write_images(images: Iterable[SharedImage], folder: Path) -> None:
    """Write images into the folder of a run. They are named by their content.

    Raises:
        OutputError: one cannot be written.
    """
    make_folder(folder / FOLDER)
    for image in images:
        write_atomically(folder / image.place, image.data, overwrite=True)
