"""Write what pip leaves behind: distributions that look installed once they lie on sys.path."""

from collections.abc import Mapping
from pathlib import Path

PROVIDERS = "tryon_core.providers"


def write_distribution(
    folder: Path,
    name: str,
    *,
    version: str = "1.0",
    providers: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
    group: str = PROVIDERS,
) -> Path:
    """Write a distribution and return the folder of its metadata.

    Args:
        folder: put it on sys.path.
        name: name of the distribution.
        version: its version.
        providers: entry points, such as `{"acme": "tryon_acme:provider"}`.
        modules: source text by module name.
        group: group of the entry points.
    """
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (metadata / "METADATA").write_text(text, encoding="utf-8")
    lines = [f"{entry} = {value}" for entry, value in (providers or {}).items()]
    points = "\n".join([f"[{group}]", *lines, ""])
    (metadata / "entry_points.txt").write_text(points, encoding="utf-8")
    for module, source in (modules or {}).items():
        (folder / f"{module}.py").write_text(source, encoding="utf-8")
    return metadata
