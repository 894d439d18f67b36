"""Runs over many items: never paid twice, never lost, never too fast.

`Client.run_batch()` is the short way in. The names here are for runs with several providers, for
manifests, and for reading what a run left. They are imported on first use.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tryon_batch.client_run import run_requests
    from tryon_batch.estimate import Budget, BudgetExceeded, check_budget
    from tryon_batch.history import RunHistory
    from tryon_batch.items import BatchItem, BatchPolicy, Cost, Entry, Outcome, SavedFile
    from tryon_batch.journal import Journal, JournalReader
    from tryon_batch.manifest import ManifestProblems, check_manifest, pair_folders, read_manifest
    from tryon_batch.output import OutputFolder, write_lists
    from tryon_batch.resuming import settle
    from tryon_batch.run import OpenRun, open_run, run_batch

__all__ = [
    "BatchItem",
    "BatchPolicy",
    "Budget",
    "BudgetExceeded",
    "Cost",
    "Entry",
    "Journal",
    "JournalReader",
    "ManifestProblems",
    "OpenRun",
    "Outcome",
    "OutputFolder",
    "RunHistory",
    "SavedFile",
    "check_budget",
    "check_manifest",
    "open_run",
    "pair_folders",
    "read_manifest",
    "run_batch",
    "run_requests",
    "settle",
    "write_lists",
]

_HOME = MappingProxyType(
    {
        "BatchItem": "tryon_batch.items",
        "BatchPolicy": "tryon_batch.items",
        "Budget": "tryon_batch.estimate",
        "BudgetExceeded": "tryon_batch.estimate",
        "Cost": "tryon_batch.items",
        "Entry": "tryon_batch.items",
        "Journal": "tryon_batch.journal",
        "JournalReader": "tryon_batch.journal",
        "ManifestProblems": "tryon_batch.manifest",
        "OpenRun": "tryon_batch.run",
        "Outcome": "tryon_batch.items",
        "OutputFolder": "tryon_batch.output",
        "RunHistory": "tryon_batch.history",
        "SavedFile": "tryon_batch.items",
        "check_budget": "tryon_batch.estimate",
        "check_manifest": "tryon_batch.manifest",
        "open_run": "tryon_batch.run",
        "pair_folders": "tryon_batch.manifest",
        "read_manifest": "tryon_batch.manifest",
        "run_batch": "tryon_batch.run",
        "run_requests": "tryon_batch.client_run",
        "settle": "tryon_batch.resuming",
        "write_lists": "tryon_batch.output",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
