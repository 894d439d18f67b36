"""Write a provider of each kind, install it, and run all that its author is told to run.

Run in an environment with tryon-core[cli], tryon-testing[kit], mypy, ruff and hatchling.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/first-provider.md"
KINDS = {
    "declared_emulated": ("--declared",),
    "code_emulated": ("--code",),
    "declared_shown": ("--declared", "--from", "exchanges.yaml"),
    "code_shown": ("--code", "--from", "exchanges.yaml"),
}
CHECKS = (
    ("pytest", "-q"),
    ("mypy", "--strict", "."),
    ("ruff", "check"),
    ("ruff", "format", "--check"),
)


def main(folder: Path) -> None:
    """Try every kind in a folder."""
    text = TUTORIAL.read_text(encoding="utf-8")
    (yaml,) = re.findall(r"<!-- exchanges.yaml -->\s+```yaml\n(.*?)```", text, re.DOTALL)
    (folder / "exchanges.yaml").write_text(yaml, encoding="utf-8")
    for name, options in KINDS.items():
        _run(folder, "tryon_core", "new-provider", name, *options, "--quiet")
        place = folder / f"tryon-{name.replace('_', '-')}"
        _run(folder, "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", place)
        _run(place, str(place / "tests/record_cassettes.py"))
        for command in CHECKS:
            _run(place, *command)


def _run(folder: Path, *command: object) -> None:
    words = [str(word) for word in command]
    module = [] if words[0].endswith(".py") else ["-m"]
    sys.stderr.write(f"$ {' '.join(words)}\n")
    subprocess.run([sys.executable, *module, *words], cwd=folder, check=True)


if __name__ == "__main__":
    # Elsewhere than in this checkout, whose `.gitignore` tools heed.
    with tempfile.TemporaryDirectory() as name:
        main(Path(name).resolve())
