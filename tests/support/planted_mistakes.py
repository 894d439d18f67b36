"""Mistakes to be planted in the plugins of vendors: data, and how one is planted."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "tests" / "mutation" / "mistakes"
DECLARED = "declared"
"""The vendor that is no plugin: the core's own provider, declared as data."""
CATEGORIES = {
    "keys": "the header of the key, signatures, keys where they do not belong",
    "fields": "names and shapes of what is sent",
    "categories": "the vendor's words for top, bottom and dress",
    "images": "which image is the person and which the garment",
    "options": "options that are not sent, or sent wrongly",
    "outputs": "images that are lost, or counted wrongly",
    "states": "the vendor's words for the state of a job",
    "failures": "failed jobs: code, reason, what was billed",
    "errors": "refusals: class, remedy, retry, what was billed",
    "waiting": "Retry-After, and how long to wait",
    "ids": "ids of jobs and of calls",
    "lifetimes": "when jobs and results expire",
    "requests": "what is sent twice, too early, or in the wrong hook",
    "limits": "what validation lets through or refuses",
    "prices": "prices, and usage that the vendor reports",
    "answers": "what is taken from an answer that is odd",
    "parsing": "boxes, masks and categories of parsings",
    "cancelling": "what becomes of a job that is stopped",
    "balance": "what is left on the account",
    "uploads": "images that are stored with the vendor first",
    "look-up": "submissions whose answer was lost",
}
ORIGINS = {
    "reported": "of kinds that passed the kit once, or were made by somebody who added a vendor",
    "thought of": "that a hurried author may make",
    "drawn": "drawn at random from the sources",
}


@attrs.frozen(kw_only=True)
class Mistake:
    """One mistake.

    Attributes:
        plugin: id of the vendor, or `declared`.
        name: what it is called in the reports, unique in its plugin.
        category: one of `CATEGORIES`.
        origin: one of `ORIGINS`.
        file: where it is planted, below the package.
        old: text that is there exactly once.
        new: what replaces it.
        same: why nothing changes on the wire or in what callers get; empty where something does.
        unseen: why it shows in nothing that the emulator answers, or takes; empty where it does.
        escapes: why no check finds it though it shows; empty where one must.
    """

    plugin: str
    name: str
    category: str = attrs.field(validator=attrs.validators.in_(CATEGORIES))
    origin: str = attrs.field(validator=attrs.validators.in_(ORIGINS))
    file: str
    old: str
    new: str
    same: str = ""
    unseen: str = ""
    escapes: str = ""

    @property
    def place(self) -> Path:
        """The file."""
        return package_of(self.plugin) / self.file

    def planted_in(self, source: str) -> str:
        """Return the source with the mistake in it.

        Raises:
            ValueError: the old text is not there exactly once.
        """
        found = source.count(self.old)
        if found != 1:
            raise ValueError(
                f"{self.plugin}/{self.name}: its `old` text is {found} times in {self.file}, not "
                f"once. Change the row in {TABLES.relative_to(ROOT) / self.plugin}.toml."
            )
        return source.replace(self.old, self.new)

    def plant(self, folder: Path) -> None:
        """Copy the package into a folder, with the mistake in it."""
        package = package_of(self.plugin)
        copied = folder / package.name
        ignored = shutil.ignore_patterns("__pycache__", "emulator")
        shutil.copytree(package, copied, ignore=ignored)
        source = self.place.read_text(encoding="utf-8")
        (copied / self.file).write_text(self.planted_in(source), encoding="utf-8")


def package_of(plugin: str) -> Path:
    """Return the folder of a plugin's package."""
    if plugin == DECLARED:
        return ROOT / "tryon_core"
    return ROOT / "plugins" / plugin / f"tryon_{plugin}"


def checks_of(plugin: str) -> Sequence[Path]:
    """Return the files with the contract and the properties of a plugin, and nothing else."""
    if plugin == DECLARED:
        # The invented vendor has most; what only others declare is tried with theirs.
        others = (_tests(name)[0] for name in ("fashn", "fal", "pixelcut", "kling"))
        return (ROOT / "tests" / "test_declared_contract.py", *others)
    return _tests(plugin)


def _tests(plugin: str) -> tuple[Path, Path]:
    tests = ROOT / "plugins" / plugin / "tests"
    return tests / "test_contract.py", tests / "test_properties.py"


def plugins() -> Sequence[str]:
    """Return the plugins that have a table, in order."""
    return sorted(path.stem for path in TABLES.glob("*.toml"))


def mistakes_of(plugin: str) -> Iterator[Mistake]:
    """Yield the mistakes of a plugin, in the order of its table."""
    table = tomllib.loads((TABLES / f"{plugin}.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = table["mistake"]
    for row in rows:
        yield Mistake(plugin=plugin, **row)
