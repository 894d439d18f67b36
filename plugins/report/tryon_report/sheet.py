"""Contact sheets: the rows of runs, or any images, as one image."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tryon_batch import RunFolder, read_runs
from tryon_core.engine import check_replaceable, write_atomically
from tryon_core.errors import InputError, OutputError
from tryon_report.run_page.rows import Row, RowMaker, Shown
from tryon_report.tiles import BOX_PX, INK, NAME_PX, TITLE_PX, Line, Tile, draw_tiles

MOST_PIXELS = 100_000_000
"""Sheets of many images have smaller ones, so that the whole can be opened anywhere."""
_LEAST_WIDTH_PX = 48
_SHAPE = 1.5
"""Height of a sheet of many rows, as a multiple of its width."""
_AROUND_PX = (24, 110)
"""About what a tile needs beside its box: room between tiles, and lines of text below."""


_FORMATS = {".jpeg": "JPEG", ".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
_QUALITY = 90
SHEET_NAME = "sheet.jpg"
"""The name of the sheet in the folder of a run."""


def write_sheet(sources: Sequence[str], *, out: Path | None, overwrite: bool = False) -> Path:
    """Write a sheet of runs, or of image files.

    Args:
        sources: of each run the folder, the journal, or the short id; or image files.
        out: the file, which is JPEG, PNG or WebP by its name; None for `sheet.jpg` in the folder of
            the first run.
        overwrite: whether an existing file may be replaced.

    Returns:
        The file.

    Raises:
        InputError: there is no such run, both kinds are named, or files and no `out`.
        OutputError: the file cannot be written, or is there already.
    """
    files = [Path(source) for source in sources if _is_image(source)]
    if files and len(files) < len(sources):
        raise InputError("runs and image files cannot be on one sheet.")
    runs = () if files else read_runs(sources)
    path = out or (runs[0].folder / SHEET_NAME if runs else None)
    if path is None:
        raise InputError(
            "a sheet of image files needs a place.", remedy="Say in which file it goes."
        )
    format_name = _FORMATS.get(path.suffix.lower())
    if format_name is None:
        raise OutputError(f"{str(path)!r} names no image.", remedy="End it in .jpg or .png.")
    check_replaceable(path, overwrite=overwrite)
    sheet = sheet_of_files(files) if files else sheet_of_runs(runs)
    file = io.BytesIO()
    sheet.save(file, format_name, quality=_QUALITY)
    return write_atomically(path, file.getvalue(), overwrite=overwrite)


def _is_image(source: str) -> bool:
    return Path(source).is_file() and Path(source).suffix != ".tryon"


def sheet_of_runs(runs: Sequence[RunFolder]) -> Image.Image:
    """Return a sheet with person, garments and result of each row, in the order of the manifest.

    Args:
        runs: at least one.

    Raises:
        InputError: there are no rows, or too many for one image.
    """
    rows = [row for run in runs for row in _rows(run)]
    if not rows:
        raise InputError(f"{str(runs[0].folder)!r} has no rows yet.")
    columns = max(len(row.inputs) + len(row.first_step) + len(row.results) for row in rows)
    across, box_px = _layout(len(rows), columns)
    tiles = [_tiles(row, columns) for row in rows]
    lines = [
        [tile for block in tiles[at : at + across] for tile in block]
        for at in range(0, len(tiles), across)
    ]
    names = ", ".join(run.folder.absolute().name for run in runs)
    return draw_tiles(lines, head=[Line(names, TITLE_PX, INK)], box_px=box_px, group=columns)


def sheet_of_files(paths: Sequence[Path]) -> Image.Image:
    """Return a sheet of images, each above the name of its file.

    Args:
        paths: at least one.

    Raises:
        InputError: there are too many for one image.
    """
    across, box_px = _layout(len(paths), 1)
    tiles = [Tile(image=path, lines=[Line(path.name, colour=INK)]) for path in paths]
    lines = [tiles[at : at + across] for at in range(0, len(tiles), across)]
    return draw_tiles(lines, box_px=box_px)


def _rows(run: RunFolder) -> list[Row]:
    maker = RowMaker(run=run, asked=run.asked(), thumbnail=lambda *_: None, link=str)
    return maker.make_all(run.entries())


def _tiles(row: Row, columns: int) -> list[Tile]:
    """Return a row as that many tiles; its results are the last ones."""
    inputs, results = [*row.inputs, *row.first_step], list(row.results)
    about = [Line(" ".join(filter(None, (row.word, row.verdict))), colour=INK)]
    about += [Line(text) for text in (row.cost, row.error) if text]
    left = [Line(row.id, NAME_PX, INK)]
    tiles = [_tile(one, left if one is inputs[0] else []) for one in inputs]
    tiles += [Tile(image=None)] * (columns - len(inputs) - len(results))
    return tiles + [_tile(one, about if one is results[0] else []) for one in results]


def _tile(one: Shown, lines: Sequence[Line]) -> Tile:
    is_there = one.path is not None and one.path.is_file()
    return Tile(
        image=one.path if is_there else None,
        instead=[Line(one.role, NAME_PX, INK), Line(one.missing)],
        lines=lines,
    )


def _layout(count: int, columns: int) -> tuple[int, tuple[int, int]]:
    """Return how many rows there are beside one another, and the box of an image.

    Raises:
        InputError: the images would be too small to be seen.
    """
    beside, below = _AROUND_PX
    # Of boxes of that share of their usual size, with what is around them, so many pixels fill all.
    square, linear = BOX_PX[0] * BOX_PX[1], BOX_PX[0] * below + BOX_PX[1] * beside
    rest = MOST_PIXELS / (count * columns) - beside * below
    root = math.sqrt(max(0.0, linear**2 + 4 * square * rest))
    share = min(1.0, (root - linear) / (2 * square))
    width = round(BOX_PX[0] * share)
    if width < _LEAST_WIDTH_PX:
        raise InputError(
            f"{count:,} rows are too many for one image: nothing could be seen on it.",
            remedy="Write the page of the run instead, or name fewer images.",
        )
    height = round(BOX_PX[1] * share)
    ratio = (height + below) / (columns * (width + beside))
    return max(1, round(math.sqrt(count * ratio / _SHAPE))), (width, height)
