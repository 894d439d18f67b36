"""What was asked of `tryon batch`, and how a later call goes on with the same."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from tryon_core.errors import InputError
from tryon_core.models.request import Category

META = "call"
"""Name under which the journal keeps what was asked."""
_ONCE = ("retry_unknown", "retry_failed", "only", "redo", "settle", "allows_private")
"""What holds for one call."""
_SOURCE = ("manifest", "persons", "garments", "category")
_PATHS = frozenset({"manifest", "persons", "garments", "config"})


@attrs.frozen(kw_only=True)
class BatchCall:
    """The arguments of a run, as they were typed.

    Attributes:
        out: folder of the run; None only where nothing is sent.
        manifest: what to do, None when it comes from two folders.
        persons: folder of photos of persons.
        garments: folder of garments, each for each person.
        category: of these garments.
        provider: for rows that name none.
        options: of that provider, as text.
        fit: whether local images are made to fit the provider's limits.
        concurrency: requests at once to one provider, None for what its quota is worth.
        max_cost: limits of cost, as text.
        allow_unpriced: do what has no known price in spite of a limit.
        again: buy work that was done before.
        stop_after: failures of one kind in a row that end the run.
        quota_storage: where the quota is counted.
        executor: `threads` or `processes`.
        config: configuration file, None for the usual one.
        retry_unknown: send again what may have been paid for; holds for one call.
        retry_failed: send again what was refused or failed; holds for one call.
        only: ids of the items that this call is about, empty for all; holds for one call.
        redo: ids of items that are bought again; holds for one call.
        settle: what was found out about unknown items, each as `ID=JOB`; holds for one call.
        allows_private: whether images may be fetched from private networks; holds for one call.
    """

    out: Path | None = None
    manifest: Path | None = None
    persons: Path | None = None
    garments: Path | None = None
    category: Category | None = None
    provider: str | None = None
    options: Mapping[str, str | list[str]] = attrs.field(factory=dict)
    fit: bool = True
    concurrency: int | None = None
    max_cost: tuple[str, ...] = ()
    allow_unpriced: bool = False
    again: bool = False
    stop_after: int = 5
    quota_storage: str = "memory://"
    executor: str = "threads"
    config: Path | None = None
    retry_unknown: bool = False
    retry_failed: bool = False
    only: tuple[str, ...] = ()
    redo: tuple[str, ...] = ()
    settle: tuple[str, ...] = ()
    allows_private: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        if self.out is None:
            raise AssertionError("a run needs a folder")
        return self.out

    @property
    def has_source(self) -> bool:
        """Whether it says what is to be done."""
        return any((self.manifest, self.persons, self.garments))

    def named_ids(self) -> frozenset[str]:
        """Return the items that this call is about, none for all."""
        return frozenset((*self.only, *self.redo)) if self.only else frozenset()

    def follow_command(self, *flags: str) -> str:
        """Return the command that goes on with what its manifest says now."""
        words: list[str] = []
        if self.manifest is not None:
            words = [str(self.manifest)]
        elif self.persons and self.garments and self.category:
            folders = ("--persons", str(self.persons), "--garments", str(self.garments))
            words = [*folders, "--category", self.category]
        return resume_command(self.folder, *flags, *self._lasting(), source=words)

    def resume_command(self) -> str:
        """Return the command that goes on with this run."""
        return resume_command(self.folder, *self._lasting())

    def _lasting(self) -> tuple[str, ...]:
        """Return the flags that the journal does not keep and a later call needs again."""
        return ("--allow-private-addresses",) if self.allows_private else ()

    def to_json(self) -> str:
        """Return what a later call goes on with, for the journal; paths hold in any folder."""
        once = attrs.filters.exclude("out", *_ONCE)
        values = attrs.asdict(self, filter=once)
        for name in _PATHS:
            values[name] = None if values[name] is None else str(values[name].absolute())
        if urlsplit(self.quota_storage).password:
            # A list of what was done is shown around; a password is not for it.
            values["quota_storage"] = None
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str, given: Mapping[str, Any]) -> "BatchCall":
        """Return an earlier call, with what is given now instead of what was given then.

        Raises:
            InputError: something that is not kept must be given again.
        """
        noted = json.loads(text)
        if any(name in given for name in _SOURCE):
            noted |= dict.fromkeys(_SOURCE)
        values = {**noted, **given}
        if values["quota_storage"] is None:
            raise InputError(
                "the quota was counted in a storage with a password, and passwords are not kept.",
                remedy="Give --quota-storage again.",
            )
        for name in _PATHS:
            values[name] = None if values[name] is None else Path(values[name])
        return cls(**{**values, "max_cost": tuple(values["max_cost"])})


def resume_command(folder: Path, *flags: str, source: Sequence[str] = ()) -> str:
    """Return the command that goes on with the run of a folder."""
    return shlex.join(["tryon", "batch", *source, "--resume", "--out", str(folder), *flags])
