"""No test writes to the folders of whoever runs it; the root `conftest.py` sees to that."""

import os
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
_INTRUDER = """
from pathlib import Path

def test_before():
    assert Path.home() != Path({home!r})

def test_intruder():
    (Path({home!r}) / {folder!r} / "new").mkdir()

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


def test_who_writes_to_the_folders_of_the_user_fails(tmp_path):
    folder = data_folder().relative_to(Path.home())
    home = tmp_path / "user"
    (home / folder).mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    body = _INTRUDER.format(home=str(home), folder=str(folder))
    (tmp_path / "test_it.py").write_text(body)
    options = ("-p", "no:cacheprovider", "-p", "no:randomly", "-rA", "--rootdir", ".")
    ended = _python(
        "-m", "pytest", *options, "test_it.py", cwd=tmp_path, env={**os.environ, "HOME": str(home)}
    )
    assert f"wrote to the user's own {home / folder}" in ended.stdout, ended.stdout + ended.stderr
    assert "ERROR test_it.py::test_intruder" in ended.stdout
    assert "3 passed, 1 error" in ended.stdout
