"""Write the page of runs as one file, from which their images are found."""

import math
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from tryon_batch import RunFolder
from tryon_batch.journal_file import is_being_written
from tryon_core.engine import SystemClock, write_atomically
from tryon_core.errors import OutputError
from tryon_report.html import GENERATOR, render
from tryon_report.run_page.page import Page, RunToShow, make_page
from tryon_report.run_page.rows import Link, images_of
from tryon_report.thumbnails import ThumbnailStore

PAGE_NAME = "report.html"
"""The name of the page in the folder of a run."""
_HEAD_BYTES = 4096
_BROWSERS_SHOW = frozenset({".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"})


def write_report(
    runs: Sequence[RunFolder],
    *,
    out: Path | None = None,
    tell: Callable[[int], None] | None = None,
    has_ended: bool = False,
    budget_s: float = math.inf,
) -> Path:
    """Write the page of runs, over one of an earlier time.

    Args:
        runs: at least one.
        out: the file; None for `report.html` in the folder of the first run.
        tell: called with the number of images that are still to be looked at.
        has_ended: this process has worked on the runs, and is done with them.
        budget_s: seconds after which no further image is looked at.

    Returns:
        The file.

    Raises:
        InputError: a journal is gone or damaged.
        OutputError: the file cannot be written, or would replace one that is no page of ours.
    """
    path = out or runs[0].folder / PAGE_NAME
    check_page(path)
    with ExitStack() as stack:
        shown = []
        for run in runs:
            thumbnails = stack.enter_context(ThumbnailStore(run.folder))
            images = images_of(run, run.entries(), run.asked())
            thumbnails.make_all(images, tell=tell, budget_s=budget_s)
            is_running = not has_ended and is_being_written(run.journal)
            one = RunToShow(run=run, thumbnail=thumbnails.find, is_running=is_running)
            shown.append(one)
        page = make_page(shown, link=link_from(path.parent))
    return write_atomically(path, html_of(page).encode(), overwrite=True)


def check_page(path: Path) -> None:
    """Make sure that a page replaces no other file.

    Raises:
        OutputError: there is another file.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"cannot read {str(path)!r}: {error.strerror}.") from error
    if f'name="generator" content="{GENERATOR}"'.encode() not in head:
        raise OutputError(
            f"{str(path)!r} exists already, and tryon did not write it.",
            remedy="Move it away, or name another file.",
        )


def html_of(page: Page, *, mark: str = "", refresh_s: float | None = None) -> str:
    """Return a page as HTML.

    Args:
        page: what it says.
        mark: identifies what it says among all that it will say, where it asks for itself again.
        refresh_s: seconds after which it asks for itself again; None for a page that is a file.
    """
    return render(
        "page.html",
        styles=["page.css"],
        scripts=["page.js"],
        page=page,
        now=SystemClock().now(),
        mark=mark,
        refresh_s=refresh_s,
    )


def link_from(folder: Path) -> Link:
    """Return what finds the address of a file, for a page in a folder: relative where it can be."""
    here = os.path.realpath(folder)

    def link(path: Path) -> str | None:
        if path.suffix.lower() not in _BROWSERS_SHOW:
            return None
        there = os.path.join(os.path.realpath(path.parent), path.name)  # noqa: PTH118
        try:
            way = Path(os.path.relpath(there, here))
        except ValueError:  # they are on different drives of Windows
            return Path(there).as_uri()
        return quote(os.fsencode(way.as_posix()))

    return link
