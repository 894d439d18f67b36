"""Small images inside a page: made once, kept beside the run, and shown without any other file."""

import base64
import contextlib
import io
import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
from markupsafe import Markup
from PIL import Image

from tryon_core import ImageSource, PathSource
from tryon_core.errors import UnusableImage
from tryon_core.images import load_upright, probe

SIDE_PX = 256
_QUALITY = 60
# Above this, WebP takes twice the time to save a fifteenth of the bytes.
_METHOD = 2
_TYPE = "image/webp"
STORE_NAME = "thumbnails.tryon"
"""The file in the folder of a run that keeps its thumbnails. It can be deleted at any time."""
_COLUMNS = ("data", "width", "height", "full_width", "full_height")
_THREADS = 2
_FIND = f"SELECT {', '.join(_COLUMNS)} FROM thumbnails WHERE name = ? AND side = ? AND stamp = ?"  # noqa: S608
_KEEP = "INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS thumbnails (
    name TEXT, side INTEGER, stamp TEXT, data BLOB,
    width INTEGER, height INTEGER, full_width INTEGER, full_height INTEGER,
    PRIMARY KEY (name, side)
)
"""


@attrs.frozen(kw_only=True)
class Thumbnail:
    """A small image for a page.

    Attributes:
        data: the image as WebP; transparency has become white.
        width: in pixels.
        height: in pixels.
        full_width: of the image that it shows, upright, in pixels.
        full_height: likewise.
    """

    data: bytes
    width: int
    height: int
    full_width: int
    full_height: int

    @property
    def uri(self) -> Markup:
        """The image as an address that needs no file: `data:image/webp;base64,...`."""
        text = base64.b64encode(self.data).decode()
        return Markup(f"data:{_TYPE};base64,{text}")  # noqa: S704  (nothing in it needs escaping)


def make_thumbnail(source: ImageSource, *, side_px: int = SIDE_PX) -> Thumbnail:
    """Return a small upright copy of an image.

    Args:
        source: a path or bytes.
        side_px: its longer side at most.

    Raises:
        UnusableImage: as `tryon_core.images.load_upright`.
    """
    found = probe(source, field="image")
    image = load_upright(source, field="image", max_side_px=side_px)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=_METHOD)
    return Thumbnail(
        data=file.getvalue(),
        width=image.width,
        height=image.height,
        full_width=found.width_px or image.width,
        full_height=found.height_px or image.height,
    )


class ThumbnailStore:
    """The thumbnails of a run: one file beside its images, from which each is read again.

    An image that has changed gets a new one. Where that file cannot be used, they are kept in
    memory. Threads may share it, and so may processes.

    Args:
        folder: of the run; None to keep them in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else Path(os.path.abspath(folder))  # noqa: PTH100
        self._lock = threading.Lock()
        self._unusable: dict[tuple[str, int, str], UnusableImage] = {}
        self._db = _connect(None if folder is None else folder / STORE_NAME)

    def __enter__(self) -> "ThumbnailStore":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def find(self, path: Path, side_px: int) -> Thumbnail | None:
        """Return the thumbnail of a file as it is now, None while there is none of that size.

        Raises:
            UnusableImage: there can be none, as `make` has found.
        """
        key = self._name(path), side_px, _stamp(path)
        if key in self._unusable:
            raise self._unusable[key]
        with self._lock, contextlib.suppress(sqlite3.Error):
            row = self._db.execute(_FIND, key).fetchone()
            return None if row is None else Thumbnail(**dict(zip(_COLUMNS, row, strict=True)))
        return None

    def make(self, path: Path, side_px: int) -> bool:
        """Make the thumbnail of a file, unless there is one; `find` says why there can be none.

        Returns:
            Whether `find` has another answer now than before.
        """
        key = self._name(path), side_px, _stamp(path)
        try:
            if self.find(path, side_px) is not None:
                return False
            made = make_thumbnail(PathSource(path), side_px=side_px)
        except UnusableImage as error:
            is_known = key in self._unusable
            self._unusable[key] = error
            return not is_known
        values = *key, *(getattr(made, name) for name in _COLUMNS)
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._db.execute(_KEEP, values)
        return True

    def make_all(
        self,
        images: Iterable[tuple[Path, int]],
        *,
        tell: Callable[[int], None] | None = None,
        budget_s: float = math.inf,
    ) -> None:
        """Make the thumbnails of files, with two threads: Pillow works outside of Python's lock.

        Args:
            images: the files, each with the longer side of its thumbnail; each counts once.
            tell: called with the number of files that are left, each time one is done.
            budget_s: seconds after which the rest is left.
        """
        wanted = list(dict.fromkeys(images))
        end_s = time.monotonic() + budget_s

        def make(one: tuple[Path, int]) -> None:
            if time.monotonic() < end_s:
                self.make(*one)

        with ThreadPoolExecutor(_THREADS, "tryon-thumbnails") as pool:
            for number, _ in enumerate(pool.map(make, wanted), 1):
                if tell is not None:
                    tell(len(wanted) - number)

    def _name(self, path: Path) -> str:
        """Return what names a file, also when the folder of the run was moved."""
        absolute = os.path.abspath(path)  # noqa: PTH100  (no `..`)
        if self._folder is not None:
            with contextlib.suppress(ValueError):
                return Path(absolute).relative_to(self._folder).as_posix()
        return absolute


def _connect(path: Path | None) -> sqlite3.Connection:
    """Open the file, or memory where it is no database of ours or cannot be written."""
    if path is not None:
        with contextlib.suppress(sqlite3.Error):
            return _opened(str(path))
    return _opened(":memory:")


def _opened(place: str) -> sqlite3.Connection:
    db = sqlite3.connect(place, isolation_level=None, timeout=10, check_same_thread=False)
    try:
        # What a power failure takes from it is made again.
        db.execute("PRAGMA synchronous = OFF")
        db.execute(_SCHEMA)
        db.execute(f"SELECT stamp, {', '.join(_COLUMNS)} FROM thumbnails LIMIT 1")  # noqa: S608
    except sqlite3.Error:
        db.close()
        raise
    return db


def _stamp(path: Path) -> str:
    """Return what changes when a file changes; empty when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"
