"""What the cassettes of all vendors show."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cassette_suites import aidge, ailab, dashscope, fal, fashn, kling, pixelcut, replicate
from tryon_testing.cassettes import Suite, read_provenance

FOLDER = Path(__file__).parents[3] / "cassettes"
_MAKERS: dict[str, Callable[[Path], Suite]] = {
    "aidge": aidge.suite,
    "ailab": ailab.suite,
    "dashscope": dashscope.suite,
    "fal": fal.suite,
    "fashn": fashn.suite,
    "kling": kling.suite,
    "pixelcut": pixelcut.suite,
    "replicate": replicate.suite,
}

SUITES = {name: make(FOLDER / name) for name, make in _MAKERS.items()}
"""One suite for each provider, by its id."""


def summary() -> str:
    """Return a table in Markdown: how many cassettes there are of which kind."""
    lines = ["| provider | live | documented | emulated |", "| --- | --- | --- | --- |"]
    for name, suite in SUITES.items():
        paths = [suite.path(case) for case in suite.cases]
        kinds = Counter(read_provenance(path).kind for path in paths if path.is_file())
        numbers = " | ".join(str(kinds[kind]) for kind in ("live", "documented", "emulated"))
        lines.append(f"| {name} | {numbers} |")
    return "\n".join(lines)


def write_summary() -> None:
    """Bring the table in the folder's README up to date."""
    path = FOLDER / "README.md"
    head, _, rest = path.read_text(encoding="utf-8").partition("<!-- counts -->")
    tail = rest.partition("<!-- /counts -->")[2]
    text = f"{head}<!-- counts -->\n{summary()}\n<!-- /counts -->{tail}"
    path.write_text(text, encoding="utf-8", newline="\n")
