"""What holds for all tests, those of the plugins included."""

import gc
import itertools
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import platformdirs
import pytest

from tryon_core.remembered import REMEMBER_ENV, data_folder
from tryon_testing.profiles import CI, PROFILE_ENV, register_profiles

_ROOT = Path(__file__).parent
_REPEATING = (
    *("test_properties", "test_storm", "test_crash", "test_remembered_crash", "test_outfits_crash"),
    *("test_declared_contract", "test_declared_properties", "test_fitting", "test_hostile"),
)
_VENDORS = (path.parts[-3].upper() for path in _ROOT.glob("plugins/*/*/emulator"))
_SETTINGS = ("TRYON_", "XDG_", *_VENDORS)
_NEEDED = ("TRYON_EVAL_IMAGES", "XDG_RUNTIME_DIR")
_OF_THE_USER = (
    str(data_folder()),
    platformdirs.user_config_dir("tryon", appauthor=False),
    platformdirs.user_cache_dir("tryon", appauthor=False),
)

for _name in [*os.environ]:
    if _name.startswith(_SETTINGS) and _name not in _NEEDED:
        del os.environ[_name]
os.environ[REMEMBER_ENV] = "0"  # it costs time; a test that is about it says so
os.environ.setdefault(PROFILE_ENV, CI)  # no deadlines: a loaded machine is no fault
register_profiles()
# A shell that runs this in the background has it ignore interruptions, `nohup` that a terminal is
# closed, and what tests start would ignore both, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):  # not on Windows
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_configure(config: pytest.Config) -> None:
    """Watch what tests open, unless coverage is measured.

    Coverage sets a trace function in each thread, and Python refuses that, or crashes, while an
    audit hook of another thread runs.
    """
    # Here, since a run in another folder, whose tests are in a package of ours, reads this too.
    config.addinivalue_line("markers", "no_cover: coverage is not measured meanwhile")
    if not config.getoption("cov_source", None):
        sys.addaudithook(_watch)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage among what comes after the collection: all tests stay to the end.

    Python would look through all of them and their modules again and again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Have each of parallel workers begin with other modules.

    To rewrite the assertions of a module takes longer than to import it. A worker that finds it
    done, in the cache of compiled modules, does not do it again.
    """
    report = yield
    worker = getattr(collector.config, "workerinput", None)
    if worker and isinstance(collector, (pytest.Session, pytest.Directory)):
        share = int(worker["workerid"].removeprefix("gw")) / worker["workercount"]
        first = int(share * len(report.result))
        report.result = [*report.result[first:], *report.result[:first]]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage where a test repeats: that takes time, and finds nothing new."""
    items.sort(key=lambda item: item.path)  # all workers must have one order
    for item in items:
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_property or item.path.name.startswith(_REPEATING):
            item.add_marker("no_cover")


@pytest.fixture(scope="session", autouse=True)
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[str]]:
    """Give what several tests share a home of its own; return names for the homes of tests."""
    with pytest.MonkeyPatch.context() as patch:
        shared = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(shared))
        yield (str(shared / f"of-test-{number}") for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_home(_homes: Iterator[str]) -> Iterator[None]:
    """Keep each test, and the processes that it starts, out of the folders of whoever runs it.

    This is the only place: data, configuration and cache are all found by the home folder.
    """
    # Its own patch: some tests undo theirs before they end.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", next(_homes))
        yield
    if _ESCAPES:
        pytest.fail(f"the test left its home: {_ESCAPES.pop()}")


_ESCAPES: set[str] = set()


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        environment = arguments[3]
        if isinstance(environment, dict) and "HOME" not in environment:
            _ESCAPES.add("it started a process without HOME")
    elif event == "open" or event.startswith(("os.", "sqlite3.connect")):
        # SQLite of Python 3.10 tells the path as bytes.
        paths = [os.fsdecode(it) for it in arguments if isinstance(it, (str, bytes, os.PathLike))]
        found = [path for path in paths if path.startswith(_OF_THE_USER)]
        _ESCAPES.update(f"{event} {path}" for path in found)
