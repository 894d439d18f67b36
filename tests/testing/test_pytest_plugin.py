"""The pytest plugin sleeps until it is asked."""

import os
import subprocess
import sys

from distributions import write_distribution

PLUGIN = "tryon_testing.pytest_plugin"

LOADED = """
import sys

def test_nothing_is_loaded():
    heavy = ("attr", "flask", "hypothesis", "PIL", "pluggy_", "requests", "tryon_", "vcr")
    mine = {"tryon_core", "tryon_core.lazy_names", "tryon_testing", "tryon_testing.pytest_plugin"}
    names = [name for name in sys.modules if name.startswith(heavy)]
    assert set(names) == mine
"""


def _bare():
    return {"PATH": "", "HOME": os.environ["HOME"]}


def _pytest(folder, *arguments):
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", PLUGIN, *arguments],
        cwd=folder,
        env={**_bare(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


def _plugin(folder, body):
    return write_distribution(
        folder,
        "tryon-sample",
        providers={"sample": "sample_plugin:provider"},
        modules={"sample_plugin": body},
    )


SAMPLE = """
from tryon_core import Capabilities, JobUpdate, ProviderInfo, hookimpl

class Sample:
    info = ProviderInfo(id="sample", name="{name}", capabilities=Capabilities(garments=[["top"]]))

    @hookimpl
    def validate_inputs(self, request, ctx):
        return []

    @hookimpl
    def submit(self, request, ctx):
        from tryon_core import Artifact, JobResult
        garment = next(iter(request.garments.values()))
        result = JobResult(images=[Artifact(source=garment)])
        return ctx.new_job("1", result=result)

    @hookimpl
    def poll(self, job, ctx):
        raise NotImplementedError

    @hookimpl
    def parse_garment(self, request, ctx):
        raise NotImplementedError

provider = Sample()
"""


def test_plain_pytest_loads_nothing_of_ours(tmp_path):
    (tmp_path / "test_plain.py").write_text(LOADED)
    code, text = _pytest(tmp_path, "-q")
    assert code == 0, text
    assert "1 passed" in text


def test_the_entry_point_alone_loads_nothing_of_ours(tmp_path):
    write_distribution(tmp_path, "tryon-kit", providers={"tryon": PLUGIN}, group="pytest11")
    (tmp_path / "test_plain.py").write_text(LOADED)
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark"],
        cwd=tmp_path,
        env={**_bare(), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_module_of_the_plugin_imports_the_standard_library_only(tmp_path):
    lines = (
        "import sys; before = set(sys.modules); import tryon_testing.pytest_plugin; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "['tryon_core', 'tryon_testing']"


def test_a_provider_is_checked_without_a_test_file(tmp_path):
    _plugin(tmp_path, SAMPLE.format(name="Sample"))
    (tmp_path / "test_plain.py").write_text("def test_plain():\n    pass\n")
    code, text = _pytest(tmp_path, "-v", "--strict-markers", "--tryon-provider", "sample")
    assert code == 0, text
    assert "TestInstalledProvider::test_its_hooks_fit PASSED" in text
    assert "TestInstalledProvider::test_every_sample_request_gives_images PASSED" in text
    assert "test_plain" not in text


def test_a_fault_of_the_provider_fails_the_run(tmp_path):
    _plugin(tmp_path, SAMPLE.format(name=""))
    code, text = _pytest(tmp_path, "-q", "--tryon-provider", "sample", "-k", "declares_itself")
    assert code == 1, text
    assert "`info.name` is empty. Name the vendor." in text


def test_the_contract_comes_beside_the_tests_that_are_named(tmp_path):
    _plugin(tmp_path, SAMPLE.format(name="Sample"))
    (tmp_path / "test_plain.py").write_text("def test_plain():\n    pass\n")
    code, text = _pytest(
        tmp_path, "-v", "--tryon-provider", "sample", "test_plain.py", "-k", "plain or hooks_fit"
    )
    assert code == 0, text
    assert "2 passed" in text


def test_the_checks_can_be_chosen_by_their_mark(tmp_path):
    _plugin(tmp_path, SAMPLE.format(name="Sample"))
    (tmp_path / "test_plain.py").write_text("def test_plain():\n    pass\n")
    code, text = _pytest(
        tmp_path, "-q", "--tryon-provider", "sample", "test_plain.py", "-m", "not tryon_contract"
    )
    assert code == 0, text
    assert "1 passed" in text


def test_an_unknown_provider_is_named(tmp_path):
    code, text = _pytest(tmp_path, "-q", "--tryon-provider", "nobody", "-k", "hooks_fit")
    assert code == 1, text
    assert "no provider 'nobody' is installed" in text


UNCHECKED = """
import pytest
from tryon_testing.unchecked import skip_unchecked, tell_unchecked

class TestContract:
    @pytest.fixture(scope="class")
    def world(self):
        tell_unchecked("told by a fixture")

    def test_one(self, world):
        tell_unchecked("no entry refuses with bad_key: add one")

    def test_two(self):
        tell_unchecked("no entry refuses with bad_key: add one")
        skip_unchecked("no entry has the operation cancel: add one")

    def test_three(self):
        pytest.skip("the provider offers no balance")
"""
LISTED = """\
test_unchecked.py::TestContract
  - told by a fixture
  - no entry refuses with bad_key: add one
  - no entry has the operation cancel: add one
"""


def test_what_could_not_be_checked_is_listed_once_at_the_end(tmp_path):
    (tmp_path / "test_unchecked.py").write_text(UNCHECKED)
    code, text = _pytest(tmp_path, "-q")
    assert code == 0, text
    assert "not checked by the contract of tryon providers" in text
    assert LISTED in text
    assert "no balance" not in text


def test_workers_tell_the_main_process_what_they_could_not_check(tmp_path):
    (tmp_path / "test_unchecked.py").write_text(UNCHECKED)
    code, text = _pytest(tmp_path, "-q", "-p", "xdist", "-n", "1")
    assert code == 0, text
    assert LISTED in text
