"""Write what was measured as tables: into the README, and the page about peers.

python tests/peers/table.py
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MEASURED = json.loads((Path(__file__).parent / "measured.json").read_text(encoding="utf-8"))
README, PAGE = ROOT / "README.md", ROOT / "docs" / "explanation" / "peers.md"
WHAT = {
    "none": "nothing goes wrong",
    "lost": "the answer to the paid request is lost",
    "busy": "the vendor refuses once because of too many calls (429)",
    "page": "a gateway answers one poll with a page (502)",
    "outage": "polls fail twelve times in a row (503)",
    "killed": "the process is killed while it waits, then resumed or called again",
}
PAID = {0: "nothing paid", 1: "paid once", 2: "paid twice"}
LOST_IS_NO_IMAGE = "not sent again; reported, or found where the vendor can be asked"


def cell(said: dict[str, Any]) -> str:
    """Say in words what came of one call."""
    paid = PAID.get(said["paid"], f"paid {said['paid']} times")
    if said["image"]:
        return f"image, {paid}"
    error = said["error"] or "nothing"
    kept = "" if not said["paid"] else ", id kept" if said["id"] else ", id lost"
    return f"{error}, {paid}{kept}"


def summary() -> str:
    """Return the table of the README: each peer, and tryon with all vendors together."""
    lines = [f"| what happens | tryon | {' | '.join(f'`{name}`' for name in MEASURED)} |"]
    lines.append("| --- " * (len(MEASURED) + 2) + "|")
    for fault, text in WHAT.items():
        if fault == "none":
            continue
        peers = [cell(entry["peer"][fault]) for entry in MEASURED.values()]
        lines.append(f"| {text} | {ours(fault)} | {' | '.join(peers)} |")
    return "\n".join(lines)


def ours(fault: str) -> str:
    """Return what tryon does with all of these vendors; the same words mean the same numbers."""
    said = {cell(entry["tryon"][fault]) for entry in MEASURED.values()}
    if fault == "lost":
        assert all(entry["tryon"][fault]["paid"] == 1 for entry in MEASURED.values()), said
        return f"paid once, {LOST_IS_NO_IMAGE}"
    (same,) = said
    return same


def whole() -> str:
    """Return the table of the page: each vendor's own client beside tryon at the same vendor."""
    lines = ["| vendor | client | " + " | ".join(WHAT.values()) + " |"]
    lines.append("| --- " * (len(WHAT) + 2) + "|")
    for name, entry in MEASURED.items():
        for client, whose in ((f"`{name}` {entry['version']}", "peer"), ("tryon", "tryon")):
            cells = [cell(entry[whose][fault]) for fault in WHAT]
            lines.append(f"| {entry['vendor']} | {client} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_table(text: str, table: str) -> str:
    """Return the text with the table between its marks."""
    return re.sub(
        r"(<!-- peers -->\n).*?(<!-- end -->)",
        lambda marks: f"{marks[1]}\n{table}\n\n{marks[2]}",
        text,
        flags=re.DOTALL,
    )


def main() -> None:
    """Write both."""
    for path, table in ((README, summary()), (PAGE, whole())):
        path.write_text(with_table(path.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
