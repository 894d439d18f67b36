"""Runs over many items: never paid twice, never lost, never too fast.

`Client.run_batch()` is the short way in. The names here are for runs with several providers, for
manifests, and for reading what a run left. They are imported on first use.
"""

from typing import TYPE_CHECKING

from tryon_core.lazy_names import lazy_names

if TYPE_CHECKING:
    from tryon_batch.client_run import run_requests as run_requests
    from tryon_batch.costs import Money as Money
    from tryon_batch.estimate import (
        Budget as Budget,
        BudgetExceeded as BudgetExceeded,
        Estimate as Estimate,
        EstimateLine as EstimateLine,
        check_budget as check_budget,
    )
    from tryon_batch.history import RunHistory as RunHistory
    from tryon_batch.ids import Shard as Shard
    from tryon_batch.items import (
        BatchItem as BatchItem,
        BatchPolicy as BatchPolicy,
        Cost as Cost,
        Entry as Entry,
        Outcome as Outcome,
        ParsingCost as ParsingCost,
        SavedFile as SavedFile,
    )
    from tryon_batch.journal import Journal as Journal, JournalReader as JournalReader
    from tryon_batch.listeners import RunListener as RunListener
    from tryon_batch.manifest import (
        ManifestProblems as ManifestProblems,
        check_manifest as check_manifest,
        pair_folders as pair_folders,
        read_manifest as read_manifest,
    )
    from tryon_batch.output import OutputFolder as OutputFolder, write_lists as write_lists
    from tryon_batch.reading import (
        RunFolder as RunFolder,
        read_runs as read_runs,
        same_ids as same_ids,
    )
    from tryon_batch.resuming import settle as settle
    from tryon_batch.run import OpenRun as OpenRun, open_run as open_run, run_batch as run_batch

    __version__: str

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "tryon_batch.client_run": "run_requests",
        "tryon_batch.costs": "Money",
        "tryon_batch.estimate": "Budget BudgetExceeded Estimate EstimateLine check_budget",
        "tryon_batch.history": "RunHistory",
        "tryon_batch.ids": "Shard",
        "tryon_batch.items": "BatchItem BatchPolicy Cost Entry Outcome ParsingCost SavedFile",
        "tryon_batch.journal": "Journal JournalReader",
        "tryon_batch.listeners": "RunListener",
        "tryon_batch.manifest": "ManifestProblems check_manifest pair_folders read_manifest",
        "tryon_batch.output": "OutputFolder write_lists",
        "tryon_batch.reading": "RunFolder read_runs same_ids",
        "tryon_batch.resuming": "settle",
        "tryon_batch.run": "OpenRun open_run run_batch",
    },
)
