"""Writes new providers as `tryon new-provider` does, and makes them look installed."""

import re
from pathlib import Path

from distributions import write_distribution
from tryon_testing.scaffold.planning import plan
from tryon_testing.scaffold.writing import write_provider

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/first-provider.md"


def tutorial_exchanges(folder: Path) -> Path:
    """Write the exchanges of the tutorial's vendor into a folder, and return the path."""
    text = TUTORIAL.read_text(encoding="utf-8")
    (yaml,) = re.findall(r"<!-- exchanges.yaml -->\s+```yaml\n(.*?)```", text, re.DOTALL)
    path = folder / "exchanges.yaml"
    path.write_text(yaml, encoding="utf-8")
    return path


def new_provider(
    name: str, folder: Path, *, is_declared: bool = True, exchanges: Path | None = None
) -> Path:
    """Write a provider into `tryon-NAME` below a folder, with metadata as pip writes them."""
    facts, place = plan(name, folder / f"tryon-{name}", exchanges, is_declared=is_declared)
    write_provider(facts, place, is_declared=is_declared, exchanges=exchanges)
    write_distribution(place, facts.distribution, providers={name: f"{facts.package}:provider"})
    if exchanges is None:
        write_distribution(
            place,
            f"{facts.distribution}-emulator",
            providers={name: f"{facts.package}.emulator:emulator"},
            group="tryon_core.emulators",
        )
    return place
