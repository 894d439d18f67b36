"""No test writes to the folders of whoever runs it; the root `conftest.py` sees to that."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

from tryon_core.remembered import data_folder
from tryon_core.settings import default_config_path

_FOLDERS = """
import platformdirs
from tryon_core.remembered import data_folder
print(data_folder(), platformdirs.user_config_path("tryon"), platformdirs.user_cache_path("tryon"))
"""
_ESCAPES = """
import os, sqlite3, subprocess, sys
from pathlib import Path

FOLDER = Path({folder!r})

def test_before():
    assert not FOLDER.is_relative_to(Path.home())

def test_write():
    (FOLDER / "new").write_text("")

def test_folder():
    (FOLDER / "jobs").mkdir()

def test_database():
    sqlite3.connect(FOLDER / "runs.sqlite").close()

def test_child():
    subprocess.run([sys.executable, "-c", ""], env={{"PATH": ""}}, check=True)

def test_after():
    (Path.home() / "allowed").mkdir(parents=True)
"""


def _python(*arguments, **more):
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **more)


def test_a_test_has_a_home_of_its_own_and_so_have_its_children():
    home = Path.home()
    folders = [data_folder(), platformdirs.user_config_path("tryon")]
    folders.append(platformdirs.user_cache_path("tryon"))
    assert all(folder.is_relative_to(home) for folder in folders)
    assert not home.exists()
    assert default_config_path() is None
    assert _python("-c", _FOLDERS).stdout.split() == [str(folder) for folder in folders]


def test_who_leaves_its_home_fails(tmp_path):
    folder = tmp_path / "user" / data_folder().relative_to(Path.home())
    folder.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(_ESCAPES.format(folder=str(folder)))
    ended = _python(
        *("-m", "pytest", "-p", "no:cacheprovider", "-rA", "--rootdir", ".", "test_it.py"),
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path / "user")},
    )
    assert set(re.findall(r"ERROR test_it.py::test_(\w+)", ended.stdout)) == {
        *("write", "folder", "database", "child")
    }, ended.stdout + ended.stderr
    assert "6 passed, 4 errors" in ended.stdout
    assert f"left its home: os.mkdir {folder / 'jobs'}" in ended.stdout
