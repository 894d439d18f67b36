"""What was asked of `tryon batch`, and how the same would be asked again."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from tryon_core.models.request import Category


@attrs.frozen(kw_only=True)
class BatchCall:
    """The arguments of a run, as they were typed.

    Attributes:
        out: folder of the run.
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
        retry_unknown: send again what may have been paid for.
        retry_failed: send again what was refused or failed.
        stop_after: failures of one kind in a row that end the run.
        quota_storage: where the quota is counted.
        config: configuration file, None for the usual one.
        quiet: show no progress.
        as_json: print events.
    """

    out: Path
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
    retry_unknown: bool = False
    retry_failed: bool = False
    stop_after: int = 3
    quota_storage: str = "memory://"
    config: Path | None = None
    quiet: bool = False
    as_json: bool = False

    def resume_command(self) -> str:
        """Return the command that goes on with this run.

        What failed or is unknown is not among that which goes on: it is sent again only when
        somebody asks for it anew.
        """
        return shlex.join(["tryon", "batch", *self._words(), "--resume"])

    def _words(self) -> Iterator[str]:
        if self.manifest is not None:
            yield str(self.manifest)
        for option, value in self._values():
            if value is not None:
                yield from (option, str(value))
        for name, given in self.options.items():
            for one in [given] if isinstance(given, str) else given:
                yield from ("-o", f"{name}={one}")
        for limit in self.max_cost:
            yield from ("--max-cost", limit)
        for flag, is_given in self._flags():
            if is_given:
                yield flag

    def _values(self) -> Iterator[tuple[str, object]]:
        yield "--persons", self.persons
        yield "--garments", self.garments
        yield "--category", self.category
        yield "-p", self.provider
        yield "--out", self.out
        yield "--concurrency", self.concurrency
        yield "--stop-after", self.stop_after if self.stop_after != _DEFAULT_STOP_AFTER else None
        shared = self.quota_storage if self.quota_storage != _DEFAULT_STORAGE else None
        yield "--quota-storage", shared
        yield "--config", self.config

    def _flags(self) -> Iterator[tuple[str, bool]]:
        yield "--no-fit", not self.fit
        yield "--allow-unpriced", self.allow_unpriced
        yield "--again", self.again
        yield "--json", self.as_json
        yield "--quiet", self.quiet


_DEFAULT_STOP_AFTER = attrs.fields(BatchCall).stop_after.default
_DEFAULT_STORAGE = attrs.fields(BatchCall).quota_storage.default
