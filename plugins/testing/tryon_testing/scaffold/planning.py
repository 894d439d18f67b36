"""What is to be written and where, or everything that is wrong with that."""

import importlib.util
import keyword
import re
from collections.abc import Iterator
from pathlib import Path

from tryon_core.engine import REGISTRY
from tryon_core.errors import InputError
from tryon_core.installed import normalised
from tryon_core.registry import ID, ID_RULE, KNOWN_IDS, InstalledProvider
from tryon_testing.exchanges import read_exchanges
from tryon_testing.scaffold.deriving import derived_facts
from tryon_testing.scaffold.facts import Facts, usual_facts

_OURS = {"batch", "core", "extensions", "report", "s3", "testing"}
"""Names of distributions of this project that are no providers."""


def plan(
    name: str, out: Path | None, exchanges: Path | None, *, is_declared: bool
) -> tuple[Facts, Path]:
    """Return the facts of a vendor and the folder of its distribution.

    Args:
        name: the provider's id.
        out: the folder, None for one that is called like the distribution.
        exchanges: documented exchanges, None for those of an invented vendor.
        is_declared: whether the provider is data.

    Raises:
        InputError: it names all that is wrong with the name, the folder and the exchanges.
    """
    facts = usual_facts(name)
    folder = out or Path(facts.distribution)
    problems = [*_of_name(name), *_of_folder(folder)]
    try:
        if exchanges is not None:
            facts = derived_facts(facts, read_exchanges(exchanges), is_declared=is_declared)
    except (InputError, ValueError) as error:
        problems.append(f"--from: {error}")
    if problems:
        text = " ".join(problems)
        count = f"{len(problems)} problems. " if len(problems) > 1 else ""
        raise InputError(f"{count}{text}", remedy="Nothing was written.")
    return facts, folder


def _of_name(name: str) -> Iterator[str]:
    taken = {entry.id: entry for entry in REGISTRY.installed()}
    if not ID.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
        near = re.sub(r"^(tryon_*)+", "", near)
        hint = f": such as {near}" if ID.fullmatch(near) else ""
        yield f"NAME: {name!r} is no id of a provider. Use {ID_RULE}{hint}."
    elif keyword.iskeyword(name):
        yield f"NAME: {name!r} is a word of Python. Take the vendor's name."
    elif name in taken and (name in KNOWN_IDS or not _is_own(taken[name])):
        label = taken[name].label
        yield f"NAME: {name!r} is taken by {label}, which is installed. Take another one."
    elif name in taken:
        return  # an earlier edition of the same distribution
    elif name in {*KNOWN_IDS, *_OURS} or importlib.util.find_spec(f"tryon_{name}"):
        yield f"NAME: {name!r} is taken: there is a tryon-{name} already. Take another one."


def _is_own(entry: InstalledProvider) -> bool:
    """Whether an installed provider is what this command writes under its id."""
    return normalised(entry.distribution) == normalised(f"tryon-{entry.id}")


def _of_folder(folder: Path) -> Iterator[str]:
    if folder.is_dir() and any(folder.iterdir()):
        yield f"--out: {folder} is not empty. Name another folder: nothing is overwritten."
    elif folder.exists() and not folder.is_dir():
        yield f"--out: {folder} is a file. Name a folder that is not there yet."
