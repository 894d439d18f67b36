"""Look into every wheel and source archive of a folder: what is in it, and how large it is.

    python tests/scripts/check_dist.py dist

Each wheel has its package with `py.typed`, the licence and the metadata, and nothing else: no test,
no cassette. Its size is bounded, so that nothing large comes in unseen.
"""

import re
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

MOST_KB = {"tryon-core": 310, "tryon-local": 10_000, "tryon-testing": 400}
"""The largest wheels; those of vendors and applications have at most `USUAL_KB`."""
USUAL_KB = 150
SUFFIXES = {
    "tryon-batch": {".sql"},
    "tryon-local": {".md", ".tflite", ".webp", ""},
    "tryon-report": {".css", ".html", ".js"},
    "tryon-testing": {".jinja", ".webp"},
}
"""What a wheel may hold beside Python, `py.typed` and metadata."""


def faults_of_wheel(path: Path) -> list[str]:
    """Return what is wrong with a wheel."""
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if not name.endswith("/")]
        (meta,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        headers = Parser().parsestr(wheel.read(meta).decode())
    name = headers["Name"]
    package = name.replace("-", "_")
    info = f"{package}-{headers['Version']}.dist-info"
    faults = []
    roots = {entry.partition("/")[0] for entry in names}
    faults += [f"{root} does not belong in it" for root in sorted(roots - {package, info})]
    faults += [
        f"{needed} is missing"
        for needed in (f"{package}/py.typed", f"{info}/licenses/LICENSE", f"{package}/__init__.py")
        if needed not in names
    ]
    allowed = {".py", ".typed", *SUFFIXES.get(name, ())}
    faults += [
        f"{entry} does not belong in it"
        for entry in names
        if entry.startswith(f"{package}/")
        and (Path(entry).suffix not in allowed or re.search(r"(^|/)(tests?|__pycache__)/", entry))
    ]
    for field in ("Summary", "Requires-Python", "License-Expression", "Description-Content-Type"):
        if not headers[field]:
            faults.append(f"the metadata has no {field}")
    size_kb = path.stat().st_size / 1000
    most_kb = MOST_KB.get(name, USUAL_KB)
    if size_kb > most_kb:
        faults.append(f"it has {size_kb:.0f} kB, more than {most_kb}")
    print(f"{path.name:<45} {size_kb:>7.0f} kB  {len(names):>4} files")  # noqa: T201  (its output)
    return [f"{path.name}: {fault}." for fault in faults]


def faults_of_archive(path: Path) -> list[str]:
    """Return what is wrong with a source archive: it must build the same wheel."""
    with tarfile.open(path) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    package = path.name.rpartition("-")[0]
    needed = {"pyproject.toml", "README.md", "LICENSE", f"{package}/__init__.py"}
    return [f"{path.name}: {name} is missing." for name in sorted(needed - set(names))]


def main() -> int:
    """Look at all of them; return 1 when something is wrong."""
    folder = Path(sys.argv[1])
    wheels, archives = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    faults = [fault for path in wheels for fault in faults_of_wheel(path)]
    faults += [fault for path in archives for fault in faults_of_archive(path)]
    if len(wheels) != len(archives) or not wheels:
        faults.append(f"there are {len(wheels)} wheels and {len(archives)} source archives.")
    print("\n".join(faults) or f"{len(wheels)} wheels are right")  # noqa: T201
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
