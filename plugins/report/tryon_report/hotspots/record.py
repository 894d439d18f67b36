"""What was found and paid, on disk."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tryon_batch import Money
from tryon_core import Category, Hotspot, Notice
from tryon_core.engine import json_text, output_error
from tryon_core.errors import Billed, OutputError
from tryon_report.hotspots.images import Found, Key, Outcome, Task

RECORD = "hotspots.jsonl"
"""Name of the file."""


class Record:
    """What was found and paid, in a file that grows by a line for each image.

    Args:
        path: the file; it is made by the first line.
        others: files of the same kind that are read as well.

    Raises:
        OutputError: a file has that name and is none of ours.
    """

    def __init__(self, path: Path, *, others: Iterable[Path] = ()) -> None:
        self._path = path
        self._found: dict[Key, dict[Category, Hotspot | None]] = {}
        self._errors: dict[Key, Mapping[str, Any] | None] = {}
        self._paid: dict[str, Mapping[str, Any]] = {}
        for one in dict.fromkeys([*others, path]):
            for line in _lines(one):
                self._take(line)

    def found(self, key: Key) -> Found:
        """Return what is known of an image."""
        return dict(self._found.get(key, {}))

    def error(self, key: Key) -> Mapping[str, Any] | None:
        """Return why the last call for it gave less than was paid for, None when it did not."""
        return self._errors.get(key)

    @property
    def spent(self) -> Money:
        """What the parsings in the file cost."""
        return self._cost("yes")

    @property
    def possible(self) -> Money:
        """What others may have cost besides, whose answers were lost."""
        return self._cost("unknown")

    def _cost(self, billed: Billed) -> Money:
        total = Money(thing="parsing")
        for paid in self._paid.values():
            if paid["billed"] == billed:
                amount = None if paid["amount"] is None else Decimal(paid["amount"])
                total += Money.of(amount, paid["currency"])
        return total

    def add(
        self,
        task: Task,
        outcome: Outcome,
        *,
        paid: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Write what a task gave, a line for each of its images; it is on disk then.

        Raises:
            OutputError: it cannot be written.
        """
        lines = []
        for image in task.images:
            found = {one: outcome.found[one] for one in task.categories if one in outcome.found}
            line = {
                "row": image.entry.id,
                "file": image.path.relative_to(image.run.folder).as_posix(),
                "sha256": image.sha256,
                "provider": image.provider,
                "found": {one: spot and spot.to_plain() for one, spot in found.items()},
                "error": outcome.error,
                "paid": list(paid),
            }
            self._take(line)
            lines.append(json_text(line))
        _append(self._path, lines)

    def _take(self, line: Mapping[str, Any]) -> None:
        key = (line["sha256"], line["provider"])
        found = self._found.setdefault(key, {})
        for category, plain in line["found"].items():
            found[category] = plain and _hotspot(plain)
        self._errors[key] = line["error"]
        self._paid |= {paid["id"]: paid for paid in line["paid"]}


def _hotspot(plain: Mapping[str, Any]) -> Hotspot:
    pixels, photo = plain["pixels"], plain["photo"]
    return Hotspot(
        category=plain["category"],
        x_px=pixels["x"],
        y_px=pixels["y"],
        width_px=pixels["width"],
        height_px=pixels["height"],
        photo_width_px=photo["width_px"],
        photo_height_px=photo["height_px"],
        notices=[Notice(one["code"], one["message"]) for one in plain["notices"]],
    )


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        return
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if isinstance(line, dict) and line.keys() >= {"sha256", "provider", "found", "paid"}:
            yield line
        elif number == 1:
            raise OutputError(
                f"{str(path)!r} exists already, and tryon did not write it.",
                remedy="Move it away, or choose another output folder.",
            )
        # Any other line was being written when the process ended.


def _append(path: Path, lines: Iterable[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    try:
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                data = data if file.read(1) == b"\n" else b"\n" + data
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise output_error(path, error) from error
