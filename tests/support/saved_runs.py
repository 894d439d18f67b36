"""Runs that ended well, written without running anything."""

import hashlib
from pathlib import Path

from providers import FakeOptions, picture
from tryon_batch import BatchItem, Entry, Journal, SavedFile
from tryon_core import PathSource, TryOnRequest
from tryon_testing.clocks import FakeClock


def coloured(number, size=(48, 64)):
    """Return an image file of its own for each number."""
    return picture(size, (number % 256, number // 256 % 256, 90))


def write_run(folder, rows, *, provider="fake"):
    """Write a run with the images of its rows; return its folder.

    Args:
        folder: where.
        rows: by id a mapping with any of `top`, `bottom`, `dress` (as written in the manifest),
            `images` (files; by default one of its own), `own` (columns) and `state`.
        provider: of all rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items, entries = [], []
    for number, (name, row) in enumerate(rows.items(), 1):
        garments = {one: row[one] for one in ("top", "bottom", "dress") if one in row}
        paths = {one: PathSource(Path(text)) for one, text in garments.items()}
        request = TryOnRequest(
            person=PathSource(Path("person.png")), options=FakeOptions(seed=number), **paths
        )
        given = {"person": "person.png", **garments}
        own = row.get("own", {})
        items.append(
            BatchItem(id=name, provider=provider, request=request, row=number, given=given, own=own)
        )
        files = []
        for place, data in enumerate(row.get("images", [coloured(number)]), 1):
            path = f"{name}.png" if place == 1 else f"{name}+{place}.png"
            (folder / path).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            files.append(SavedFile(path=path, sha256=digest, bytes=len(data)))
        entries.append(
            Entry(
                id=name,
                provider=provider,
                row=number,
                state=row.get("state", "saved"),
                files=files,
                given=given,
                own=own,
            )
        )
    with Journal(folder / "run.tryon", clock=FakeClock()) as journal:
        journal.plan(items)
        journal.record(entries)
    return folder
