"""Run contract and properties of one plugin in this process, for `mutation.py`.

Arguments: id of the plugin, folder with its changed copy, where to write what was found, and what
to run: `whole`, `quick`, `rest`, or the name of a module of checks.
"""

import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from planted_mistakes import DECLARED, ROOT, checks_of, package_of

_MOST_SHOWN = 400
_SOON = [
    "smoke",
    "workflow",
    "understood",
    "failing_jobs",
    "told",
    "refusals",
    "look_up",
    "sending",
    "declaration",
]
"""Checks that cost little and find much come first; a quick run has no others."""


class Recorder:
    """Puts the changed copy in place, and notes the first check that fails."""

    def __init__(self, plugin: str, folder: str, extent: str) -> None:
        self.plugin, self.folder, self.extent = plugin, folder, extent
        self.found: dict[str, Any] = {}

    def pytest_configure(self) -> None:
        """Before any test is imported; what pytest itself loads is the core, and the kit."""
        _use_changed_copy(self.plugin, self.folder)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the contract before the properties, and cheap checks before dear ones."""
        items.sort(key=lambda item: (_is_property(item), _place(item)))
        items[:] = [item for item in items if self._is_wanted(item)]

    def _is_wanted(self, item: pytest.Item) -> bool:
        is_soon = _place(item) < len(_SOON)
        by_extent = {"whole": True, "quick": is_soon, "rest": not is_soon}
        return by_extent.get(self.extent, self.extent == _module(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Note which check failed, of which kind it is, and its words."""
        report = yield
        if report.failed and not self.found and call.excinfo is not None:
            is_in_words = isinstance(call.excinfo.value, pytest.fail.Exception)
            self.found = {
                "by": "properties" if _is_property(item) else "contract",
                "check": item.name,
                "in_words": is_in_words,
                "message": " ".join(call.excinfo.exconly().split())[:_MOST_SHOWN],
            }
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that the plugin cannot even be imported."""
        if report.failed and not self.found:
            text = " ".join(str(report.longrepr).split())[-_MOST_SHOWN:]
            self.found = {"by": "contract", "check": "import", "in_words": False, "message": text}


def _is_property(item: pytest.Item) -> bool:
    from tryon_testing import ProviderProperties

    return issubclass(getattr(item, "cls", object), ProviderProperties)


def _module(item: pytest.Item) -> str:
    return str(getattr(item, "function", item).__module__).rpartition(".")[2]


def _place(item: pytest.Item) -> int:
    module = _module(item)
    return _SOON.index(module) if module in _SOON else len(_SOON)


def _use_changed_copy(plugin: str, folder: str) -> None:
    """Load the emulator as it is, then let everybody else find the changed package."""
    package = package_of(plugin).name
    # A copy of the core is found before the core by PYTHONPATH: pytest's own plugins import it.
    if plugin != DECLARED:
        (point,) = importlib.metadata.entry_points(group="tryon_core.emulators", name=plugin)
        point.load()
        kept = f"{package}.emulator"
        for name in [*sys.modules]:
            if name.partition(".")[0] == package and not name.startswith(kept):
                del sys.modules[name]
        sys.path.insert(0, folder)
    found = importlib.util.find_spec(package)
    assert str(found and found.origin).startswith(folder), found


def main() -> None:
    """Run the checks, and write what was found."""
    plugin, folder, report, extent = sys.argv[1:]
    recorder = Recorder(plugin, folder, extent)
    options = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    status = pytest.main([*options, *map(str, checks_of(plugin))], plugins=[recorder])
    found = recorder.found
    if status != pytest.ExitCode.OK and not found:
        found = {"by": "nobody", "check": "", "in_words": False, "message": f"pytest: {status!r}"}
    Path(report).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
