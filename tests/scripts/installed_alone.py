"""Run in an environment that has one distribution of ours and what it needs: it can be used.

python -I tests/scripts/installed_alone.py tryon_fashn
"""

import importlib
import importlib.metadata
import sys


def main() -> None:
    """Import the package and load its providers."""
    package = sys.argv[1]
    name = package.replace("_", "-")
    importlib.import_module(package)
    ours = sorted(
        entry.metadata["Name"]
        for entry in importlib.metadata.distributions()
        if entry.metadata["Name"].startswith("tryon-")
    )
    points = importlib.metadata.distribution(name).entry_points
    providers = points.select(group="tryon_core.providers")
    for point in providers:
        from tryon_core import Client

        with Client(point.name) as client:
            assert client.info.id == point.name
    strangers = set(ours) - {name, "tryon-core", "tryon-batch", "tryon-doctor", "tryon-testing"}
    assert not strangers, f"{name} brings {strangers}"
    print(f"{name}: with {', '.join(ours)}; providers: {[point.name for point in providers]}")  # noqa: T201


main()
