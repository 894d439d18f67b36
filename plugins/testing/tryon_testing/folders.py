"""Folders of the kit in place of the user's, and what is written elsewhere all the same."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tryon_core.remembered import FOLDER_ENV

_DATA, _HOME, _TEMPORARY = "data", "home", "tmp"
_PLACES = MappingProxyType(
    {
        FOLDER_ENV: _DATA,
        **dict.fromkeys(("HOME", "USERPROFILE"), _HOME),
        **dict.fromkeys(("APPDATA", "LOCALAPPDATA"), f"{_HOME}/AppData"),
        "XDG_CACHE_HOME": f"{_HOME}/.cache",
        "XDG_CONFIG_HOME": f"{_HOME}/.config",
        "XDG_DATA_HOME": f"{_HOME}/.local/share",
        "XDG_STATE_HOME": f"{_HOME}/.local/state",
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), _TEMPORARY),
    }
)
_PATH_AT = MappingProxyType(
    {"open": 0, "os.mkdir": 0, "os.rename": 1, "os.link": 1, "sqlite3.connect": 0}
)
"""Events of Python that may make a file, with the place of its path among their arguments."""
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_NOT_OURS = (os.devnull, "/dev/", "/proc/", ":memory:")
_watching: list[list[str]] = []
_hooked: list[bool] = []


@contextlib.contextmanager
def own_folders() -> Iterator[Path]:
    """Give home, data, cache, settings and temporary files a folder of the kit; yield that."""
    with tempfile.TemporaryDirectory(prefix="tryon-kit-") as name:
        folder = Path(name).resolve()
        with pytest.MonkeyPatch.context() as patch:
            for variable, place in _PLACES.items():
                (folder / place).mkdir(parents=True, exist_ok=True)
                patch.setenv(variable, str(folder / place))
            patch.setattr(tempfile, "tempdir", str(folder / _TEMPORARY))
            yield folder


@contextlib.contextmanager
def noting_writes(folder: Path) -> Iterator[list[str]]:
    """Give a list of the files that are made or changed within the block, filled at its end.

    Those of the core's own folder and temporary files are left out, and so is what Python compiles.

    Args:
        folder: of `own_folders`.
    """
    if not _hooked:
        sys.addaudithook(_note)  # one for good: Python cannot remove it
        _hooked.append(True)
    seen: list[str] = []
    written: list[str] = []
    _watching.append(seen)
    try:
        yield written
    finally:
        _watching.remove(seen)
        ours = {folder / _DATA, folder / _TEMPORARY}
        paths = [Path(name) for name in dict.fromkeys(seen) if "__pycache__" not in name]
        written.extend(str(path) for path in paths if not ours & {path, *path.parents})


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in _PATH_AT:
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITE_FLAGS):
        return
    path = arguments[_PATH_AT[event]]
    if isinstance(path, (str, bytes, os.PathLike)):
        name = os.fsdecode(path)
        for seen in _watching if not name.startswith(_NOT_OURS) else ():
            seen.append(str(Path(name).absolute()))
