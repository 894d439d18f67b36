"""mypy, as examples are checked with it."""

import contextlib
import sqlite3

import pytest

_PATIENCE_S = 300.0


def check_types(paths, base):
    """Fail unless mypy takes files and folders, strictly.

    Most of the time goes into reading the library: all tests share one cache, one after the other.

    Args:
        paths: files and folders.
        base: pytest's base folder for temporary files.
    """
    mypy = pytest.importorskip("mypy.api")
    # Workers of xdist have base folders of their own beside each other.
    folder = base.parent if base.name.startswith("popen-") else base
    cache = f"--cache-dir={folder / 'mypy'}"
    with contextlib.closing(sqlite3.connect(folder / "mypy.lock", timeout=_PATIENCE_S)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        out, err, code = mypy.run(["--strict", "--no-color-output", cache, *map(str, paths)])
    assert (code, err) == (0, ""), out
