"""Folders of the kit in place of the user's, and what is written elsewhere all the same."""

import builtins
import contextlib
import functools
import io
import os
import pathlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
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
_POSITIONS = MappingProxyType({"open": 0, "mkdir": 0, "link": 1, "rename": 1, "replace": 1})
_MAKERS: tuple[tuple[Any, str, int], ...] = (
    *((place, "open", 0) for place in (builtins, io)),
    *((os, name, position) for name, position in _POSITIONS.items()),
    (sqlite3, "connect", 0),
    # Before Python 3.11 `pathlib` kept a way of its own.
    *(
        (place, name, position)
        for place in [getattr(pathlib, "_NormalAccessor", None)]
        if place
        for name, position in _POSITIONS.items()
    ),
)
"""What makes files, and which of its arguments is the path.

They are replaced for a while. An audit hook would see more, but Python cannot remove one, and
together with the trace functions of coverage it breaks threads.
"""
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_NOT_OURS = (os.devnull, "/dev/", "/proc/", ":memory:")
_MEMORY = "/dev/shm/"  # noqa: S108  (a file system, where folders may be)


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
    seen: list[str] = []
    written: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for place, name, position in _MAKERS:
            note = _noting(getattr(place, name), position, seen)
            patch.setattr(place, name, staticmethod(note) if isinstance(place, type) else note)
        yield written
    ours = {folder / _DATA, folder / _TEMPORARY}
    paths = [Path(name) for name in dict.fromkeys(seen) if "__pycache__" not in name]
    written.extend(str(path) for path in paths if not ours & {path, *path.parents})


def _noting(maker: Callable[..., Any], position: int, seen: list[str]) -> Callable[..., Any]:
    """Return a function that does the same, and notes what it makes."""

    @functools.wraps(maker)
    def note(*arguments: Any, **more: Any) -> Any:
        if len(arguments) > position and (maker.__name__ != "open" or _writes(arguments, more)):
            path = arguments[position]
            if isinstance(path, (str, bytes, os.PathLike)):
                name = os.fsdecode(path)
                if name.startswith(_MEMORY) or not name.startswith(_NOT_OURS):
                    seen.append(str(Path(name).absolute()))
        return maker(*arguments, **more)

    return note


def _writes(arguments: tuple[Any, ...], more: dict[str, Any]) -> bool:
    how = arguments[1] if len(arguments) > 1 else more.get("mode", more.get("flags", "r"))
    return bool(how & _WRITE_FLAGS) if isinstance(how, int) else bool(set(str(how)) & set("wax+"))
