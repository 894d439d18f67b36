"""What parsings found, kept on disk for a day: a photo is parsed, and paid for, once.

A parsing has no job that could be asked again, so each call that costs is noted before it is sent.
"""

import json
import logging
import secrets
import sqlite3
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from tryon_core.clock import Clock
from tryon_core.errors import TryOnError
from tryon_core.masking import hide, reveal
from tryon_core.models import (
    Artifact,
    BytesSource,
    Category,
    GarmentRegion,
    Notice,
    PaidParsing,
    PathSource,
    UrlSource,
)
from tryon_core.remembered import data_folder
from tryon_core.saving import output_error

RegionPart: TypeAlias = Literal["mask", "crop"]
"""An image of a region."""
Found: TypeAlias = Mapping[Category, GarmentRegion | None]
"""What a parsing found, by category; None for what is not worn."""
NEEDED = timedelta(hours=1)
"""How long an address must live on: a job may wait in the vendor's queue before it is read."""
_KEPT_FOR = timedelta(days=1)
_TICK_S = 0.5
_MARGIN = timedelta(minutes=1)
_PARTS: tuple[RegionPart, ...] = ("mask", "crop")
_FOLDER, _DATABASE = "parsings", "kept.sqlite"
_TABLES = {
    "regions": """(
        photo TEXT, category TEXT, until REAL NOT NULL, region TEXT NOT NULL, mask BLOB, crop BLOB,
        PRIMARY KEY (photo, category)
    )""",
    "calls": """(
        id TEXT PRIMARY KEY, photo TEXT NOT NULL, payer TEXT NOT NULL, billed TEXT NOT NULL,
        missing TEXT NOT NULL, sent_at TEXT NOT NULL, until REAL NOT NULL
    )""",
}
_LOGGER = logging.getLogger("tryon.parsings")
_Statement: TypeAlias = tuple[str, Sequence[Any]]


class KeptParsings:
    """A private database in the user's data folder; several processes may use it at once.

    What cannot be written there is kept in the memory of this process, with a warning. The keys,
    which may be in a vendor's answers, are not written.
    """

    def __init__(self, clock: Clock, *, provider: str, keys: Sequence[str]) -> None:
        self._clock = clock
        self._provider = provider
        self._keys = keys
        self._guard = threading.Lock()
        self._turns: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._memory: sqlite3.Connection | None = None

    def find(
        self,
        photo: str,
        categories: Collection[Category],
        *,
        need: Collection[RegionPart] = (),
        reach: Collection[RegionPart] = (),
    ) -> dict[Category, GarmentRegion | None]:
        """Return what is kept of a photo.

        Args:
            photo: names it, and who parsed it.
            categories: what is asked for.
            need: images that are wanted themselves, where they are kept.
            reach: images without which a region is of no use.
        """
        query = "SELECT category, region, mask, crop FROM regions WHERE photo = ? AND until > ?"
        found: dict[Category, GarmentRegion | None] = {}
        for category, text, *images in self._rows(query, photo, self._now_s):
            if category not in categories:
                continue
            region = self._region(category, text, dict(zip(_PARTS, images, strict=True)), need)
            if region is None or all(self._lives(getattr(region, part)) for part in reach):
                found[category] = region
        return found

    def paid(self, photo: str, payer: str) -> tuple[PaidParsing, ...]:
        """Return the calls that were made for this payer, and may have cost something."""
        query = "SELECT id, billed FROM calls WHERE photo = ? AND payer = ? AND payer <> ''"
        rows = dict(self._rows(query, photo, payer))
        return tuple(PaidParsing(name, self._provider, billed) for name, billed in rows.items())

    def lost_at(self, photo: str, categories: Collection[Category]) -> datetime | None:
        """Return when a call was sent that told nothing of some of these, and may be billed."""
        query = "SELECT sent_at, missing FROM calls WHERE photo = ? AND missing <> '' AND until > ?"
        for sent_at, missing in self._rows(query, photo, self._now_s):
            if set(missing.split()) & set(categories):
                return datetime.fromisoformat(sent_at)
        return None

    @contextmanager
    def turn(self, photo: str) -> Iterator[None]:
        """Wait until nobody else is parsing this photo, in this process or another one."""
        number = photo[:2]
        with self._guard:
            mine = self._turns[number]
        with mine, ExitStack() as stack:
            try:
                stack.enter_context(_only_one(_made_folder() / f"{number}.lock"))
            except (OSError, RuntimeError, sqlite3.Error) as error:
                self._do_without(error)
            yield

    @contextmanager
    def sending(
        self, photo: str, categories: Sequence[Category], *, payer: str, is_free: bool
    ) -> Iterator[Callable[[Found], None]]:
        """Note a call before the `with` block sends it, and what came of it.

        Gives a function that keeps what the vendor found. A free call is not noted.
        """
        call, until = secrets.token_hex(8), (self._clock.now() + _KEPT_FOR).timestamp()
        values = (call, photo, payer, "unknown", " ".join(categories), self._now_text, until)
        if not is_free:
            self._write(("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)", values))

        def keep(found: Found) -> None:
            missing = " ".join(category for category in categories if category not in found)
            answered = "UPDATE calls SET billed = 'yes', missing = ? WHERE id = ?"
            self._write((answered, (missing, call)), *self._kept(photo, found, until))

        try:
            yield keep
        except TryOnError as error:
            if error.regions:
                keep(error.regions)
            elif error.billed == "no":
                self._write(("DELETE FROM calls WHERE id = ?", (call,)))
            else:
                self._write(("UPDATE calls SET billed = ? WHERE id = ?", (error.billed, call)))
            raise

    def add_image(self, photo: str, category: Category, part: RegionPart, data: bytes) -> None:
        """Keep an image that was fetched: it outlives its address."""
        query = f"UPDATE regions SET {part} = ? WHERE photo = ? AND category = ?"  # noqa: S608  (one of two)
        self._write((query, (data, photo, category)))

    def tidy(self) -> None:
        """Remove what is too old, of whatever provider."""
        with suppress(OSError, RuntimeError, sqlite3.Error):
            if (data_folder() / _FOLDER / _DATABASE).exists():
                with _on_disk() as db:
                    _execute(db, self._too_old())

    @property
    def _now_s(self) -> float:
        return self._clock.now().timestamp()

    @property
    def _now_text(self) -> str:
        return self._clock.now().isoformat()

    def _too_old(self) -> list[_Statement]:
        return [(f"DELETE FROM {name} WHERE until <= ?", (self._now_s,)) for name in _TABLES]  # noqa: S608  (two names)

    def _kept(self, photo: str, found: Found, until: float) -> Iterator[_Statement]:
        yield from self._too_old()
        for category, region in found.items():
            images = [_bytes_of(getattr(region, part, None)) for part in _PARTS]
            values = (photo, category, until, json.dumps(self._plain(region)), *images)
            yield "INSERT OR REPLACE INTO regions VALUES (?, ?, ?, ?, ?, ?)", values

    def _plain(self, region: GarmentRegion | None) -> Mapping[str, Any] | None:
        if region is None:
            return None
        return {
            "bbox": region.bbox,
            "photo_size_px": region.photo_size_px,
            "notices": [attrs.asdict(notice) for notice in region.notices],
            "mask": self._address(region.mask),
            "crop": self._address(region.crop),
        }

    def _address(self, image: Artifact) -> Mapping[str, str | None] | None:
        if not isinstance(image.source, UrlSource):
            return None
        expires_at = None if image.expires_at is None else image.expires_at.isoformat()
        return {"url": hide(image.source.url, self._keys), "expires_at": expires_at}

    def _region(
        self,
        category: Category,
        text: str,
        images: Mapping[RegionPart, bytes | None],
        need: Collection[RegionPart],
    ) -> GarmentRegion | None:
        plain = json.loads(text)
        if plain is None:
            return None
        parts = {part: self._image(plain[part], images[part], part in need) for part in _PARTS}
        size = plain["photo_size_px"]
        return GarmentRegion(
            category=category,
            bbox=tuple(plain["bbox"]),
            photo_size_px=None if size is None else tuple(size),
            notices=[Notice(**notice) for notice in plain["notices"]],
            **parts,
        )

    def _image(self, plain: Any, data: bytes | None, is_needed: bool) -> Artifact:
        inside = Artifact(source=BytesSource(data or b""))
        if plain is None:
            return inside
        text = plain["expires_at"]
        expires_at = None if text is None else datetime.fromisoformat(text)
        address = UrlSource(reveal(plain["url"], self._keys), expires_at=expires_at)
        lying = Artifact(source=address, expires_at=expires_at)
        is_preferred = is_needed or not self._lives(lying, NEEDED)
        return inside if data is not None and is_preferred else lying

    def _lives(self, image: Artifact, margin: timedelta = _MARGIN) -> bool:
        return image.expires_at is None or image.expires_at - self._clock.now() > margin

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        try:
            if (data_folder() / _FOLDER / _DATABASE).exists():
                with _on_disk() as db:
                    found += db.execute(query, values)
        except (OSError, RuntimeError, sqlite3.Error) as error:
            self._do_without(error)
        with self._guard:
            if self._memory is not None:
                found += self._memory.execute(query, values)
        return found

    def _write(self, *statements: _Statement) -> None:
        """Write all or nothing; where the disk takes it not, this process remembers it."""
        try:
            with _on_disk() as db:
                _execute(db, statements)
        except (OSError, RuntimeError, sqlite3.Error) as error:
            self._do_without(error)
        with self._guard:
            if self._memory is not None:
                _execute(self._memory, statements)

    def _do_without(self, error: Exception) -> None:
        with self._guard:
            if self._memory is not None:
                return
            self._memory = _opened(":memory:")
            weakref.finalize(self, self._memory.close)
        why = output_error(Path(_FOLDER), error).message if isinstance(error, OSError) else error
        _LOGGER.warning(
            "what parsings find cannot be kept on disk (%s); another process would pay for the "
            "same parsing again.",
            why,
        )


def _made_folder() -> Path:
    folder = data_folder() / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Keep other processes out meanwhile; one that dies lets the next one in.

    It is SQLite's own lock of a file, which every system has.
    """
    with closing(sqlite3.connect(path, timeout=_TICK_S, isolation_level=None)) as db:
        while not db.in_transaction:  # not one long wait, which could not be interrupted
            try:
                db.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
        path.chmod(0o600)
        yield


@contextmanager
def _on_disk() -> Iterator[sqlite3.Connection]:
    path = _made_folder() / _DATABASE
    is_new = not path.exists()
    with closing(_opened(path)) as db:
        if is_new:
            # Not by opening the file: closing it again takes away SQLite's locks in this process.
            path.chmod(0o600)
        yield db


def _opened(place: Path | str) -> sqlite3.Connection:
    with ExitStack() as stack:
        db = sqlite3.connect(place, timeout=30, isolation_level=None, check_same_thread=False)
        stack.callback(db.close)
        # What is removed is overwritten, and the file shrinks.
        db.execute("PRAGMA secure_delete = ON")
        if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            db.execute("PRAGMA auto_vacuum = FULL")
            made = [f"CREATE TABLE IF NOT EXISTS {name} {kind}" for name, kind in _TABLES.items()]
            _execute(db, [(statement, ()) for statement in made])
        stack.pop_all()
    return db


def _execute(db: sqlite3.Connection, statements: Iterable[_Statement]) -> None:
    """Execute all or nothing."""
    # Immediate: a transaction that begins by reading gets no turn beside one that writes.
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            db.execute(*statement)
        db.execute("COMMIT")
    except BaseException:
        # SQLite has taken it back by itself when the disk is full.
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _bytes_of(image: Artifact | None) -> bytes | None:
    source = None if image is None else image.source
    if isinstance(source, BytesSource):
        return source.data
    return source.path.read_bytes() if isinstance(source, PathSource) else None
