"""Manifests: a table of try-ons, read whole and checked whole before anything is sent."""

from tryon_batch.manifest.checking import check_items, check_manifest
from tryon_batch.manifest.columns import ManifestProblems, RowProblem
from tryon_batch.manifest.files import pair_folders, read_manifest
from tryon_batch.manifest.rows import Manifest, Row

__all__ = [
    "Manifest",
    "ManifestProblems",
    "Row",
    "RowProblem",
    "check_items",
    "check_manifest",
    "pair_folders",
    "read_manifest",
]
